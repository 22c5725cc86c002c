"""What a visitor looks for, as the registry's own search is asked: by its API, and by a link to its site. Pure.

Words come through the same door as conditions, so that nothing typed is an operator. What a record does not say leaves it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode

from notifier.domain.geo import Circle
from notifier.domain.study import Study

SITE = "https://clinicaltrials.gov/search"
A_PAGE = 10  # studies
OLDEST = 120  # years
#: What a read needs; results and documents are most of a record.
FIELDS = "protocolSection,derivedSection,hasResults"


class SexSought(StrEnum):
    """Who looks; it leaves out what takes the other sex alone."""

    FEMALE = "female"
    MALE = "male"


class StudyDoes(StrEnum):
    TREATS = "treats"
    OBSERVES = "observes"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. is_condition: the words name an illness; else they may stand anywhere in a record."""

    words: str = ""
    is_condition: bool = False
    countries: tuple[str, ...] = ()  # in English; one of them is enough
    circle: Circle | None = None
    town: str = ""
    open: bool = False
    age: int | None = None  # years
    sex: SexSought | None = None
    kind: StudyDoes | None = None

    def params(self) -> Mapping[str, str]:
        """As the API is asked."""
        asked = {"fields": FIELDS, "sort": "@relevance"}
        if self.words:
            asked["query.cond" if self.is_condition else "query.term"] = self.words
        if self.circle is not None:
            asked["filter.geo"] = f"distance({self.circle.lat},{self.circle.lon},{self.circle.km}km)"
        if self.countries:
            asked["query.locn"] = " OR ".join(f'"{name}"' for name in self.countries)
        if self.open:
            asked["filter.overallStatus"] = "RECRUITING,NOT_YET_RECRUITING"
        narrower = []
        if self.age is not None:
            narrower += [
                f"(AREA[MinimumAge]RANGE[MIN, {self.age} years] OR AREA[MinimumAge]MISSING)",
                f"(AREA[MaximumAge]RANGE[{self.age} years, MAX] OR AREA[MaximumAge]MISSING)",
            ]
        if self.sex is not None:
            narrower.append(f"NOT AREA[Sex]{'MALE' if self.sex is SexSought.FEMALE else 'FEMALE'}")
        if self.kind is not None:
            narrower.append(
                f"AREA[StudyType]{'INTERVENTIONAL' if self.kind is StudyDoes.TREATS else 'OBSERVATIONAL'}"
            )
        if narrower:
            asked["filter.advanced"] = " AND ".join(narrower)
        return asked

    @property
    def near(self) -> str:
        """What the address of a study's page says of the town."""
        return f"?{urlencode({'near': self.town})}" if self.town else ""

    @property
    def link(self) -> str:
        """The same search on the registry's site."""
        boxes = []
        if self.open:
            boxes.append("status:not rec")
        if self.age is not None:
            boxes.append(f"ages:{'child' if self.age < 18 else 'adult' if self.age < 65 else 'older'}")
        if self.sex is not None:
            boxes.append(f"sex:{self.sex[0]}")
        if self.kind is not None:
            boxes.append(f"studyType:{'int' if self.kind is StudyDoes.TREATS else 'obs'}")
        asked = {"cond" if self.is_condition else "term": self.words}
        if self.circle is not None:
            asked |= {"locStr": self.town, "lat": str(self.circle.lat), "lng": str(self.circle.lon)}
            asked["distance"] = str(round(self.circle.km / 1.609))  # miles
        elif self.countries:
            asked |= {"locStr": self.countries[0], "country": self.countries[0]}
        asked["aggFilters"] = ",".join(boxes)
        given = {name: text for name, text in asked.items() if text}
        return f"{SITE}?{urlencode(given)}" if given else SITE


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what the registry found. total: of all pages, where the registry counted. token: of the next page."""

    studies: tuple[Study, ...]
    total: int | None = None
    token: str | None = field(default=None, repr=False)
