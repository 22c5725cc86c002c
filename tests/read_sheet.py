"""Prints records and their reads side by side, to be read by people: a sample by type, phase and status.

    python tests/read_sheet.py [--from RECORDS.jsonl.gz] [--count 60] [--seed 1] [--today 2026-11-28] [--language en] [NCT...]

On the left what the record says, on the right what we make of it. Those who read score each read from 1 to 5 as true,
specific, understandable and useful, and mark its title and its question natural, awkward or false.
"""

import argparse
import gzip
import random
import sys
import textwrap
from collections import defaultdict
from datetime import date
from itertools import zip_longest
from pathlib import Path

from notifier.domain.study import decode
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import one_line

RECORDS = Path(__file__).parent.parent.parent / "shared" / "registry" / "studies.jsonl.gz"
WIDE = 92  # signs of a column


def studies_of(path):
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        return [decode(line) for line in lines if line.strip()]


def sample(studies, count, seed):
    """As many as asked, round by round from each sort of study, so that rare sorts are among them."""
    sorts = defaultdict(list)
    for study in studies:
        sorts[study.study_type, study.phases, study.overall_status].append(study)
    chance = random.Random(seed)
    piles = [chance.sample(pile, len(pile)) for pile in sorts.values()]
    chance.shuffle(piles)
    chosen = [study for row in zip_longest(*piles) for study in row if study is not None]
    return chosen[:count]


def record_lines(study):
    who = study.eligibility
    yield f"{study.nct_id} · {study.study_type} · {'/'.join(study.phases)} · {study.overall_status} · {study.design.primary_purpose}"
    yield f"BRIEF: {one_line(study.brief_title or '')}"
    yield f"OFFICIAL: {one_line(study.official_title or '')}"
    yield f"CONDITIONS: {'; '.join(study.conditions[:8])}{f' and {len(study.conditions) - 8} more' if len(study.conditions) > 8 else ''}"
    design = study.design
    yield (
        f"DESIGN: {design.allocation or design.observational_model} · {design.intervention_model or design.time_perspective} · "
        f"{design.masking} {', '.join(design.who_masked)} · {study.enrollment.count} {study.enrollment.type}"
    )
    for arm in study.arms[:6]:
        yield f"ARM {arm.type}: {one_line(arm.label or '')} <- {'; '.join(arm.intervention_names)}"
    for each in study.interventions[:8]:
        yield f"GIVES {each.type}: {one_line(each.name or '')}"
    for each in study.primary_outcomes[:4]:
        yield f"MEASURE: {one_line(each.measure or '')[:200]} [{one_line(each.time_frame or '')[:80]}]"
    yield f"WHO: {who.minimum_age} to {who.maximum_age}, {who.sex}, healthy: {who.healthy_volunteers}"
    dates = (study.start_date, study.primary_completion_date, study.completion_date)
    yield (
        "DATES: "
        + ", ".join(f"{each.date} {each.type}" for each in dates if each)
        + f"; updated {study.last_update_post_date}"
    )
    yield f"STOPPED: {study.why_stopped}" if study.why_stopped else f"RESULTS: {study.has_results}"
    yield f"SUMMARY: {one_line(study.brief_summary or '')[:1200]}"


def read_lines(read):
    yield f"TITLE: {read.title}"
    yield f"STATUS: {read.status_line}"
    yield f"QUESTION: {read.question or '(none)'}"
    yield f"DONE: {' '.join(read.summary)}"
    yield f"QUOTE: {read.quote or '(none)'}"
    yield f"WORDS: {'; '.join(f'{word.term} = {word.means}' for word in read.words)}"
    yield from (f"MEASURES: {each}" for each in read.measures)
    yield from (f"LEADS TO: {each}" for each in read.could_lead_to)
    yield from (f"WRONG: {each}" for each in read.could_go_wrong)


def sheet(study, read):
    columns = [
        [
            line
            for text in lines
            for line in (textwrap.wrap(plain(text), WIDE, subsequent_indent="  ") or [""])
        ]
        for lines in (record_lines(study), read_lines(read))
    ]
    rows = zip_longest(*columns, fillvalue="")
    return "\n".join(f"{left:<{WIDE}} │ {right}".rstrip() for left, right in rows)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("nct_ids", nargs="*", metavar="NCT")
    asked.add_argument("--from", dest="path", type=Path, default=RECORDS)
    asked.add_argument("--count", type=int, default=60)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--today", type=date.fromisoformat, default=date.today())  # noqa: DTZ011 - the reader's own day
    asked.add_argument("--language", default="en")
    chosen = asked.parse_args()
    studies = studies_of(chosen.path)
    wanted = [each for each in studies if each.nct_id in chosen.nct_ids]
    for study in wanted or sample(studies, chosen.count, chosen.seed):
        read = by_rules(study, chosen.today, chosen.language)
        sys.stdout.write(f"{'─' * (2 * WIDE + 3)}\n{sheet(study, read)}\n")


if __name__ == "__main__":
    main()
