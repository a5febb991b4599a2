"""Yes over C: closed forms, limits that end in nothing, pairs of supports, one forgery for each requirement."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from dmfverify.certificate import Nothing
from dmfverify.check import Rejected, Session
from dmfverify.identify import restricted_minors
from dmfverify.identify.restricted_minors import Pair, _Pool, cubics
from dmfverify.lifting import Lifting
from dmfverify.lifting.linalg import nullspace
from dmfverify.method import Budget
from dmfverify.problem import load
from dmfverify.problem.forms import Model, Pattern, Statement, Support, Terms

UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"


def problem(sizes: Sequence[int], A: Any, model: Model | None = None) -> Statement:
    """Factors whose lifting is the integer matrix A (rows x product of the sizes): identities, and A in the last."""
    one, factors, before = Fraction(1), [], 1
    for size in sizes[:-1]:
        terms = [(i, r, r * size + i, one) for i in range(size) for r in range(before)]
        factors.append(Terms((before, before * size), size, tuple(terms)))
        before *= size
    places = itertools.product(range(sizes[-1]), range(before), range(len(A)))
    entries = [(i, r, c, Fraction(int(A[c][r * sizes[-1] + i]))) for i, r, c in places]
    factors.append(Terms((before, len(A)), sizes[-1], tuple(e for e in entries if e[3])))
    return Statement("scale", tuple(factors), model or Model())


def with_kernel(sizes: Sequence[int], vectors: Any, model: Model | None = None) -> Statement:
    """The problem whose lifting has exactly this kernel."""
    flat = [np.asarray(v, dtype=object).ravel().tolist() for v in vectors]
    return problem(sizes, nullspace(flat), model)


def general(sizes: Sequence[int], r: int, seed: int, model: Model | None = None) -> Statement:
    """A lifting of small random integers with a kernel of dimension r."""
    n = math.prod(sizes)
    return problem(sizes, np.random.default_rng(seed).integers(-3, 4, (n - r, n)), model)


def supports(*boxes: Support) -> Model:
    return Model("supports", supports=boxes)


def units(sizes: Sequence[int], *cells: tuple[int, ...]) -> np.ndarray:
    """The sum of unit tensors."""
    out = np.zeros(sizes, dtype=int)
    for cell in cells:
        out[cell] += 1
    return out


def found(statement: Statement) -> dict[str, Any]:
    """The claim that the search ends with, as it stands in a certificate."""
    lifting = Lifting(statement)
    assert restricted_minors.accepts(lifting, {}) == ""
    claims = restricted_minors.search(lifting, {}, Budget())
    assert not isinstance(claims, Nothing), claims.reason
    (claim,) = claims
    return json.loads(json.dumps(claim.to_json()))


def proved(statement: Statement, claim: dict[str, Any]) -> dict[str, Any]:
    session = Session(statement.to_bytes())
    session.accept(claim)
    return session.proved()


def certified(statement: Statement) -> dict[str, Any]:
    """The first item of an accepted claim."""
    claim = found(statement)
    facts = proved(statement, claim)
    assert (facts[UNIFORM], facts[OVER_C]) == ("yes", "yes")
    return claim["items"][0]


def nothing(statement: Statement) -> str:
    """Why the search ends in nothing."""
    outcome = restricted_minors.search(Lifting(statement), {}, Budget())
    assert isinstance(outcome, Nothing)
    return outcome.reason


# -- yes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vector", [np.eye(3, dtype=int), np.diag([3, 2, 1]), units((3, 3, 3), *[(i, i, i) for i in range(3)])]
)
def test_one_vector(vector: np.ndarray) -> None:
    """Rank three and no less, in the limit either."""
    assert certified(with_kernel(vector.shape, [vector]))["degree"] == 3


@pytest.mark.parametrize(
    ("sizes", "r", "degree"),
    [
        ((4, 4), 2, 3),
        ((4, 4), 3, 3),
        ((4, 4), 4, 5),
        ((5, 5), 6, 3),
        ((5, 5), 8, 4),
        ((3, 3, 3), 4, 3),
        ((3, 3, 3), 9, 3),
        ((2, 2, 2, 2), 4, 3),
        ((2, 2, 2, 2), 5, 4),
        ((2, 2, 2, 2), 6, 5),
        ((2, 5, 3), 9, 3),
    ],
)
def test_general(sizes: tuple[int, ...], r: int, degree: int) -> None:
    """Random integer liftings: the degrees of certificates.md, section 3."""
    assert certified(general(sizes, r, 1))["degree"] == degree


@pytest.mark.parametrize("name", ["bilinear_s4_m14", "trilinear_s3_m22", "odeco_k3"])
def test_shared(name: str, case_paths: dict[str, Any]) -> None:
    certified(load(case_paths[name]).statement)


def test_nonnegative() -> None:
    """The cone of a non-negative model is smaller."""
    certified(with_kernel((3, 3), [np.eye(3, dtype=int)], Model(nonnegative=True)))


def test_neurons() -> None:
    """Under neuron-scale a minor whose cells are all coordinates is good; here there is none."""
    left = Pattern((3, 4), tuple((i, j) for i in range(3) for j in range(4)))
    lifting = Lifting(Statement("neuron-scale", (left, Pattern((4, 1), tuple((j, 0) for j in range(4))))))
    pair = Pair(lifting, *[tuple(tuple(range(n)) for n in lifting.sizes)] * 2)
    assert lifting.count == 12
    assert not any(True for batch in _Pool(pair, []).of(3, np.random.default_rng(0)) for _ in batch)


# -- nothing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["quaternion_kernel", "cubic_pencil", "nonnegative_no"])
def test_shared_nothing(name: str, case_paths: dict[str, Any]) -> None:
    """Over C these kernels meet the differences."""
    nothing(load(case_paths[name]).statement)


def test_limits_end_in_nothing() -> None:
    """W is a limit of differences, and so is a tangent between two supports: the closure meets the kernel."""
    assert "over C" in nothing(with_kernel((2, 2, 2), [units((2, 2, 2), (0, 0, 1), (0, 1, 0), (1, 0, 0))]))
    inside = units((3, 3, 3), (0, 0, 1), (0, 1, 0), (1, 0, 0))
    assert "minors do not reach" in nothing(with_kernel((3, 3, 3), [inside]))
    tangent = units((3, 3), (0, 1), (1, 0)) - units((3, 3), (0, 2), (2, 0))
    assert "minors do not reach" in nothing(with_kernel((3, 3), [tangent], supports(((0, 1),) * 2, ((0, 2),) * 2)))


def test_accepts() -> None:
    lifting = Lifting(general((4, 4), 2, 1))
    assert "not identifiable" in restricted_minors.accepts(lifting, {UNIFORM: "no"})
    assert "over C" in restricted_minors.accepts(lifting, {OVER_C: "no"})
    assert "trivial" in restricted_minors.accepts(lifting, {"lifting.kernel_dimension": 0})
    assert "columns" in restricted_minors.accepts(Lifting(general((65, 65), 4224, 1)), {})


def test_budget() -> None:
    outcome = restricted_minors.search(Lifting(general((3, 3, 3), 11, 1)), {}, Budget(0.0))
    assert isinstance(outcome, Nothing)


# -- pairs of supports ----------------------------------------------------------------------------------


DISJOINT = supports(((0, 1), (0, 1)), ((2, 3), (2, 3)))
BESIDE = supports(((0, 1), (0, 1)), ((2, 3), (0, 1)))
CUBES = supports(((0, 1),) * 3, ((0, 1), (0, 1), (1, 2)))


def test_two_by_two_minors() -> None:
    """Rank one where only one box has a say: all matrices here have rank two, and 3 x 3 minors say nothing."""
    item = certified(with_kernel((4, 2), [units((4, 2), (0, 0), (1, 1), (2, 0))], BESIDE))
    assert (item["degree"], len(item["minors"][0])) == (2, 5)
    certified(with_kernel((4, 4), [units((4, 4), (0, 0), (1, 1), (2, 2))], DISJOINT))


def test_kernel_inside_one_box() -> None:
    """e_00 + e_11 is a difference of two members of the first support, whatever the other one is."""
    assert "dimension 4 of 4" in nothing(with_kernel((4, 4), [units((4, 4), (0, 0), (1, 1))], DISJOINT))


@pytest.mark.parametrize(("r", "degree"), [(1, 2), (2, 3), (3, 3), (4, 5)])
def test_cubes(r: int, degree: int) -> None:
    """The pattern of certificates.md, section 3."""
    assert certified(general((2, 2, 3), r, 2, CUBES))["degree"] == degree


def test_sparse_family() -> None:
    """Every pair of supports with a kernel has its item, and none can be left out."""
    statement = with_kernel((3, 3), [units((3, 3), (0, 0), (1, 1), (2, 2))], Model("sparse", sparsity=(2, 2)))
    claim = found(statement)
    assert len(claim["items"]) == 9  # the boxes hold (0, 0), (1, 1), (2, 2) together
    assert proved(statement, claim)[OVER_C] == "yes"
    for k in range(9):
        fewer = claim | {"items": claim["items"][:k] + claim["items"][k + 1 :]}
        with pytest.raises(Rejected, match="is in no item"):
            proved(statement, fewer)


def test_interpolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quadrics and cubics found by substitution do as well as the minors."""
    monkeypatch.setattr(_Pool, "_minors", lambda self, d, rng: iter(()))
    item = certified(general((2, 2, 3), 3, 2, CUBES))
    assert item["forms"]
    assert not item["minors"]


def test_interpolated_forms_vanish() -> None:
    """Each of them is zero at random differences, and the minors are among their combinations."""
    statement = general((2, 2, 3), 3, 2, CUBES)
    left, right = CUBES.supports
    pair = Pair(Lifting(statement), left, right)
    forms = cubics(pair)
    rng = np.random.default_rng(5)
    for _ in range(20):
        h, g = ([{i: int(rng.integers(-9, 10)) for i in part} for part in box] for box in (left, right))
        T = [
            math.prod(x.get(i, 0) for x, i in zip(h, m, strict=True))
            - math.prod(x.get(i, 0) for x, i in zip(g, m, strict=True))
            for m in pair.multi
        ]
        assert not any(sum(c * math.prod(T[i] for i in places) for c, *places in form) for form in forms)


# -- forgeries ------------------------------------------------------------------------------------------

PENCIL = general((4, 4), 4, 1)
BOXES = with_kernel((4, 2), [units((4, 2), (0, 0), (1, 1), (2, 0))], BESIDE)


@pytest.fixture(scope="module")
def pencil() -> dict[str, Any]:
    """An accepted claim of degree five."""
    claim = found(PENCIL)
    assert proved(PENCIL, claim)[OVER_C] == "yes"
    return claim


@pytest.fixture(scope="module")
def boxes() -> dict[str, Any]:
    return found(BOXES)


def at(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """An edit of the first item: the value at the path is replaced, by a function of it or as it is."""

    def edit(claim: dict[str, Any]) -> None:
        where = claim["items"][0]
        for step in path[:-1]:
            where = where[step]
        where[path[-1]] = value(where[path[-1]]) if callable(value) else value

    return edit


def top(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claim: claim.update({key: value})


FORGED = {
    "composite prime": (at("prime", value=249), "249 is not prime"),
    "composite prime for ranks": (top("prime", 249), "249 is not prime"),
    "unknown key": (lambda c: c["items"][0].update(more=1), "unknown key"),
    "unknown key of the claim": (top("more", 1), "restricted-minors: unknown key"),
    "repeated product": (at("products", value=lambda x: [x[0], x[0], *x[2:]]), "dependent modulo the prime"),
    "repeated point": (at("points", value=lambda x: [x[0], x[0], *x[2:]]), "dependent modulo the prime"),
    "fewer products": (at("products", value=lambda x: x[:-1]), "products: 55 items, expected 56"),
    "fewer points": (at("points", value=lambda x: x[:-1]), "points: 55 items, expected 56"),
    "more variables than there are": (at("points", 0, 1, value=5), "points: not an integer in 0..4"),
    "another degree": (at("degree", value=4), "points: 56 items, expected 35"),
    "too many forms": (at("degree", value=40), "more forms than the checker takes"),
    "product of another degree": (at("products", 0, value=lambda x: [*x, 0]), "a product of another degree"),
    "no such form": (at("products", 0, 0, value=10**3), "products: not an integer"),
    "no form": (at("products", 0, value=[]), "products"),
    "no such variable": (at("products", 0, 1, value=4), "products: not an integer in 0..3"),
    "missing kernel vector": (at("kernel", value=lambda x: x[:-1]), "leaves room for more"),
    "no kernel vector": (at("kernel", value=[]), "leaves room for more"),
    "not in the kernel": (at("kernel", 0, 0, value=lambda x: x + 1), "a vector is not in the kernel"),
    "kernel vector twice": (at("kernel", value=lambda x: [x[0], x[0], *x[2:]]), "dependent modulo the prime"),
    "short kernel vector": (at("kernel", 0, value=lambda x: x[:-1]), "kernel: 15 items, expected 16"),
    "one mode twice": (at("flattenings", 0, value=[0, 0]), "flattenings: not sorted"),
    "all modes on one side": (at("flattenings", 0, value=[0, 1]), "all modes on one side"),
    "4 x 4": (at("minors", 0, value=[0, 0, 1, 2, 3, 0, 1, 2, 3]), "neither 2 x 2 nor 3 x 3"),
    "3 x 2": (at("minors", 0, value=[0, 0, 1, 2, 0, 1]), "neither 2 x 2 nor 3 x 3"),
    "2 x 2": (at("minors", 0, value=[0, 0, 1, 0, 1]), "both boxes have a say"),
    "no such row": (at("minors", 0, 1, value=4), "minors: not an integer in 0..3"),
    "no such flattening": (at("minors", 0, 0, value=1), "minors: not an integer in 0..0"),
    "row twice": (at("minors", value=lambda x: [[m[0], m[1], m[1], *m[3:]] for m in x]), "dependent modulo the prime"),
    "not a vanishing form": (at("forms", value=[[[1, 0, 5, 10]]]), "does not vanish on all differences"),
    "form of no terms": (at("forms", value=[[]]), "degree 1 to 6"),
    "form of no degree": (at("forms", value=[[[1]]]), "degree 1 to 6"),
    "mixed degrees": (at("forms", value=[[[1, 0, 5], [1, 0]]]), "forms: 2 items, expected 3"),
    "no such coordinate": (at("forms", value=[[[1, 0, 16]]]), "forms: not an integer in 0..15"),
    "both boxes smaller": (lambda c: [at(s, 0, value=[0, 1, 2])(c) for s in ("left", "right")], "kernel"),
    "empty side": (at("left", 0, value=[]), "left: not sorted, or empty"),
    "no item": (top("items", []), "a pair of supports with a kernel is in no item"),
}


@pytest.mark.parametrize("name", [n for n, (_, reason) in FORGED.items() if reason])
def test_forged(name: str, pencil: dict[str, Any]) -> None:
    """Each forgery is refused, and for its own reason."""
    edit, reason = FORGED[name]
    claim = copy.deepcopy(pencil)
    edit(claim)
    with pytest.raises(Rejected) as refusal:
        Session(PENCIL.to_bytes()).accept(claim)
    assert reason in str(refusal.value)


def test_smaller_box_covers_nothing(pencil: dict[str, Any]) -> None:
    """An item about fewer differences is true, and does not cover the pair of the whole model."""
    claim = copy.deepcopy(pencil)
    claim["items"][0]["left"][0] = [0, 1, 2]
    with pytest.raises(Rejected, match="is in no item"):
        Session(PENCIL.to_bytes()).accept(claim)


def test_forged_two_by_two(boxes: dict[str, Any]) -> None:
    """Where the second box has a say as well, a 2 x 2 minor proves nothing; nor does the other support's."""
    assert proved(BOXES, boxes)[OVER_C] == "yes"
    claim = copy.deepcopy(boxes)
    claim["items"][0]["minors"] = [[claim["items"][0]["minors"][0][0], 0, 2, 0, 1]]
    with pytest.raises(Rejected, match="both boxes have a say"):
        Session(BOXES.to_bytes()).accept(claim)
    claim = copy.deepcopy(boxes)
    claim["items"][0] |= {"left": [[0, 1, 2], [0, 1]], "right": [[0, 1, 2, 3], [0, 1]]}
    with pytest.raises(Rejected, match="both boxes have a say"):
        Session(BOXES.to_bytes()).accept(claim)


def test_forms_are_expanded(boxes: dict[str, Any]) -> None:
    """A form of the first box alone is accepted by its terms, with a wrong sign it is not."""
    claim = copy.deepcopy(boxes)
    minor = [[1, 0, 3], [-1, 1, 2]]  # T_00 T_11 - T_01 T_10 in the box {0,1} x {0,1}
    claim["items"][0] |= {"minors": [], "flattenings": [], "forms": [minor]}
    assert proved(BOXES, claim)[OVER_C] == "yes"
    claim["items"][0]["forms"] = [[[1, 0, 3], [1, 1, 2]]]
    with pytest.raises(Rejected, match="does not vanish"):
        Session(BOXES.to_bytes()).accept(claim)


def test_no_kernel(boxes: dict[str, Any]) -> None:
    """An item without kernel shows nothing, and degree 0 is no way around it."""
    claim = copy.deepcopy(boxes)
    claim["items"][0] |= {"right": claim["items"][0]["left"], "kernel": [], "degree": 0}
    with pytest.raises(Rejected, match="kernel: no vector"):
        Session(BOXES.to_bytes()).accept(claim)


def test_large_families() -> None:
    """Supports that are too many to compare in pairs."""
    statement = general((8, 8), 1, 1, Model("sparse", sparsity=(4, 4)))
    with pytest.raises(Rejected, match="more supports than are compared"):
        Session(statement.to_bytes()).accept({"kind": "restricted-minors", "prime": 101, "items": []})


def test_dead_cells() -> None:
    """Under neuron-scale a multi-index that follows no path is no coordinate, and no cell of a minor."""
    dense = Pattern((3, 2), tuple((i, j) for i in range(3) for j in range(2)))
    statement = Statement("neuron-scale", (dense, Pattern((2, 1), ((0, 0), (1, 0)))))
    lifting = Lifting(statement)
    item = {
        "left": [list(range(6)), [0, 1]],
        "right": [list(range(6)), [0, 1]],
        "kernel": lifting.kernel,
        "prime": 251,
        "degree": 3,
        "points": [[i, 3] for i in range(10)],
        "flattenings": [[0]],
        "minors": [[0, 0, 1, 0, 1]],
        "forms": [],
        "products": [[0, 0]] * 10,
    }
    with pytest.raises(Rejected, match="a cell that is no coordinate"):
        Session(statement.to_bytes()).accept({"kind": "restricted-minors", "prime": 101, "items": [item]})


# -- longer ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("sizes", "kernels"),
    [((4, 4), (2, 3, 4)), ((5, 5), (6, 7)), ((3, 3, 3), range(4, 12)), ((2, 2, 2, 2), (4, 5, 6)), ((4, 4, 4), (16,))],
)
def test_targets(sizes: tuple[int, ...], kernels: Sequence[int], seed: int) -> None:
    """The instances that the project wants certified."""
    for r in kernels:
        certified(general(sizes, r, seed))
