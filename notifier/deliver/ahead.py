"""Where the lines have their mails from: made here when a line asks, or beside this process where many are due."""

from collections.abc import Callable, Sequence

import structlog

from notifier.deliver.parts import Press, Rendered, Renderer
from notifier.letter import Letter

MANY = 300  # mails that are worth the second or two that a second process takes to start

log = structlog.get_logger()


class Ahead:
    """The mails of one pass."""

    def __init__(self, renderer: Renderer, press: Callable[[], Press] | None) -> None:
        self._renderer, self._make_press = renderer, press
        self._press: Press | None = None

    async def expect(self, mails: int) -> None:
        """About so many will be asked for."""
        if mails < MANY or self._make_press is None:
            return
        press = self._make_press()
        try:
            await press.start()
        except OSError as fault:
            log.warning(
                "No second process could be started; the mails are made in this one.",
                action="press_failed",
                fault=fault.strerror,
            )
        else:
            self._press = press

    def begin(self, letters: Sequence[Letter]) -> None:
        """The mails of these will be asked for next."""
        if self._press is not None:
            self._press.begin(letters)

    async def of(self, letter: Letter) -> Rendered:
        """The mail of a letter. Raises RenderError when it cannot be right."""
        made = await self._press.mail(letter) if self._press is not None else None
        return self._renderer.render(letter) if made is None else made

    async def close(self) -> None:
        """Nothing more is asked for."""
        if self._press is not None:
            await self._press.close()
