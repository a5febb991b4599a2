"""Pictures of trials: the rows become dots, lines and bars; a page stands alone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dmfverify.report import error_against_noise, phase_transition, save, tightness_histogram
from dmfverify.report.trials import trials_page


def row(kind: str, noise: float, distance: float, bound: float) -> dict[str, Any]:
    ratio = distance / bound if bound else math.nan
    lifted = {"lifted_distance": distance / 2, "lifted_bound": bound / 2, "lifted_tightness": ratio}
    return {
        "kind": kind,
        "delta": noise,
        "eta": 0.0,
        "distance": distance,
        "bound": bound,
        "tightness": ratio,
        **lifted,
    }


ROWS = [row("none", 0.0, 0.0, 0.0), row("random", 1e-3, 1e-3, 4e-3), row("pair", 1e-2, 3e-2, 4e-2)]
NO_BOUND = [{**r, "bound": "inf", "tightness": "nan", "lifted_bound": "inf", "lifted_tightness": "nan"} for r in ROWS]


def test_every_noisy_trial_is_a_dot_and_the_bound_a_line() -> None:
    for axes in error_against_noise(ROWS).axes:
        assert sum(len(dots.get_offsets()) for dots in axes.collections) == 2
        ((x, y),) = [line.get_data() for line in axes.lines]
        assert y[1] / x[1] == pytest.approx(4 if axes is axes.figure.axes[0] else 2)
        assert axes.get_xscale() == axes.get_yscale() == "log"


def test_the_histogram_counts_the_noisy_trials() -> None:
    axes = tightness_histogram(ROWS).axes[0]
    heights = [patch.get_height() for patch in axes.patches]
    assert sum(heights) == 2
    assert not tightness_histogram(NO_BOUND).axes[0].patches


def test_a_phase_transition_places_each_rate() -> None:
    rates = [
        {"m": 4, "S": 2, "success_rate": 0.25},
        {"m": 8, "S": 2, "success_rate": 1},
        {"m": 8, "S": 3, "success_rate": 0},
    ]
    axes = phase_transition(rates).axes[0]
    grid = axes.images[0].get_array()
    assert grid[0, 0] == 0.25 and grid[0, 1] == 1 and grid[1, 1] == 0 and grid.mask[1, 0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["4", "8"]


@pytest.mark.parametrize("rows", [ROWS, NO_BOUND, []])
def test_the_page_is_well_formed_and_escaped(rows: list[dict[str, Any]]) -> None:
    quantiles = {"median": 0.5, "max": 1.0}
    body = {"title": "<script>&", "trials": 3, "violations": 0, "success_rate": None, "tightness": quantiles}
    page = trials_page(body, rows)
    assert "<script" not in page and page.count("<svg") == (2 if rows else 0)
    ElementTree.fromstring(page.split("<body>")[1].join(["<body>", ""]).split("</html>")[0])


def test_saved_twice_the_same(tmp_path: Path) -> None:
    for file in ("a.png", "b.png"):
        save(error_against_noise(ROWS), tmp_path / file)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
