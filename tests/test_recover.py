"""Solvers, trials against the certified bound, and the command."""

from __future__ import annotations

import csv
import json
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from typer.testing import CliRunner

import dmfverify as dv
from dmfverify.cli import app
from dmfverify.errors import BadInput
from dmfverify.lifting import Lifting
from dmfverify.recover import Bound, Contraction, class_distance, hierarchy, run, solve, trials
from dmfverify.recover.contraction import matrix_of, measured
from dmfverify.recover.hierarchy import hierarchical
from dmfverify.recover.models import (
    Allowed,
    allowed,
    basis_pursuit,
    hard_thresholding,
    least_squares,
    matching_pursuit,
)
from dmfverify.recover.noise import _Pair, close_pair
from dmfverify.recover.solvers import Problem, levenberg_marquardt, palm

SMALL = (
    "bilinear_s4_m14 butterfly8_neuron chain_k10_distinct chain_with_inputs circulant2d_pair circulant_pair "
    "compressed_sensing_8x14_s2 diagonal_fixed_diagonal diamond_disjoint group_sparse_k1 network_supports_order "
    "odeco_k3 sparse_k2 sparse_two_supports toeplitz_pair tree_two_leaves trilinear_s3_m22"
).split()
CERTIFIED = (
    "circulant_pair toeplitz_pair chain_with_inputs diamond_disjoint butterfly8_neuron sparse_two_supports"
).split()


@pytest.fixture(scope="module")
def results(case_paths):
    """Certified results, made once."""
    made = {}

    def result(name):
        if name not in made:
            made[name] = dv.certify(dv.load(case_paths[name]), time_budget=20)
        return made[name]

    return result


def chain(*taps, length=32):
    return dv.Case([dv.Circulant(length, taps=t) for t in taps])


# -- contraction -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SMALL, "k20_s4_m9", "chain_generic_only", "nonnegative_no"])
def test_the_matrices_of_the_factors_are_the_jacobian(case_paths, name):
    contraction = Contraction(lifting := Lifting(dv.load(case_paths[name]).statement))
    rng = np.random.default_rng(0)
    h = [rng.normal(size=s) for s in lifting.sizes]
    expected = lifting.floats.jacobian(h)
    assert np.allclose(np.hstack(contraction.matrices(h)), expected, atol=1e-12 * np.abs(expected).max())
    if np.prod(lifting.statement.product_shape) < 10**5:
        y, rest = measured(lifting, matrix_of(lifting, contraction.product(h)))
        assert np.allclose(y, contraction.product(h)) and rest == 0


@pytest.mark.parametrize("name", ["circulant2d_pair", "tree_two_leaves", "toeplitz_pair", "chain_with_inputs"])
def test_the_vector_over_the_rows_stands_for_the_product(case_paths, name):
    """The dense product from the statement's own matrices is what the vector of A P(h) stands for."""
    statement = dv.load(case_paths[name]).statement
    lifting = Lifting(statement)
    rng = np.random.default_rng(0)
    h = [rng.normal(size=s) for s in lifting.sizes]
    values, product = iter(h), np.eye(statement.product_shape[0])
    for form in [*statement.forms, *([statement.data] if statement.data else [])]:
        matrix = np.zeros(form.shape)
        entries = [(form.basis(i), x) for i, x in enumerate(next(values))] if form.parameters else [(form.known(), 1.0)]
        for basis, x in entries:
            for row, column, value in basis:
                matrix[row, column] += x * float(value)
        product = product @ matrix
    y, rest = measured(lifting, product)
    assert np.allclose(y, lifting.floats.product(h)) and rest < 1e-6
    assert np.allclose(matrix_of(lifting, y), product)


# -- solvers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("name", SMALL)
def test_a_product_without_noise_is_recovered(case_paths, name, structured):
    lifting = Lifting(dv.load(case_paths[name]).statement)
    contraction, models, good = Contraction(lifting), allowed(lifting.statement), 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        h = [m.draw(rng) for m in models[seed % len(models)]]
        found = solve(lifting, contraction.product(h), seed=seed, structured=structured, chain=contraction)
        error = trials.distance(lifting, h, found.h)
        good += error <= 1e-8 * trials.distance(lifting, h, [0 * x for x in h])
    assert good == 4


def test_three_layers_and_a_non_negative_model_are_recovered():
    for case in (
        chain([0, 1], [0, 2], [0, 4]),
        dv.Case([dv.Circulant(16, taps=[0, 1, 2]), dv.Circulant(16, taps=[0, 3])], model=dv.NonNegative()),
    ):
        bound = Bound()
        done = run(case, bound, trials=10, noise=[0.0])
        assert done.success_rate == 1.0


def test_non_negative_least_squares_stays_non_negative():
    case = dv.Case([dv.Dense((4, 2)), dv.Dense((2, 5))], model=dv.NonNegative())
    X = np.random.default_rng(0).uniform(-1, 1, size=(4, 5))
    found = dv.recover(case, X, starts=3)
    assert min(x.min() for x in found.h) >= 0 and 0 < found.relative_residual < 1


def test_a_solver_is_deterministic_for_a_seed(case_paths):
    case = dv.load(case_paths["sparse_k2"])
    X = np.random.default_rng(0).normal(size=case.statement.product_shape)
    a, b = (dv.recover(case, X, seed=3, starts=4) for _ in range(2))
    assert all(np.array_equal(x, y) for x, y in zip(a.h, b.h, strict=True))


def test_an_ungrouped_sparse_problem_is_solved_by_each_search():
    rng = np.random.default_rng(0)
    B = rng.normal(size=(30, 60))
    model = Allowed(60, tuple(range(60)), sparsity=3)
    v = np.zeros(60)
    v[[4, 17, 40]] = [1.0, -2.0, 1.5]
    y = B @ v
    assert model.few == []
    for found in (
        matching_pursuit(B, y, model),
        hard_thresholding(B, y, model, np.zeros(60)),
        basis_pursuit(B, y, model),
        least_squares(B, y, model),
    ):
        assert np.allclose(found, v)


def test_groups_that_overlap_are_projected_exactly():
    """Taking the largest group first would choose 1 and 2, and lose."""
    model = Allowed(5, (0, 1, 2, 3, 4), groups=((1, 2), (0, 1), (2, 3), (4,)), active=2)
    assert model.project(np.array([2.0, 3.0, 3.0, 2.0, 1.0])).tolist() == [2.0, 3.0, 3.0, 2.0, 0.0]


def test_palm_never_increases_the_residual():
    lifting = Lifting(chain([0, 1, 3], [0, 5]).statement)
    y = np.random.default_rng(0).normal(size=len(lifting.row_keys))
    seen = []
    problem = Problem(Contraction(lifting), y, callback=lambda row: seen.append(row["residual"]))
    palm(problem, [np.ones(3), np.ones(2)], allowed(lifting.statement)[0], 0)
    assert len(seen) > 3 and all(b <= a for a, b in zip(seen, seen[1:], strict=False))


def test_levenberg_marquardt_ends_where_the_gradient_vanishes():
    lifting = Lifting(chain([0, 1, 3], [0, 5]).statement)
    y = np.random.default_rng(0).normal(size=len(lifting.row_keys))
    problem = Problem(Contraction(lifting), y)
    h = levenberg_marquardt(problem, [np.ones(3), np.ones(2)], allowed(lifting.statement)[0], 0)
    slopes = problem.chain.gradient(h, problem.chain.product(h) - y)
    assert max(np.abs(s).max() for s in slopes) < 1e-5


def test_a_callback_ends_the_search_and_a_warm_start_is_used():
    case = chain([0, 2], [0, 1])
    X = np.random.default_rng(0).normal(size=(32, 32))
    rows = []
    dv.recover(case, X, callback=lambda row: rows.append(row) or True, starts=1)
    assert rows[0].keys() == {"start", "method", "sweep", "residual"}
    again = dv.recover(case, X, warm=dv.recover(case, X).h, starts=1)
    assert again.method == "warm" and again.starts == 1
    with pytest.raises(BadInput, match=r"warm: got vectors of lengths \[2\], expected finite ones of \[2, 2\]"):
        dv.recover(case, X, warm=[[1, 2]])


def butterfly(n):
    for k in range(n):
        bit = 2 ** (n - k - 1)
        yield dv.Pattern((2**n, 2**n), [(i, j) for i in range(2**n) for j in (i & ~bit, i | bit)])


def test_a_hadamard_matrix_is_split_into_butterflies():
    case = dv.Case(list(butterfly(6)), equivalence="neuron-scale")
    H = scipy.linalg.hadamard(64)
    found = dv.recover(case, H)
    assert found.method == "hierarchical" and found.relative_residual < 1e-13


def kronecker(a, b, c, d):
    """I_a (x) 1_{b x c} (x) I_d."""
    support = np.kron(np.kron(np.eye(a), np.ones((b, c))), np.eye(d))
    return dv.Pattern(support.shape, [tuple(e) for e in np.argwhere(support).tolist()])


def random_chain():
    """Irregular supports with one path to each entry: every inner neuron has its own rows, or its own columns."""
    first = [(i, j) for j, rows in enumerate([(0, 2), (1,), (3, 4, 5)]) for i in rows]
    second = [(0, 3), (0, 0), (1, 1), (1, 2), (2, 0), (2, 4), (2, 1)]
    return [dv.Pattern((6, 3), first), dv.Pattern((3, 5), second)]


CHAINS = {
    "butterflies": list(butterfly(3)),
    "Kronecker": [kronecker(1, 2, 3, 6), kronecker(3, 3, 2, 2), kronecker(6, 2, 2, 1)],
    "irregular": random_chain(),
    "weighted": [dv.Terms((2, 2), 2, [[1, 0, 0, 2], [0, 1, 1, "-1/3"]]), dv.Dense((2, 1))],
    "shared": [dv.Terms((2, 2), 1, [[0, 0, 0, 2], [0, 1, 1, "-1/3"]])],
    "one": [dv.Dense((2, 3))],
}


def equivalence_of(name):
    return "scale" if name in ("weighted", "shared") else "neuron-scale"


@pytest.mark.parametrize("name", CHAINS)
def test_splits_multiply_and_recover_any_chain_with_one_path_an_entry(name):
    """Against dense products; Kronecker-sparse factors need not be square, nor powers of two."""
    statement = dv.Case(CHAINS[name], equivalence=equivalence_of(name)).statement
    splits, rng = hierarchy.tree(statement), np.random.default_rng(0)
    h = [rng.normal(size=s) for s in statement.sizes]
    product = np.eye(statement.product_shape[0])
    for form, x in zip(statement.forms, h, strict=True):
        layer = np.zeros(form.shape)
        for i, value in enumerate(x):
            for row, column, factor in form.basis(i):
                layer[row, column] += value * float(factor)
        product = product @ layer
    y = product.reshape(-1)[splits.keys]
    assert np.allclose(splits.product(h), y) and np.linalg.norm(product) == pytest.approx(np.linalg.norm(y))
    assert np.allclose(splits.product(splits.split(y)), y)
    noisy = y + 0.1 * rng.normal(size=len(y))
    seen = []
    _, residual = splits.refined(noisy, splits.split(noisy), lambda sweep, r: seen.append(r))
    assert seen == sorted(seen, reverse=True) and residual <= seen[-1]
    assert dv.recover(dv.Case(CHAINS[name], equivalence=equivalence_of(name)), product).relative_residual < 1e-13


def test_sweeps_end_where_least_squares_in_every_factor_does():
    """One sweep more by dense least squares finds nothing: the divisions are the exact minima."""
    case = dv.Case(list(butterfly(2)), equivalence="neuron-scale")
    X = np.random.default_rng(3).normal(size=(4, 4))
    lifting = Lifting(case.statement)
    found = dv.recover(case, X)
    y, _ = measured(lifting, X)
    h = [x.copy() for x in found.h]
    for k in range(2):
        B = Contraction(lifting).matrix(h, k)
        h[k] = np.linalg.lstsq(B, y, rcond=None)[0]
        assert np.linalg.norm(B @ h[k] - y) == pytest.approx(found.residual, rel=1e-4)


def test_where_paths_meet_or_weights_are_shared_there_are_no_splits():
    assert hierarchy.tree(dv.Case([dv.Dense((2, 2)), dv.Dense((2, 2))], equivalence="neuron-scale").statement) is None
    shared = [dv.Terms((2, 2), 1, [[0, 0, 0, 2], [0, 1, 1, 1]]), dv.Dense((2, 1))]
    assert hierarchy.tree(dv.Case(shared).statement) is None
    q2 = [kronecker(1, 2, 4, 2), kronecker(2, 4, 2, 1)]
    assert hierarchy.tree(dv.Case(q2, equivalence="neuron-scale").statement) is None


def test_levelling_rounds_nothing():
    h = [np.array([3.0e5, 1.0]), np.array([1e-7]), np.array([5.0, 0.1])]
    levelled = hierarchy.levelled(h)
    ratios = {float(a / b) for x, y in zip(h, levelled, strict=True) for a, b in zip(x, y, strict=True)}
    assert (
        all(np.frexp(r)[0] == 0.5 for r in ratios)
        and np.prod([x[0] / y[0] for x, y in zip(h, levelled, strict=True)]) == 1
    )
    norms = [np.linalg.norm(x) for x in levelled]
    assert max(norms) < 4 * min(norms)


def test_a_noisy_hadamard_matrix_stays_near_and_a_callback_ends_it():
    case = dv.Case(list(butterfly(6)), equivalence="neuron-scale")
    H = scipy.linalg.hadamard(64).astype(float)
    noise = np.random.default_rng(0).normal(size=H.shape)
    noise *= 1e-2 * np.linalg.norm(H) / np.linalg.norm(noise)
    rows = []
    found = dv.recover(case, H + noise, callback=lambda row: rows.append(row) or True)
    assert found.residual < np.linalg.norm(noise) and [row["sweep"] for row in rows] == [0]


def test_where_entries_collide_there_is_no_split():
    lifting = Lifting(chain([0, 1], [0, 1]).statement)
    assert hierarchical(lifting, np.ones(3)) is None


# -- trials ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CERTIFIED)
def test_no_trial_violates_a_certified_bound(results, case_paths, name):
    bound = Bound.read(results(name).json)
    done = run(dv.load(case_paths[name]), bound, trials=20, noise=[0.0, 1e-4, 0.3])
    assert bound.known and len(done.rows) == 20 and done.violations == 0 and done.success_rate == 1.0
    assert done.tightness()["max"] <= 1 + 1e-9


@pytest.mark.parametrize("name", CERTIFIED)
def test_a_halved_constant_is_caught(results, case_paths, name):
    wrong = Bound.read(results(name).json).times(0.5)
    assert run(dv.load(case_paths[name]), wrong, trials=20, noise=[1e-2]).violations > 0


def test_a_wrong_distance_constant_alone_is_caught(results, case_paths):
    bound = Bound.read(results("circulant_pair").json)
    wrong = Bound(bound.constant / 10, bound.p, bound.inverse_kappa)
    assert run(dv.load(case_paths["circulant_pair"]), wrong, trials=20, noise=[1e-2]).violations > 0


def test_a_planted_pair_shows_the_least_singular_value():
    """K = 1: the closest pair of sparse vectors is the least singular vector of two supports together."""
    B = np.random.default_rng(0).normal(size=(5, 4))
    case = dv.Case([dv.Basis([[[x] for x in column] for column in B.T])])
    lifting = Lifting(case.statement)
    h, g = close_pair(Contraction(lifting), allowed(case.statement), np.random.default_rng(0))
    ratio = np.linalg.norm(B @ (h[0] - g[0])) / np.linalg.norm(h[0] - g[0])
    assert ratio == pytest.approx(np.linalg.svd(B, compute_uv=False)[-1], rel=1e-3)


@pytest.mark.parametrize("nonnegative", [False, True])
def test_the_gradient_of_the_pair_search_is_right(nonnegative):
    contraction = Contraction(Lifting(chain([0, 1, 2], [0, 2]).statement))
    rng = np.random.default_rng(0)
    start = [[rng.uniform(0.5, 1, size=s) for s in (3, 2)] for _ in range(2)]
    pair, x = _Pair(contraction, start, nonnegative), rng.uniform(0.5, 1, size=10)
    value, gradient = pair.value(x)
    for i, unit in enumerate(np.eye(10)):
        assert (pair.value(x + 1e-6 * unit)[0] - value) / 1e-6 == pytest.approx(gradient[i], abs=1e-4)


def test_without_a_certified_bound_nothing_is_violated(case_paths):
    done = run(dv.load(case_paths["dense_gauge"]), Bound(), trials=6, noise=[0.0, 0.1])
    body = done.to_json()
    assert (body["violations"], body["tightness"], body["success_rate"]) == (0, None, 0.0)
    json.dumps(body, allow_nan=False)


def test_an_interruption_keeps_the_finished_trials(monkeypatch):
    real = trials.attempt

    def attempt(plan, bound, number, deadline):
        if number == 3:
            raise KeyboardInterrupt
        return real(plan, bound, number, deadline)

    monkeypatch.setattr(trials, "attempt", attempt)
    done = run(chain([0, 2], [0, 1]), Bound(), trials=10)
    assert (len(done.rows), done.ended) == (3, "interrupted")


def test_the_time_budget_ends_trials():
    done = run(chain([0, 2], [0, 1]), Bound(), trials=10**6, time_budget=0.2)
    assert 1 <= len(done.rows) < 10**6 and done.ended == "time budget spent"


def test_the_bound_for_a_matrix_holds(results, case_paths):
    case = dv.load(case_paths["circulant_pair"])
    rng = np.random.default_rng(0)
    h = [np.array([1.0, -0.5]), np.array([0.7, 1.0])]
    clean = matrix_of(Lifting(case.statement), Lifting(case.statement).floats.product(h))
    noise = rng.normal(size=clean.shape)
    found = dv.recover(case, clean + noise, result=results("circulant_pair"))
    assert class_distance(h, found.h) <= found.error_bound(float(np.linalg.norm(noise))) < 10
    assert found.residual == pytest.approx(
        np.linalg.norm(matrix_of(found.lifting, found.lifting.floats.product(found.h)) - clean - noise)
    )
    assert found.residual >= found.eta


# -- the command -------------------------------------------------------------------------------------


def invoke(*arguments):
    return CliRunner().invoke(app, ["recover", *map(str, arguments)])


def test_the_command_writes_json_and_csv(tmp_path):
    done = invoke("circulant_pair", "--trials", 9, "--noise", "0,1e-2,1", "--out", tmp_path, "--seed", 1)
    assert done.exit_code == 0 and "violations of the certified bound: 0" in done.output
    body = json.loads((tmp_path / "recovery.json").read_text())
    assert (body["trials"], body["violations"], body["success_rate"]) == (9, 0, 1.0)
    assert set(body["tightness"]) == {"min", "q25", "median", "q75", "max"}
    rows = list(csv.DictReader((tmp_path / "recovery.csv").open()))
    assert len(rows) == 9 and tuple(rows[0]) == trials.COLUMNS
    assert sorted(p.name for p in tmp_path.iterdir()) == ["recovery.csv", "recovery.html", "recovery.json"]
    page = (tmp_path / "recovery.html").read_text()
    assert page.count("<svg") == 2 and "<script" not in page and "certified bound" in page


def test_the_command_recovers_from_a_matrix(tmp_path):
    np.save(tmp_path / "X.npy", np.eye(6) * 6)
    done = invoke("circulant_pair", "--data", tmp_path / "X.npy", "--noise", "1e-3", "--out", tmp_path / "o", "--json")
    body = json.loads(done.stdout)
    assert done.exit_code == 0 and body["data"]["relative_residual"] < 1e-12
    assert body["data"]["certified"][0]["error_bound"] > 0 and len(body["data"]["h"]) == 2


@pytest.mark.parametrize(
    ("X", "reason"),
    [
        (np.eye(5), "--data X.npy: got 5 x 5, expected 6 x 6 as the product of the factors"),
        (np.ones(6), "--data X.npy: got an array of shape (6,), expected 6 x 6 as the product of the factors"),
        (np.full((6, 6), np.nan), "--data X.npy: got nan in row 0, column 0, expected finite numbers"),
        (np.full((6, 6), -np.inf), "--data X.npy: got -inf in row 0, column 0, expected finite numbers"),
        (np.eye(6) * 1j, "--data X.npy: 'X.npy' is an array of complex128"),
        (np.array([[object()] * 6] * 6), "--data X.npy: 'X.npy' holds Python objects (a pickle)"),
    ],
)
def test_a_matrix_that_cannot_be_used_is_one_line(tmp_path, X, reason):
    np.save(tmp_path / "X.npy", X, allow_pickle=True)
    done = invoke("circulant_pair", "--data", tmp_path / "X.npy", "--out", tmp_path / "out")
    assert isinstance(done.exception, BadInput) and reason in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--noise", "1,x"], "--noise: got 'x', expected numbers >= 0 with commas between them"),
        (["--noise", ""], "--noise: got ''"),
        (["--data", "nowhere.npy"], "--data nowhere.npy: file 'nowhere.npy' does not exist"),
        (["--time-budget", "-1"], "--time-budget: got -1.0"),
    ],
)
def test_an_impossible_option_is_one_line(options, reason, tmp_path):
    done = invoke("circulant_pair", "--out", tmp_path / "out", *options)
    assert isinstance(done.exception, BadInput) and reason in str(done.exception)


def test_other_matrices_are_read_or_refused():
    case = dv.Case([dv.Dense((2, 2))])
    sparse = scipy.sparse.coo_matrix(np.array([[1.0, 0.0], [0.0, 2.0]]))
    assert dv.recover(case, sparse).relative_residual < 1e-12
    assert dv.recover(dv.Case([dv.Dense((2, 1))]), [3, 4]).relative_residual < 1e-12
    with pytest.raises(BadInput, match="X: got entries that are not numbers"):
        dv.recover(case, [["a", "b"], ["c", "d"]])
    with pytest.raises(BadInput, match="X: got complex numbers"):
        dv.recover(case, np.eye(2) * 1j)


# -- cases that are not identifiable ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["chain_generic_only", "cubic_pencil", "nonnegative_no", "dense_gauge"])
def test_the_solver_finds_the_other_class_from_the_side_of_the_witness(results, case_paths, name):
    """The product of h is met by parameters of another class, found from a neighbourhood of the witness's g."""
    witness = results(name).json["witness"]
    h, g = ([np.array([float(Fraction(x)) for x in v]) for v in witness[side]] for side in "hg")
    lifting = Lifting(dv.load(case_paths[name]).statement)
    y = lifting.floats.product(h)
    rng = np.random.default_rng(0)
    near = [x * (1 + 1e-3 * rng.normal(size=len(x))) for x in g]
    found = solve(lifting, y, warm=near, starts=1)
    apart = trials.distance(lifting, h, found.h)
    assert found.residual <= 1e-8 * np.linalg.norm(y) and apart > 0.1 * trials.distance(lifting, h, g) > 0


def test_a_model_in_which_nothing_reaches_the_product_is_refused_in_one_line(tmp_path, monkeypatch, capsys):
    """First layer a and c, second layer b and d: a support that joins a with d follows no path."""
    import sys

    from dmfverify.cli import main

    edges = ", ".join(
        f'{{name = "{name}", from = "{a}", to = "{b}", taps = [0, 1]}}'
        for name, a, b in (("a", "x", "u"), ("b", "u", "y"), ("c", "x", "v"), ("d", "v", "y"))
    )
    text = f'equivalence = "path-scale"\n[network]\nlength = 6\noutput = "y"\nedges = [{edges}]\n'
    (tmp_path / "no_path.toml").write_text(text + '[model]\nkind = "supports"\nsupports = [[[0, 1], [2, 3]]]\n')
    np.save(tmp_path / "X.npy", np.eye(6))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["dmfverify", "recover", "no_path.toml", "--data", "X.npy"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1)
    assert "no parameters of the model reach the product" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["X.npy", "no_path.toml"]
