"""A study as the registry publishes it: the only knowledge of its JSON for reading. Keeps the raw bytes; does no I/O."""

from notifier.domain.study.content import Same, content_digest, decode_if_new, same_content
from notifier.domain.study.folding import folded
from notifier.domain.study.parts import (
    Arm,
    Contact,
    Design,
    Eligibility,
    Enrollment,
    GeoPoint,
    Intervention,
    Location,
    Outcome,
    OverallStatus,
    PublishedDate,
    Sponsor,
)
from notifier.domain.study.reading import (
    Header,
    Page,
    Study,
    decode,
    decode_header,
    decode_page,
    document,
    is_nct_id,
    parse_nct_id,
)

__all__ = [
    "Arm",
    "Contact",
    "Design",
    "Eligibility",
    "Enrollment",
    "GeoPoint",
    "Header",
    "Intervention",
    "Location",
    "Outcome",
    "OverallStatus",
    "Page",
    "PublishedDate",
    "Same",
    "Sponsor",
    "Study",
    "content_digest",
    "decode",
    "decode_header",
    "decode_if_new",
    "decode_page",
    "document",
    "folded",
    "is_nct_id",
    "parse_nct_id",
    "same_content",
]
