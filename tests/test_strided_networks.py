"""Singular values of networks with strides and several outputs, against dense matrices written by definition."""

from __future__ import annotations

import itertools
import json
import math
import random
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmfverify.check import Session
from dmfverify.check.claims import convolution
from dmfverify.identify import collision
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Statement, Taps
from dmfverify.structure import shifts


def layer_matrix(form: Taps, taps: list[tuple[int, int, tuple[int, ...], int]]) -> np.ndarray:
    """Shift every cell, then keep each stride-th one: a dense 0/1 matrix by the definition of a layer."""
    every = [s for *_, s in form.taps] + [t[2] for t in form.fixed]
    full = [n + max(s[d] for s in every) if form.boundary == "zero" else n for d, n in enumerate(form.grid)]
    kept = list(itertools.product(*(range(0, n, form.stride) for n in full)))
    row_of = {cell: r for r, cell in enumerate(kept)}
    cells = list(itertools.product(*map(range, form.grid)))
    M = np.zeros((form.nodes[0] * len(kept), form.nodes[1] * len(cells)), dtype=int)
    for to, source, shift, value in taps:
        for c, cell in enumerate(cells):
            at = tuple(x + s for x, s in zip(cell, shift, strict=True))
            if form.boundary == "circular":
                at = tuple(x % n for x, n in zip(at, form.grid, strict=True))
            if at in row_of:
                M[to * len(kept) + row_of[at], source * len(cells) + c] += value
    return M


def lifting_matrix(statement: Statement) -> np.ndarray:
    """One column for each multi-index that follows a path."""
    columns = []
    for index in itertools.product(*map(range, statement.sizes)):
        taps = [f.taps[i] for f, i in zip(statement.factors, index, strict=True)]
        chosen, product = iter(taps), None
        for form in statement.forms:
            one = [(*next(chosen), 1)] if form.taps else [(*t[:3], int(t[3])) for t in form.fixed]
            M = layer_matrix(form, one)
            product = M if product is None else product @ M
        if statement.equivalence == "scale" or all(a[1] == b[0] for a, b in itertools.pairwise(taps)):
            columns.append(product.ravel())
    return np.array(columns).T


def random_network(seed: int) -> Statement:
    """Up to three layers, one or two outputs, strides up to 3, sometimes a known layer of signs."""
    rng = random.Random(seed)
    K, boundary = rng.randint(1, 3), rng.choice(["circular", "zero"])
    strides = [rng.choice([1, 1, 2, 3]) for _ in range(K)]
    flat = rng.random() < 0.7
    if boundary == "circular":
        grid = tuple(math.prod(strides) * rng.randint(1, 2) for _ in range(1 if flat else 2))
    else:
        grid = tuple(rng.randint(1, 9 if flat else 4) for _ in range(1 if flat else 2))
    nodes = [rng.randint(1, 2) for _ in range(K + 1)]
    known = rng.randrange(K) if K > 1 and rng.random() < 0.3 else None
    forms: list[Taps] = []
    for k in reversed(range(K)):
        if k == known:
            nodes[k] = nodes[k + 1]
        ends = (nodes[k], nodes[k + 1])
        if k == known:
            fixed = tuple((a, a, tuple(rng.randrange(n) for n in grid), rng.choice([-1, 1])) for a in range(ends[0]))
            form = Taps(grid, boundary, strides[k], ends, (), tuple((*t[:3], Fraction(t[3])) for t in fixed))
        else:
            cells = list(itertools.product(range(ends[0]), range(ends[1]), itertools.product(*map(range, grid))))
            form = Taps(grid, boundary, strides[k], ends, tuple(rng.sample(cells, min(len(cells), rng.randint(1, 4)))))
        forms.insert(0, form)
        grid = form.out_grid
    return Statement(rng.choice(["scale", "path-scale"]), tuple(forms))


def proved(statement: Statement, claim: object) -> dict[str, object]:
    session = Session(statement.to_bytes())
    session.accept(json.loads(json.dumps(claim.to_json())))  # type: ignore[attr-defined]
    return session.proved()


def agrees(statement: Statement) -> bool:
    lifting = Lifting(statement)
    A = lifting_matrix(statement)
    if collision.COUNTS_METHOD.accepts(lifting, {}) or not A.any():
        return False
    (claim,) = collision.search_counts(lifting, {}, Budget())
    values = np.linalg.svd(A.astype(float), compute_uv=False)
    values = values[values > 1e-9]
    facts = proved(statement, claim)
    assert facts["lifting.rank"] == len(values) == np.linalg.matrix_rank(A)
    assert facts["lifting.kernel_dimension"] == A.shape[1] - len(values)
    for name, value in (("sigma_min", values.min()), ("sigma_max", values.max())):
        low, high = map(float, claim.evidence[name])
        assert low <= value * (1 + 1e-12) and value <= high * (1 + 1e-12) and high <= low * (1 + 1e-12)
    return True


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 10**9))
def test_singular_values_are_those_of_the_definition(seed):
    agrees(random_network(seed))


def test_the_random_networks_are_of_every_kind():
    kinds = set()
    for seed in range(150):
        statement = random_network(seed)
        if agrees(statement):
            forms = statement.forms
            whole = shifts.net(statement)
            kinds |= {
                ("outputs", forms[0].nodes[0]),
                ("even", whole.even),
                ("strided", whole.stride > 1, forms[0].boundary, len(forms[0].grid)),
                ("collide", shifts.collision(statement) is not None, whole.even),
                ("known", any(f.fixed for f in forms)),
            }
    assert {("outputs", 2), ("even", False), ("known", True)} <= kinds
    assert {("strided", True, b, d) for b in ("circular", "zero") for d in (1, 2)} <= kinds
    assert {("collide", c, e) for c in (True, False) for e in (True, False)} <= kinds


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9))
def test_the_other_ways_to_count_agree(seed):
    """The checker packs instead of listing, and does not see that shifts differ; the search counts densely."""
    statement = random_network(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "LISTED", 0)
        patch.setattr(convolution, "distinct", lambda shifts, work: 0)
        patch.setattr(shifts, "SPARSE", 0)
        patch.setattr(shifts, "spread_out", lambda whole: False)
        patch.setattr(collision.shifts, "collision", lambda statement: ((), ()))
        agrees(statement)


def test_the_squared_norm_of_a_column_is_counted_by_hand():
    """Six cells, every fourth kept: c + s = 0 mod 4 has two solutions c in 0..5 for s = 0, 3 and one for s = 1, 2."""
    forms = (Taps((6,), "zero", 4, (1, 1), tuple((0, 0, (s,)) for s in range(4))),)
    A = lifting_matrix(Statement("scale", forms))
    assert (A.T @ A).tolist() == np.diag([2, 1, 1, 2]).tolist()
    assert shifts.counts(Statement("scale", forms)).squares == (1, 2)


def test_twelve_strided_layers_with_two_outputs():
    """3^12 choices an output, all different, behind strides of 2^6 in all: sigma = sqrt(N / 64)."""
    N, forms = 64 * 3**12, []
    size = N
    for k in range(12):
        stride = 2 if k < 6 else 1
        scale = 2 ** min(k, 6)
        taps = [(0, 0, (d * 3**k * 64 // scale % size,)) for d in range(3)]
        if k == 11:
            taps = [(a, 0, t) for a in range(2) for _, _, t in taps]
        forms.insert(0, Taps((size,), "circular", stride, (2 if k == 11 else 1, 1), tuple(taps)))
        size //= stride
    statement = Statement("path-scale", tuple(forms))
    started = time.process_time()
    (claim,) = collision.search_counts(Lifting(statement), {}, Budget())
    facts = proved(statement, claim)
    assert facts["lifting.rank"] == 2 * 3**12 and facts["identifiability.uniform.verdict"] == "yes"
    assert claim.evidence["sigma_min"] == claim.evidence["sigma_max"] == [3**6, 3**6]
    assert time.process_time() - started < 30
