"""A study as the registry publishes it: the only knowledge of its JSON for reading. Keeps the raw bytes; does no I/O."""

from notifier.domain.study.content import Same, content_digest, decode_if_new, folded, same_content
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
    Study,
    comparable,
    decode,
    decode_header,
    decode_page,
    document,
    is_nct_id,
    parse_nct_id,
    unread_in,
)
