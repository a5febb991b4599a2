"""A hundred small random problems of all strata, against oracles that share no code; the rest: benchmarks/fuzz.py."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fuzz

HUNDRED = list(itertools.islice(fuzz.problems(), 10 * len(fuzz.STRATA), 10 * len(fuzz.STRATA) + 100))


@pytest.mark.parametrize("name", fuzz.STRATA)
def test_a_hundred_problems(name):
    mine = [seed for stratum, seed in HUNDRED if stratum == name]
    found = [fuzz.row(name, seed) for seed in mine]
    assert len(found) >= 7
    for row in found:
        assert {row["verdict"], row["oracle"]} != {"yes", "no"}, row
        assert row["verdict"] != "no" or row["confirmed"] or row["oracle"] == "no", row
    assert sum(row["verdict"] == "undecided" for row in found) <= 1


def test_two_thousand_are_drawn_of_which_six_hundred_in_the_window():
    counts = {name: count for name, (count, _) in fuzz.STRATA.items()}
    assert sum(counts.values()) >= 2_000
    assert sum(count for name, count in counts.items() if name in fuzz.WINDOW) >= 600


@pytest.mark.parametrize("name", fuzz.WINDOW)
def test_the_window_has_no_gauge_and_room_for_the_kernel(name):
    for seed in range(3):
        problem = fuzz.STRATA[name][1](seed)
        sizes = [len(b) for b in problem["basis"]]
        space = fuzz.oracles.lifting(problem["basis"])
        K = len(sizes)
        sigma_2 = 2 * (sum(sizes) - K) + 2 if K > 2 else 2 * sum(sizes) - 4
        assert 1 <= space.kernel_dimension <= len(space.columns) - sigma_2
        assert fuzz.oracles.local_rank(problem["basis"]) == fuzz.oracles.expected_scale(sizes)


def test_a_witness_that_is_none_is_not_confirmed():
    problem = fuzz.STRATA["beyond the window"][1](0)
    claim = fuzz.decided(problem)["claim"]
    assert fuzz.confirmed(problem, claim)
    assert not fuzz.confirmed(problem, {**claim, "g": claim["h"]})
    other = json.loads(json.dumps(claim))
    other["h"][0] = ["7" if x == "0" else x + "1" for x in other["h"][0]]
    assert not fuzz.confirmed(problem, other)
    assert not fuzz.confirmed({**problem, "models": [[[0], [0]]]}, claim)


def test_the_page_counts_and_refuses_a_wrong_verdict():
    rows = [
        {
            "stratum": "sparse",
            "seed": 0,
            "verdict": "yes",
            "method": "a",
            "cpu": 1.0,
            "oracle": "yes",
            "confirmed": False,
        },
        {"stratum": "sparse", "seed": 1, "verdict": "no", "method": "b", "cpu": 1.0, "oracle": None, "confirmed": True},
        {
            "stratum": "sparse",
            "seed": 2,
            "verdict": "undecided",
            "method": None,
            "cpu": 1.0,
            "oracle": "yes",
            "confirmed": False,
        },
    ]
    assert "| sparse | 3 | 1 | 1 | 1 (1) | 1 | 1 | 0 | 3 |" in fuzz.page(rows)
    with pytest.raises(AssertionError):
        fuzz.page([{**rows[0], "oracle": "no"}])
