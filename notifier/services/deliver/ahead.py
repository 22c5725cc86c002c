"""Where the lines have their letters and mails from: made here, or beside this process where many are due."""

from collections.abc import Callable, Sequence

import structlog

from notifier.domain.letter import Letter
from notifier.services.deliver.beside import Made
from notifier.services.deliver.parts import Press, Rendered, Renderer

MANY = 300  # mails that are worth the second or two that a second process takes to start

log = structlog.get_logger()


class Ahead:
    """The mails of one pass."""

    def __init__(self, renderer: Renderer, press: Callable[[], Press] | None) -> None:
        self._renderer, self._make_press = renderer, press
        self._press: Press | None = None
        self._mails: dict[int, tuple[Letter, Rendered]] = {}  # that were made beside, and are not begun

    @property
    def is_beside(self) -> bool:
        """Whether letters with news need not be composed here."""
        return self._press is not None and self._press.ready.is_set()

    async def expect(self, mails: int) -> None:
        """About so many will be asked for."""
        if mails < MANY or self._make_press is None:
            return
        self._press = self._make_press()
        try:
            await self._press.start()
        except Exception as fault:  # noqa: BLE001 - all that it would have made is made here
            log.warning(
                "No second process could be started; the mails are made in this one.",
                action="press_failed",
                fault=type(fault).__name__,
            )

    def begin(self, message_ids: Sequence[int]) -> None:
        """The letters of these will be asked for next."""
        if self._press is not None:
            self._press.begin(message_ids)

    async def letter(self, message_id: int) -> Letter | None:
        """The letter of a message that was begun; None where it is to be composed here."""
        made: Made | None = await self._press.take(message_id) if self._press is not None else None
        if made is None or made.mail.recipient != made.letter.recipient:
            return None
        self._mails[message_id] = made.letter, made.mail
        return made.letter

    def mail(self, letter: Letter) -> Rendered:
        """The mail of exactly this letter. Raises RenderError when it cannot be right."""
        of, mail = self._mails.pop(letter.message_id, (None, None))
        return mail if mail is not None and of is letter else self._renderer.render(letter)

    async def close(self) -> None:
        """Nothing more is asked for."""
        if self._press is not None:
            await self._press.close()
