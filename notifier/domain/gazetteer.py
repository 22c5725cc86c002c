"""Where a town is that somebody types: by its name in any language that is written in Latin letters, or by its postal code.

Reads a packaged table (docs/data.md), the block of it that is asked for, when it is asked for: distances need no service of
anybody's (P12). What may be several towns is asked back.
"""

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from babel.core import get_global

from notifier.domain.geo import FARTHEST, Circle
from notifier.domain.narrowing import country_code, country_name
from notifier.domain.study import folded
from notifier.domain.wording.catalogue import n_
from notifier.errors import InputError

MOST_NAMED = 5  # towns of one name that are named when one must be chosen
MOST_COMPARED = 15_000  # names, the largest towns first, with one that is not known
LONGEST = 100  # characters of a place; beyond it nothing is looked for
A_CITY = 100  # thousand people
FAR_LARGER = 10  # times as many people live there: that town is meant
CODES_OF = (
    "AT", "AU", "BE", "CA", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IS", "IT", "NL", "NO", "PL", "SE",
    "US",
)  # fmt: skip
SEVERAL_COUNTRIES = n_(
    "A postal code alone may be in several countries: write the town or the country too, such as %(towns)s"
)
SEVERAL_TOWNS = n_("There is more than one town of that name: write which one, such as %(towns)s")
_FIGURES = re.compile(r"(\d{3,5})")
#: How codes are written that have letters, and how much of one the table knows.
_FORMS = {
    "CA": re.compile(r"([A-Z]\d[A-Z])(?:\d[A-Z]\d)?"),
    "GB": re.compile(r"([A-Z]{1,2})\d[A-Z\d]?(?:\d[A-Z]{2})?"),
    "NL": re.compile(r"(\d{4})(?:[A-Z]{2})?"),
}
_FILE = Path(__file__).parent / "gazetteer.bin"


@dataclass(frozen=True, slots=True)
class Town:
    """A town; the state is empty where people do not name it. code: the postal code by which it was found."""

    name: str
    state: str
    country: str
    lat: float
    lon: float
    code: str = ""
    thousands: int = 0
    of: str = ""  # the country's code

    @property
    def label(self) -> str:
        first = f"{self.code} {self.name}" if self.code else self.name
        return ", ".join(part for part in (first, self.state, self.country) if part)


class Ambiguous(InputError):
    """What was typed may be several towns."""

    def __init__(self, sentence: str, towns: Sequence[Town]) -> None:
        super().__init__(sentence, towns="; ".join(town.label for town in towns[:MOST_NAMED]))
        self.towns = tuple(towns[:MOST_NAMED])


def circle(text: str, km: int, home: str | None = None) -> tuple[Town, Circle]:
    """The circle of `km` around a town. home: the country in which a postal code alone is looked for.

    Raises InputError with one sentence where there is no such town, or not one alone (Ambiguous).
    """
    if not 1 <= km <= FARTHEST:
        raise InputError("A circle reaches from 1 to %(most)s kilometres: give such a number", most=FARTHEST)
    town = the_town(text, home)
    return town, Circle.around(town.lat, town.lon, km)


def the_town(text: str, home: str | None = None) -> Town:
    """The one town that this is. Raises InputError as `circle`."""
    found = find(text)
    if (country(text) or _state(text)) and all(town.thousands < A_CITY for town in found):
        found = []  # "Denmark" is not the one in South Carolina, and "Kansas" none in Alabama
    at_home = [town for town in found if town.of == home]
    if at_home and (found[0].code or len(at_home) == 1):
        found = at_home
    words = folded(text).split()
    bare_code = len(words) == 1 or "".join(words).isdigit()
    if len(found) == 1 and not (found[0].code and not at_home and bare_code):
        return found[0]
    if not found:
        raise _unknown(text)
    raise Ambiguous(SEVERAL_COUNTRIES if found[0].code else SEVERAL_TOWNS, found)


def find(text: str) -> list[Town]:
    """The towns that this may be, the largest first: `Aarhus`, `Portland, Maine, United States`, `8600 Silkeborg`.

    Of towns of one name those that are far smaller than the largest are left out.
    """
    parts = [folded(part) for part in text[:LONGEST].split(",")]
    rest = [part for part in parts[1:] if part]
    words = parts[0].split()
    # The words as a town's name alone, and with a country or a state at their end or their beginning: "DK-8600".
    ways = [(words, ""), *((words[:-n], " ".join(words[-n:])) for n in range(1, min(4, len(words))))]
    for named, said in [*ways, (words[1:], words[0])] if len(words) > 1 else ways:
        name = " ".join(named)
        if found := [town for town in (*_by_code(name), *_by_name(name)) if _fits(town, [said, *rest])]:
            largest = max(town.thousands for town in found)
            return [
                town for town in found if town.code or town.thousands * FAR_LARGER > largest or not largest
            ]
    return []


def country(text: str) -> str | None:
    """The code of the country that this names, in a language of ours or by its code."""
    return country_code(text) if len(text) <= LONGEST else None


def country_of_zone(time_zone: str | None) -> str | None:
    """The code of the country whose clocks go by this zone."""
    code = get_global("zone_territories").get(time_zone or "")
    return code if code and code.isalpha() else None


def _fits(town: Town, said: Sequence[str]) -> bool:
    """Whether all that was said beside its name is its state, its country, or with a code its name."""
    states = {
        folded(town.state),
        *(code[3:].lower() for code, name in _states().items() if code[:2] == "US" and name == town.state),
    }
    return all(
        part in states or country_code(part) == town.of or (town.code and part == folded(town.name))
        for part in said
        if part
    )


def _rows(block: str, key: str) -> Iterator[list[str]]:
    """The cells of a block's lines that begin with this one."""
    at = 0 if block.startswith(f"{key}\t") else block.find(f"\n{key}\t") + 1 or -1
    while at >= 0 and block.startswith(f"{key}\t", at):
        end = block.index("\n", at)
        yield block[at:end].split("\t")
        at = end + 1


def _by_name(name: str) -> list[Town]:
    block = _block(f"towns {name[0] if name[:1].isascii() and name[:1].isalpha() else '_'}") if name else ""
    apart: dict[tuple[float, float], Town] = {}
    for _, shown, of, code, lat, lon, thousands in sorted(_rows(block, name), key=lambda row: int(row[6])):
        where, state = (float(lat), float(lon)), _states().get(f"{of}.{code}", "")
        town = Town(shown or name.title(), state, country_name(of), *where, "", int(thousands), of)
        apart[round(town.lat, 1), round(town.lon, 1)] = town
    return sorted(apart.values(), key=lambda town: -town.thousands)


def _by_code(text: str) -> list[Town]:
    """The towns of this postal code, in each country that has it; people write it with and without its blanks."""
    code = text.replace(" ", "").upper()
    if not any(map(str.isdigit, code)) or not (code.isascii() and code.isalnum()):
        return []
    found = []
    for of in CODES_OF:
        if form := _FORMS.get(of, _FIGURES).fullmatch(code):
            for _, name, lat, lon in islice(_rows(_block(f"codes {of}"), form[1]), 1):
                found.append(Town(name, "", country_name(of), float(lat), float(lon), code, 0, of))
    return found


def _state(text: str) -> str | None:
    said = folded(text) if len(text) <= LONGEST else ""
    return next((name for name in _states().values() if folded(name) == said), None)


def _unknown(text: str) -> InputError:
    if code := country(text):
        return InputError(
            "%(country)s is a country: write a town there, so that the kilometres count from somewhere",
            country=country_name(code),
        )
    if state := _state(text):
        return InputError(
            "%(state)s is a state: write a town there, so that the kilometres count from somewhere",
            state=state,
        )
    words = folded(text.partition(",")[0])[:LONGEST]
    first = words[:1] if words[:1].isascii() and words[:1].isalpha() else "_"
    alike = [
        one
        for one in _known(first)
        if abs(len(one) - len(words)) < 2 and (one[1:2] == words[1:2] or one[-1:] == words[-1:])
    ]
    if near := get_close_matches(words, alike, n=3, cutoff=0.75):
        return InputError(
            "We know no town of that name: did you mean %(towns)s?", towns=", ".join(map(str.title, near))
        )
    return InputError("We know no town of that name, so its distance is not known: try a larger town nearby")


@lru_cache(maxsize=4)
def _known(first: str) -> tuple[str, ...]:
    """The names of the largest towns with this first letter."""
    lines = [line.split("\t") for line in _block(f"towns {first}").splitlines()]
    lines.sort(key=lambda line: -int(line[6]))
    return tuple(dict.fromkeys(line[0] for line in lines))[:MOST_COMPARED]


@cache
def _states() -> dict[str, str]:
    return dict(line.split("\t") for line in _block("states").splitlines())


@cache
def _index() -> tuple[int, dict[str, tuple[int, int]]]:
    """Where the blocks begin, and where each of them stands from there on."""
    with _FILE.open("rb") as file:
        head = file.readline()
    return len(head), json.loads(head)


@lru_cache(maxsize=4)
def _block(name: str) -> str:
    start, index = _index()
    if name not in index:
        return ""
    offset, length = index[name]
    with _FILE.open("rb") as file:
        file.seek(start + offset)
        return zlib.decompress(file.read(length)).decode()
