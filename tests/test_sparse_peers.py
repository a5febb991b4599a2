"""Families of supports beside peers: the peers solve the right problem, and the page is what was measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp

import dmfverify as dv

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of benchmarks/."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: import_module(f"benchmarks.{name}")


def all_boxes(sizes: list[int], counts: list[int]) -> list[list[int]]:
    """The definition: products of index sets, as coordinates."""
    parts = [itertools.combinations(range(s), c) for s, c in zip(sizes, counts, strict=True)]
    return [
        [int(np.ravel_multi_index(index, sizes)) for index in itertools.product(*box)]
        for box in itertools.product(*parts)
    ]


def least(A: np.ndarray, sizes: list[int], counts: list[int]) -> tuple[float, np.ndarray]:
    """By singular values: the least |Ax| with |x| = 1 on a box, and that x."""
    best, x = math.inf, np.zeros(A.shape[1])
    for box in all_boxes(sizes, counts):
        _, singular, right = np.linalg.svd(A[:, box])
        value = singular[-1] if len(singular) == len(box) else 0.0
        if value < best:
            best, x = value, np.zeros(A.shape[1])
            x[box] = right[-1]
    return best, x


def spark(A: np.ndarray) -> float:
    """By ranks."""
    n = A.shape[1]
    sets = (chosen for t in range(1, n + 1) for chosen in itertools.combinations(range(n), t))
    return next((len(chosen) for chosen in sets if np.linalg.matrix_rank(A[:, chosen]) < len(chosen)), math.inf)


def bounds(program: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The linear rows, dense."""
    rows = np.zeros((len(program.rows), len(program.lower)))
    for i, (terms, _, _) in enumerate(program.rows):
        rows[i, list(terms)] = list(terms.values())
    return rows, np.array([row[1] for row in program.rows]), np.array([row[2] for row in program.rows])


def feasible(program: Any, point: np.ndarray) -> bool:
    """Every bound, row and square, to 1e-9."""
    rows, lo, hi = bounds(program)
    near, whole = 1e-9, np.array(program.integral)
    t, ys = program.epigraph
    return bool(
        (point >= np.array(program.lower) - near).all()
        and (point <= np.array(program.upper) + near).all()
        and (rows @ point >= lo - near).all()
        and (rows @ point <= hi + near).all()
        and np.allclose(point[whole], point[whole].round(), atol=near)
        and all(abs(point[w] - point[x] ** 2) < near for w, x in program.squares)
        and (point[ys] ** 2).sum() <= point[t] + near
    )


def point_of(A: np.ndarray, sizes: list[int], counts: list[int], x: np.ndarray) -> np.ndarray:
    """x with all other variables of the program, in its order; indices are added to sets that are too small."""
    n, top = len(x), int(np.argmax(abs(x)))
    x = x * np.sign(x[top])
    chosen = []
    for k, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        used = sorted({np.unravel_index(c, sizes)[k] for c in range(n) if x[c]})
        used = (used + [i for i in range(size) if i not in used])[: max(count, len(used))]
        chosen.append(np.isin(np.arange(size), used).astype(float))
    R = np.linalg.qr(A, mode="r") if A.shape[0] > n else A
    y = R @ x
    return np.concatenate([x, x**2, np.eye(n)[top], *chosen, y, [y @ y]])


FAMILIES = [([5], [2], 4), ([6], [4], 3), ([6], [3], 8), ([3, 3], [2, 2], 7), ([3, 3, 2], [2, 2, 2], 30)]


@pytest.mark.parametrize(("sizes", "counts", "m"), FAMILIES)
def test_enumeration_against_the_definition(bench: Any, sizes: list[int], counts: list[int], m: int) -> None:
    peers = bench("peers_sparse")
    A = np.random.default_rng(m).standard_normal((m, math.prod(sizes)))
    found = [box for batch in peers.boxes(sizes, counts, 3) for box in batch.tolist()]
    assert sorted(found) == sorted(all_boxes(sizes, counts))
    value = peers.least_by_enumeration(A, sizes, counts, 60.0)["lo"]
    assert value == pytest.approx(least(A, sizes, counts)[0], abs=1e-7)


@pytest.mark.parametrize(("sizes", "counts", "m"), FAMILIES)
def test_the_program_holds_the_minimum_and_nothing_off_the_boxes(
    bench: Any, sizes: list[int], counts: list[int], m: int
) -> None:
    """The best x is feasible at its value; so is every x on a box; nothing below |Ax|², and no more entries."""
    peers, rng = bench("peers_sparse"), np.random.default_rng(m)
    A = rng.standard_normal((m, math.prod(sizes)))
    program, (value, x) = peers.least_program(A, sizes, counts), least(A, sizes, counts)
    best = point_of(A, sizes, counts, x)
    assert feasible(program, best) and best[program.goal[0]] == pytest.approx(value**2, abs=1e-12)
    assert not feasible(program, np.where(np.arange(len(best)) == program.goal[0], best - 1e-6, best))
    assert not feasible(program, point_of(A, sizes, counts, x / 2))
    for box in all_boxes(sizes, counts)[:20]:
        x = np.zeros(A.shape[1])
        x[box] = rng.standard_normal(len(box))
        assert feasible(program, point_of(A, sizes, counts, x / np.linalg.norm(x)))
    x = rng.standard_normal(A.shape[1])
    assert not feasible(program, point_of(A, sizes, counts, x / np.linalg.norm(x)))


@pytest.mark.parametrize("seed", range(8))
def test_spark_by_enumeration_and_by_its_program(bench: Any, seed: int) -> None:
    """The program is linear, so HiGHS solves it here."""
    peers, rng = bench("peers_sparse"), np.random.default_rng(seed)
    A = rng.integers(-2, 3, (int(rng.integers(3, 6)), 7))
    A[:, 3] = A[:, :2] @ [1, -1] if seed % 2 else A[:, 3]
    assert peers.spark_by_enumeration(A, 60.0)["lo"] == spark(A)
    program = peers.spark_program(A)
    rows, lo, hi = bounds(program)
    cost = np.isin(np.arange(len(program.lower)), program.goal).astype(float)
    box = (np.array(program.lower), np.array(program.upper))
    solved = milp(cost, constraints=LinearConstraint(rows, lo, hi), integrality=program.integral, bounds=box)
    assert round(solved.fun) == spark(A)


def test_independent_columns_have_no_spark(bench: Any) -> None:
    peers, A = bench("peers_sparse"), np.eye(4, 3, dtype=int)
    assert peers.spark_by_enumeration(A, 60.0)["lo"] == math.inf == spark(A)


def test_who_runs_out_of_time_says_how_far_it_came(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    peers, A = bench("peers_sparse"), np.random.default_rng(0).integers(-2, 3, (6, 9))
    monkeypatch.setattr(peers, "BATCH", 8)
    assert peers.least_by_enumeration(A, [9], [2], 0.0)["note"] == "0.056 of the sets seen"
    assert peers.spark_by_enumeration(A, 0.0)["outcome"] == "time"


def test_the_problems_are_ours(bench: Any) -> None:
    """The boxes: columns of the lifting in C order, of the same case as `families`; planted sets are dependent."""
    published, families = bench("sparse_peers"), bench("families")
    A = published.matrix("boxes", (3,))
    factors = [factor.basis for factor in families.family(3).statement.forms]
    for c, index in enumerate(np.ndindex(3, 3, 3)):
        blocks = []
        for basis, i in zip(factors, index, strict=True):
            block = np.zeros((12, 12))
            for r, s, value in basis(i):
                block[r, s] = value
            blocks.append(block)
        assert (A[:, c] == (blocks[0] @ blocks[1] @ blocks[2]).ravel()).all()
    A = published.matrix("spark", (8, 4))
    assert A.shape == (8, 16) and dv.spark(A).hi <= 4
    told = published.task("columns", (8, 2))
    assert (told["sizes"], told["counts"], np.shape(told["matrix"])) == ([16], [4], (8, 16))


def test_who_gave_no_answer_is_not_asked_for_more(bench: Any) -> None:
    published = bench("sparse_peers")
    known = [{"problem": "16 x 32, s = 2", "tool": "SCIP", "outcome": "time"}]
    asked = [size for part, size in published.PROBLEMS if part == "columns"]
    refused = [size for size in asked if published.stopped(known, "columns", size, "SCIP")]
    assert refused == [(m, s) for m in (16, 32, 64) for s in (2, 3)]
    assert not published.stopped(known, "columns", (64, 3), "enumeration")
    assert not published.stopped(known, "spark", (32, 5), "SCIP")


def test_the_page_is_what_was_measured(bench: Any) -> None:
    published, gamma = bench("sparse_peers"), bench("gamma")
    assert published.PAGE.read_text() == published.page(gamma.rows(published.STORE))


def test_what_was_measured_is_possible(bench: Any) -> None:
    """Squares of what peers found lie in the certified brackets, but for floating point or the tolerance of SCIP."""
    published, gamma = bench("sparse_peers"), bench("gamma")
    rows = gamma.rows(published.STORE)
    found, near = published.Results(rows), {"enumeration": 1e-9, "SCIP": 2e-5}
    assert all(found.problems(part) for part in published.PARTS)
    assert len({(row["problem"], row["tool"]) for row in rows}) == len(rows)
    for row in (row for row in rows if row["tool"] != published.OURS):
        lo, hi = (end**2 for end in found.bracket(row["problem"]))
        allowed = near[row["tool"]] * max(1.0, lo)
        assert not row["hi"] or float(row["hi"]) ** 2 >= lo - allowed
        assert row["outcome"] or float(row["hi"]) ** 2 <= hi + allowed
