"""Templates and the bytes of a mail. Owns Jinja2 and the form of an RFC 5322 message; never touches the network."""

from notifier.rendering.mime import Mail, Mailbox, parse_mailbox, serialise
from notifier.rendering.renderer import Rendered, Renderer

__all__ = ["Mail", "Mailbox", "Rendered", "Renderer", "parse_mailbox", "serialise"]
