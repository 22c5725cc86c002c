"""What a mail says of one study, made once for all who read the same; and the gate that each stands before (promise 8)."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from jinja2 import Environment

from notifier.domain.changes import STATUS_KINDS
from notifier.domain.letter import Entry, Letter
from notifier.domain.scheduling import zone_of
from notifier.domain.study import OverallStatus
from notifier.domain.wording import Speech
from notifier.errors import UntrueError
from notifier.mail.render import environment
from notifier.mail.render.fidelity import strangers
from notifier.mail.render.mime import Lines, quoted_printable
from notifier.mail.render.views import EntryView, PublicPages, entry_view, followed, following, shorter

STUDY = ("update/study.txt", "update/study.html")  # what is said of one
KEPT = 500  # studies; about 30 kB each, and as much again where it leads some mails and follows in others

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a mail's two parts that begins and ends with a line, and the same as it is written into the mail."""

    text: str
    html: str
    encoded_text: Lines
    encoded_html: Lines
    size: int  # of the HTML, in bytes

    @classmethod
    def of(cls, text: str, html: str) -> "Piece":
        return cls(text, html, quoted_printable(text), quoted_printable(html), len(html.encode()))


@dataclass(frozen=True, slots=True)
class Fragment:
    """All that a mail says of one study."""

    view: EntryView  # as of the first study of its mail
    piece: Piece
    #: Holds on to what the key of this fragment names by its place in memory.
    entry: Entry


class Fragments:
    """Those that were made lately. Raises RenderError where their templates are missing or cannot be read.

    environments: of the templates, by language. pages: where our own are.
    """

    def __init__(self, environments: Mapping[str, Environment], pages: PublicPages | None) -> None:
        self._environments, self._pages = environments, pages
        for name in STUDY:
            environment.load(environments["en"], name)
        #: By whether it is of the first study of its mail; what is said is the same but for a word.
        self._kept: OrderedDict[tuple[object, ...], dict[bool, Fragment]] = OrderedDict()

    def of(
        self, words: Speech, letter: Letter, entry: Entry, cut: int = 0, *, leads: bool = True
    ) -> Fragment:
        """What a letter says of one of its entries; `cut`: how often it was shortened, see `sizes`.

        leads: it is the first of its mail. Raises UntrueError where it would say what nobody stored (promise 8).
        """
        made: dict[bool, Fragment] = {}  # of what nobody else reads
        if not letter.released and not any(reason.note for reason in entry.reasons):
            key = _key(words, letter, entry, cut)
            made = self._kept.setdefault(key, made)
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        if leads not in made:
            view = made[not leads].view if made else self._view(words, letter, entry, cut)
            as_following = following(view)
            piece = self._piece(words, letter, entry, view if leads else as_following)
            made[leads] = Fragment(view, piece, entry)
            if as_following is view:
                made[not leads] = made[leads]
        return made[leads]

    def _view(self, words: Speech, letter: Letter, entry: Entry, cut: int) -> EntryView:
        # A status without words of ours is quoted; whoever runs this should know that the registry has a new one.
        for told in entry.told:
            if told.change.kind in STATUS_KINDS and told.change.after not in list(OverallStatus):
                log.warning(
                    "The registry has a status that this program has no words for.",
                    action="unknown_status",
                    nct_id=entry.study.nct_id,
                    status=str(told.change.after)[:60],
                )
        view = entry_view(words, letter, entry, self._pages)
        return [view, *shorter(words, view)][cut] if cut else view

    def _piece(self, words: Speech, letter: Letter, entry: Entry, view: EntryView) -> Piece:
        its = self._environments[words.language]
        text, html = (
            _lines(environment.fill(environment.load(its, name), {"entry": view})) for name in STUDY
        )
        hold_back(letter, strangers(text, letter, words, allowed(view), entry), entry.study.nct_id)
        return Piece.of(text, html)


def _lines(filled: str) -> str:
    """Whole lines: where a template ends with words, its last line end is not part of what it gives."""
    return filled if filled.endswith("\n") else filled + "\n"


def _key(words: Speech, letter: Letter, entry: Entry, cut: int) -> tuple[object, ...]:
    """All that can make a difference to the words about a study. What is stored is known by where it is in memory: one
    pass hands the same version and the same changes to all who hear of them.
    """
    zone = zone_of(letter.time_zone)
    found = dict.fromkeys(told.detected_at for told in entry.told)  # nearly always together
    return (
        words.language,
        id(entry.study),
        id(entry.told),
        entry.near,
        entry.ending,
        followed(words, letter, entry),
        entry.first_seen.astimezone(zone).date(),
        *(moment.astimezone(zone).date() for moment in found),
        cut,
    )


def allowed(view: EntryView) -> list[str]:
    """What may be said of a study though no record says it: our links, and what we counted."""
    counted = [number for telling in view.tellings for number in telling.derived]
    return [one for one in (view.page_url, view.registry_url, *counted) if one]


def hold_back(letter: Letter, unknown: Sequence[str], nct_id: str | None = None) -> None:
    """Raise where a mail says what nobody stored, of one study if that is where it stands."""
    if not unknown or letter.released:
        return
    where = f" of {nct_id}" if nct_id else ""
    why = (
        f"it says {', '.join(unknown[:5])}{where}, which is not in the stored record. Look at the record and at the "
        f"templates; `notifier outbox release` shows the mail and sends it as it is."
    )
    raise UntrueError(
        f"The mail {letter.message_id} is held, because {why}", {nct_id: why} if nct_id else None
    )
