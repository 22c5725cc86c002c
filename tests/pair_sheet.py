"""Writes the mails of real pairs of versions, to be read by people, and counts what was found in them.

    python tests/pair_sheet.py [--mails FILE] [--sample 30 --seed 1] [--lightest minor] [--language en] [PAIRS.jsonl.gz ...]

The file gets the mails of `more_pairs`, or as many as are asked for of all pairs that give one; the table of kinds and weights, and the words of a mail, are counted over all pairs.
"""

import argparse
import gzip
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

import mails
import msgspec

from notifier.domain.changes import Weight, detect
from notifier.domain.letter import Entry
from notifier.domain.study import decode
from notifier.errors import RenderError

REGISTRY = Path(__file__).parents[2] / "shared" / "registry"
PAIRS = ("pairs.jsonl.gz", "more_pairs.jsonl.gz", "partial_pairs.jsonl.gz")
TO_READ = "more_pairs.jsonl.gz"


FOLLOWED = datetime(2024, 1, 2, 9, tzinfo=UTC)


def pairs(name):
    """The (old, new) records of one file, and when the new one was seen."""
    with gzip.open(REGISTRY / name) as lines:
        for pair in map(msgspec.json.decode, lines):
            day = pair.get("after_day") or pair["new_versionHolder"]
            seen = datetime.fromisoformat(f"{day[:10]}T09:00+00:00")
            yield pair.get("before") or pair["old"], pair.get("after") or pair["new"], seen


def mails_of(renderer, before, after, lightest, language="en", seen=mails.SEEN):
    """The text of the mail that somebody gets of one pair: what one update changes in a study comes in one."""
    study = decode(msgspec.json.encode(after))
    told = mails.told([change for change in detect(before, after).news if change.weight >= lightest], study)
    updated = decode(msgspec.json.encode(before)).last_update_post_date != study.last_update_post_date
    told = tuple(replace(one, detected_at=seen, posted=one.posted if updated else None) for one in told)
    if told:
        asked = replace(mails.reason(label=study.nct_id), asked_at=FOLLOWED)
        entry = Entry(study, FOLLOWED, told, (asked,))
        yield renderer.render(mails.letter(entry, language=language)).text


def say(line):
    sys.stdout.write(f"{line}\n")


def words_a_mail(texts):
    counts = sorted(len(text.split()) for text in texts)
    return f"{len(counts)} mails; words a mail: median {median(counts):.0f}, 90th of a hundred {counts[9 * len(counts) // 10]}, longest {counts[-1]}"


def to_be_read(texts, sample, seed):
    """The mails to read: of one file, or as many of all pairs; some pairs stand in two files."""
    if not sample:
        return {key: said for key, said in texts.items() if key[0] == TO_READ}
    one_each = {text: key for key, said in texts.items() for text in said}
    keys = Random(seed).sample(sorted(one_each.values()), min(sample, len(one_each)))
    return {key: texts[key] for key in keys}


def main():
    ask = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    ask.add_argument("files", nargs="*", default=PAIRS, help="in the folder of real records")
    ask.add_argument("--mails", type=Path)
    ask.add_argument("--sample", type=int, help="as many mails, of all pairs that give one")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--lightest", type=Weight, default=Weight.MINOR)
    ask.add_argument("--language", default="en")
    asked = ask.parse_args()
    renderer = mails.renderer()
    kinds, texts, sheet = Counter(), {weight: {} for weight in (Weight.NOTABLE, Weight.MINOR)}, []
    for name in asked.files:
        for number, (before, after, seen) in enumerate(pairs(name), start=1):
            kinds.update((change.kind, change.weight) for change in detect(before, after).changes)
            for weight, made in texts.items():
                try:
                    made[name, number] = list(mails_of(renderer, before, after, weight, asked.language, seen))
                except RenderError as fault:
                    say(f"{name} {number}: {fault}")
    to_read = to_be_read(texts[asked.lightest], asked.sample, asked.seed)
    for (name, number), said in to_read.items():
        title = f"{name} {number}" if asked.sample else number
        sheet += [f"\n{'=' * 30} {title} {'=' * 30}\n{text}" for text in said or ["(no mail)\n"]]
    if asked.mails:
        asked.mails.write_text("".join(sheet), encoding="utf-8")
    for (kind, weight), count in sorted(kinds.items(), key=lambda each: (each[0][1].rank, -each[1])):
        say(f"{weight:14}{kind:30}{count:6}")
    for weight, made in texts.items():
        for name in asked.files:
            chosen = [text for key, each in made.items() if key[0] == name for text in each]
            say(f"told from {weight} on, {name}: {words_a_mail(chosen)}")
        say(f"told from {weight} on, all: {words_a_mail([t for each in made.values() for t in each])}")


if __name__ == "__main__":
    main()
