"""A letter → one mail. Owns what goes into which mail, its headers and its size; raises where a mail would be wrong."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from jinja2 import Template

from notifier.errors import RenderError
from notifier.letter import ASKED_FOR, LINKS, Correction, Entry, Letter, LetterKind, Reason, Silence
from notifier.rendering import environment
from notifier.rendering.fidelity import strangers
from notifier.rendering.mime import Mail, Mailbox, clean_header_text, serialise, wire_address
from notifier.rendering.sizes import MOST_ENTRIES, MOST_HTML, fewer, shorter
from notifier.rendering.stories import MOST_STORIES, StoryView, declared, left_out, story_view
from notifier.rendering.version import wording_version
from notifier.rendering.views import (
    EntryView,
    agreement_view,
    entry_view,
    headline,
    paragraphs,
    reason_view,
    weight_of,
    wrong_mail,
    zone_of,
)
from notifier.study import OverallStatus
from notifier.tokens import Purpose
from notifier.wording import LANGUAGES, Speech, closest, silence, speech
from notifier.wording.statuses import STATUS_KINDS

if TYPE_CHECKING:  # it takes cryptography along, which most installations never need
    from notifier.rendering.dkim import Signer

Sign = Callable[[Purpose, Sequence[int], datetime], str]
#: (subscription ids, message id) → the address that ends them (L18)
UnsubscribeAddress = Callable[[Sequence[int], int], str]
_LINK_PURPOSES = {
    LetterKind.PREFERENCES: Purpose.PREFERENCES,
    LetterKind.CONTACTS: Purpose.CONTACTS,
}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail, ready to be sent. told: the studies that it tells of; left_over: those that did not fit."""

    content: bytes
    mail: Mail
    subject: str
    text: str
    html: str
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


@dataclass(frozen=True, slots=True)
class _Parts:
    """The three templates of one mail in one language."""

    subject: Template
    text: Template
    html: Template


class Renderer:
    """Turns letters into mails. Everything is read, styled and compiled when it is made; rendering is pure.

    sign: makes the token for (purpose, subscription ids, when). thread_key: makes the thread ids of studies ours.
    study_pages: whether the site has a page a study, to which mails then link. signer: signs each mail with DKIM.
    unsubscribe_address: where a mail to ends subscriptions, for the header.
    Raises RenderError at once where a template is missing or cannot be read.
    """

    def __init__(
        self,
        templates: Path,
        *,
        sender: Mailbox,
        sign: Sign,
        public_url: str,
        list_domain: str,
        reply_to: Mailbox | None = None,
        organisation: str | None = None,
        postal_address: str | None = None,
        thread_key: str = "",
        study_pages: bool = True,
        signer: "Signer | None" = None,
        unsubscribe_address: UnsubscribeAddress | None = None,
    ) -> None:
        self._sender, self._reply_to, self._sign = sender, reply_to, sign
        self._public_url, self._list_domain = public_url.rstrip("/"), list_domain
        self._house = {"organisation": organisation, "postal_address": postal_address}
        self._thread_key = thread_key.encode()
        self._pages_url = self._public_url if study_pages else None
        self._parts, self._wording = _compiled(templates), wording_version(templates)
        self._signer, self._unsubscribe_address = signer, unsubscribe_address

    def render(self, letter: Letter) -> Rendered:
        """The mail for a letter. Raises RenderError where it would be empty, wrong, or cannot be made."""
        made = self._made(letter)
        if self._signer is None:
            return made
        # Signed as of the letter's own date, so that a mail that is sent again has the same bytes.
        return replace(made, content=self._signer.sign(made.content, letter.dated))

    def _made(self, letter: Letter) -> Rendered:
        if letter.kind is LetterKind.CONFIRMATION:
            return self._confirmation(letter)
        if letter.kind in LINKS and letter.link:
            return self._asked_for(letter)
        if letter.kind is LetterKind.STILL_WATCHING and letter.silence:
            return self._still_watching(letter, letter.silence)
        if letter.kind is LetterKind.WELCOME and letter.reasons:
            return self._welcome(letter)
        if letter.kind is LetterKind.CORRECTION and letter.correction:
            return self._correction(letter, letter.correction)
        if letter.kind is not LetterKind.UPDATE or not letter.entries:
            raise RenderError(f"The mail {letter.message_id} has nothing to tell, so it is not made.")
        return self._update(letter)

    def _confirmation(self, letter: Letter) -> Rendered:
        # No free text and no name of a disease: the address may be a stranger's (L16).
        values = {
            "confirm_url": self._link(Purpose.CONFIRM, _ids(letter.reasons), letter.dated),
            "topics": len(letter.reasons) > 1,
        }
        return self._rendered(letter, values)

    def _asked_for(self, letter: Letter) -> Rendered:
        # As discreet as a confirmation, and for the same reason.
        link = self._link(_LINK_PURPOSES[letter.kind], letter.link, letter.dated)
        rendered = self._rendered(letter, {"link_url": link})
        _check(rendered, letter, speech(letter.language), [link, *filter(None, self._house.values())])
        return rendered

    def _welcome(self, letter: Letter) -> Rendered:
        words = speech(letter.language)
        views = [story_view(words, letter, one, self._pages_url) for one in letter.stories[:MOST_STORIES]]
        rendered = self._welcomed(letter, words, views)
        while _too_long(rendered) and len(views) > 1:
            views = views[: fewer(len(views), len(rendered.html.encode()))]
            rendered = self._welcomed(letter, words, views)
        return rendered

    def _welcomed(self, letter: Letter, words: Speech, views: Sequence[StoryView]) -> Rendered:
        """The welcome with these stories; of the others it says how many there are."""
        agreements = [agreement_view(words, letter, one) for one in letter.agreements]
        number = len(letter.stories) - len(views)
        values = self._foot(letter, words) | {
            "agreements": agreements,
            "stories": views,
            "more": left_out(words, number),
        }
        rendered = self._rendered(letter, values)
        besides = [words.number(number), *(text for one in agreements for text in one.words)]
        _check(rendered, letter, words, [*self._declared(values, ()), *declared(views), *besides])
        return rendered

    def _correction(self, letter: Letter, correction: Correction) -> Rendered:
        words = speech(letter.language)
        views = [entry_view(words, letter, entry, self._pages_url) for entry in letter.entries]
        put_right = paragraphs(correction.text)
        values = self._foot(letter, words) | {
            "headline": wrong_mail(words, letter, correction),
            "put_right": put_right,
            "entries": views,
        }
        told = tuple(view.nct_id for view in views)
        rendered = self._rendered(letter, values, told=told)
        _check(rendered, letter, words, [*self._declared(values, views), *put_right])
        return rendered

    def _still_watching(self, letter: Letter, quiet: Silence) -> Rendered:
        words = speech(letter.language)
        values = self._foot(letter, words) | {
            "headline": silence.headline(words, quiet),
            "checked": silence.checked(words, quiet, zone_of(letter.time_zone)),
        }
        rendered = self._rendered(letter, values)
        _check(rendered, letter, words, [*self._declared(values, ()), *silence.derived(words, quiet)])
        return rendered

    def _update(self, letter: Letter) -> Rendered:
        words = speech(letter.language)
        _note_unknown_statuses(letter)
        entries = sorted(letter.entries, key=weight_of)
        views = [entry_view(words, letter, entry, self._pages_url) for entry in entries[:MOST_ENTRIES]]
        rendered = self._filled(letter, words, entries, views)
        while _too_long(rendered) and len(views) > 1:
            views = views[: fewer(len(views), len(rendered.html.encode()))]
            rendered = self._filled(letter, words, entries, views)
        for shortened in shorter(words, views[0]) if _too_long(rendered) else ():
            rendered = self._filled(letter, words, entries, [shortened])
            if not _too_long(rendered):
                break
        return rendered

    def _filled(
        self, letter: Letter, words: Speech, entries: Sequence[Entry], views: Sequence[EntryView]
    ) -> Rendered:
        """The mail with these studies; the other entries wait for the next one."""
        waiting = entries[len(views) :]
        values = self._values(letter, words, views, len(waiting))
        told = tuple(view.nct_id for view in views)
        left = tuple(entry.study.nct_id for entry in waiting)
        rendered = self._rendered(letter, values, told=told, left_over=left)
        counted = (words.number(len(waiting)), words.number(len(views)), *map(str, letter.away or ()))
        _check(rendered, letter, words, [*self._declared(values, views), *counted])
        return rendered

    def _values(
        self, letter: Letter, words: Speech, views: Sequence[EntryView], waiting: int
    ) -> dict[str, Any]:
        return {
            "headline": headline(words, views),
            "away": silence.away(words, *letter.away) if letter.away else "",
            "entries": views,
            "studies": len(views) + waiting,
            "all_found": all(view.is_found for view in views),
            "all_new": all(view.is_new for view in views),
            "more": _more(words, waiting),
            "titled": views[0].title if letter.title_in_subject and len(views) + waiting == 1 else "",
        } | self._foot(letter, words)

    def _foot(self, letter: Letter, words: Speech) -> dict[str, Any]:
        """Why this mail comes, and how to stop it."""
        return {
            "home_url": self._pages_url + "/" if self._pages_url else None,
            "reasons": [
                reason_view(words, letter, reason, self._stop_one(letter)) for reason in letter.reasons
            ],
            "unsubscribe_url": self._stop_all(letter),
            "choose_url": f"{self._pages_url}/{Purpose.PREFERENCES}" if self._pages_url else None,
        }

    def _declared(self, values: dict[str, Any], views: Sequence[EntryView]) -> list[str]:
        """What a mail may say though no record says it: our links, our name and address, what we counted."""
        links = [values[name] for name in ("unsubscribe_url", "choose_url", "home_url")]
        links += [one.stop_url for one in values["reasons"]]
        links += [url for view in views for url in (view.page_url, view.registry_url)]
        counted = [number for view in views for telling in view.tellings for number in telling.derived]
        return [one for one in (*links, *counted, *self._house.values()) if one]

    def _rendered(
        self,
        letter: Letter,
        values: dict[str, Any],
        *,
        told: tuple[str, ...] = (),
        left_over: tuple[str, ...] = (),
    ) -> Rendered:
        parts = self._parts[letter.kind, closest(letter.language)]
        values = self._house | values
        subject = clean_header_text(environment.fill(parts.subject, values))
        text = environment.fill(parts.text, values)
        html = environment.fill(parts.html, values | {"subject": subject})
        mail = self._mail(letter, subject, text, html, told)
        return Rendered(serialise(mail), mail, subject, text, html, told, left_over, self._wording)

    def _mail(self, letter: Letter, subject: str, text: str, html: str, told: tuple[str, ...]) -> Mail:
        listed = letter.kind not in ASKED_FOR
        return Mail(
            sender=self._sender,
            recipient=letter.recipient,
            reply_to=self._reply_to,
            subject=subject,
            date=letter.dated,
            message_id=letter.rfc_message_id,
            text=text,
            html=html,
            language=closest(letter.language),
            list_id=("Study updates", f"updates.{self._list_domain}") if listed else None,
            unsubscribe_url=self._stop_all(letter) if listed else None,
            unsubscribe_mailto=self._mailto(letter) if listed else None,
            references=self._thread(told[0]) if len(told) == 1 else None,
        )

    def _thread(self, nct_id: str) -> str:
        """The same for every mail about this study, and telling nobody which it is (M21)."""
        digest = hmac.new(self._thread_key, nct_id.encode(), hashlib.sha256).hexdigest()[:32]
        return f"<study-{digest}@{self._list_domain}>"

    def _link(self, purpose: Purpose, ids: Sequence[int], now: datetime) -> str:
        return f"{self._public_url}/{purpose.value}/{self._sign(purpose, ids, now)}"

    def _stop_all(self, letter: Letter) -> str:
        return self._link(Purpose.UNSUBSCRIBE, _ids(letter.reasons), letter.dated)

    def _mailto(self, letter: Letter) -> str | None:
        if self._unsubscribe_address is None:
            return None
        return self._unsubscribe_address(_ids(letter.reasons), letter.message_id)

    def _stop_one(self, letter: Letter) -> Callable[[Reason], str]:
        return lambda reason: self._link(Purpose.UNSUBSCRIBE, _ids([reason]), letter.dated)


def _ids(reasons: Sequence[Reason]) -> list[int]:
    return [reason.subscription_id for reason in reasons]


def _compiled(templates: Path) -> dict[tuple[LetterKind, str], _Parts]:
    environments = environment.environments(templates)
    return {
        (kind, language): _Parts(
            *(environment.load(environments[language], f"{kind}/{file}") for file in environment.FILES)
        )
        for kind in LetterKind
        for language in LANGUAGES
    }


def _too_long(rendered: Rendered) -> bool:
    return len(rendered.html.encode()) > MOST_HTML


def _check(rendered: Rendered, letter: Letter, words: Speech, declared: Sequence[str]) -> None:
    """Raise where the mail says what nobody stored (promise 8)."""
    unknown = strangers(rendered.text, letter, words, declared)
    if unknown:
        raise RenderError(
            f"The mail {letter.message_id} is held, because it says {', '.join(unknown[:5])}, "
            "which is not in the stored record. Look at the record and at the templates."
        )


def _note_unknown_statuses(letter: Letter) -> None:
    """A status without words of ours is quoted; whoever runs this should know that the registry has a new one."""
    for entry in letter.entries:
        for told in entry.told:
            if told.change.kind in STATUS_KINDS and told.change.after not in list(OverallStatus):
                log.warning(
                    "The registry has a status that this program has no words for.",
                    action="unknown_status",
                    nct_id=entry.study.nct_id,
                    status=str(told.change.after)[:60],
                )


def _more(words: Speech, number: int) -> str:
    if not number:
        return ""
    return words.count(
        "And %(number)s more study has changes. You will read of it in your next mail.",
        "And %(number)s more studies have changes. You will read of them in your next mail.",
        number,
    )
