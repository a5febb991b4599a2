"""Degree four: brackets of problems with a closed form, and one forgery for each thing that the checker requires."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from dmfverify.certificate import Nothing
from dmfverify.check import Rejected, Session
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem import load
from dmfverify.problem.forms import Model, Statement, Terms
from dmfverify.stability import local_search, quartic
from dmfverify.stability.quartic_solver import Program, reference
from dmfverify.stability.quartic_space import Alternating, Space


def problem(sizes: Sequence[int], A: np.ndarray, model: Model | None = None) -> Statement:
    """Factors whose lifting is the integer matrix A (rows x product of the sizes): identities, and A in the last."""
    one, factors, before = Fraction(1), [], 1
    for size in sizes[:-1]:
        terms = [(i, r, r * size + i, one) for i in range(size) for r in range(before)]
        factors.append(Terms((before, before * size), size, tuple(terms)))
        before *= size
    last = [
        (i, r, c, Fraction(int(A[c, r * sizes[-1] + i])))
        for i in range(sizes[-1])
        for r in range(before)
        for c in range(len(A))
        if A[c, r * sizes[-1] + i]
    ]
    factors.append(Terms((before, len(A)), sizes[-1], tuple(last)))
    return Statement("scale", tuple(factors), model or Model())


def with_kernel(sizes: Sequence[int], kernel: Sequence[Sequence[int]], model: Model | None = None) -> Statement:
    """The problem whose lifting has exactly this kernel."""
    import sympy

    rows = sympy.Matrix(kernel).nullspace()
    scaled = [row * sympy.ilcm(*[x.q for x in row]) for row in rows]
    return problem(sizes, np.array([[int(x) for x in row] for row in scaled], dtype=object), model)


def outer(*factors: Sequence[complex]) -> np.ndarray:
    out = np.ones(1)
    for f in factors:
        out = np.multiply.outer(out, np.array(f)).ravel()
    return out


QUATERNIONS = [
    np.eye(4, dtype=int),
    np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]]),
    np.array([[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]]),
    np.array([[0, 0, 0, -1], [0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0]]),
]
REAL_CUBE = np.real(outer([1, 1j], [1, 1j], [1, 1j])).astype(int)
W = [0, 1, 1, 0, 1, 0, 0, 0]
CLOSED = {
    "I_3": (with_kernel((3, 3), [np.eye(3, dtype=int).ravel()]), 3),
    "diag(3,2,1)": (with_kernel((3, 3), [np.diag([3, 2, 1]).ravel()]), 14),
    "quaternions": (with_kernel((4, 4), [q.ravel() for q in QUATERNIONS]), 2),
    "Re((e0+ie1)^3)": (with_kernel((2, 2, 2), [REAL_CUBE]), 4),
}


def claims_of(statement: Statement, target: str = "gamma", seed: int = 0) -> list:
    found = quartic.search_for(target, Lifting(statement), {}, Budget(seed=seed))
    assert not isinstance(found, Nothing), found
    return [json.loads(json.dumps(claim.to_json())) for claim in found]


def bracket(statement: Statement, claims: list, target: str = "gamma") -> tuple[float, float]:
    session = Session(statement.to_bytes())
    for claim in claims:
        session.accept(claim)
    proved = session.proved()
    assert proved["identifiability.uniform.verdict"] == "yes"
    low, high = proved[f"dnsp.{target}"]
    return float(Fraction(low)), float(Fraction(high)) if high != "inf" else float("inf")


@pytest.mark.parametrize("name", CLOSED)
def test_the_bracket_holds_the_closed_form(name):
    statement, square = CLOSED[name]
    claims = claims_of(statement)
    low, high = bracket(statement, claims)
    assert low <= square**0.5 * (1 + 1e-12) and square**0.5 <= high
    assert high / low <= 1.001


def test_nothing_is_said_over_C():
    statement, _ = CLOSED["quaternions"]
    session = Session(statement.to_bytes())
    session.accept(claims_of(statement)[0])
    assert session.proved().get("identifiability.uniform.over_C") is None


BOXES = tuple(((i, i + 1), (i, i + 1)) for i in (0, 2))
TWO_BOXES = with_kernel((4, 4), [np.eye(4, dtype=int).ravel()], Model("supports", supports=BOXES))


def test_two_boxes():
    low, high = bracket(TWO_BOXES, claims_of(TWO_BOXES))
    assert low <= 2**0.5 <= high <= low * 1.001


def test_across_two_boxes_rank_one_on_each_is_used():
    """span(e00 + e11) is bad inside a box and good across two: each part of T has rank one."""
    v = np.zeros((4, 4))
    v[0, 0] = v[1, 1] = 0.5**0.5
    space = Space((4, 4), *BOXES)
    places = [np.ravel_multi_index(m, (4, 4)) for m in space.coordinates]
    form = np.eye(8) - np.outer(v.ravel()[places], v.ravel()[places])
    assert Program(space, form, []).solve(0.5, 10).bound == pytest.approx(0.5, rel=1e-3)


def test_overlapping_boxes_in_three_modes():
    boxes = (((0, 1), (0, 1), (0, 1)), ((1, 2), (0, 1), (0, 1)), ((0, 2), (0, 1), (0, 1)))
    rng = np.random.default_rng(3)
    statement = problem((3, 2, 2), rng.integers(-3, 4, (10, 12)), Model("supports", supports=boxes))
    low, high = bracket(statement, claims_of(statement))
    assert high / low <= 1.01


def test_non_negative_models_take_the_free_bound():
    statement = with_kernel((3, 3), [np.diag([3, 2, 1]).ravel()], Model("free", True))
    low, high = bracket(statement, claims_of(statement))
    assert low <= high <= 14**0.5 * 1.001


@pytest.mark.parametrize(("name", "most"), [("I_3", 2.0), ("quaternions", 3.0)])
def test_kappa(name, most):
    statement, _ = CLOSED[name]
    low, high = bracket(statement, claims_of(statement, "kappa"), "kappa")
    assert 0 < low <= high <= low * 1.001


def test_the_w_state_yields_nothing():
    found = quartic.search_for("gamma", Lifting(with_kernel((2, 2, 2), [W])), {}, Budget())
    assert isinstance(found, Nothing)


def test_a_tight_bracket_is_left_alone():
    lifting = Lifting(CLOSED["I_3"][0])
    assert quartic.METHOD.accepts(lifting, {}) == ""
    assert "known" in quartic.METHOD.accepts(lifting, {"dnsp.gamma": ["17320/10000", "17321/10000"]})
    assert "not identifiable" in quartic.METHOD.accepts(lifting, {"identifiability.uniform.verdict": "no"})


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("sizes", [(3, 3), (2, 2, 2)])
def test_the_optimum_is_that_of_the_program_in_cvxpy(sizes, seed):
    rng = np.random.default_rng(seed)
    n = int(np.prod(sizes))
    rows = np.linalg.qr(rng.standard_normal((n, n - 1)))[0]
    box = tuple(tuple(range(s)) for s in sizes)
    space = Space(sizes, box, box)
    squares = space.squares(10)
    expected = reference(space, rows @ rows.T, squares)
    found = Program(space, rows @ rows.T, squares).solve(expected, 60).bound
    assert found == pytest.approx(expected, rel=3e-3, abs=1e-6)
    assert found <= expected + 1e-6


# -- forgeries ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_cube() -> tuple[Statement, dict]:
    statement, _ = CLOSED["Re((e0+ie1)^3)"]
    return statement, claims_of(statement)[0]


@pytest.fixture(scope="module")
def cube_with_determinants() -> tuple[Statement, dict]:
    """The same where there are too many alternating functions."""
    statement, _ = CLOSED["Re((e0+ie1)^3)"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quartic, "MAX_TERMS", 0)
        return statement, claims_of(statement)[0]


@pytest.fixture(scope="module")
def diagonal() -> tuple[Statement, dict]:
    statement, _ = CLOSED["diag(3,2,1)"]
    return statement, claims_of(statement)[0]


def refused(given: tuple[Statement, dict], change, reason: str) -> None:
    statement, claim = given
    Session(statement.to_bytes()).accept(copy.deepcopy(claim))
    forged = copy.deepcopy(claim)
    change(forged)
    with pytest.raises(Rejected, match=reason):
        Session(statement.to_bytes()).accept(forged)


def item(claim: dict) -> dict:
    return claim["items"][0]


def set_in(where: dict, **values) -> None:
    where.update(values)


def scaled_row(claim: dict) -> None:
    item(claim)["L"][5][5] *= 2


def wrong_multiplier(claim: dict) -> None:
    item(claim)["minors"][0][3][0][1] *= -1


def larger_lambda(claim: dict) -> None:
    value = Fraction(claim["lambda"]) * Fraction(11, 10)
    claim["lambda"] = str(value)


def as_kappa(claim: dict, bound: str) -> None:
    for key in ("independent", "S", "scale", "psd_form"):
        del claim[key]
    claim.update(target="kappa", bound=bound)


DIAGONAL = {
    "Gram matrix": (scaled_row, "not dominated by its diagonal"),
    "zero Gram matrix": (
        lambda c: set_in(item(c), L=[[0] * len(r) for r in item(c)["L"]]),
        "not dominated by its diagonal",
    ),
    "multiplier": (wrong_multiplier, "not dominated by its diagonal"),
    "lambda": (larger_lambda, "not dominated by its diagonal"),
    "bound the wrong way": (
        lambda c: set_in(c, bound=str(Fraction(c["bound"]) * (1 - Fraction(1, 10**6)))),
        r"gamma\^2 is less than 1/lambda",
    ),
    "lambda of zero": (lambda c: set_in(c, **{"lambda": "0"}), "have to be positive"),
    "form above the projection": (lambda c: set_in(c, scale=c["scale"] // 2), "psd_form"),
    "scale of zero": (lambda c: set_in(c, scale=0), "scale: not positive"),
    "negative gram": (lambda c: set_in(item(c), gram=-item(c)["gram"]), "have to be positive"),
    "negative minor": (lambda c: set_in(item(c), minor=-item(c)["minor"]), "have to be positive"),
    "row twice": (lambda c: item(c)["minors"][0].__setitem__(1, [[0], [0], [1]]), "a row or column twice"),
    "two rows": (lambda c: item(c)["minors"][0].__setitem__(1, [[0], [1]]), "minors"),
    "mode out of range": (lambda c: item(c)["minors"][0].__setitem__(0, [2]), "minors"),
    "all modes": (
        lambda c: set_in(item(c), minors=[[[0, 1], [[0, 0], [1, 1], [2, 2]], [[], [], []], [[0, 1]]]]),
        "all modes on one side",
    ),
    "index out of range": (lambda c: item(c)["minors"][0].__setitem__(2, [[0], [1], [3]]), "minors"),
    "place out of range": (lambda c: item(c)["minors"][0][3][0].__setitem__(0, 9), "minors"),
    "no item": (lambda c: set_in(c, items=[]), "a pair of supports is in no item"),
    "smaller box": (lambda c: set_in(item(c), left=[[0, 1], [0, 1]]), "in no item"),
    "row of S twice": (
        lambda c: c["independent"].__setitem__(0, c["independent"][1]),
        "independent: repeated",
    ),
    "asymmetric S": (lambda c: c["S"][0].__setitem__(1, c["S"][0][1] + 1), "not symmetric"),
    "unknown key": (lambda c: set_in(item(c), hint=1), "item"),
    "no S": (lambda c: c.pop("S"), "quartic: missing"),
    "kappa with S": (lambda c: set_in(c, target="kappa"), "quartic: unknown"),
    "kappa": (lambda c: as_kappa(c, "10"), r"kappa\^2 is more than lambda"),
    "kappa from the evidence of gamma": (lambda c: as_kappa(c, "1/10"), "not dominated by its diagonal"),
}


@pytest.mark.parametrize("name", DIAGONAL)
def test_a_forgery_is_refused_for_its_reason(diagonal, name):
    refused(diagonal, *DIAGONAL[name])


def negative_det(claim: dict) -> None:
    item(claim)["dets"][0][2] *= -1


CUBE = {
    "negative weight": (negative_det, "dets: a negative weight"),
    "without Det": (lambda c: set_in(item(c), dets=[]), "not dominated by its diagonal"),
    "equal indices": (lambda c: item(c)["dets"][0][1].__setitem__(0, [[0], [0]]), "two indices of a group are equal"),
    "mode twice": (lambda c: item(c)["dets"][0].__setitem__(0, [[0], [0], [2]]), "do not divide the modes"),
    "mode missing": (lambda c: item(c)["dets"][0].__setitem__(0, [[0], [1], [1]]), "do not divide the modes"),
}


@pytest.mark.parametrize("name", CUBE)
def test_a_false_hyperdeterminant_is_refused(cube_with_determinants, name):
    refused(cube_with_determinants, *CUBE[name])


ODD = "not an odd number of modes, three or more"
ALTERNATING = {
    "without": (lambda c: item(c).pop("alternating"), "not dominated by its diagonal"),
    "no squares": (lambda c: item(c)["alternating"].__setitem__(1, []), "not dominated by its diagonal"),
    "a square of another weight": (lambda c: scaled(item(c)["alternating"][1][0]), "not dominated by its diagonal"),
    "one mode": (lambda c: item(c)["alternating"][0][0].__setitem__(0, [0]), ODD),
    "two modes": (lambda c: item(c)["alternating"][0][0].__setitem__(0, [0, 1]), ODD),
    "mode twice": (lambda c: item(c)["alternating"][0][0].__setitem__(0, [0, 1, 1]), "not sorted"),
    "mode out of range": (lambda c: item(c)["alternating"][0][0].__setitem__(0, [0, 1, 3]), "alternating"),
    "index out of range": (lambda c: item(c)["alternating"][0][0][1].__setitem__(0, [0, 2]), "alternating"),
    "too few pairs": (lambda c: item(c)["alternating"][0][0][1].pop(), "alternating: 2 items, expected 3"),
    "a number too many": (lambda c: item(c)["alternating"][1][0].append(1), "alternating: 2 items, expected 1"),
}


def scaled(row: list) -> None:
    row[0] *= 2


@pytest.mark.parametrize("name", ALTERNATING)
def test_a_false_alternating_function_is_refused(real_cube, name):
    refused(real_cube, *ALTERNATING[name])


@pytest.mark.parametrize("boxes", [0, 1, 2])
@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 3, 2), (2, 2, 2, 3), (2, 2, 2, 2, 2)])
def test_products_of_alternating_functions_are_quartics(sizes, boxes):
    """-2 u v, as the search and as the checker write it, at integer points."""
    from dmfverify.check.claims.quartic import _Coordinates, _twice

    rng = np.random.default_rng([boxes, *sizes])
    sides = [tuple(tuple(range(n - (k < boxes and side))) for k, n in enumerate(sizes)) for side in (0, 1)]
    space = Space(sizes, *sides)
    part = _Coordinates(problem(sizes, np.eye(1, int(np.prod(sizes)), dtype=int)), space.coordinates, *sides)
    h, g = ([[int(rng.choice([-1, 1]) * rng.integers(1, 99)) * int(i in s) for i in range(n)]
             for n, s in zip(sizes, side, strict=True)] for side in sides)  # fmt: skip
    P = [[math.prod(x[i] for x, i in zip(f, m, strict=True)) for m in space.coordinates] for f in (h, g)]
    T = [x - y for x, y in zip(*P, strict=True)]

    def value(u: Alternating) -> int:
        signs = [-1 if k in u.modes else 1 for k in range(len(sizes))]
        modes = zip(h, g, signs, u.pairs, strict=True)
        return math.prod(a[i] * b[j] + s * a[j] * b[i] for a, b, s, (i, j) in modes)

    terms = space.alternating(200)
    assert terms
    seen = 0
    for _ in range(20):
        u, v = (terms[i] for i in rng.integers(len(terms), size=2))
        expected = -2 * value(u) * value(v)
        seen += expected != 0
        checked = _twice((u.modes, u.pairs), (v.modes, v.pairs), part)
        assert sum(s * math.prod(T[a] for a in places) for places, s in checked if None not in places) == expected
        assert sum(int(-2 * x) * math.prod(T[a] for a in p) for p, x in space.product(u, v)) == expected
    assert seen


def test_squares_of_sums_close_what_hyperdeterminants_leave_open():
    """Four modes of size two, a kernel of dimension five: 1.11 with multiples of single hyperdeterminants."""
    kernel = np.random.default_rng([0, 5, 2, 2, 2, 2]).integers(-3, 4, (5, 16))
    statement = with_kernel((2, 2, 2, 2), kernel.tolist())
    low, high = bracket(statement, claims_of(statement))
    assert high / low <= 1.0005


@pytest.fixture
def item_by_item(monkeypatch):
    """No pair is left to the eigenvalues of its union."""
    monkeypatch.setattr(quartic, "open_pairs", lambda *arguments: None)


@pytest.mark.usefixtures("item_by_item")
@pytest.mark.parametrize("number", range(3))
def test_boxes_that_miss_a_pair_are_refused(number):
    claim = claims_of(TWO_BOXES)[0]
    refused((TWO_BOXES, claim), lambda c: c["items"].pop(number), "a pair of supports is in no item")


@pytest.mark.usefixtures("item_by_item")
def test_what_holds_across_two_boxes_is_refused_inside_one():
    claim = claims_of(TWO_BOXES)[0]

    def widened(forged: dict) -> None:
        forged["items"][1].update(left=[[0, 1, 2, 3]] * 2, right=[[0, 1, 2, 3]] * 2)

    refused((TWO_BOXES, claim), widened, "L: ")


# -- the lower end ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "gamma"),
    [
        ("odeco_k3", 14**0.5),
        ("quaternion_kernel", 2**0.5),
        ("bilinear_s4_m14", 4.6795103817),
        ("trilinear_s3_m22", 3.3173297505),
    ],
)
def test_local_search_hits_the_known_optima(case_paths, name, gamma):
    statement = load(case_paths[name]).statement
    session = Session(statement.to_bytes())
    for claim in local_search.search(Lifting(statement), {}, Budget()):
        session.accept(json.loads(json.dumps(claim.to_json())))
    assert float(Fraction(session.proved()["dnsp.gamma"][0])) == pytest.approx(gamma, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("sizes", "r"),
    [*(((s, s), r) for s in (3, 4) for r in (1, 2, 3)), *(((2,) * k, r) for k in (3, 4) for r in range(1, 2 * k - 3))],
)
def test_random_problems(sizes, r, seed):
    n = int(np.prod(sizes))
    statement = problem(sizes, np.random.default_rng((*sizes, r, seed)).integers(-3, 4, (n - r, n)))
    found = quartic.search_for("gamma", Lifting(statement), {}, Budget())
    if not isinstance(found, Nothing):
        low, high = bracket(statement, [json.loads(json.dumps(claim.to_json())) for claim in found])
        assert high / low <= 1.03


def test_every_pair_of_flattenings_is_there():
    box = ((0, 1, 2),) * 3
    space = Space((3, 3, 3), box, box)
    assert {m.modes for m in space.cubics} == {(0,), (1,), (2,)}
    h, g = np.random.default_rng(0).standard_normal((2, 3, 3))
    T = np.einsum("i,j,k->ijk", *h).ravel() - np.einsum("i,j,k->ijk", *g).ravel()
    for minor in itertools.islice(space.cubics, 40):
        assert abs(sum(s * np.prod(T[list(t)]) for t, s in minor.terms)) < 1e-12
    for square in space.squares(40):
        assert sum(x * np.prod(T[list(t)]) for t, x in square.terms) > -1e-12
