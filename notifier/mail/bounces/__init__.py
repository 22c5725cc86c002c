"""What comes back: bounces, complaints, automatic replies. Reads them; acts on nothing and keeps nothing.

`read` is pure. `mailboxes` fetches reports from files, a Maildir or an IMAP server.
"""

from notifier.mail.bounces.parts import Report, ReportEntry, ReportKind
from notifier.mail.bounces.reading import read
from notifier.mail.refusals import RefusalReason
