"""K = 1: l1 null space constant, spark and coherence against definitions and published values."""

from __future__ import annotations

import csv
import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

import dmfverify as dv
from dmfverify.stability.null_space import Kernel
from dmfverify.stability.symmetries import Orbits, symmetries

TABLE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "l1_published.csv"
with TABLE.open() as file:
    ROWS = [row for row in csv.DictReader(file) if int(row["k"]) <= 3]
SHOWN = [ROWS[i] for i in (0, 7, 11, 32, 47)]


def fourier(row: dict[str, str]) -> np.ndarray:
    """The sensing matrix of a row of the table: cosines and sines of its frequencies."""
    n, t = int(row["n"]), np.arange(int(row["n"]))
    frequencies = map(int, row["frequencies"].split())
    return np.array([wave(2 * np.pi * f * t / n) for f in frequencies for wave in (np.cos, np.sin)])


def definition_of_alpha(A: np.ndarray, k: int) -> float:
    """One linear program for each set of k places with signs: the greatest <s, v> for A v = 0, |v|_1 <= 1."""
    m, n = A.shape
    best = 0.0
    for places in itertools.combinations(range(n), min(k, n)):
        for signs in itertools.product((1, -1), repeat=len(places)):
            s = np.zeros(n)
            s[list(places)] = signs
            found = linprog(np.r_[-s, s], A_ub=np.ones((1, 2 * n)), b_ub=[1], A_eq=np.hstack([A, -A]), b_eq=np.zeros(m))
            best = max(best, -found.fun)
    return best


def rank(rows: list[list[int]]) -> int:
    """Of integer rows, by elimination over the rationals."""
    work, found = [[Fraction(x) for x in row] for row in rows], 0
    for col in range(len(rows[0])):
        pivot = next((r for r in range(found, len(work)) if work[r][col]), None)
        if pivot is None:
            continue
        work[found], work[pivot] = work[pivot], work[found]
        for r in range(found + 1, len(work)):
            factor = work[r][col] / work[found][col]
            work[r] = [x - factor * y for x, y in zip(work[r], work[found], strict=True)]
        found += 1
    return found


def definition_of_spark(A: np.ndarray) -> float:
    """The least size of a dependent set of columns."""
    columns = A.T.tolist()
    for size in range(1, len(columns) + 1):
        if any(rank(list(chosen)) < size for chosen in itertools.combinations(columns, size)):
            return size
    return float("inf")


def random_matrix(seed: int) -> np.ndarray:
    """Small integers, with equal, zero and parallel columns now and then."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 5)), int(rng.integers(2, 8))
    A = rng.integers(-2, 3, (m, n))
    if seed % 3 == 0:
        A[:, -1] = -2 * A[:, 0]
    A[0, 0] |= 1
    return A


@pytest.mark.parametrize("seed", range(12))
def test_alpha_is_that_of_the_definition(seed: int) -> None:
    A, k = random_matrix(seed), 1 + seed % 3
    found, want = dv.l1_null_space_constant(A, k, time_budget=20), definition_of_alpha(A, k)
    assert float(found.lo) <= want + 1e-7 and want <= float(found.hi) + 1e-7
    assert found.hi - found.lo < 1e-7


@pytest.mark.parametrize("seed", range(20))
def test_spark_is_that_of_the_definition(seed: int) -> None:
    A = random_matrix(100 + seed)
    found = dv.spark(A)
    assert found.lo == found.hi == definition_of_spark(A)


@pytest.mark.parametrize("seed", range(4))
def test_coherence_is_that_of_the_definition(seed: int) -> None:
    A = np.random.default_rng(seed).standard_normal((5, 9))
    normal = A / np.linalg.norm(A, axis=0)
    want = np.max(np.abs(normal.T @ normal) - np.eye(9))
    found = dv.mutual_coherence(A)
    assert float(found.lo) == pytest.approx(want, abs=1e-12) and 0 <= found.hi - found.lo < 1e-12


def agrees(row: dict[str, str]) -> None:
    """The exact value within 1e-5 and the linear-program bound of a row of the table."""
    A, k = fourier(row), int(row["k"])
    exact = dv.l1_null_space_constant(A, k, time_budget=100)
    assert float(exact.lo) == pytest.approx(float(row["alpha_exact"]), abs=1e-5)
    assert float(exact.hi) == pytest.approx(float(row["alpha_exact"]), abs=1e-5)
    linear = dv.l1_null_space_constant(A, k, bound="linear")
    assert float(linear.hi) == pytest.approx(float(row["alpha_LP"]), abs=2e-6)


@pytest.mark.parametrize("row", SHOWN, ids=lambda r: "-".join(r[c] for c in ("m", "n", "case", "k")))
def test_published_values_and_linear_bounds_are_met(row: dict[str, str]) -> None:
    agrees(row)


@pytest.mark.slow
def test_all_published_values_up_to_three_entries_are_met() -> None:
    for row in ROWS:
        agrees(row)


@pytest.mark.parametrize("size", [1, 2])
def test_the_pick_bound_is_the_published_one(size: int) -> None:
    row = ROWS[2]
    found = dv.l1_null_space_constant(fourier(row), 3, bound=f"pick-{size}")
    assert float(found.hi) == pytest.approx(float(row[f"alpha_pick{size}"]), abs=2e-6)


def test_the_semidefinite_bound_lies_between_the_value_and_the_linear_bound_of_one_entry() -> None:
    A = np.random.default_rng(5).standard_normal((4, 7))
    exact, one = dv.l1_null_space_constant(A, 2), dv.l1_null_space_constant(A, 1)
    found = dv.l1_null_space_constant(A, 2, bound="semidefinite")
    assert exact.lo <= found.hi <= 2 * one.hi + Fraction(1, 10**4)


def test_the_linear_bound_is_that_of_the_program_written_out() -> None:
    """All of Y at once, without symmetries, as Juditsky and Nemirovski state it."""
    A, s = np.random.default_rng(7).standard_normal((3, 6)), 2
    n, m = 6, 3
    # unknowns: Y (n x m), |C| (n x n), thresholds b_j, excess u (n x n), t
    size = n * m + n * n + n + n * n + 1
    at_a, at_b, at_u = n * m, n * m + n * n, n * m + n * n + n
    rows, right = [], []
    for i, j in itertools.product(range(n), repeat=2):
        for sign in (1, -1):  # sign * (delta_ij - y_i . a_j) <= |C|_ij
            row = np.zeros(size)
            row[i * m : (i + 1) * m], row[at_a + i * n + j] = -sign * A[:, j], -1
            rows.append(row)
            right.append(-sign * float(i == j))
        row = np.zeros(size)
        row[at_a + i * n + j], row[at_b + j], row[at_u + i * n + j] = 1, -1, -1
        rows.append(row)
        right.append(0.0)
    for j in range(n):
        row = np.zeros(size)
        row[at_b + j], row[-1] = s, -1
        row[at_u + j : at_u + n * n : n] = 1
        rows.append(row)
        right.append(0.0)
    bounds = [(None, None)] * at_a + [(0, None)] * (size - at_a)
    want = linprog(np.eye(size)[-1], A_ub=np.array(rows), b_ub=right, bounds=bounds).fun
    found = dv.l1_null_space_constant(A, s, bound="linear")
    assert float(found.hi) == pytest.approx(want, abs=1e-8)


def test_a_certificate_stands_by_itself_and_a_changed_one_does_not(tmp_path: Path) -> None:
    found = dv.l1_null_space_constant(np.array([[1.0, 2.0, 0.5, 0.25], [0.0, 1.0, 1.0, 3.0]]), 2)
    found.save(tmp_path)
    proved = dv.check(tmp_path / "certificate.json")
    assert [str(found.lo), str(found.hi)] == proved["compressed_sensing.alpha"]
    changed = json.loads((tmp_path / "certificate.json").read_text())
    for claim in changed["claims"]:
        if claim["kind"] == "l1-tree":
            claim["levels"][-1]["bound"] = "1/100"
    (tmp_path / "certificate.json").write_text(json.dumps(changed))
    with pytest.raises(dv.Rejected, match="a dual leaves more than the bound"):
        dv.check(tmp_path / "certificate.json")


def test_a_budget_that_is_too_short_leaves_a_valid_bracket() -> None:
    A = np.random.default_rng(3).standard_normal((12, 30))
    short = dv.l1_null_space_constant(A, 4, time_budget=1)
    pick = dv.l1_null_space_constant(A, 4, bound="linear")
    assert 0 < short.lo < short.hi <= max(pick.hi, Fraction(1))


def test_the_symmetries_of_fourier_rows_are_shifts_reflections_and_signs() -> None:
    group = symmetries(np.linalg.svd(fourier(ROWS[0]), full_matrices=False)[2])
    assert len(group.maps) == 2 * 2 * 40


def test_least_signed_sets_meet_every_orbit_once() -> None:
    n, size = 6, 3
    t = np.arange(n)
    rows = np.linalg.svd(np.array([np.ones(n), np.cos(2 * np.pi * t / n), np.sin(2 * np.pi * t / n)]))[2][:3]
    group = symmetries(rows)
    orbits = Orbits(group.maps, n)
    found = [()]
    for _ in range(size):
        found = [child for chosen in found for child in orbits.children(chosen, size)]
    everything = {
        tuple(2 * i + side for i, side in zip(places, sides, strict=True))
        for places in itertools.combinations(range(n), size)
        for sides in itertools.product((0, 1), repeat=size)
    }
    classes = {frozenset(tuple(sorted(g[c] for c in chosen)) for g in group.maps) for chosen in everything}
    assert len(found) == len(classes) and all(any(chosen in orbit for orbit in classes) for chosen in found)


def test_a_sparse_case_of_one_factor_says_all_three() -> None:
    result = dv.certify(dv.Case([dv.Basis(np.array([[1, 1, 0], [0, 1, 1]]).T[:, :, None])], model=dv.Sparse([1])))
    section = result.compressed_sensing
    assert (section.spark.lo, section.spark.hi, section.sparsity) == (3, 3, 1)
    assert float(section.alpha.hi) == pytest.approx(1 / 3) and float(section.coherence.lo) == pytest.approx(0.5**0.5)
    assert result.uniform.verdict == "yes"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dv.l1_null_space_constant([[1, 2]], 0), "k: got"),
        (lambda: dv.l1_null_space_constant([[1, 2]], True), "k: got"),
        (lambda: dv.l1_null_space_constant([1, 2], 1), "expected a matrix"),
        (lambda: dv.l1_null_space_constant([[1, 2]], 2, bound="pick-2"), "bound: got"),
        (lambda: dv.mutual_coherence(np.array([[1j, 2]])), "A|basis"),
    ],
)
def test_bad_input_is_one_line(call, message: str) -> None:
    with pytest.raises(dv.BadInput, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_a_zero_matrix_hides_everything() -> None:
    A = np.zeros((2, 3))
    found = [dv.spark(A), dv.l1_null_space_constant(A, 2), dv.mutual_coherence(A)]
    assert [(bracket.lo, bracket.hi) for bracket in found] == [(1, 1), (1, 1), (0, 0)]


def test_the_program_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    dv.l1_null_space_constant([[1, 2, 3]], 1)
    assert capfd.readouterr().out == ""


def test_an_exact_vector_is_close_to_the_one_it_was_made_of() -> None:
    from dmfverify.lifting import Lifting

    A = np.random.default_rng(2).standard_normal((4, 9))
    kernel = Kernel(Lifting(dv.Case([dv.Basis(A.T[:, :, None])], model=dv.Sparse([1])).statement))
    v = kernel.complement @ np.arange(1.0, 6.0)
    exact = np.array([float(Fraction(x, max(map(abs, kernel.exact(v))))) for x in kernel.exact(v)])
    assert np.allclose(exact * np.abs(v).max(), v * np.sign(exact @ v), atol=1e-12)
