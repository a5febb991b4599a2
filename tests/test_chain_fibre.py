"""Generic classes of chains of filters: against dealing the roots one by one."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path

import oracles
import pytest

import dmfverify as dv
from dmfverify.check import Rejected, Session


def chain(*taps: list[int], length: int = 64, **settings: object) -> dv.Case:
    """One path; the first list of taps is the layer next to the output."""
    names = ["y", *(f"u{k}" for k in range(1, len(taps))), "x"]
    edges = [dv.Edge(f"e{k}", names[k + 1], names[k], list(t)) for k, t in enumerate(taps)]
    return dv.Case(dv.Network(edges, "y", length=length, **settings))


def shown(page: Path) -> str:
    """What a reader sees of a report, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")).split())


DEGREES = [(1, 1), (2, 1), (2, 2), (1, 1, 1), (3, 1), (3, 2), (2, 1, 1)]


@pytest.mark.parametrize("degrees", DEGREES)
def test_full_runs_of_one_stride_against_the_oracle(degrees: tuple[int, ...]) -> None:
    result = dv.certify(chain(*(list(range(d + 1)) for d in degrees)))
    real, over_complex = oracles.generic_fibre_full_runs(list(degrees))
    assert result.generic.fibre_real == list(real) and result.generic.fibre_C == over_complex
    assert result.generic.verdict == ("yes" if max(real) == 1 else "no")


def test_the_counts_that_are_known_by_name(tmp_path: Path) -> None:
    """K-fold 3-tap convolutions have 6, 90, 2520, 113400 complex classes for K = 2..5."""
    for K, classes in ((2, 6), (3, 90), (4, 2520), (5, 113400)):
        result = dv.certify(chain(*([0, 1, 2] for _ in range(K))))
        assert result.generic.fibre_C == classes and result.local.verdict == "yes" and result.generic.verdict == "no"
        result.save(tmp_path / str(K))
        text = shown(tmp_path / str(K) / "report.html")
        assert f"Classes over the complex numbers: {classes}." in text
        assert "Local: is h alone in its neighbourhood? ✓ Yes" in text


@pytest.mark.parametrize(
    ("taps", "real", "complex_"),
    [
        (([0, 1, 2], [0, 2]), [1, 1], 1),
        (([0, 3], [0, 3, 6]), [1, 3], 3),
        (([0, 3], [0, 3, 6], [0, 1, 2]), [1, 3], 3),
        (([5, 6], [0, 1], [7]), [2, 2], 2),
        (([63, 0], [0, 2]), [1, 1], 1),
    ],
)
def test_strides_offsets_and_single_taps(taps: tuple[list[int], ...], real: list[int], complex_: int) -> None:
    result = dv.certify(chain(*taps))
    assert (result.generic.fibre_real, result.generic.fibre_C) == (real, complex_)
    truth = oracles.generic_fibre([[(t - min(k)) % 64 if 63 not in k else (t + 1) % 64 for t in k] for k in taps], 12)
    assert (list(truth[0]), truth[1]) == (real, complex_)


@pytest.mark.parametrize("length", [4, 5])
def test_wrapping_around_is_not_decided_by_roots(length: int) -> None:
    result = dv.certify(chain([0, 1, 2], [0, 1, 2], length=length))
    assert (result.generic.fibre_C is None) == (length == 4)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (chain([0, 1, 3], [0, 1]), "not a full run"),
        (chain([0, 1, 2], [0, 1, 2], length=4), "wraps around"),
        (dv.Case(chain([0, 1], [0, 1]).architecture, model=dv.NonNegative()), "not all real parameters"),
        (dv.Case([dv.Circulant(8, taps=[0, 1]), dv.Dense((8, 8))]), "not a chain of convolutions"),
        (dv.Case([dv.Circulant2D((4, 4), taps=[[0, 0], [0, 1]])]), "not a chain of convolutions"),
        (
            dv.Case(dv.Network([dv.Edge("a", "x", "y", [0, 1]), dv.Edge("b", "z", "y", [0, 1])], "y", length=8)),
            "not a single path",
        ),
        (chain(list(range(300)), list(range(300)), length=10_000), "more roots"),
    ],
)
def test_the_checker_refuses_what_the_theorem_does_not_cover(case: dv.Case, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        Session(case.statement.to_bytes()).accept({"kind": "chain-fibre"})


def products(kernels: list[list[Fraction]], strides: list[int], n: int, circular: bool) -> list[list[Fraction]]:
    """The matrix of a strided chain of full runs from 0, layer by layer from the inputs."""
    total = [[Fraction(int(r == c)) for c in range(n)] for r in range(n)]
    for kernel, stride in reversed(list(zip(kernels, strides, strict=True))):
        size = len(total) if circular else len(total) + len(kernel) - 1
        rows = [[Fraction(0)] * n for _ in range(size)]
        for r, row in enumerate(total):
            for t, x in enumerate(kernel):
                at = (r + t) % size
                rows[at] = [a + x * b for a, b in zip(rows[at], row, strict=True)]
        total = rows[::stride]
    return total


@pytest.mark.parametrize(
    ("degrees", "strides", "real", "complex_"),
    [
        ((1, 1), (1, 2), [1, 1], 1),
        ((1, 1), (2, 1), [2, 2], 2),
        ((2, 1), (3, 1), [1, 3], 3),
        ((1, 2, 1), (1, 1, 2), [1, 3], 3),
        ((2, 1, 1), (1, 2, 2), [1, 1], 1),
    ],
)
@pytest.mark.parametrize("boundary", ["circular", "zero"])
def test_strides_make_kernels_of_other_strides(
    degrees: tuple[int, ...], strides: tuple[int, ...], real: list[int], complex_: int, boundary: str
) -> None:
    """The polynomial of the product is read off the matrix, and its factorizations of the right form are counted."""
    circular = boundary == "circular"
    kernels = [[Fraction(3 * k + t * t + 1) for t in range(d + 1)] for k, d in enumerate(degrees)]
    case = chain(*(list(range(d + 1)) for d in degrees), length=24, boundary=boundary, stride=list(strides))
    result = dv.certify(case)
    assert (result.generic.fibre_real, result.generic.fibre_C) == (real, complex_)
    scales = [math.prod(strides[k + 1 :]) for k in range(len(strides))]
    polynomial = [Fraction(1)]
    for kernel, scale in zip(kernels, scales, strict=True):
        longer = [Fraction(0)] * (len(polynomial) + scale * (len(kernel) - 1))
        for a, x in enumerate(polynomial):
            for t, y in enumerate(kernel):
                longer[a + scale * t] += x * y
        polynomial = longer
    X, S = products(kernels, list(strides), 24, circular), math.prod(strides)
    seen = set()
    for r, row in enumerate(X):
        for c, x in enumerate(row):
            t = (S * r - c) % 24 if circular else S * r - c
            assert x == (polynomial[t] if 0 <= t < len(polynomial) else 0)
            seen.add(t)
    assert set(range(len(polynomial))) <= seen
    truth = oracles.generic_fibre(
        [[scale * t for t in range(d + 1)] for d, scale in zip(degrees, scales, strict=True)], 12
    )
    assert (list(truth[0]), truth[1]) == (real, complex_)
