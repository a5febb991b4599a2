"""Gamma beside peers: the peers bound the right thing from the right side, and the page is what was measured."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import oracles
import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOT_OF_EPS = 1e-7


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of benchmarks/."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: import_module(f"benchmarks.{name}")


def difference(sizes: tuple[int, ...], rng: np.random.Generator, terms: int = 2) -> np.ndarray:
    """The entries of a sum of rank-one tensors, norm one."""
    T = np.zeros(sizes)
    for _ in range(terms):
        T = T + math.prod(np.ix_(*(rng.standard_normal(S) for S in sizes)))
    return np.asarray(T.ravel() / np.linalg.norm(T))


def value(form: Any, T: np.ndarray) -> float:
    return float(sum(x * np.prod([T[i] for i in m]) for m, x in form.items()))


def projector(kernel: np.ndarray) -> np.ndarray:
    return np.asarray(np.eye(kernel.shape[1]) - np.linalg.pinv(kernel) @ kernel)


@pytest.mark.parametrize(
    ("sizes", "count"), [((3, 3), 1), ((4, 4), 16), ((5, 5), 100), ((2, 2, 2), 0), ((2,) * 4, 48), ((2, 3, 3), 38)]
)
def test_the_minors_vanish_on_differences_and_only_there(bench: Any, sizes: tuple[int, ...], count: int) -> None:
    """Counts: C(S, 3)² for matrices, three 4x4 flattenings for 2⁴; two 3x6 ones of 2x3x3 have 20 each, 2 of them
    in common: the two slices."""
    found, rng = bench("peers_gamma").minors(sizes), np.random.default_rng(0)
    assert len(found) == count
    T, other = difference(sizes, rng), difference(sizes, rng, 3)
    assert all(abs(value(form, T)) < 1e-12 for form in found)
    assert not found or max(abs(value(form, other)) for form in found) > 1e-3


def test_the_polynomial_of_the_plain_relaxation(bench: Any) -> None:
    peers, rng = bench("peers_gamma"), np.random.default_rng(1)
    kernel = rng.integers(-3, 4, (2, 12))
    goal = peers.product(peers.quadratic(peers.projector(kernel)), peers.quadratic(np.eye(12)))
    T = 3 * difference((3, 4), rng)
    rest = T - np.linalg.lstsq(kernel.T.astype(float), T, rcond=None)[0] @ kernel
    assert value(goal, T) == pytest.approx((rest @ rest) * (T @ T), rel=1e-12)
    assert np.array(peers._exact(kernel.tolist()).tolist(), dtype=float) == pytest.approx(projector(kernel), abs=1e-12)


@pytest.mark.parametrize(("sizes", "d"), [((3, 3), 3), ((2, 4), 3), ((3, 3), 4), ((2, 2, 2), 3)])
def test_a_level_is_the_least_eigenvalue_on_the_span_of_powers(bench: Any, sizes: tuple[int, ...], d: int) -> None:
    """The definition in the whole tensor power: what is orthogonal to the ideal's forms is spanned by the T^d with T in
    the variety of the ideal (theirs is prime: determinantal varieties)."""
    peers, rng, n = bench("peers_gamma"), np.random.default_rng(d), math.prod(sizes)
    kernel = rng.integers(-3, 4, (2, n))
    powers = []
    for _ in range(math.comb(n + d - 1, d) + 20):
        power = T = difference(sizes, rng)
        for _ in range(d - 1):
            power = np.multiply.outer(power, T)
        powers.append(power.ravel())
    left, singular, _ = np.linalg.svd(np.array(powers).T, full_matrices=False)
    space = left[:, singular > 1e-9 * singular[0]]
    image = (projector(kernel) @ space.reshape(n, -1)).reshape(space.shape)
    expected = np.linalg.eigvalsh(space.T @ image)[0]
    assert peers.level(peers.projector(kernel), peers.minors(sizes), d) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("sizes", "c", "d"), [((2, 2, 2), 1, 6), ((3, 3), 4, 4), ((3, 3), 1, 4), ((2, 4), 2, 5)])
def test_the_iteration_misses_no_eigenvalue(
    bench: Any, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], c: int, d: int
) -> None:
    """Zero is one eigenvalue among few that are each repeated hundreds of times, or is repeated itself."""
    peers, rng = bench("peers_gamma"), np.random.default_rng(0)
    Q, vanishing = peers.projector(rng.integers(-3, 4, (c, math.prod(sizes)))), peers.minors(sizes)
    found = []
    for dense in (10**4, 10):
        monkeypatch.setattr(peers, "DENSE", dense)
        found.append(peers.level(Q, vanishing, d))
    assert found[0] == pytest.approx(found[1], abs=1e-8)
    assert vanishing or found[1] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(("sizes", "c"), [((3, 3), 1), ((3, 4), 2), ((4, 4), 2), ((2, 2, 2, 2), 2), ((2, 3, 3), 3)])
def test_the_spectral_hierarchy_bounds_the_minimum_from_below(bench: Any, sizes: tuple[int, ...], c: int) -> None:
    """By local search: what it attains is at least the minimum.  Levels only rise; the last is solved iteratively."""
    peers, rng = bench("peers_gamma"), np.random.default_rng([c, *sizes])
    kernel = rng.integers(-3, 4, (c, math.prod(sizes)))
    sub = oracles.lifting(oracles.basis_with_kernel(sizes, list(kernel)))
    full = tuple(tuple(range(S)) for S in sizes)
    least = oracles.search(sub, full, full, starts=6)[0] ** 2
    steps = peers.spectral(sizes, kernel.tolist())
    found = [step["bound"] for step in itertools.islice(steps, 2 if len(kernel[0]) > 12 else 3)]
    assert found[0] >= -ROOT_OF_EPS and sorted(found) == pytest.approx(found, abs=ROOT_OF_EPS)
    assert found[0] > 1e-3 or sizes != (3, 3)
    assert found[-1] <= least + ROOT_OF_EPS
    if len(sizes) == 2 and c == 1:
        assert least == pytest.approx(oracles.tail_two(kernel.reshape(sizes)), rel=1e-6)


def test_the_problems_are_those_of_the_sweep(bench: Any) -> None:
    gamma, published = bench("gamma"), bench("gamma_peers")
    assert set(published.PROBLEMS) <= set(gamma.problems())
    for sizes, c, seed in (((3, 3), 1, 0), ((2, 2, 2), 1, 1), ((2,) * 4, 4, 0)):
        kernel = gamma.kernel(sizes, c, seed)
        blocks = []
        for factor, S in zip(gamma.case(sizes, c, seed).statement.forms, sizes, strict=True):
            dense = np.zeros((S, *factor.shape))
            for i in range(S):
                for r, s, x in factor.basis(i):
                    dense[i, r, s] = x
            blocks.append(dense)
        A = oracles.lifting(blocks).floats
        assert not (A @ kernel.T).any() and np.linalg.matrix_rank(A) == kernel.shape[1] - c


def test_a_peer_is_stopped_at_its_limit_and_resumed(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, gamma, store = bench("gamma_peers"), bench("gamma"), tmp_path / "store.csv"
    monkeypatch.setattr(published, "PEERS", sys.executable)
    monkeypatch.setattr(published, "PROBLEMS", [((3, 3), 1, 0)])
    monkeypatch.setattr(published, "LIMITS", {published.SPECTRAL: 2})
    published.run(store, 60.0, [published.SPECTRAL])
    *levels, last = rows = gamma.rows(store)
    assert [row["note"] for row in levels] == [f"level {d}" for d in range(3, 3 + len(levels))] and len(levels) > 2
    assert (last["bound"], last["outcome"]) == ("", "time") and float(last["seconds"]) == pytest.approx(2.0, abs=0.5)
    assert all(float(row["bound"]) < oracles.tail_two(gamma.kernel((3, 3), 1, 0).reshape(3, 3)) for row in levels)
    published.run(store, 60.0, [published.SPECTRAL])
    assert gamma.rows(store) == rows


def test_who_was_stopped_without_a_bound_is_not_asked_for_more(bench: Any) -> None:
    published = bench("gamma_peers")
    row = {"tool": "irene", "bound": "", "outcome": "time"}
    known = [{**row, "problem": "5x5, dim 1"}, {**row, "problem": "4x4, dim 2"}, {**row, "problem": "3x3, dim 1"}]
    bounded = {**known[2], "bound": "0.1", "outcome": ""}
    assert published.stopped([*known, bounded], "irene") == 16
    assert published.stopped(known, "triples") == math.inf


def test_how_a_run_ended_and_what_it_bounds(bench: Any) -> None:
    """A bound within the solver's tolerance of zero bounds nothing; the last bound of several stands."""
    published, peers = bench("gamma_peers"), bench("peers")
    ends = [
        (0, ""),
        (-24, ""),
        (1, "Traceback\nMemoryError"),
        (-6, "memory allocation of 9 bytes failed"),
        (1, "x\nno"),
    ]
    assert [peers.ending(*end) for end in ends] == ["", "time", "memory", "memory", "no"]
    row = {"bound": "", "lo": "", "hi": "", "outcome": "time"}
    rows = [{**row, "bound": "0.04"}, {**row, "bound": "0.25"}, row]
    assert published.upper(published.best(rows)) == 2.0
    assert published.upper({**row, "bound": "1e-9"}) is None and published.upper({**row, "hi": "3/2"}) == 1.5
    assert published.best([row]) == row and published.best([]) is None


def test_the_page_is_what_was_measured(bench: Any) -> None:
    published, gamma = bench("gamma_peers"), bench("gamma")
    assert published.PAGE.read_text() == published.page(gamma.rows(published.STORE))


def test_what_was_measured_is_possible(bench: Any) -> None:
    """No estimate above the square of 1 / lo by more than a solver's tolerance; closed form for one kernel matrix."""
    published, gamma = bench("gamma_peers"), bench("gamma")
    found = published.Results(gamma.rows(published.STORE))
    assert found.problems and len(found.tools) == len(published.LIMITS)
    for problem in found.problems:
        lo = float(Fraction(found.ours(problem)["lo"]))
        bounds = [float(row["bound"]) for tool in found.tools for row in found.of(problem, tool) if row["bound"]]
        assert all(bound <= lo**-2 + 1e-6 for bound in bounds)
    for S in (3, 4, 5):
        exact = oracles.tail_two(gamma.kernel((S, S), 1, 0).reshape(S, S))
        name = gamma.name((S, S), 1)
        if name in found.problems:
            assert float(Fraction(found.ours(name)["lo"])) == pytest.approx(exact**-0.5, rel=1e-9)
        for tool in ("SumOfSquares.py", "triples", "irene"):
            row = found.last(name, tool)
            assert row is None or not row["bound"] or float(row["bound"]) == pytest.approx(exact, abs=1e-6)
