"""A "no" is proved whenever it is true: exact points of the kernel, number fields, small integers, enclosures.

The statements are liftings with a prescribed kernel or prescribed rows (`oracles.basis_of`), so that the answer is
known from a closed form; the claims of the search are checked, and forged, against the checker alone.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest

import dmfverify as dv
from dmfverify import check
from dmfverify.certificate import Claim, Nothing
from dmfverify.check import Rejected, Session
from dmfverify.identify import enclosure, kernel_points, small_integers
from dmfverify.identify.newton import System
from dmfverify.identify.number_field import RATIONALS, Field
from dmfverify.identify.rank_two import take_apart
from dmfverify.lifting import Lifting
from dmfverify.method import Budget, Method

UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"
W = [[[0, 1], [1, 0]], [[1, 0], [0, 0]]]
IRRATIONAL = [[[0, 1], [1, 0]], [[1, 0], [0, 2]]]
"""Hyperdeterminant 8: two real points, over Q(sqrt 2)."""
RATIONAL = [[[1, 0], [0, 0]], [[0, 0], [0, 1]]]
COMPLEX = [[[1, 0], [0, -1]], [[0, -1], [-1, 0]]]
"""Re((e0 + i e1)^3), hyperdeterminant -4."""


def with_rows(rows: Any, sizes: tuple[int, ...], model: Any = None) -> dv.Case:
    basis = oracles.basis_of(np.array(rows), sizes)
    return dv.Case([dv.Basis(b.tolist()) for b in basis], **({"model": model} if model else {}))


def with_kernel(tensors: list[Any], model: Any = None) -> dv.Case:
    sizes = np.shape(tensors[0])
    basis = oracles.basis_with_kernel(sizes, [np.array(w).reshape(-1) for w in tensors])
    plain = [[[[str(x) for x in row] for row in matrix] for matrix in b] for b in basis]
    return dv.Case([dv.Basis(b) for b in plain], **({"model": model} if model else {}))


def random_rows(sizes: tuple[int, ...], m: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-3, 4, (m, math.prod(sizes)))


def found(case: dv.Case, method: Method, seconds: float = 20) -> list[Claim]:
    lifting = Lifting(case.statement)
    assert method.accepts(lifting, {}) == ""
    claims = method.search(lifting, {}, Budget(seconds))
    assert not isinstance(claims, Nothing), claims.reason
    return list(claims)


def plain(claim: Claim) -> dict[str, Any]:
    return json.loads(json.dumps(claim.to_json()))


def proved(case: dv.Case, claim: dict[str, Any]) -> dict[str, Any]:
    session = Session(case.statement.to_bytes())
    session.accept(claim)
    return session.proved()


def decided(case: dv.Case, method: Method) -> tuple[str, str, str]:
    """Kind of the claim, the verdict and the one over C."""
    (claim,) = found(case, method)
    facts = proved(case, plain(claim))
    return claim.kind, facts.get(UNIFORM, "undecided"), facts.get(OVER_C, "undecided")


# ------------------------------------------------------------------ closed forms


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (RATIONAL, ("witness", "no", "no")),
        (IRRATIONAL, ("field-witness", "no", "no")),
        (COMPLEX, ("field-witness", "undecided", "no")),
        ([[1, 0, 0], [0, 2, 0], [0, 0, 0]], ("witness", "no", "no")),
        ([[[1, 2], [2, 4]], [[3, 6], [6, 12]]], ("witness", "no", "no")),
        ([[[1, 2, 0], [2, 4, 0]], [[0, 1, 0], [0, 2, 0]]], ("witness", "no", "no")),
    ],
)
def test_one_kernel_vector(tensor, expected):
    assert decided(with_kernel([tensor]), kernel_points.METHOD) == expected


@pytest.mark.parametrize("tensor", [W, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]])
def test_no_witness_where_there_is_none(tensor):
    lifting = Lifting(with_kernel([tensor]).statement)
    for method in (kernel_points.METHOD, small_integers.METHOD, enclosure.METHOD):
        assert isinstance(method.search(lifting, {}, Budget(10)), Nothing)


def test_unit_quaternions_over_c():
    one, i, j, k = (np.array(m) for m in QUATERNIONS)
    assert decided(with_kernel([one, i, j, k]), kernel_points.METHOD) == ("field-witness", "undecided", "no")


QUATERNIONS = (
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    [[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]],
    [[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]],
    [[0, 0, 0, -1], [0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0]],
)


@pytest.mark.parametrize("seed", range(10))
def test_a_real_cubic_has_a_root(seed):
    case = with_rows(random_rows((3, 3), 7, seed), (3, 3))
    assert decided(case, kernel_points.METHOD)[1] == "no"
    assert decided(case, enclosure.METHOD)[1:] == ("no", "no")


def test_the_reference_cases(case_paths):
    for name, kind in (("cubic_pencil", "enclosure"), ("nonnegative_no", "exact")):
        result = dv.certify(case_paths[name], time_budget=60)
        assert (result.uniform.verdict, result.json["identifiability"]["uniform"]["over_C"]) == ("no", "no")
        assert result.json["witness"]["kind"] == kind
        assert result.json["dnsp"]["gamma"] == ["inf", "inf"] and result.json["dnsp"]["kappa"] == ["0", "0"]
        session = check.open_certificate(result.statement, result.certificate)
        session.tie(result.result_bytes)
        body = json.loads(result.result_bytes)
        body["witness"]["radius"] = "0" if kind == "enclosure" else "1/7"
        with pytest.raises(Rejected, match="the witness is not proved"):
            session.tie(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("sizes", "m"), [((4, 4), 11), ((3, 3, 3), 13), ((2, 2, 2, 2), 9), ((3, 4, 2), 13), ((2, 2, 2), 5)]
)
def test_below_the_dimension_of_differences(sizes, m):
    assert decided(with_rows(random_rows(sizes, m, 1), sizes), enclosure.METHOD)[1:] == ("no", "no")


def test_dimensions_decide_over_c():
    case = with_rows(random_rows((4, 4), 11, 0), (4, 4))
    assert decided(case, kernel_points.METHOD) == ("dimension-count", "undecided", "no")


def test_two_supports():
    """T = (a, b, 0) (x) (c, d) - (0, e, f) (x) (u, v) under four equations."""
    supports = dv.Supports([[[0, 1], [0, 1]], [[1, 2], [0, 1]]])
    case = with_rows(random_rows((3, 2), 4, 3), (3, 2), supports)
    assert decided(case, enclosure.METHOD)[1] == "no"
    rational = with_kernel([[[1, 1], [0, 0], [-1, -1]]], supports)
    assert decided(rational, small_integers.METHOD)[:2] == ("witness", "no")


def test_non_negative():
    model = dv.NonNegative()
    (claim,) = found(with_kernel([[[1, 1], [1, -1]]], model), kernel_points.METHOD)
    assert claim.kind == "witness" and min(x for s in "hg" for part in claim.evidence[s] for x in part) >= 0
    # e_01 + e_10 is a difference of no two non-negative rank-one matrices: theory, section 3
    lifting = Lifting(with_kernel([[[0, 1], [1, 0]]], model).statement)
    for method in (kernel_points.METHOD, small_integers.METHOD, enclosure.METHOD):
        assert isinstance(method.search(lifting, {}, Budget(10)), Nothing)


@pytest.mark.parametrize("seed", range(30))
def test_small_random_problems_against_the_oracle(seed):
    problem = oracles.random_problem(4_000 + seed, "kernel")
    answer = oracles.uniform(*(problem[key] for key in ("basis", "alive", "data", "models", "nonnegative")))
    lifting = Lifting(dv.Case([dv.Basis(b.tolist()) for b in problem["basis"]], model=as_model(problem)).statement)
    if lifting.trivial_kernel or problem["data"] is not None:
        return
    ours = None
    for method in (kernel_points.METHOD, small_integers.METHOD, enclosure.METHOD):
        claims = method.search(lifting, {}, Budget(10))
        for claim in [] if isinstance(claims, Nothing) else claims:
            session = Session(lifting.statement.to_bytes())
            session.accept(plain(claim))
            ours = ours or session.proved().get(UNIFORM)
    assert (answer, ours) in {("no", "no"), ("yes", None), (None, None), (None, "no")}


def as_model(problem: dict[str, Any]) -> Any:
    keys = {k: v for k, v in problem["model"].items() if k not in ("kind", "nonnegative")}
    kinds = {"free": dv.Free, "supports": dv.Supports, "sparse": dv.Sparse, "group-sparse": dv.GroupSparse}
    if problem["model"]["kind"] == "nonnegative":
        return dv.NonNegative()
    return kinds[problem["model"]["kind"]](*keys.values(), nonnegative=problem["nonnegative"])


# ------------------------------------------------------------------ parts


def test_take_apart_in_four_modes():
    a, b = ([[1, 2], [3, -1], [1, 1], [2, 5]], [[1, -1], [0, 1], [2, 1], [1, 1]])
    w = sum(s * np.multiply.outer(np.multiply.outer(*v[:2]), np.multiply.outer(*v[2:])) for s, v in ((1, a), (3, b)))
    field, (h, g) = take_apart(w.astype(object), RATIONALS)
    assert field.rational and len(h) == len(g) == 4


def test_a_tangent_is_not_taken_apart():
    assert take_apart(np.array(W, dtype=object), RATIONALS) is None


def test_elements_are_numbers():
    field = Field((-1, -1, 1))  # the golden ratio
    x = field.t
    assert (x * x - x - 1).coefficients == [] and (1 / x - (x - 1)).coefficients == []
    assert (x - 2).sign == -1 and field.element(0).sign == 0


def test_the_jacobian_of_the_equations():
    case = with_rows(random_rows((2, 3, 2), 7, 0), (2, 3, 2))
    lifting = Lifting(case.statement)
    pair = next(enclosure.pairs(lifting))
    system = System(lifting, pair, enclosure.Equations.of(lifting, pair).labels)
    x = np.random.default_rng(0).standard_normal(len(system.variables))
    step = 1e-6 * np.random.default_rng(1).standard_normal(len(x))
    change = (system.value(x + step) - system.value(x - step)) / 2
    assert np.allclose(change, system.jacobian(x) @ step, rtol=1e-6, atol=1e-12)


# ------------------------------------------------------------------ forged enclosures

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def enclosed() -> tuple[dv.Case, dict[str, Any]]:
    """Seven equations of a pencil, and an eighth row that follows from them."""
    rows = random_rows((3, 3), 7, 0)
    case = with_rows(np.vstack([rows, rows[0] + 2 * rows[3]]), (3, 3))
    (claim,) = found(case, enclosure.METHOD)
    assert claim.kind == "enclosure" and len(claim.evidence["relations"]) == 1
    return case, plain(claim)


def changed(key: str, value: Any) -> Change:
    def change(claim: dict[str, Any]) -> None:
        claim[key] = value(claim[key]) if callable(value) else value

    return change


def move_centre(claim: dict[str, Any]) -> None:
    s, k, i = claim["solved"][0]
    side = claim["hg"[s]]
    side[k][i] = str(Fraction(side[k][i]) + Fraction(1, 1000))


def same_class(claim: dict[str, Any]) -> None:
    """The trivial solution, T = 0, solves whatever the equations are."""
    claim["g"] = claim["h"]


def drop_an_equation(claim: dict[str, Any]) -> None:
    for key in ("equations", "solved", "preconditioner"):
        del claim[key][-1]
    for line in claim["preconditioner"]:
        del line[-1]


def singular(claim: dict[str, Any]) -> None:
    claim["preconditioner"][0] = claim["preconditioner"][1]


FORGERIES: dict[str, tuple[Change, str]] = {
    "radius too small": (changed("radius", f"1/{10**60}"), "not mapped into its interior"),
    "radius too large": (changed("radius", "10"), "not mapped into its interior"),
    "radius zero": (changed("radius", "0"), "radius: not positive"),
    "centre moved": (move_centre, "not mapped into its interior"),
    "preconditioner of another map": (
        changed("preconditioner", lambda C: [[-x if type(x) is int else x for x in line] for line in C]),
        "not mapped into its interior",
    ),
    "singular preconditioner": (singular, "not mapped into its interior"),
    "scale zero": (changed("scale", 0), "scale: not positive"),
    "one class": (same_class, "not mapped into its interior|does not tell the classes apart"),
    "an equation dropped": (drop_an_equation, "relations: 1 items, expected 2"),
    "an equation twice": (changed("equations", lambda e: [e[0], *e[:-1]]), "equations: repeated"),
    "an unknown row": (changed("equations", lambda e: [99, *e[1:]]), "equations: not an integer"),
    "a variable twice": (changed("solved", lambda v: [v[0], *v[:-1]]), "solved: repeated"),
    "no variable": (changed("solved", []), "solved: not between"),
    "a false relation": (changed("relations", lambda y: [[x + 5 for x in y[0]]]), "not orthogonal to a column"),
    "an empty relation": (changed("relations", lambda y: [[0] * len(y[0])]), "singular modulo the prime"),
    "no relation": (changed("relations", []), "relations: 0 items"),
    "few bits": (changed("bits", 8), "bits: not an integer"),
    "coarse arithmetic": (changed("bits", 16), "not mapped into its interior"),
    "dead coordinate": (changed("coordinate", [9, 9]), "coordinate: not an integer"),
    "extra key": (changed("note", "x"), "unknown key"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_enclosures_are_refused(enclosed, name):
    case, claim = enclosed
    change, reason = FORGERIES[name]
    forged = copy.deepcopy(claim)
    change(forged)
    with pytest.raises(Rejected, match=reason):
        proved(case, forged)


def test_a_coordinate_that_does_not_differ():
    """h = e_0 (x) (1, x), g = e_0 (x) (1, y): the first coordinate agrees."""
    case = with_rows([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], (2, 2))
    claim = {
        "kind": "enclosure", "h": [["1", "0"], ["1", "0"]], "g": [["2", "0"], ["1", "0"]],
        "solved": [[0, 1, 1], [0, 0, 1], [1, 0, 1]], "radius": "1/16", "bits": 64, "equations": [0, 1, 2],
        "relations": [], "prime": 3, "preconditioner": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "scale": 1,
        "coordinate": [0, 0],
    }  # fmt: skip
    with pytest.raises(Rejected, match="not mapped"):  # the third equation says nothing of g's entry: singular
        proved(case, claim)
    claim |= {"solved": [[0, 1, 1], [0, 0, 1]], "equations": [0, 1], "preconditioner": [[1, 0], [0, 1]]}
    with pytest.raises(Rejected, match="relations: 0 items, expected 1|the equations"):
        proved(case, claim)
    two = with_rows([[0, 1, 0, 0], [0, 0, 1, 0]], (2, 2))
    assert proved(two, claim)[UNIFORM] == "no"
    with pytest.raises(Rejected, match="does not tell the classes apart"):
        proved(two, claim | {"coordinate": [1, 1]})
    with pytest.raises(Rejected, match="does not tell the classes apart"):
        proved(two, claim | {"g": claim["h"]})


def test_the_box_has_to_lie_in_the_model():
    rows, claim = [[0, 1, 0, 0], [0, 0, 1, 0]], {
        "kind": "enclosure", "h": [["1", "0"], ["1", "0"]], "g": [["2", "0"], ["1", "0"]],
        "solved": [[0, 1, 1], [0, 0, 1]], "radius": "1/16", "bits": 64, "equations": [0, 1], "relations": [],
        "prime": 3, "preconditioner": [[1, 0], [0, 1]], "scale": 1, "coordinate": [0, 0],
    }  # fmt: skip
    for model in (dv.NonNegative(), dv.Supports([[[0], [0, 1]]]), dv.Sparse([1, 2])):
        with pytest.raises(Rejected, match="the box is not in the model"):
            proved(with_rows(rows, (2, 2), model), claim)


# ------------------------------------------------------------------ forged witnesses in number fields


@pytest.fixture(scope="module")
def algebraic() -> tuple[dv.Case, dict[str, Any]]:
    case = with_kernel([IRRATIONAL])
    (claim,) = found(case, kernel_points.METHOD)
    assert claim.kind == "field-witness"
    return case, plain(claim)


def another_value(claim: dict[str, Any]) -> None:
    k, i = next((k, i) for k, part in enumerate(claim["h"]) for i, x in enumerate(part) if x)
    claim["h"][k][i] = ["17", "3"]


def without_root(claim: dict[str, Any]) -> None:
    claim |= {"root": None, "centre": None, "radius": None}


FIELD_FORGERIES: dict[str, tuple[Change, str]] = {
    "another polynomial": (changed("polynomial", [-3, 0, 1]), "classes apart|products differ"),
    "constant polynomial": (changed("polynomial", [1]), "polynomial: degree"),
    "leading zero": (changed("polynomial", [-2, 0, 1, 0]), "leading coefficient zero"),
    "no change of sign": (changed("root", ["2", "3"]), "does not change sign"),
    "interval reversed": (changed("root", ["2", "1"]), "not an interval"),
    "wide interval": (changed("root", ["1", "2"]), "farther from the root's value than the radius"),
    "radius": (changed("radius", f"1/{10**40}"), "farther from the root's value than the radius"),
    "radius zero": (changed("radius", "0"), "radius: not positive"),
    "inverse": (changed("inverse", ["1", "1"]), "does not tell the classes apart"),
    "one class": (lambda claim: claim.update(g=claim["h"]), "does not tell the classes apart"),
    "another h": (another_value, "classes apart|products differ"),
    "not reduced": (changed("inverse", ["1", "0", "1"]), "not reduced"),
    "centre without root": (changed("root", None), "a centre without a root"),
}


@pytest.mark.parametrize("name", FIELD_FORGERIES)
def test_forged_field_witnesses_are_refused(algebraic, name):
    case, claim = algebraic
    change, reason = FIELD_FORGERIES[name]
    forged = copy.deepcopy(claim)
    change(forged)
    with pytest.raises(Rejected, match=reason):
        proved(case, forged)


def test_without_a_real_root_only_over_c(algebraic):
    case, claim = algebraic
    forged = copy.deepcopy(claim)
    without_root(forged)
    facts = proved(case, forged)
    assert facts[OVER_C] == "no" and UNIFORM not in facts


def test_field_witnesses_keep_to_the_model(algebraic):
    _, claim = algebraic
    with pytest.raises(Rejected, match="a value may be negative"):
        proved(with_kernel([IRRATIONAL], dv.NonNegative()), claim)
    with pytest.raises(Rejected, match="not in the model"):
        proved(with_kernel([IRRATIONAL], dv.Sparse([1, 2, 2])), claim)
    over_c = copy.deepcopy(claim)
    without_root(over_c)
    with pytest.raises(Rejected, match="about real parameters"):
        proved(with_kernel([IRRATIONAL], dv.NonNegative()), over_c)


# ------------------------------------------------------------------ forged dimension counts


@pytest.fixture(scope="module")
def counted() -> tuple[dv.Case, dict[str, Any]]:
    case = with_rows(random_rows((4, 4), 11, 0), (4, 4))
    (claim,) = found(case, kernel_points.METHOD)
    assert claim.kind == "dimension-count" and len(claim.evidence["kernel"]) == 5
    return case, plain(claim)


DIMENSION_FORGERIES: dict[str, tuple[Change, str]] = {
    "one vector less": (changed("kernel", lambda v: v[:-1]), "too few vectors"),
    "a vector twice": (changed("kernel", lambda v: [v[0], *v[:-1]]), "dependent modulo the prime"),
    "a vector outside": (changed("kernel", lambda v: [[1] * 16, *v[1:]]), "not in the kernel"),
    "a smaller support": (changed("support", [[0, 1], [0, 1]]), "outside the support"),
    "one factor": (changed("support", [[0, 1], [0]]), "not exactly two factors"),
}


@pytest.mark.parametrize("name", DIMENSION_FORGERIES)
def test_forged_dimension_counts_are_refused(counted, name):
    case, claim = counted
    change, reason = DIMENSION_FORGERIES[name]
    forged = copy.deepcopy(claim)
    change(forged)
    with pytest.raises(Rejected, match=reason):
        proved(case, forged)


def test_dimension_counts_keep_to_the_model(counted):
    case, claim = counted
    rows = random_rows((4, 4), 11, 0)
    with pytest.raises(Rejected, match="about real parameters"):
        proved(with_rows(rows, (4, 4), dv.NonNegative()), claim)
    with pytest.raises(Rejected, match="not in the model"):
        proved(with_rows(rows, (4, 4), dv.Sparse([2, 4])), claim)
