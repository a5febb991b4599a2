"""The pictures of a result: drawn where they say something, from what the result holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
import pytest

import dmfverify as dv
from dmfverify.report import plots, save
from dmfverify.report.pictures import inline_svg


@pytest.fixture(scope="module")
def diamond(case_paths: dict[str, Path]) -> dv.Result:
    return dv.certify(case_paths["diamond_disjoint"])


def family() -> dv.Case:
    """Three supports on a random 4 x 5 matrix."""
    A = np.random.default_rng(0).integers(-3, 4, (4, 5)).tolist()
    basis = [[[row[j]] for row in A] for j in range(5)]
    return dv.Case([dv.Basis(basis)], model=dv.Supports([[[0, 1]], [[1, 2]], [[3, 4]]]))


def test_each_picture_is_a_function_of_a_result(diamond: dv.Result, tmp_path: Path) -> None:
    for name, (caption, draw) in plots.PICTURES.items():
        figure = draw(diamond)
        if figure is not None:
            save(figure, tmp_path / f"{name}.png")
            assert "<svg" in inline_svg(figure, caption)
    assert plots.shifts_on_a_circle(diamond) is not None
    assert plots.architecture(diamond) is not None


def test_the_dots_are_the_choices(diamond: dv.Result) -> None:
    figure = plots.shifts_on_a_circle(diamond)
    dots = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o" and len(line.get_xdata())]
    assert len(dots) == diamond.lifting.columns
    angles = sorted(round(float(np.arctan2(d.get_xdata()[0], d.get_ydata()[0]) / (2 * np.pi) * 16) % 16) for d in dots)
    assert angles == list(range(8))


def test_the_spectrum_is_that_of_the_lifting() -> None:
    case = dv.Case([dv.Circulant(6, taps=[0, 2]), dv.Circulant(6, taps=[0, 1])])
    result = dv.certify(case)
    dense = []
    for form in case.statement.factors:
        block = np.zeros((form.parameters, 6, 6), dtype=int)
        for i in range(form.parameters):
            for r, c, v in form.basis(i):
                block[i, r, c] += int(v)
        dense.append(block)
    a = oracles.lifting(dense, None, None).a
    values = np.linalg.svd(np.array(a, dtype=float), compute_uv=False)
    assert np.allclose(result.json["lifting"]["singular_values_estimate"], values, rtol=1e-5)


def test_a_heat_map_of_pairs() -> None:
    result = dv.certify(family())
    table = np.array(result.json["sparse_dnsp"]["pairs_estimate"])
    A = np.random.default_rng(0).integers(-3, 4, (4, 5))
    boxes = ([0, 1], [1, 2], [3, 4])
    for s, left in enumerate(boxes):
        for t, right in enumerate(boxes):
            columns = A[:, sorted({*left, *right})]
            assert table[s, t] == pytest.approx(np.linalg.svd(columns, compute_uv=False)[-1], rel=1e-5)
    assert plots.pairs_of_supports(result) is not None


def test_estimates_never_make_a_result_invalid(tmp_path: Path) -> None:
    folder = dv.certify(family()).save(tmp_path)
    assert dv.check(folder / "certificate.json")
    page = (folder / "report.html").read_text()
    assert "for each pair of supports (estimates)" in page


def test_nothing_is_drawn_where_there_is_nothing_to_say() -> None:
    result = dv.certify(dv.Case([dv.Dense((1, 1))]))
    assert plots.bracket_over_time(result) is None
    assert plots.pairs_of_supports(result) is None
    assert plots.shifts_on_a_circle(result) is None


def test_the_bracket_closes() -> None:
    rows = [
        {"name": "a", "seconds": 1.0, "gamma_estimate": [1.0, None]},
        {"name": "$b$", "seconds": 1.0, "gamma_estimate": [1.5, None]},
        {"name": "c", "seconds": 2.0, "gamma_estimate": [1.5, 1.6]},
        {"name": "d", "seconds": 1.0, "gamma_estimate": [1.5, 1.6]},
    ]
    assert list(plots._history({"methods": rows})) == [("$b$", 2.0, 1.5, None), ("c", 4.0, 1.5, 1.6)]
    assert list(plots._history({"methods": [{"name": "x", "seconds": 1, "gamma_estimate": [None, None]}]})) == []
