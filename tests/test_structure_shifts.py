"""The reach of convolutional networks, against the definition over all multi-indices."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmfverify.problem.forms import Model, Pattern, Statement, Taps
from dmfverify.structure import shifts
from dmfverify.structure.shifts import TooMany, collision, column_value, counts, family_collision, net


def line(length, *layers, boundary="circular", stride=1):
    grid = (length,)
    return Statement(
        "scale",
        tuple(Taps(grid, boundary, stride, (1, 1), tuple((0, 0, (t,)) for t in taps)) for taps in layers),
    )


def reach(statement, box=None):
    """Definition: (root, leaf, sum of shifts, reduced by the boundary) of each alive multi-index."""
    forms = statement.forms
    circular = forms[0].boundary == "circular"
    found = {}
    ranges = box or [range(f.parameters) for f in forms if f.parameters]
    for index in itertools.product(*ranges):
        ways, chosen = [(None, None, (0,) * len(forms[0].grid))], iter(index)
        for f in forms:
            taps = [f.taps[next(chosen)]] if f.parameters else [t[:3] for t in f.fixed]
            ways = [
                (to if root is None else root, source, tuple(a + b for a, b in zip(at, shift, strict=True)))
                for root, node, at in ways
                for to, source, shift in taps
                if node in (None, to)
            ]
        for root, leaf, at in ways:
            key = tuple(a % n for a, n in zip(at, forms[-1].grid, strict=True)) if circular else at
            found[index] = (root, leaf, key)
    return found


@st.composite
def networks(draw):
    """Two or three layers, one or two nodes at each inner place and at the inputs, one or two dimensions."""
    K = draw(st.integers(2, 3))
    two = draw(st.booleans())
    grid = draw(st.sampled_from([(3, 4), (5, 2)] if two else [(5,), (8,), (12,)]))
    boundary = draw(st.sampled_from(["circular", "zero"]))
    nodes = [1, *(draw(st.integers(1, 2)) for _ in range(K))]
    forms = []
    for k in range(K):
        shift = st.tuples(*(st.integers(0, n - 1) for n in grid))
        tap = st.tuples(st.integers(0, nodes[k] - 1), st.integers(0, nodes[k + 1] - 1), shift)
        taps = draw(st.lists(tap, min_size=1, max_size=5, unique=draw(st.integers(0, 9)) > 0))
        forms.append(Taps(grid, boundary, 1, (nodes[k], nodes[k + 1]), tuple(taps)))
    return Statement("path-scale", tuple(forms))


@settings(max_examples=300, deadline=None)
@given(networks())
def test_counts_and_collisions_are_those_of_the_definition(statement):
    found = reach(statement)
    numbers = Counter(found.values())
    if not found:
        return
    answer = counts(statement)
    assert (answer.smallest, answer.largest) == (min(numbers.values()), max(numbers.values()))
    assert (answer.reached, answer.alive) == (len(numbers), len(found))
    pair = collision(statement)
    assert (pair is None) == (max(numbers.values()) == 1)
    if pair:
        assert pair[0] != pair[1] and found[pair[0]] == found[pair[1]]


@settings(max_examples=100, deadline=None)
@given(networks())
def test_the_other_algorithms_agree(statement):
    """Dense counters, marks instead of sorting, transforms instead of rolls: forced by small limits."""
    if not reach(statement):
        return
    usual = counts(statement), collision(statement) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shifts, "SPARSE", 0)
        patch.setattr(shifts, "_unite_sorted", None)
        patch.setattr(shifts, "_unite", shifts._unite_marked)
        patch.setattr(shifts, "spread_out", lambda whole: False)
        patch.setattr(shifts, "_shared_difference", lambda whole: None)
        assert (counts(statement), collision(statement) is None) == usual


@settings(max_examples=200, deadline=None)
@given(networks(), st.integers(0, 10**6))
def test_unions_of_boxes(statement, seed):
    rng = random.Random(seed)
    boxes = [
        tuple(tuple(sorted(rng.sample(range(s), rng.randint(1, s)))) for s in statement.sizes)
        for _ in range(rng.randint(1, 3))
    ]
    found = {i: at for box in boxes for i, at in reach(statement, box).items()}
    pair = collision(statement, boxes)
    assert (pair is None) == (len(set(found.values())) == len(found))
    if pair:
        assert pair[0] != pair[1] and found[pair[0]] == found[pair[1]]


def test_the_union_of_two_boxes_is_not_the_box_of_unions():
    """theory.md, section 4: ({0},{0}) and ({1},{1}) of two kernels on {0,1}."""
    assert collision(line(8, [0, 1], [0, 1]), [((0,), (0,)), ((1,), (1,))]) is None
    assert collision(line(8, [0, 1], [0, 1]), [((0, 1), (0, 1))]) == ((0, 1), (1, 0))


def test_families_that_mix_freely_unite_to_one_box():
    statement = line(8, [0, 1, 5], [0, 1])
    groups = Statement("scale", statement.forms, Model("group-sparse", groups=(((0,), (2,)), ((0, 1),)), active=(1, 1)))
    assert family_collision(groups) is None
    sparse = Statement("scale", statement.forms, Model("sparse", sparsity=(1, 1)))
    assert family_collision(sparse) == ((0, 1), (1, 0))


def dense_product(statement, index):
    """The product of the one-hot network, by the matrices of the format page."""
    product, chosen = None, iter(index)
    for f in statement.forms:
        M = np.zeros(f.shape, dtype=object)
        for r, c, v in f.basis(next(chosen)) if f.parameters else f.known():
            M[r, c] += v
        product = M if product is None else product.dot(M)
    return product


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_strides_and_known_layers_by_products_of_matrices(seed):
    """Colliding multi-indices have proportional columns with the values of the known taps, others do not."""
    rng = random.Random(seed)
    boundary = rng.choice(["circular", "zero"])
    n, forms = 12, []
    for known in reversed(rng.choice([(0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)])):
        stride = rng.choice([1, 1, 2]) if boundary == "zero" or n % 2 == 0 else 1
        taps = tuple((0, 0, (s,)) for s in rng.sample(range(min(n, 6)), 1 if known else rng.randint(1, 3)))
        fixed = tuple((*t, Fraction(rng.choice([-2, 3]), 5)) for t in taps) if known else ()
        forms.insert(0, Taps((n,), boundary, stride, (1, 1), () if known else taps, fixed))
        n = forms[0].out_grid[0]
    statement = Statement("scale", tuple(forms))
    columns = {i: dense_product(statement, i) for i in itertools.product(*map(range, statement.sizes))}
    pair = collision(statement)
    if pair:
        a, b = (columns[i] * (1 / column_value(statement, i)) for i in pair)
        assert (a == b).all()
    else:
        assert len({tuple(map(tuple, c)) for c in columns.values()}) == len(columns)


@pytest.mark.parametrize(
    ("layers", "length", "answer"),
    [
        ([[0, 1], [0, 3]], 4, 5),
        ([[0, 1], [0, 1]], 4, None),
        ([[0, 1, 2], [0, 3, 6]], 8, 9),
        ([[0, 1], [0, 2], [0, 4]], 7, 8),
    ],
)
def test_smallest_length(layers, length, answer):
    statement = line(length, *layers)
    assert shifts.smallest_length_without_collision(statement) == answer
    if answer:
        lengths = (n for n in range(length, 100) if collision(line(n, *layers)) is None)
        assert next(lengths) == answer


def test_the_smallest_length_is_the_first_over_all_lengths():
    rng = random.Random(7)
    checked = 0
    for _ in range(200):
        length = rng.randint(4, 12)
        layers = [rng.sample(range(length), 2) for _ in range(3)]
        answer = shifts.smallest_length_without_collision(line(length, *layers))
        if answer is not None:
            assert answer == next(n for n in range(length, 400) if collision(line(n, *layers)) is None)
            checked += 1
    assert checked > 20


def test_mixed_radix_is_seen_at_any_size():
    statement = line(3**40, *([0, 3**k, 2 * 3**k] for k in range(40)))
    assert collision(statement) is None
    assert counts(statement).alive == 3**40
    assert collision(line(3**40 - 1, *([0, 3**k, 2 * 3**k] for k in range(3)))) is None


def test_large_counts_are_exact():
    K = 80
    answer = counts(line(K + 1, *([0, 1] for _ in range(K))))
    assert (answer.smallest, answer.largest, answer.reached) == (1, math.comb(K, K // 2), K + 1)
    dense = counts(line(7, *([0, 1, 2, 3, 4, 5, 6] for _ in range(60))))
    assert dense.smallest == dense.largest == 7**59


def test_transforms_and_rolls_agree():
    rng = random.Random(3)
    taps = sorted(rng.sample(range(5_000), 400))
    statement = line(5_000, taps, [0, 7, 9], rng.sample(range(5_000), 300))
    usual = counts(statement)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shifts, "_by_transform", lambda *a: False)
        assert counts(statement) == usual


def test_a_hundred_thousand_taps():
    rng = random.Random(0)
    statement = line(10**6, sorted(rng.sample(range(10**6), 10**5)), [0, 5])
    i, j = collision(statement)
    a, b = ((statement.forms[0].taps[k[0]][2][0] + [0, 5][k[1]]) % 10**6 for k in (i, j))
    assert i != j and a == b


def test_the_birthday_search_finds_what_cannot_be_marked():
    layers = [[0, 10**4 * k + 1] for k in range(1, 41)]
    statement = line(10**12, *layers)
    i, j = collision(statement)
    assert i != j
    assert len({sum(t[a] for t, a in zip(layers, index, strict=True)) for index in (i, j)}) == 1


def test_refusals_say_why():
    with pytest.raises(TooMany, match="not all layers of convolutions"):
        net(Statement("neuron-scale", (Pattern((1, 1), ((0, 0),)),)))
    with pytest.raises(TooMany, match="stride does not divide"):
        net(line(5, [0, 1], stride=2))
    rng = random.Random(2)
    huge = line(2**200, *([0, rng.randrange(2**199)] for _ in range(60)))
    with pytest.raises(TooMany, match="too many to sort"):
        collision(huge)


def test_two_known_chains_are_refused():
    grid = (6,)
    fan = Taps(grid, "circular", 1, (1, 2), (), ((0, 0, (0,), Fraction(1)), (0, 1, (1,), Fraction(1))))
    join = Taps(grid, "circular", 1, (2, 1), (), ((0, 0, (0,), Fraction(1)), (1, 0, (0,), Fraction(1))))
    free = Taps(grid, "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (1,))))
    assert "two ways" in shifts.refuses(Statement("path-scale", (free, fan, join, free)))
    assert "several outputs or inputs" in shifts.refuses(Statement("path-scale", (free, fan)))
