"""One mail that was made: its bytes, and what whoever sends it must know of it."""

from dataclasses import dataclass

from notifier.mail.render.mime import Mail, wire_address


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail, ready to be sent. told: the studies that it tells of; left_over: those that did not fit.

    size: of its HTML, in bytes.
    """

    content: bytes
    mail: Mail
    subject: str
    text: str
    html: str
    size: int
    told: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    wording: str = ""  # the version of the words that it was made with (W15)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether the mail can only go by a server that takes UTF-8 in headers."""
        return self.mail.needs_smtputf8

    @property
    def recipient(self) -> str:
        """The address for RCPT: its domain in ASCII (M32)."""
        return wire_address(self.mail.recipient)
