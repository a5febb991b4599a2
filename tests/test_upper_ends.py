"""Mode projectors and the kernel ratio: closed forms, definitions checked by hand, forgeries of real certificates."""

from __future__ import annotations

import copy
import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from test_quartic import CLOSED, QUATERNIONS, TWO_BOXES, outer, with_kernel

from dmfverify.certificate import Nothing
from dmfverify.check import Rejected, Session
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Model
from dmfverify.stability import kernel_ratio, local_search, projectors
from dmfverify.stability.frames import frame
from dmfverify.stability.projector_solver import Classes, Program, positive
from dmfverify.stability.ratio_solver import Cubics, _clarabel, _scs

# three orthogonal rank-one tensors: gamma^-2 = 1 / 14, for the kernel they span in K = 3
ODECO = [3 * outer([1, 0, 0], [1, 0, 0], [1, 0, 0]) + 2 * outer([0, 1, 0], [0, 1, 0], [0, 1, 0])]
ODECO = [(ODECO[0] + outer([0, 0, 1], [0, 0, 1], [0, 0, 1])).astype(int)]


def random_kernel(sizes, c, seed=0):
    n = int(np.prod(sizes))
    return with_kernel(sizes, np.random.default_rng((*sizes, c, seed)).integers(-3, 4, (c, n)).tolist())


def proved(statement, *methods):
    """The bracket of gamma after local search and some methods, and the claims of the last."""
    session, lifting, claims = Session(statement.to_bytes()), Lifting(statement), []
    for claim in local_search.search(lifting, {"dnsp.kappa": ["1", "1"]}, Budget()):
        session.accept(json.loads(json.dumps(claim.to_json())))
    for method in methods:
        found = method.search(lifting, session.proved(), Budget())
        assert not isinstance(found, Nothing), found.reason
        claims = [json.loads(json.dumps(claim.to_json())) for claim in found]
        for claim in claims:
            session.accept(claim)
    low, high = session.proved()["dnsp.gamma"]
    assert session.proved()["identifiability.uniform.verdict"] == "yes"
    assert "identifiability.uniform.over_C" not in session.proved()
    return float(Fraction(low)), float(Fraction(high)), claims


@pytest.mark.parametrize("name", ["I_3", "diag(3,2,1)", "quaternions"])
def test_projectors_hold_the_closed_form(name):
    statement, square = CLOSED[name]
    _, high, _ = proved(statement, projectors.METHOD)
    assert square**0.5 <= high <= square**0.5 * 1.0005


def test_projectors_on_three_modes():
    _, high, _ = proved(with_kernel((3, 3, 3), ODECO), projectors.METHOD)
    assert 14**0.5 <= high <= 14**0.5 * 1.0005


def test_the_ratio_is_exact_for_the_quaternions():
    """All singular values of a unit quaternion are equal: e_3/e_2 = 4/64 / (6/16) = 1/6 = phi_4(1/2)."""
    assert kernel_ratio.extreme_ratio(Fraction(1, 2), 4) == Fraction(1, 6)
    _, high, _ = proved(CLOSED["quaternions"][0], kernel_ratio.METHOD)
    assert 2**0.5 <= high <= 2**0.5 * 1.002  # phi_4 is flat there


@pytest.mark.parametrize(("sizes", "c", "most"), [((4, 4), 3, 1.01), ((5, 5), 3, 1.2), ((3, 3, 3), 2, 2.5)])
def test_the_ratio_of_random_kernels(sizes, c, most):
    low, high, _ = proved(random_kernel(sizes, c), kernel_ratio.METHOD)
    assert low <= high <= most * low


@pytest.mark.parametrize(("sizes", "c"), [((4, 4), 4), ((3, 4), 2), ((3, 3, 3), 2), ((3, 3, 2), 1)])
def test_projectors_of_random_kernels(sizes, c):
    low, high, _ = proved(random_kernel(sizes, c), projectors.METHOD)
    assert low <= high <= 1.003 * low


def test_the_two_bounds_agree_with_each_other():
    statement = random_kernel((4, 4), 3, 1)
    low, first, _ = proved(statement, kernel_ratio.METHOD)
    _, second, _ = proved(statement, projectors.METHOD)
    assert low <= min(first, second) and max(first, second) <= 1.02 * low


def test_two_supports_take_the_box_of_their_union():
    """e_00 + e_11 + e_22 + e_33 across {0,1}^2 and {2,3}^2: gamma^2 = 2, and rank two of four is kept."""
    low, high, claims = proved(TWO_BOXES, projectors.METHOD)
    assert 2**0.5 <= high <= 1.001 * 2**0.5
    assert [item["box"] for item in claims[0]["items"]] == [[[0, 1, 2, 3], [0, 1, 2, 3]]]


def test_a_corner_of_the_kernel():
    statement = with_kernel((4, 4), [np.eye(4, dtype=int).ravel()], Model("supports", supports=(((0, 1, 2),) * 2,)))
    _, high, _ = proved(statement, projectors.METHOD)
    assert 2**0.5 <= high <= 1.001 * 2**0.5  # the best of rank two keeps 2 of 4


def test_what_does_not_apply_is_said():
    cube = Lifting(CLOSED["Re((e0+ie1)^3)"][0])
    assert "no mode has more than two" in projectors.METHOD.accepts(cube, {})
    assert "not between 2 and" in kernel_ratio.METHOD.accepts(Lifting(CLOSED["I_3"][0]), {})
    good = {"dnsp.gamma": ["10000/10000", "10001/10000"]}
    quaternions = Lifting(CLOSED["quaternions"][0])
    assert "factor of less than" in projectors.METHOD.accepts(quaternions, good)
    assert "factor of less than" in kernel_ratio.METHOD.accepts(quaternions, good)
    three = Lifting(with_kernel((3, 3, 3), [ODECO[0], np.arange(27)]))
    assert kernel_ratio.METHOD.accepts(three, {"dnsp.gamma": ["1", "inf"]}) == ""
    assert "bounded already" in kernel_ratio.METHOD.accepts(three, {"dnsp.gamma": ["1", "9"]})


def test_nothing_where_gamma_is_infinite():
    statement = with_kernel((3, 3), [np.eye(3, dtype=int).ravel(), np.diag([1, 0, 0]).ravel()])
    for method in (projectors, kernel_ratio):
        assert isinstance(method.search(Lifting(statement), {}, Budget()), Nothing)


# -- the parts, against their definitions ---------------------------------------------------------------


def test_projectors_and_their_complements_are_in_the_relaxation():
    rng = np.random.default_rng(0)
    P = [Q @ Q.T for Q in (np.linalg.qr(rng.standard_normal((d, 2)))[0] for d in (3, 4))]
    x = rng.standard_normal(2)
    Z = np.kron(np.kron(*P), np.outer(x, x))
    classes = Classes((3, 4), 2)
    assert np.allclose(classes.matrix(classes.of(Z)), Z)
    program = Program(classes, np.zeros((1, classes.size)))
    for k, pair in enumerate(([np.eye(3) - P[0], P[1]], [P[0], np.eye(4) - P[1]])):
        turned = classes.matrix(program.turned(classes.of(Z), (k,)))
        assert np.allclose(turned, np.kron(np.kron(*pair), np.outer(x, x)))


def test_every_iterate_is_a_bound():
    """theta of any positive matrices is above what random projectors keep."""
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(rng.standard_normal((9, 2)))[0]
    program = Program(Classes((3, 3), 2), Q.reshape(1, -1))
    kept = 0.0
    for _ in range(200):
        P = [R @ R.T for R in (np.linalg.qr(rng.standard_normal((3, 2)))[0] for _ in range(2))]
        kept = max(kept, np.linalg.norm(np.kron(*P) @ Q, 2) ** 2)
    for _ in range(5):
        X = [positive(Y + Y.T) for Y in rng.standard_normal((3, 18, 18))]
        assert program.valid(X)[0] >= kept


def test_the_frame_spans_the_kernel():
    vectors = [[2, 4, 6, 1], [1, 2, 3, 10**9]]
    found = frame(vectors)
    assert np.linalg.matrix_rank(np.array([*vectors, *found.vectors], dtype=float)) == 2
    assert np.allclose(np.array(found.V, dtype=float) / 2.0**found.exponent, found.Q @ found.root)


def test_forms_are_the_symmetric_polynomials():
    rng = np.random.default_rng(2)
    W, x = rng.standard_normal((3, 4, 2)), rng.standard_normal(2)
    cubics = Cubics(2)
    f, g = kernel_ratio.forms(cubics, [W])
    s = np.linalg.svd(W @ x, compute_uv=False) ** 2
    e2, e3 = (sum(np.prod(t) for t in itertools.combinations(s, k)) for k in (2, 3))
    values = np.prod(x**cubics.exponents, axis=1)
    assert f @ values == pytest.approx(6 * e3) and g @ values == pytest.approx(6 * s.sum() * e2)


def test_both_solvers_see_the_same_program():
    rng = np.random.default_rng(3)
    cubics, W = Cubics(3), rng.standard_normal((4, 4, 3))
    f, g = (form / 1_000 for form in kernel_ratio.forms(cubics, [W]))
    assert _clarabel(cubics, f, g)[0] == pytest.approx(_scs(cubics, f, g, 1e-8, 30)[0], rel=1e-4)


@pytest.mark.parametrize("side", [3, 4, 7])
def test_no_spectrum_has_a_larger_ratio(side):
    """phi_s(tail) is the largest e_3/e_2 among spectra with that tail."""
    rng = np.random.default_rng(side)
    for s in np.sort(rng.dirichlet(np.ones(side), 300))[:, ::-1]:
        e2, e3 = (sum(np.prod(t) for t in itertools.combinations(s, k)) for k in (2, 3))
        assert e3 / e2 <= float(kernel_ratio.extreme_ratio(Fraction(float(s[2:].sum())), side)) * (1 + 1e-12)


# -- forgeries of real certificates -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def claims():
    statement = with_kernel((4, 4), [q.ravel() for q in QUATERNIONS])
    return statement, {m: proved(statement, m)[2][0] for m in (projectors.METHOD, kernel_ratio.METHOD)}


def tampered(claim: dict, path: tuple, change) -> dict:
    forged = copy.deepcopy(claim)
    *way, last = path
    place = forged
    for key in way:
        place = place[key]
    place[last] = change(place[last])
    return forged


def scaled(factor):
    return lambda text: str(Fraction(text) * factor)


FORGERIES = {
    "Gram matrix": (0, ("items", 0, "parts", 0, 1, 5, 5), lambda x: 2 * x, "not dominated by its diagonal"),
    "factor of a mode": (0, ("items", 0, "parts", 1, 1, 3), lambda row: [2 * x + 9**9 for x in row], "not dominated"),
    "theta": (0, ("theta",), scaled(Fraction(99, 100)), "not dominated by its diagonal"),
    "gamma down": (0, ("gamma",), scaled(Fraction(99, 100)), "gamma\\^2 is less than 1/\\(1 - theta\\)"),
    "box": (0, ("items", 0, "box"), lambda box: [[0, 1, 2], box[1]], "parts"),
    "kernel": (0, ("kernel", 0, 0), lambda x: x + 1, "not in the kernel"),
    "Gram of the ratio": (1, ("L", 3, 3), lambda x: 2 * x, "not dominated by its diagonal"),
    "ratio": (1, ("ratio",), scaled(Fraction(101, 100)), "not dominated by its diagonal"),
    "tail": (1, ("tail",), scaled(Fraction(101, 100)), "tail"),
    "gamma of the ratio down": (1, ("gamma",), scaled(Fraction(99, 100)), "gamma\\^2 is less than 1/tail"),
    "multiplier": (1, ("gram",), lambda x: 2 * x, "not dominated by its diagonal"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused_for_its_reason(claims, name):
    statement, found = claims
    which, path, change, reason = FORGERIES[name]
    claim = list(found.values())[which]
    Session(statement.to_bytes()).accept(copy.deepcopy(claim))
    with pytest.raises(Rejected, match=reason):
        Session(statement.to_bytes()).accept(tampered(claim, path, change))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("sizes", "c"), [((5, 5), 6), ((3, 3, 3), 5)])
def test_larger_random_kernels(sizes, c, seed):
    low, high, _ = proved(random_kernel(sizes, c, seed), projectors.METHOD)
    assert high <= 1.001 * low
