"""The way of a mail to the mail server, or into a file: connections, and what the server's answers mean.

Owns aiosmtplib, and the table that turns replies into sent / deferred / rejected / unsure. Never touches the store
and never looks into a message: the bytes it is given are the bytes that go out.

    async with transport.session() as session:          # one session per sending task, never shared
        verdict = await session.send(envelope, before_data=commit_that_it_may_go_out)

`send` raises MailError where no message is to blame (connect, TLS, sign-in, sender refused): nothing was sent, leave
the message as it is and pause. Everything else is a Verdict about this one message.

Cancellation. Until the message is written, a cancelled `send` raises CancelledError at once and nothing was sent, though
`before_data` may have run. From there on it is not interrupted: it waits for the server's answer (at most the final
time-out) and **returns the verdict**. The request to stop is still to be seen in `asyncio.current_task().cancelling()`:
settle the verdict first, then look there and stop.
"""

from notifier.mail.smtp.address import Security, SmtpAddress, parse_smtp_url
from notifier.mail.smtp.client import SmtpSession, SmtpTransport
from notifier.mail.smtp.envelope import Envelope, FileTransport, Transport
from notifier.mail.smtp.verdict import SendOutcome, SendStage, Verdict
