"""A letter → one mail. Owns what goes into which mail, its headers and its size; raises where a mail would be wrong."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from markupsafe import escape

from notifier.domain.branding import PLAIN, Face
from notifier.domain.letter import Entry, Letter, LetterKind, Reason
from notifier.domain.scheduling import zone_of
from notifier.domain.signed_links import Purpose
from notifier.domain.wording import Speech, catalogue, closest, speech, story
from notifier.errors import RenderError, UntrueError
from notifier.mail.render import environment, mime, overlay, views
from notifier.mail.render.fidelity import strangers
from notifier.mail.render.fragments import KEPT, STUDY, Fragment, Fragments, Piece, allowed, hold_back

if TYPE_CHECKING:  # it takes cryptography along, which most installations never need
    from notifier.mail.render.dkim import Signer

LENGTH = 12  # letters; the chance that two versions share them is nil
_PAGES = "page"  # templates that are no mail's


def wording_version(templates: Path, catalogues: Path = catalogue.FOLDER, face: Face = PLAIN) -> str:
    """The same as long as no word of the mails' templates and sentences changes; English stands in the catalogues too."""
    shown, theirs = (face.name, face.accent, face.help_line), face.overlay
    digest = hashlib.sha256(repr(shown).encode() if any(shown) else b"")
    for folder, pattern in ((templates, "*"), (catalogues, "*.po"), *([(theirs, "*")] if theirs else [])):
        for path in sorted(path for path in folder.rglob(pattern) if path.is_file()):
            name = path.relative_to(folder)
            if name.parts[0] != _PAGES and path.name != f"{catalogue.PAGES}.po":
                digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:LENGTH]


RULE = "_base/rule.html"  # between two studies
DISCREET = "discreet"  # the folder of what a mail of any kind says whose body names nothing
#: What of a mail's HTML is for mail programs, and is a page's own where the page shows it.
_OF_MAILS_ALONE = re.compile(r' style="[^"]*"| role="main"|<!--.*?-->', re.DOTALL)
#: Where the studies come in a filled template; no text of ours or of a record holds it.
MARK = "\x00"

Sign = Callable[[Purpose, Sequence[int], datetime], str]
#: (subscription ids, message id) → the address that ends them (L18)
UnsubscribeAddress = Callable[[Sequence[int], int], str]

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail, ready to be sent. told: the studies that it tells of; left_over: those that did not fit.

    size: of its HTML, in bytes.
    """

    content: bytes
    mail: mime.Mail
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
        return mime.wire_address(self.mail.recipient)


class Renderer:
    """Turns letters into mails. Everything is read, styled and compiled when it is made; rendering is pure.

    sign: makes the token for (purpose, subscription ids, when). thread_key: makes the thread ids of studies ours.
    study_pages: whether the site has a page a study, to which mails then link. signer: signs each mail with DKIM.
    unsubscribe_address: where a mail to ends subscriptions, for the header. usual_language: that of our pages.
    Raises RenderError at once where a template is missing or cannot be read.
    """

    def __init__(
        self,
        templates: Path,
        *,
        sender: mime.NamedAddress,
        sign: Sign,
        public_url: str,
        list_domain: str,
        reply_to: mime.NamedAddress | None = None,
        organisation: str | None = None,
        postal_address: str | None = None,
        thread_key: str = "",
        study_pages: bool = True,
        signer: "Signer | None" = None,
        unsubscribe_address: UnsubscribeAddress | None = None,
        face: Face = PLAIN,
        discreet: bool = False,
        usual_language: str = "en",
    ) -> None:
        self._sender, self._reply_to, self._sign = sender, reply_to, sign
        self._public_url, self._list_domain = public_url.rstrip("/"), list_domain
        self._house = {
            "organisation": organisation,
            "postal_address": postal_address,
            "brand": face.name,
            "help_line": face.help_line,
        }
        self._thread_key = thread_key.encode()
        self._pages = views.PublicPages(self._public_url, usual_language) if study_pages else None
        environments = environment.environments(templates, face)
        if face.overlay is not None:
            # Raise RenderError where the organisation's own templates of mails cannot be used.
            of_english = environments["en"]
            groups = [[f"{kind}/{file}" for file in environment.FILES] for kind in (*LetterKind, DISCREET)]
            groups[[*LetterKind].index(LetterKind.UPDATE)] += [*STUDY, RULE]
            used = overlay.check(of_english, [face.overlay, templates], groups, of_english.globals)
            overlay.check_used(
                face.overlay,
                templates,
                [name for name in overlay.names(face.overlay) if name.startswith(f"{_PAGES}/")] + [*used],
            )
        self._templates = cache(
            lambda language, of: [
                environment.load(environments[language], f"{of}/{file}") for file in environment.FILES
            ]
        )
        self._wording = wording_version(templates, face=face)
        # One language is read at once, so that what is wrong stops the start; the others, when a mail is made in them.
        for kind in (*LetterKind, DISCREET):
            self._templates("en", kind)
        self._is_discreet = discreet
        self._turn = Lock()
        self._fragments = Fragments(environments, self._pages)
        self._rule = Piece.of("", environment.fill(environment.load(environments["en"], RULE), {}) + "\n")
        self._signer, self._unsubscribe_address = signer, unsubscribe_address

    def render(self, letter: Letter) -> Rendered:
        """The mail for a letter. Raises RenderError where it would be empty, wrong, or cannot be made.

        It takes milliseconds, so it is for worker threads, which take turns: they share what was made.
        """
        with self._turn:
            made = self._made(letter)
            # Who wants titles in subjects wants no less inside; and what is asked for is as discreet as can be.
            usual = self._is_discreet and not letter.title_in_subject
            if not letter.kind.manner.asked_for and (usual if letter.discreet is None else letter.discreet):
                # Made whole all the same: the text behind the link is under the same gate, and as long.
                made = self._discreet(letter, made)
        if self._signer is None:
            return made
        # Signed as of the letter's own date, so that a mail that is sent again has the same bytes.
        return replace(made, content=self._signer.sign(made.content, letter.dated))

    def text(self, letter: Letter) -> str:
        """The very text of a discreet mail, as HTML without looks of its own."""
        with self._turn:
            html = self._made(letter).html
        inside = html[html.index("<body") : html.rindex("</body>")].partition(">")[2]
        return _OF_MAILS_ALONE.sub("", inside)

    def _discreet(self, letter: Letter, whole: Rendered) -> Rendered:
        """That there is something, how much it matters, and a link to the text; nothing of what it is about."""
        words = speech(letter.language)
        told = [told for entry in letter.entries if entry.study.nct_id in whole.told for told in entry.told]
        weights = [each.change.weight for each in told] if letter.kind is LetterKind.UPDATE else []
        link = None if letter.silence else self._link(Purpose.MAIL, [letter.message_id], letter.dated)
        values = self._foot(letter, words) | {
            "headline": words.say(views.HEADLINES[letter.kind]),
            "weight": words.say(views.IMPORTANCE[min(weights, key=lambda each: each.rank)])
            if weights
            else "",
            "link_url": link,
        }
        made = self._rendered(letter, values, declared=[link] if link else (), of=DISCREET)
        return replace(made, told=whole.told, left_over=whole.left_over)

    def _made(self, letter: Letter) -> Rendered:
        """What each kind of mail says; any other has the link that its manner names, or its foot alone."""
        words, kind = speech(letter.language), letter.kind
        if kind is LetterKind.UPDATE:
            return self._update(letter, words)
        if kind is LetterKind.WELCOME:
            return self._welcome(letter, words)
        # Neither of the next two has free text or the name of a disease: the address may be a stranger's (L16).
        if kind is LetterKind.CONFIRMATION:
            confirm = self._link(Purpose.CONFIRM, _ids(_needed(letter, letter.reasons)), letter.dated)
            return self._rendered(letter, {"confirm_url": confirm}, declared=[confirm])
        if kind.manner.link:
            link = self._link(kind.manner.link, _needed(letter, letter.link), letter.dated)
            return self._rendered(letter, {"link_url": link}, declared=[link])
        values, declared = self._foot(letter, words), list[str]()
        told: tuple[str, ...] = ()
        if kind is LetterKind.STILL_WATCHING:
            quiet = _needed(letter, letter.silence)
            values["headline"] = story.headline(words, quiet)
            values["checked"] = story.checked(words, quiet, zone_of(letter.time_zone))
            declared = [words.number(len(quiet.blind))]
        elif kind is LetterKind.CORRECTION:
            correction = _needed(letter, letter.correction)
            shown = [views.entry_view(words, letter, entry, self._pages) for entry in letter.entries]
            put_right = views.paragraphs(correction.text)
            values |= {
                "headline": views.wrong_mail(words, letter, correction),
                "put_right": put_right,
                "entries": shown,
            }
            declared = [*(one for view in shown for one in allowed(view)), *put_right]
            told = tuple(view.nct_id for view in shown)
        return self._rendered(letter, values, declared=declared, told=told)

    def _welcome(self, letter: Letter, words: Speech) -> Rendered:
        topics = sum(not one.is_of_study for one in letter.stories)
        most = views.MOST_OPEN if topics <= views.MANY_CONDITIONS else views.FEW_OPEN
        shown = [
            views.story_view(words, letter, one, self._pages, most)
            for one in letter.stories[: views.MOST_STORIES]
        ]
        rendered = self._welcomed(letter, words, shown)
        while _too_long(rendered) and len(shown) > 1:
            shown = shown[: views.fewer(len(shown), rendered.size)]
            rendered = self._welcomed(letter, words, shown)
        return rendered

    def _welcomed(self, letter: Letter, words: Speech, shown: Sequence[views.StoryView]) -> Rendered:
        """The welcome with these stories; of the others it says how many there are."""
        agreements = [views.agreement_view(words, letter, one) for one in letter.agreements]
        number = len(letter.stories) - len(shown)
        values = self._foot(letter, words) | {
            "agreements": agreements,
            "stories": shown,
            "no_study": letter.no_study,
            "more": views.left_out(words, number),
        }
        besides = [words.number(number), *(text for one in agreements for text in one.words)]
        return self._rendered(letter, values, declared=[*views.said_of(shown), *besides])

    def _update(self, letter: Letter, words: Speech) -> Rendered:
        entries = sorted(
            _needed(letter, letter.entries), key=lambda entry: (*views.matters(entry), entry.study.nct_id)
        )
        told, untrue = [], UntrueError("")
        for place, entry in enumerate(entries[: views.MOST_ENTRIES]):
            try:
                told.append(self._fragments.of(words, letter, entry, leads=place == 0))
            except UntrueError as fault:
                untrue = UntrueError(str(untrue) or str(fault), untrue.studies | fault.studies)
        if untrue.studies:
            raise untrue
        rendered = self._filled(letter, words, entries, told)
        while _too_long(rendered) and len(told) > 1:
            told = told[: views.fewer(len(told), rendered.size)]
            rendered = self._filled(letter, words, entries, told)
        for cut in range(1, views.CUTS + 1) if _too_long(rendered) else ():
            shortened = self._fragments.of(words, letter, entries[0], cut)
            rendered = self._filled(letter, words, entries, [shortened])
            if not _too_long(rendered):
                break
        return rendered

    def _filled(
        self, letter: Letter, words: Speech, entries: Sequence[Entry], told: Sequence[Fragment]
    ) -> Rendered:
        """The mail with these studies; the other entries wait for the next one."""
        shown = [fragment.view for fragment in told]
        waiting = entries[len(shown) :]
        values = self._values(letter, words, shown, len(waiting))
        asked = [entry for entry in entries[: len(shown)] if entry.ending]
        values["asks"] = [views.ask_view(words, entry, partial(self._stop, letter)) for entry in asked]
        counted = [words.number(number) for number in (len(waiting), len(shown), letter.left_out)]
        return self._rendered(
            letter,
            values,
            studies=[fragment.piece for fragment in told],
            declared=[number for view in shown for each in view.tellings for number in each.derived]
            + counted,
            told=tuple(view.nct_id for view in shown),
            left_over=tuple(entry.study.nct_id for entry in waiting),
        )

    def _values(
        self, letter: Letter, words: Speech, shown: Sequence[views.EntryView], waiting: int
    ) -> dict[str, Any]:
        left_out_url = ""
        if letter.left_out and self._pages:
            left_out_url = self._link(Purpose.LEFT_OUT, [letter.message_id], letter.dated)
        return {
            "headline": views.headline(words, shown),
            "away": story.away(words, *letter.away) if letter.away else "",
            "studies": MARK,
            "number": len(shown) + waiting,
            "all_found": all(view.is_found for view in shown),
            "all_new": all(view.is_new for view in shown),
            "more": _more(words, waiting),
            "left_out": _left_out(words, letter.left_out),
            "left_out_url": left_out_url,
            "titled": shown[0].title if letter.title_in_subject and len(shown) + waiting == 1 else "",
        } | self._foot(letter, words)

    def _foot(self, letter: Letter, words: Speech) -> dict[str, Any]:
        """Why this mail comes, and how to stop it."""
        _needed(letter, letter.reasons)
        return {
            "home_url": self._pages.at("/", words) if self._pages else None,
            "reasons": [
                views.reason_view(
                    words,
                    letter,
                    reason,
                    lambda reason: self._stop(letter, [reason]),
                )
                for reason in letter.reasons
            ],
            "unsubscribe_url": self._stop(letter, letter.reasons),
            "choose_url": self._pages.at(f"/{Purpose.PREFERENCES}", words) if self._pages else None,
        }

    def _rendered(
        self,
        letter: Letter,
        values: dict[str, Any],
        *,
        studies: Sequence[Piece] = (),
        declared: Sequence[str] = (),
        told: tuple[str, ...] = (),
        left_over: tuple[str, ...] = (),
        of: str = "",
    ) -> Rendered:
        """The templates, filled and checked, with the studies in their place. of: another folder than its kind's."""
        of_subject, of_text, of_html = self._templates(closest(letter.language), of or letter.kind)
        values = {**self._house, **values}
        values["subject"] = subject = mime.clean_header_text(environment.fill(of_subject, values))
        text, html = environment.fill(of_text, values), environment.fill(of_html, values)
        self._check(letter, text.replace(MARK, " "), values, declared)
        # Raise where a template leaves out what no mail may be without: how to stop it, and whose it is
        # (M2, P9).
        for name in ("unsubscribe_url", "postal_address", "organisation"):
            said = values.get(name)
            if said and not (_has(text, said) and _has(html, escape(said))):
                raise RenderError(
                    f"The mail {letter.message_id} is not made, because the templates of {letter.kind} leave out {name}: put it back."
                )
        ends = _ends(letter, text, html, values["unsubscribe_url"]) if studies else [Piece.of(text, html)]
        between = [piece for study in studies for piece in (self._rule, study)][1:]
        pieces = [ends[0], *between, *ends[1:]]
        mail = self._mail(
            letter,
            subject,
            "".join([piece.text for piece in pieces]),
            "".join([piece.html for piece in pieces]),
            values.get("unsubscribe_url"),
            told,
        )
        bodies = (
            [piece.encoded_text for piece in pieces],
            [piece.encoded_html for piece in pieces],
        )
        content = mime.serialise(mail, bodies)
        size = sum(piece.size for piece in pieces)
        return Rendered(content, mail, subject, mail.text, mail.html, size, told, left_over, self._wording)

    def _check(self, letter: Letter, text: str, values: Mapping[str, Any], declared: Sequence[str]) -> None:
        """Raise where it says what nobody stored (promise 8); the studies in it were checked when they were made."""
        links = [values.get(name) for name in ("unsubscribe_url", "choose_url", "home_url", "left_out_url")]
        links += [one.stop_url for name in ("reasons", "asks") for one in values.get(name, ())]
        ours = [one for one in (*links, *self._house.values(), *declared) if one]
        hold_back(letter, strangers(text, letter, speech(letter.language), ours))

    def _mail(
        self,
        letter: Letter,
        subject: str,
        text: str,
        html: str,
        unsubscribe_url: str | None,
        told: tuple[str, ...],
    ) -> mime.Mail:
        listed, mailto, thread = not letter.kind.manner.asked_for, self._unsubscribe_address, None
        if len(told) == 1:
            # The same for every mail about this study, and telling nobody which it is (M21).
            digest = hmac.new(self._thread_key, told[0].encode(), hashlib.sha256).hexdigest()[:32]
            thread = f"<study-{digest}@{self._list_domain}>"
        return mime.Mail(
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
            unsubscribe_url=unsubscribe_url,
            unsubscribe_mailto=mailto(_ids(letter.reasons), letter.message_id) if listed and mailto else None,
            references=thread,
        )

    def _link(self, purpose: Purpose, ids: Sequence[int], now: datetime) -> str:
        return f"{self._public_url}/{purpose.value}/{self._sign(purpose, ids, now)}"

    def _stop(self, letter: Letter, reasons: Sequence[Reason]) -> str:
        return self._link(Purpose.UNSUBSCRIBE, _ids(reasons), letter.dated)


def _needed(letter: Letter, part: _Part | None) -> _Part:
    """What a mail of this kind cannot be without. Raises RenderError where it is not there."""
    if not part:
        raise RenderError(f"The mail {letter.message_id} has nothing to tell, so it is not made.")
    return part


def _ids(reasons: Sequence[Reason]) -> list[int]:
    return [reason.subscription_id for reason in reasons]


def _has(text: str, said: str) -> bool:
    return said in text or " ".join(said.split()) in " ".join(
        text.split()
    )  # the lines of a text may be broken


def _too_long(rendered: Rendered) -> bool:
    return rendered.size > views.MOST_HTML


def _ends(letter: Letter, text: str, html: str, last: str) -> list[Piece]:
    """Filled templates without the mark: what stands above the studies, and below. last: what stands below and is its
    reader's alone; nothing that comes after it is.
    """
    try:
        (above, below), (head, foot) = text.split(MARK + "\n"), html.split(MARK + "\n")
    except ValueError:
        raise RenderError(
            f"The mail {letter.message_id} is held, because its templates do not say once where the studies come. "
            "Put {{ studies }} on a line of its own in both."
        ) from None
    own, rest = (part.find("\n", part.rfind(last)) + 1 for part in (below, foot))
    return [_kept(above, head), Piece.of(below[:own], foot[:rest]), _kept(below[own:], foot[rest:])]


@lru_cache(maxsize=KEPT)
def _kept(text: str, html: str) -> Piece:
    """The same for many: nothing in it is of one reader alone."""
    return Piece.of(text, html)


def _left_out(words: Speech, number: int) -> str:
    if not number:
        return ""
    return words.count(
        "%(number)s more new study did not fit what you chose.",
        "%(number)s more new studies did not fit what you chose.",
        number,
    )


def _more(words: Speech, number: int) -> str:
    if not number:
        return ""
    return words.count(
        "And %(number)s more study has changes. You will read of it in your next mail.",
        "And %(number)s more studies have changes. You will read of them in your next mail.",
        number,
    )
