from collections import Counter

import pytest

from notifier.domain.storm_guard import Storm, verdict

PATH = "protocolSection.descriptionModule.briefSummary"


def a_storm(changed, *, followed=1000, people=10, usual=(10, 12, 11)):
    ids = [f"NCT9{number:07d}" for number in range(changed)]
    return Storm(followed, ids, people, usual, Counter({PATH: changed}))


def held(storm, *, studies=0.2, messages=5.0):
    return verdict(storm, studies=studies, messages=messages)


@pytest.mark.parametrize(
    "storm",
    [
        a_storm(200),
        a_storm(50, followed=50),  # all of few
        a_storm(3, people=200, usual=(1, 1, 1)),
        a_storm(3, people=900, usual=(200, 300, 100)),
        a_storm(3, people=100_000, usual=()),  # nothing is usual yet
    ],
)
def test_an_ordinary_day_goes(storm):
    assert held(storm) is None


def test_too_large_a_share_of_the_studies_is_held_with_its_path_and_samples():
    assert held(a_storm(201)) == (
        f"201 of 1000 followed studies changed (20 %); most often {PATH} (in 201), "
        "for example NCT90000000, NCT90000001, NCT90000002"
    )


def test_too_many_people_is_held():
    assert held(a_storm(3, people=201, usual=(10, 40, 12))).startswith("201 people would be mailed")


def test_the_limits_are_settings():
    assert held(a_storm(201), studies=0.5) is None
    assert held(a_storm(3, people=201, usual=(10, 10)), messages=50) is None
