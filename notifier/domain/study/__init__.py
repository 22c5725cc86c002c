"""A study as the registry publishes it: the only knowledge of its JSON for reading. Keeps the raw bytes; does no I/O."""

from notifier.domain.study.parts import (
    Contact,
    Eligibility,
    Enrollment,
    Location,
    Outcome,
    OverallStatus,
    PublishedDate,
)
from notifier.domain.study.reading import (
    Header,
    Page,
    Same,
    Study,
    comparable,
    content_digest,
    decode,
    decode_header,
    decode_if_new,
    decode_page,
    document,
    folded,
    is_nct_id,
    parse_nct_id,
    same_content,
    unread_in,
)
