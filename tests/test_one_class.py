"""One class at a point and at almost every point: against counts in finite fields, and with planted second classes."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import oracles as o
import pytest
from test_identify_yes import general, problem, supports, with_kernel

from dmfverify.certificate import Claim, Nothing
from dmfverify.check import Rejected, Session
from dmfverify.identify import one_class
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Model, Pattern, Statement

GENERIC, AT = "identifiability.generic.verdict", "at.verdict"
Parameters = list[list[Fraction]]


def proved(statement: Statement, *claims: Claim) -> dict[str, Any]:
    """What the checker proves from these claims."""
    session = Session(statement.to_bytes())
    for claim in claims:
        session.accept(json.loads(json.dumps(claim.to_json())))
    return session.proved()


def generic(statement: Statement, seed: int = 0) -> str | None:
    """The generic verdict, by this method alone."""
    found = one_class.search(Lifting(statement), {}, Budget(seed=seed))
    return None if isinstance(found, Nothing) else proved(statement, *found).get(GENERIC)


def drawn(sizes: Any, rng: np.random.Generator, support: Any = None) -> Parameters:
    inside = support or [range(n) for n in sizes]
    return [
        [Fraction(int(rng.integers(1, 6)) * int(rng.choice((-1, 1)))) if i in s else Fraction(0) for i in range(n)]
        for n, s in zip(sizes, inside, strict=True)
    ]


def tensor(h: Parameters) -> np.ndarray:
    found = np.array(h[0], dtype=object)
    for part in h[1:]:
        found = np.multiply.outer(found, np.array(part, dtype=object))
    return found


def at(statement: Statement, h: Parameters) -> str | None:
    """The verdict at h, by this method alone."""
    found = one_class.search_point(Lifting(statement, h), {}, Budget())
    if isinstance(found, Nothing):
        return None
    return proved(statement, Claim("point", {"h": h}), *found).get(AT)


# -- closed forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_pencils_of_matrices_have_one_class_and_no_uniform_yes(seed: int) -> None:
    assert generic(general((3, 3), 2, seed)) == "yes"


@pytest.mark.parametrize(
    ("sizes", "r"), [((4, 4), 8), ((3, 3, 3), 12), ((2, 2, 2), 3), ((2, 2, 2, 2), 9), ((1, 3, 3), 3), ((6, 6), 18)]
)
def test_general_kernels_short_of_the_dimension_leave_one_class(sizes: tuple[int, ...], r: int) -> None:
    assert generic(general(sizes, r, 1)) == "yes"


@pytest.mark.parametrize(("sizes", "r"), [((2, 2), 1), ((3, 3), 4), ((2, 2, 2), 4), ((1, 4), 1), ((3,), 1)])
def test_where_dimensions_meet_nothing_is_said(sizes: tuple[int, ...], r: int) -> None:
    found = one_class.search(Lifting(general(sizes, r, 1)), {}, Budget())
    assert isinstance(found, Nothing) and "classes over C" in found.reason


def test_exchanges_of_two_equal_factors_are_never_overlooked() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        half = rng.integers(-3, 4, (7, 3, 3))
        statement = problem((3, 3), (half + half.transpose(0, 2, 1)).reshape(7, 9))
        assert generic(statement) is None
        h = drawn((3, 3), rng)
        assert at(statement, h) is None
        assert at(statement, [h[0], [2 * x for x in h[0]]]) is None, "the exchange fixes it, but counts it twice"


# -- counts in a finite field -------------------------------------------------------------------------


CASES = [((2, 2), 101), ((2, 3), 101), ((2, 4), 101), ((3, 3), 41), ((2, 2, 2), 29), ((3, 2, 2), 17)]


@pytest.mark.parametrize(("sizes", "q"), CASES)
def test_the_verdict_is_that_of_counts_in_a_finite_field(sizes: tuple[int, ...], q: int) -> None:
    rng = np.random.default_rng(3)
    n, D = math.prod(sizes), sum(sizes) - len(sizes) + 1
    said = []
    for _ in range(12):
        m = int(rng.integers(D - 1, n + 1))
        A = rng.integers(-2, 3, (m, n)) * (rng.random((m, n)) < rng.choice((0.4, 1.0)))
        if not A.any():
            continue
        verdict = generic(problem(sizes, A.tolist()))
        others = o.other_classes(A, sizes, [[range(s) for s in sizes]], q, rng)
        assert verdict is None or others < 0.5
        assert verdict == "yes" or np.linalg.matrix_rank(A) < n
        said.append(verdict)
    assert "yes" in said


def test_of_two_supports_the_other_one_counts_as_well() -> None:
    rng, seen = np.random.default_rng(4), set()
    boxes = [((0, 1), (0, 1, 2)), ((1, 2), (1, 2, 3))]
    for _ in range(30):
        rows = rng.integers(-2, 3, (int(rng.integers(5, 9)), 12))
        if rng.random() < 0.5:  # a column of one box equal to one of the other
            rows[:, 11] = rows[:, 0]
            rows[:, 10] = rows[:, 1]
            rows[:, 7] = rows[:, 4]
            rows[:, 6] = rows[:, 5]
        verdict = generic(problem((3, 4), rows.tolist(), supports(*boxes)))
        others = o.other_classes(rows, (3, 4), boxes, 61, rng)
        assert verdict is None or others < 0.5
        seen.add(verdict)
    assert seen == {"yes", None}


# -- planted second classes ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_second_class_is_never_overlooked_at_the_point(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [(3, 3), (2, 4), (2, 2, 2), (3, 2, 2)][seed % 4]
    h, g = drawn(sizes, rng), drawn(sizes, rng)
    T = tensor(h) - tensor(g)
    more = [rng.integers(-2, 3, sizes) for _ in range(seed % 2)]
    statement = with_kernel(sizes, [T, *more])
    assert at(statement, h) is None and at(statement, g) is None
    f = drawn(sizes, rng)
    assert more or at(statement, f) == "yes"
    claim = one_class.about(Lifting(statement), f, Budget())
    if isinstance(claim, Claim):
        with pytest.raises(Rejected):
            proved(statement, Claim("one-class", {**claim.evidence, "h": h}))


def test_a_second_class_in_another_support_is_never_overlooked() -> None:
    rng = np.random.default_rng(7)
    boxes = [((0, 1), (0, 1, 2)), ((1, 2), (1, 2, 3))]
    for _ in range(10):
        h, g = (drawn((3, 4), rng, box) for box in boxes)
        statement = with_kernel((3, 4), [tensor(h) - tensor(g)], supports(*boxes))
        assert at(statement, h) is None and at(statement, g) is None
        assert at(statement, drawn((3, 4), rng, boxes[0])) == "yes"


def test_a_complex_pair_of_classes_counts() -> None:
    # P(h) + x w is of rank one at x = 0 and at no other real x, but at two complex ones
    h = [[Fraction(1), Fraction(1), Fraction(0)], [Fraction(1), Fraction(1), Fraction(0)]]
    w = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])
    statement = with_kernel((3, 3), [w])
    t = Fraction(0)
    assert all(np.linalg.matrix_rank((tensor(h) + x * w).astype(float)) > 1 for x in (1, -1, 2)) and not t
    assert at(statement, h) is None


# -- where h vanishes, supports, signs, equivalences --------------------------------------------------


def test_zeros_of_the_point_are_allowed_and_say_nothing_of_other_points() -> None:
    statement = general((3, 3), 2, 1)
    h = drawn((3, 3), np.random.default_rng(0), [(0, 1), (1, 2)])
    claim = one_class.about(Lifting(statement), h, Budget())
    assert isinstance(claim, Claim) and GENERIC not in proved(statement, claim)
    assert at(statement, h) == "yes"
    nothing = one_class.about(Lifting(statement), [[Fraction(0)] * 3, h[1]], Budget())
    assert isinstance(nothing, Nothing) and "zero" in nothing.reason


def test_fractions_at_the_point() -> None:
    h = [[Fraction(1, 3), Fraction(-2, 7), Fraction(5)], [Fraction(1, 2), Fraction(3), Fraction(1, 11)]]
    assert at(general((3, 3), 2, 1), h) == "yes"


def test_nonnegative_and_sparse_models() -> None:
    assert generic(general((3, 3), 2, 1, Model(nonnegative=True))) == "yes"
    assert generic(general((3, 3), 3, 1, Model("sparse", sparsity=(2, 2)))) == "yes"


def test_neurons_whose_blocks_share_no_entry_but_repeat_a_pattern() -> None:
    entries = tuple(itertools.product(range(2), range(2)))
    butterfly = Statement("neuron-scale", (Pattern((2, 2), entries), Pattern((2, 2), ((0, 0), (1, 1)))))
    assert generic(butterfly) == "yes"
    assert generic(Statement("neuron-scale", (Pattern((2, 2), entries), Pattern((2, 2), entries)))) is None


# -- the method itself --------------------------------------------------------------------------------


def test_reasons_not_to_run() -> None:
    lifting = Lifting(general((3, 3), 2, 1))
    assert one_class.accepts(lifting, {}) == ""
    assert "answered" in one_class.accepts(lifting, {GENERIC: "yes"})
    assert "close" in one_class.accepts(lifting, {"identifiability.local.verdict": "no"})
    assert "columns" in one_class.accepts(Lifting(general((65, 65), 4224, 1)), {})
    sparse = general((6, 6), 2, 1, Model("sparse", sparsity=(2, 2)))
    assert "supports" in one_class.accepts(Lifting(sparse), {})
    assert "no parameters" in one_class.accepts_point(lifting, {})
    given = Lifting(lifting.statement, drawn((3, 3), np.random.default_rng(0)))
    assert one_class.accepts_point(given, {}) == ""
    assert "answered" in one_class.accepts_point(given, {AT: "no"})


def test_a_spent_budget_ends_the_search() -> None:
    found = one_class.search(Lifting(general((3, 3), 2, 1)), {}, Budget(0.0))
    assert isinstance(found, Nothing) and "time" in found.reason


def test_degrees_that_are_too_large_are_known_beforehand() -> None:
    found = one_class.search(Lifting(general((6, 6), 24, 1)), {}, Budget())
    assert isinstance(found, Nothing) and "degree 5" in found.reason


# -- what is known beside the kernel ------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "q"), [((2, 3), 101), ((3, 3), 41), ((2, 2, 2), 29)])
def test_entries_that_are_not_seen_at_all(sizes: tuple[int, ...], q: int) -> None:
    rng, said = np.random.default_rng(5), []
    for _ in range(14):
        A = np.eye(math.prod(sizes), dtype=int)[rng.random(math.prod(sizes)) < 0.75]
        if rng.random() < 0.5 and len(A) > 2:
            A = np.vstack([A[2:], A[0] + A[1]])
        verdict = generic(problem(sizes, A.tolist())) if len(A) and A.any() else None
        others = o.other_classes(A, sizes, [[range(s) for s in sizes]], q, rng)
        assert verdict is None or others < 0.5
        said.append(verdict)
    assert "yes" in said and None in said


def test_blocks_that_share_an_entry_and_do_not_peel() -> None:
    left = Pattern((2, 2), tuple(itertools.product(range(2), range(2))))
    statement = Statement("neuron-scale", (left, Pattern((2, 3), ((0, 0), (0, 1), (1, 1), (1, 2)))))
    assert generic(statement) == "yes"
    assert at(statement, [[Fraction(x) for x in part] for part in ([1, 2, 3, 4], [5, 6, 7, 8])]) == "yes"
    # columns of the same direction: what they add up to can be shared out
    assert at(statement, [[Fraction(x) for x in part] for part in ([1, 1, 3, 3], [5, 6, 7, 8])]) is None
