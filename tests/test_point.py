"""Given parameters: against Jacobians by differences, distances of classes by optimisation, and hostile files."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import oracles
import pytest
from typer.testing import CliRunner

import dmfverify as dv
from dmfverify.cli import app
from dmfverify.library import shipped
from dmfverify.problem.point import point_of, read_point
from dmfverify.report.markdown import render_markdown
from dmfverify.report.tex import render_tex

Vector = np.ndarray


# -- the product and its Jacobian by the definition ------------------------------------------------------------------


def bases(case: dv.Case) -> list[np.ndarray]:
    """Dense basis matrices S x a x b of each factor, from the statement."""
    found = []
    for form in case.statement.forms:
        basis = np.zeros((form.parameters, *form.shape))
        for i in range(form.parameters):
            for r, c, v in form.basis(i):
                basis[i, r, c] += float(v)
        found.append(basis)
    return found


def product(factors: list[np.ndarray], h: Vector) -> Vector:
    """M_1(h_1) ... M_K(h_K), flattened."""
    out, place = None, 0
    for basis in factors:
        matrix = np.tensordot(h[place : place + len(basis)], basis, 1)
        place += len(basis)
        out = matrix if out is None else out @ matrix
    return out.ravel()


def numerical_jacobian(factors: list[np.ndarray], h: Vector) -> np.ndarray:
    """Central differences of a polynomial of degree one in each variable: exact up to rounding."""
    return np.stack([(product(factors, h + e) - product(factors, h - e)) / 2 for e in np.eye(len(h))], axis=1)


def scale_generators(sizes: Sequence[int]) -> list[Vector]:
    """Diagonals of the generators of the rescalings of neighbouring factors."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return [(owner == k) * 1.0 - (owner == k + 1) for k in range(len(sizes) - 1)]


def neuron_generators(patterns: Sequence[Sequence[tuple[int, int]]]) -> list[Vector]:
    found = []
    for k in range(len(patterns) - 1):
        for j in sorted({c for _, c in patterns[k]} & {r for r, _ in patterns[k + 1]}):
            ups = [float(m == k and c == j) for m, p in enumerate(patterns) for _, c in p]
            downs = [float(m == k + 1 and r == j) for m, p in enumerate(patterns) for r, _ in p]
            found.append(np.array(ups) - np.array(downs))
    return found


def across(J: np.ndarray, generators: list[Vector], h: Vector) -> tuple[int, float]:
    """Rank of J, and its least singular value on the complement of the generators at h."""
    T = np.stack([g * h for g in generators], axis=1) if generators else np.zeros((len(h), 0))
    q = np.linalg.svd(T, full_matrices=True)[0][:, T.shape[1] :] if T.shape[1] else np.eye(len(h))
    return int(np.linalg.matrix_rank(J)), float(np.linalg.svd(J @ q, compute_uv=False)[q.shape[1] - 1])


def distance(generators: list[Vector], g: Vector, h: Vector) -> float:
    """How far the class of g (through positive rescalings) is from h, at most: a local minimisation."""
    from scipy.optimize import minimize

    if not generators:
        return float(np.linalg.norm(g - h))
    rows = np.stack(generators)
    moved = lambda t: g * np.exp(t @ rows)  # noqa: E731
    found = minimize(lambda t: float(np.sum((moved(t) - h) ** 2)), np.zeros(len(rows)), tol=1e-14)
    return float(np.linalg.norm(moved(found.x) - h))


ENTRIES = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (2, 2)]
SECOND = [(0, 0), (0, 2), (1, 1), (2, 0), (2, 1)]
PROBLEMS: dict[str, tuple[Callable[[], dv.Case], Callable[[dv.Case], list[Vector]]]] = {
    "circulants": (
        lambda: dv.Case(dv.Architecture([dv.Circulant(6, taps=[0, 1]), dv.Circulant(6, taps=[0, 1, 2])])),
        lambda case: scale_generators(case.statement.sizes),
    ),
    "three factors": (
        lambda: dv.Case(dv.Architecture([dv.Toeplitz(4, taps=[0, 1]), dv.Diagonal(4), dv.Circulant(4, taps=[0, 3])])),
        lambda case: scale_generators(case.statement.sizes),
    ),
    "neurons": (
        lambda: dv.Case(
            dv.Architecture([dv.Pattern((3, 3), ENTRIES), dv.Pattern((3, 3), SECOND)]), equivalence="neuron-scale"
        ),
        lambda case: neuron_generators([ENTRIES, SECOND]),
    ),
    "one factor": (lambda: dv.Case(dv.Architecture([dv.Circulant(5, taps=[0, 2])])), lambda case: []),
}


def draw(case: dv.Case, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [(rng.integers(1, 6, n) * rng.choice([-1, 1], n)).tolist() for n in case.statement.sizes]


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", [0, 1])
def test_rank_and_stiffness_are_those_of_the_numerical_jacobian(name: str, seed: int) -> None:
    make, gauges = PROBLEMS[name]
    case = make()
    h = draw(case, seed)
    at = dv.certify(case, at=h, time_budget=20).at
    flat = np.concatenate(h).astype(float)
    rank, sigma = across(numerical_jacobian(bases(case), flat), gauges(case), flat)
    assert at.rank == rank and at.expected == len(flat) - len(gauges(case))
    if rank == at.expected:
        assert float(at.stiffness.lo) <= sigma * (1 + 1e-9) and sigma <= float(at.stiffness.hi) * (1 + 1e-9)
        assert at.stiffness.ratio < 1.01 and at.local == "yes"
    else:
        assert at.stiffness.hi == 0


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_class_within_the_radius_moves_the_product_by_less(name: str) -> None:
    """Random directions, the weakest ones, and those that bend most; distances found by optimisation."""
    make, gauges = PROBLEMS[name]
    case = make()
    h = draw(case, 3)
    at = dv.certify(case, at=h, time_budget=20).at
    if at.radius is None:
        pytest.skip("not determined nearby at this point")
    flat, factors, generators = np.concatenate(h).astype(float), bases(case), gauges(case)
    radius = 1.0 if at.radius == "inf" else float(Fraction(at.radius))
    rng = np.random.default_rng(0)
    weakest = np.linalg.svd(numerical_jacobian(factors, flat))[2]
    directions = [*rng.standard_normal((30, len(flat))), *weakest[-4:], *(-weakest[-4:])]
    for e, size in itertools.product(directions, (1.0, 0.3)):
        g = flat + radius * size * e / np.linalg.norm(e)
        far = distance(generators, g, flat)
        moved = np.linalg.norm(product(factors, g) - product(factors, flat))
        assert far <= float(Fraction(at.error_factor)) * moved * (1 + 1e-6) + 1e-9


def test_the_bend_bounds_all_terms_beyond_the_first_order() -> None:
    """`bending` of the checker against the remainder itself, with known factors and data."""
    from dmfverify.check.norms import bending
    from dmfverify.check.statement import Statement
    from dmfverify.check.strict import Work, read_json

    rng = np.random.default_rng(1)
    for case in (make() for make, _ in PROBLEMS.values()):
        if case.statement.K == 1:
            continue
        h = draw(case, 5)
        c, S = bending(Statement(read_json(case.statement.to_bytes(), "statement")), h, 1, Work())
        flat, factors = np.concatenate(h).astype(float), bases(case)
        J = numerical_jacobian(factors, flat)
        for e in rng.standard_normal((40, len(flat))):
            e = e / np.linalg.norm(e) * float(S) ** -0.5
            rest = product(factors, flat + e) - product(factors, flat) - J @ e
            assert np.linalg.norm(rest) <= float(c) * float(e @ e) * (1 + 1e-9)


# -- verdicts --------------------------------------------------------------------------------------------------------


def test_a_double_root_falls_short_and_is_left_open() -> None:
    case = dv.Case(dv.Architecture([dv.Circulant(6, taps=[0, 1]), dv.Circulant(6, taps=[0, 1])]))
    at = dv.certify(case, at=[[1, 1], [1, 1]], time_budget=20).at
    assert (at.rank, at.expected, at.local, at.stiffness.hi) == (2, 3, "undecided", 0)


def test_roots_dealt_otherwise_are_found_at_the_point() -> None:
    """(1 + 2z)(1 + 3z) in the other order: alone nearby, not alone."""
    case = dv.Case(dv.Architecture([dv.Circulant(6, taps=[0, 1]), dv.Circulant(6, taps=[0, 1])]))
    result = dv.certify(case, at=[[1, 2], [1, 3]], time_budget=20)
    assert result.at.local == "yes" and result.at.verdict == "no"
    assert result.json["witness"] is not None


def test_dense_factors_are_moved_by_a_gauge() -> None:
    case = dv.Case(dv.Architecture([dv.Dense((2, 2)), dv.Dense((2, 2))]), equivalence="neuron-scale")
    at = dv.certify(case, at=[[1, 2, 3, 4], [5, 6, 7, 9]], time_budget=20).at
    assert (at.verdict, at.local, at.rank, at.expected) == ("no", "no", 4, 6)


def test_a_neuron_that_is_zero_is_said() -> None:
    case = dv.Case(dv.Architecture([dv.Dense((2, 1)), dv.Dense((1, 2))]), equivalence="neuron-scale")
    result = dv.certify(case, at=[[0, 0], [1, 2]], time_budget=20)
    assert result.at.verdict == "yes" and result.at.nonzero == "no" and result.at.local == "undecided"
    assert result.at.conditions


def test_a_support_that_does_not_hold_the_point_is_not_asked() -> None:
    case = dv.Case(
        dv.Architecture([dv.Circulant(8, taps=[0, 1, 2]), dv.Circulant(8, taps=[0, 3])]), model=dv.Sparse([1, 1])
    )
    at = dv.certify(case, at=[[0, 2, 0], [3, 0]], time_budget=20).at
    assert at.verdict == "yes" and at.rank == 1 and at.expected == 1 and Fraction(at.radius) <= 1


def test_twenty_factors() -> None:
    case = dv.Case(dv.Architecture([dv.Circulant(64, taps=[0, 1, 2]) for _ in range(20)]))
    at = dv.certify(case, at=[[1, 3 + k, 2] for k in range(20)], time_budget=25).at
    assert at.rank == 41 and at.local == "yes"


def hadamard(order: int) -> tuple[dv.Case, list[list[int]]]:
    """The butterfly factors of the Hadamard matrix."""
    factors, h = [], []
    for k in range(order.bit_length() - 1):
        bit = order >> (k + 1)
        entries = [(r, c) for r in range(order) for c in sorted({r, r ^ bit})]
        factors.append(dv.Pattern((order, order), entries))
        h.append([-1 if r == c and r & bit else 1 for r, c in entries])
    return dv.Case(dv.Architecture(factors), equivalence="neuron-scale"), h


def test_the_hadamard_matrix_is_determined_at_its_butterfly() -> None:
    """J is sqrt(order / 2) times an isometry across the scalings: each entry meets order / 2 entries of X."""
    for order, budget in ((8, 20), (256, 60)):
        case, h = hadamard(order)
        result = dv.certify(case, at=h, time_budget=budget)
        assert result.at.verdict == result.at.local == "yes" and result.uniform.verdict == "yes"
        neurons = order * (order.bit_length() - 2)
        assert result.at.rank == result.at.expected == sum(map(len, h)) - neurons
    case, h = hadamard(8)
    flat = np.concatenate(h).astype(float)
    patterns = [list(f.entries) for f in case.statement.factors]  # type: ignore[union-attr]
    _, sigma = across(numerical_jacobian(bases(case), flat), neuron_generators(patterns), flat)
    at = dv.certify(case, at=h, time_budget=20).at
    assert (
        float(at.stiffness.lo) <= sigma + 1e-9 and sigma <= float(at.stiffness.hi) + 1e-9 and at.stiffness.ratio < 1.01
    )


@pytest.mark.slow
def test_the_stiffness_of_the_hadamard_matrix_of_order_32() -> None:
    case, h = hadamard(32)
    at = dv.certify(case, at=h, time_budget=60).at
    assert (
        at.stiffness.lo <= 4 <= at.stiffness.hi and at.stiffness.ratio < 1.001 and Fraction(at.radius) > Fraction(1, 20)
    )


# -- files -----------------------------------------------------------------------------------------------------------


def test_three_formats_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "h.toml").write_text('h = [[1, 0.25], ["-3/7"]]\n')
    (tmp_path / "h.json").write_text('{"h": [[1, 0.25], ["-3/7"]]}')
    exact = [[Fraction(1), Fraction(1, 4)], [Fraction(-3, 7)]]
    assert read_point(tmp_path / "h.toml", (2, 1)) == read_point(tmp_path / "h.json", (2, 1)) == exact
    np.savez(tmp_path / "h.npz", h1=np.array([1, 0.1]), h2=np.array([3]))
    assert read_point(tmp_path / "h.npz", (2, 1)) == [[1, Fraction(0.1)], [3]]
    assert point_of([np.float32([0.5, 1]), (2,)], (2, 1)) == [[Fraction(1, 2), 1], [2]]


BAD = {
    "h.toml": [
        ("h = 3", "h: got 3, expected one list"),
        ("h = [[1]]", "h: got 1 lists, expected 2"),
        ("h = [[1, 2, 3], [1]]", "h[0]: got 3 numbers, expected 2"),
        ("h = [[1, nan], [1]]", "h[0][1]"),
        ("h = [[1, true], [1]]", "h[0][1]"),
        (f"h = [[1, {'9' * 1_001}], [1]]", "h[0][1]"),
        ("g = 1", "g"),
        ("h = " + "[" * 40, "nested"),
        ("h = [[1, 2], [1]", "TOML"),
    ],
    "h.json": [
        ("[1]", "expected an object"),
        ('{"h": [[1, 2], [1]], "h": 3}', "twice"),
        ('{"h": [[1, NaN], [1]]}', "h[0][1]"),
        ('{"h": [[1, 1e99999], [1]]}', "h[0][1]"),
        ('{"h": [[1, ' + "9" * 5_000 + "], [1]]}", "h[0][1]"),
        ('{"h": ' + "[" * 1_000, "nested"),
        ('{"h": [[1, 2], [1]', "JSON"),
        ("\xff", "JSON"),
    ],
    "h.npz": [("PK", "is not a .npz")],
    "h.txt": [("h = []", "expected a file that ends in")],
}


@pytest.mark.parametrize(("name", "text", "said"), [(n, t, s) for n, rows in BAD.items() for t, s in rows])
def test_what_is_wrong_in_a_file_is_said_in_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(dv.BadInput) as error:
        read_point(tmp_path / name, (2, 1))
    assert said in str(error.value) and name in str(error.value) and "\n" not in str(error.value)


def test_arrays_that_are_no_parameters(tmp_path: Path) -> None:
    for arrays in ({"h1": [1, 2]}, {"h1": [1, 2], "h2": [1], "x": [1]}, {"h1": [[1, 2]], "h2": [1]}):
        np.savez(tmp_path / "h.npz", **arrays)
        with pytest.raises(dv.BadInput):
            read_point(tmp_path / "h.npz", (2, 1))
    for array in (np.array([1j, 1]), np.array([np.inf, 1]), np.array(["a", "b"]), np.array([True, False])):
        np.savez(tmp_path / "h.npz", h1=array, h2=[1])
        with pytest.raises(dv.BadInput):
            read_point(tmp_path / "h.npz", (2, 1))
    np.savez(tmp_path / "h.npz", h1=np.array([{}, 1], dtype=object), h2=[1])
    with pytest.raises(dv.BadInput, match="pickle"):
        read_point(tmp_path / "h.npz", (2, 1))
    with pytest.raises(dv.BadInput, match="does not exist"):
        read_point(tmp_path / "none.toml", (2, 1))


def test_parameters_outside_the_model() -> None:
    case = dv.Case(
        dv.Architecture([dv.Circulant(8, taps=[0, 1]), dv.Circulant(8, taps=[0, 2])]), model=dv.Sparse([1, 1])
    )
    with pytest.raises(dv.BadInput, match="not in the model"):
        dv.certify(case, at=[[1, 1], [1, 0]])


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, h = hadamard(8)
    Path("h.json").write_text(json.dumps({"h": h}))
    run = CliRunner().invoke(app, ["certify", "butterfly8_neuron", "--at", "h.json"])
    assert run.exit_code == 0 and "at h" in run.output
    result = json.loads(Path("butterfly8_neuron/result.json").read_text())
    assert result["at"]["verdict"] == "yes" and result["at"]["h"] == [[str(x) for x in part] for part in h]
    assert 'id="at"' in Path("butterfly8_neuron/report.html").read_text()
    proved = dv.check("butterfly8_neuron/certificate.json")
    assert proved["at.stiffness"] == result["at"]["stiffness"] and proved["at.radius"] == result["at"]["radius"]
    case = dv.load(shipped()["butterfly8_neuron"])
    for render in (render_markdown, render_tex):
        assert "At the given parameters" in render(result, case.statement)


def test_the_oracle_of_ranks_agrees() -> None:
    """The Jacobian of the tests' oracles at a point of its own: the same generic rank."""
    make, _ = PROBLEMS["neurons"]
    case = make()
    at = dv.certify(case, at=draw(case, 9), time_budget=20).at
    patterns = [oracles.pattern_basis((3, 3), ENTRIES), oracles.pattern_basis((3, 3), SECOND)]
    assert at.rank == oracles.local_rank(patterns)
