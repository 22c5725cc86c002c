"""Letters composed and made into mails in a second process. Reads the store and writes nothing; sends nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import structlog

from notifier.domain.letter import Letter
from notifier.errors import StoreError
from notifier.services.deliver.parts import Handed, Rendered, Renderer
from notifier.storage import letters
from notifier.storage.engine import Database

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Made:
    """A letter as far as whoever sends it needs it, and its mail."""

    letter: Letter
    mail: Rendered


class Desk:
    """What works in the second process: see `press.Maker`."""

    def __init__(self, database: Database, renderer: Renderer) -> None:
        self._database, self._renderer = database, renderer
        self._shelf = letters.Shelf()

    def make(self, wanted: Sequence[int]) -> Iterator[tuple[int, Made | None]]:
        """The mails of these messages, which were made ready; None for one that is to be made where it is sent.

        Whatever goes wrong here goes wrong there again, and is said there.
        """
        composed = self._composed(wanted)
        for message_id in wanted:
            letter = composed.get(message_id)
            yield message_id, None if letter is None else self._made(letter)

    def _composed(self, message_ids: Sequence[int]) -> dict[int, Letter]:
        try:
            with self._database.reading() as session:
                return letters.news_of(session, message_ids, self._shelf)
        except StoreError:
            return {}
        except Exception as fault:  # noqa: BLE001 - one of them; they are composed one by one where they are sent
            log.warning("Mails are not made ahead.", action="not_made_ahead", fault=type(fault).__name__)
            return {}

    def _made(self, letter: Letter) -> Made | None:
        try:
            mail = self._renderer.render(letter)
        except Exception:  # noqa: BLE001 - see above
            return None
        # What it tells is large, and of use later only where it ends an alert.
        ends = tuple(entry for entry in letter.entries if entry.ending)
        return Made(replace(letter, entries=ends), _handed(mail))


def _handed(mail: Rendered) -> Handed:
    return Handed(
        mail.content,
        mail.recipient,
        tuple(mail.left_over),
        mail.subject,
        mail.wording,
        mail.needs_smtputf8,
    )
