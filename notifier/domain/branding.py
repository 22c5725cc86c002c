"""The organisation's own face: its name, its picture, its colour, whom to call, and its own templates. Judges them; reads no file."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_LOGO = 32_000  # bytes; every page carries it
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
#: What text in the accent stands on, in the light scheme and in the dark one: the paper of mails and pages.
PAPERS = ("#ffffff", "#1f2933")
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_SVG = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE svg[^>\[]*>\s*)*<svg[\s>]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Face:
    """How an organisation looks. logo: a data URI. accent: the colour in the light scheme and in the dark one.

    overlay: the folder whose files stand before the shipped ones.
    """

    name: str | None = None
    logo: str | None = None
    accent: tuple[str, str] | None = None
    help_line: str | None = None
    overlay: Path | None = None

    def folders(self, shipped: Path) -> list[Path]:
        """Where a template is looked for, first the organisation's own."""
        return [self.overlay, shipped] if self.overlay else [shipped]


PLAIN = Face()
ACCENT = ("#0b5cad", "#7cc4fa")  # of ours, as the style sheets have it


def logo(raw: bytes) -> str:
    """The picture as pages carry it. Raises ValueError with what is wrong with it, to stand after its name."""
    if len(raw) > MOST_LOGO:
        raise ValueError(f"has {len(raw):,} bytes, and every page carries it: make it {MOST_LOGO:,} at most")
    kind = next((kind for start, kind in _KINDS if raw.startswith(start)), None)
    if kind is None and raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        kind = "image/webp"
    if kind is None and _SVG.match(raw[:2_000].removeprefix(b"\xef\xbb\xbf")):
        kind = "image/svg+xml"
    if kind is None:
        raise ValueError("is no picture that browsers show: give a PNG, SVG, JPEG, GIF or WebP file")
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}"


def accent(text: str) -> tuple[str, str]:
    """The colour for the light and for the dark scheme, of one or two that were named.

    Of one alone, the other is made: the same hue, lighter until it can be read on dark paper. Raises ValueError.
    """
    named = [part.strip().lower() for part in text.split(",")]
    if not 1 <= len(named) <= len(PAPERS) or not all(re.fullmatch("#[0-9a-f]{6}", one) for one in named):
        raise ValueError(
            "is not a colour such as #0b5cad, nor two of them, for the light and the dark scheme"
        )
    if len(named) == 1:
        # Between it and white; the last is white, so one of them can be read on dark paper.
        steps = ([round(part + (255 - part) * step / 10) for part in _parts(named[0])] for step in range(11))
        lighter = ("#" + "".join(f"{part:02x}" for part in parts) for parts in steps)
        named.append(next(one for one in lighter if contrast(one, PAPERS[1]) >= LEAST_CONTRAST))
    for one, paper, scheme in zip(named, PAPERS, ("light", "dark"), strict=True):
        if (found := contrast(one, paper)) < LEAST_CONTRAST:
            # Cut, not rounded: 4.496 is not enough, and must not be shown as 4.5.
            raise ValueError(
                f"has {one}, whose contrast on the {scheme} paper ({paper}) is {int(found * 100) / 100}:1, and text "
                f"needs {LEAST_CONTRAST}:1: take a {'darker' if scheme == 'light' else 'lighter'} one"
            )
    return named[0], named[1]


def contrast(one: str, other: str) -> float:
    """How much two colours differ, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lights = []
    for colour in (one, other):
        parts = [part / 255 for part in _parts(colour)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(
            sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        )
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def _parts(colour: str) -> Sequence[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
