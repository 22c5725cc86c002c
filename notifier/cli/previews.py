"""`notifier preview` and `notifier test-mail`: samples go through the very renderer that sends, and into files, or to one
address by the way that all mails go. Each says that it is a sample.

Their links are signed with a key that is thrown away: one of ours would open, or end, what a real person chose. For the
same reason no sample in a file has a DKIM signature of ours; the one that is mailed proves that the signature holds.
"""

import asyncio
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.utils import make_msgid
from html import escape
from pathlib import Path

from notifier import app
from notifier.demo import samples
from notifier.domain.letter import Letter, Told
from notifier.domain.signed_links import TokenKeys
from notifier.domain.study import parse_nct_id
from notifier.errors import InputError
from notifier.mail.render.renderer import Rendered, Renderer
from notifier.mail.smtp import Envelope, Verdict
from notifier.services import sign_up_rules
from notifier.services.deliver import is_allowed
from notifier.settings import Settings
from notifier.storage import subscribers
from notifier.storage.studies import history, snapshots

NOBODYS = 0  # the number of no message
TEST = "This is a test, mailed by `notifier test-mail` to this address alone. Its links do not work."
SAMPLE = "This is a sample, made by `notifier preview`. It was mailed to nobody, and its links do not work."
_BODY = re.compile(r"<body[^>]*>")
_BANNER = '<p style="margin:0;padding:8px;border:2px dashed #1f2933">{}</p>'


def write_previews(
    settings: Settings, nct_id: str | None, folder: Path, language: str | None
) -> Iterator[Path]:
    """Write `.eml`, `.txt` and `.html` of each mail and yield the paths."""
    renderer, language = _renderer(settings), sign_up_rules.language(language) or settings.language
    wanted = samples.letters(language) if nct_id is None else [_stored(settings, nct_id, language)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, letter in wanted:
            rendered = renderer.render(letter)
            text, html = _saying(rendered, SAMPLE)
            mail = _marked(rendered, SAMPLE, "Sample")
            for ending, content in (("eml", mail), ("txt", text.encode()), ("html", html.encode())):
                path = folder / f"{name}.{ending}"
                # Only an earlier sample is overwritten.
                if path.exists() and b"This is a sample" not in path.read_bytes():
                    raise InputError(
                        f"{path} is there already and is no sample of ours: choose another folder with --folder"
                    )
                path.write_bytes(content)
                yield path
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}): choose another with --folder"
        ) from error


def send_test(settings: Settings, typed: str, language: str | None) -> Verdict:
    """Mail one marked sample to an address, signed as every mail is; says what the mail server answered.

    Raises InputError for an address that is none or that may not be mailed, SettingsError, MailError. Stores nothing.
    """
    who, now = subscribers.address(typed), app.make_clock(settings).now()
    if not is_allowed(who.typed, settings.recipient_allowlist):
        raise InputError(
            f"{who.typed} is not on NOTIFIER_RECIPIENT_ALLOWLIST, and nothing is mailed to others: add it, or choose one that is"
        )
    _, sample = next(samples.letters(sign_up_rules.language(language) or settings.language))
    letter = replace(
        sample,
        message_id=NOBODYS,
        recipient=who.typed,
        rfc_message_id=make_msgid("test", app.mail_domain(settings)),
        dated=now,
    )
    rendered, signer = _renderer(settings).render(letter), app.make_signer(settings)
    content = _marked(rendered, TEST, "Test")
    sending = app.make_sending(settings, app.open_keys(settings))
    envelope = Envelope(
        sender=sending.envelope_sender(letter.message_id),
        recipient=rendered.recipient,
        content=content if signer is None else signer.sign(content, now),
        name=letter.rfc_message_id.strip("<>").partition("@")[0],
        smtputf8=rendered.needs_smtputf8,
    )

    async def send() -> Verdict:
        async with app.open_transport(settings) as transport, transport.session() as line:
            return await line.send(envelope, before_data=lambda: asyncio.sleep(0))  # nothing to note

    return asyncio.run(send())


def _renderer(settings: Settings) -> Renderer:
    thrown_away = TokenKeys([secrets.token_urlsafe(48)])
    return app.make_renderer(settings.model_copy(update={"dkim_keys": ()}), thrown_away)


def _saying(rendered: Rendered, what: str) -> tuple[str, str]:
    """The text and the HTML, which begin with what it is."""
    banner = _BANNER.format(escape(what))
    return f"{what}\n\n{rendered.text}", _BODY.sub(
        lambda body: f"{body[0]}\n{banner}", rendered.html, count=1
    )


def _marked(rendered: Rendered, what: str, mark: str) -> bytes:
    """The mail with parts, and a subject, that say that it is a sample."""
    # Headers stay as they are sent.
    mail = message_from_bytes(rendered.content, policy=policy.SMTP.clone(refold_source="none"))
    mail.replace_header("Subject", f"[{mark}] {mail['Subject']}")
    for kind, said in zip(("plain", "html"), _saying(rendered, what), strict=True):
        part = mail.get_body((kind,))
        if part is not None:
            part.set_content(said, subtype=kind, charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def _stored(settings: Settings, nct_id: str, language: str) -> tuple[str, Letter]:
    study = parse_nct_id(nct_id)
    now = app.make_clock(settings).now()
    with app.open_database(settings) as database, database.reading() as session:
        row = history.row(session, study)
        found = history.stored_changes(session, study, history.versions(session, study))
        if not found or row.snapshot_id is None:
            raise InputError(f"No change of {study} is stored yet, so there is no mail to show")
        newest = [each for each in found if each.detected_at == found[-1].detected_at]
        record = snapshots.record(session, row.snapshot_id)
    told = tuple(Told(each.change, each.detected_at, each.condition, posted=each.posted) for each in newest)
    return study, samples.stored(record, told, row.first_seen, language, now)
