"""Identifiability beside peers: the peers are asked the right question, and the page is what was measured."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import flint
import numpy as np
import pytest
import sympy as sp

ROOT = Path(__file__).resolve().parent.parent
PRIME = 2**31 - 1


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of benchmarks/."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: import_module(f"benchmarks.{name}")


def value(form: Any, x: Any) -> int:
    return sum(coefficient * math.prod(int(x[i]) for i in m) for m, coefficient in form)


def rank_one(*factors: Any) -> np.ndarray:
    T = np.array(1, dtype=object)
    for h in factors:
        T = np.multiply.outer(T, np.array(h, dtype=object))
    return np.asarray(T).ravel()


def flattenings(T: np.ndarray, sizes: tuple[int, ...]) -> list[np.ndarray]:
    """One for each way to part the modes in two."""
    modes = range(len(sizes))
    sides = [rows for n in range(1, len(sizes)) for rows in itertools.combinations(modes, n) if 0 in rows]
    shaped = T.reshape(sizes)
    return [
        shaped.transpose(*rows, *(k for k in modes if k not in rows)).reshape(math.prod(sizes[k] for k in rows), -1)
        for rows in sides
    ]


def planted_kernel(sizes: tuple[int, ...], rng: np.random.Generator, count: int) -> np.ndarray:
    """Integer vectors, the first a difference of two products."""
    first, second = ([rng.integers(-3, 4, S).tolist() for S in sizes] for _ in range(2))
    rest = rng.integers(-3, 4, (count - 1, math.prod(sizes))).astype(object)
    return np.vstack([rank_one(*first) - rank_one(*second), rest])


@pytest.mark.parametrize(("sizes", "count"), [((3, 3), 2), ((4, 4), 3), ((3, 3, 3), 4), ((2,) * 4, 3)])
def test_the_ideal_vanishes_on_a_planted_difference_and_is_that_of_all_minors(
    bench: Any, sizes: tuple[int, ...], count: int
) -> None:
    published, rng = bench("identify_peers"), np.random.default_rng(len(sizes))
    basis = planted_kernel(sizes, rng, count)
    minors = bench("peers_gamma").minors(sizes)
    forms = [published.restricted(minors[j], basis) for j in published.independent(minors, basis)]
    assert forms and all(value(form, [1] + [0] * (count - 1)) == 0 for form in forms)
    cubics = list(itertools.combinations_with_replacement(range(count), 3))
    given = flint.fmpz_mat([[dict(form).get(m, 0) for m in cubics] for form in forms])
    assert given.rank() == len(forms)
    points = rng.integers(-9, 10, (len(cubics) + 3, count)).astype(object)
    by_definition = []  # every minor of every flattening at the points, from the tensor itself
    for x in points:
        blocks = [
            flat[np.ix_(r, c)]
            for flat in flattenings(x @ basis, sizes)
            for r in itertools.combinations(range(flat.shape[0]), 3)
            for c in itertools.combinations(range(flat.shape[1]), 3)
        ]
        by_definition.append([int(flint.fmpz_mat(block.tolist()).det()) for block in blocks])
    mine = [[value(form, x) for x in points] for form in forms]
    assert flint.fmpz_mat([list(column) for column in zip(*by_definition, strict=True)]).rank() == len(forms)
    both = [*mine, *(list(column) for column in zip(*by_definition, strict=True))]
    assert flint.fmpz_mat(both).rank() == len(forms)


@pytest.mark.parametrize("size", [(2, 3, 2), (2, 4, 4), (3, 3, 4), (4, 2, 5)])
def test_the_kernel_is_that_of_the_problem_and_saturated(bench: Any, size: tuple[int, ...]) -> None:
    """All its integer vectors, not a part of finite index: its maximal minors have no common factor."""
    published = bench("identify_peers")
    A, sizes = published.lifting("cone", size)
    basis = published.kernel(A)
    assert sizes == (size[1],) * size[0] and basis.shape == (size[2], math.prod(sizes))
    assert not (A @ basis.T).any() and flint.fmpz_mat(A.tolist()).rank() == len(A) == math.prod(sizes) - size[2]
    smith = flint.fmpz_mat(basis.tolist()).snf()
    assert [int(smith[i, i]) for i in range(len(basis))] == [1] * len(basis)
    assert all(len(m) == 3 and max(m) < size[2] for form in published.cone(*size) for m, _ in form)


def test_the_published_problems_are_those_of_the_page_on_deciding(bench: Any) -> None:
    published, other = bench("identify_peers"), bench("bench_identify")
    known = {(sizes, c) for _, sizes, c in [other.PENCILS, *other.TARGETS]}
    known |= {(sizes, c) for sizes, cs in other.REACH.values() for c in cs}
    mine = {((size[1],) * size[0], size[2]) for part, size in published.PROBLEMS if part == published.CONE}
    assert mine <= known and len(mine) == 23


@pytest.mark.parametrize(
    ("part", "size", "unknowns"),
    [("filters", (2, 2, 2), 7), ("filters", (2, 1), 4), ("general", (2, 3), 5), ("general", (3, 2), 4)],
)
def test_a_fibre_is_that_of_the_product(bench: Any, part: str, size: tuple[int, ...], unknowns: int) -> None:
    """The planted parameters are a zero, and so is what has the same product; a change of one unknown is none."""
    published = bench("identify_peers")
    count, forms = published.fibre(part, size)
    h = published.planted(published.lifting(part, size)[1])
    x = [entry for k, factor in enumerate(h) for entry in factor[k < len(h) - 1 :]]
    assert count == unknowns == len(x) and len(forms) >= unknowns
    assert all(value(form, x) == 0 for form in forms)
    for i in range(count):
        assert any(value(form, [*x[:i], x[i] + 1, *x[i + 1 :]]) for form in forms)
    if size == (2, 2, 2):
        exchanged = [*x[2:4], *x[:2], *x[4:]]
        assert all(value(form, exchanged) == 0 for form in forms)
        product = np.polynomial.polynomial.polymul(np.polynomial.polynomial.polymul(h[0], h[1]), h[2])
        assert sorted(-dict(form)[()] for form in forms) == sorted(int(c) for c in product)


@pytest.mark.parametrize(("part", "size"), [("filters", (2, 2)), ("filters", (2, 1)), ("general", (2, 2))])
def test_counts_by_another_program(bench: Any, part: str, size: tuple[int, ...]) -> None:
    """SymPy over Q: the degree of the quotient ring is the closed form that the page is held against."""
    published, peers = bench("identify_peers"), bench("peers_identify")
    count, forms = published.fibre(part, size)
    x = sp.symbols(f"x0:{count}")
    basis = sp.groebner([sum(c * math.prod(x[i] for i in m) for m, c in form) for form in forms], *x, order="grevlex")
    leads = [sp.Poly(g, *x).monoms(order="grevlex")[0] for g in basis.exprs]
    assert sum(1 for _ in peers.standard(leads, count)) == int(published.expected(part, size))


def test_what_msolve_prints_is_read(bench: Any) -> None:
    """Its own output: leading monomials modulo a prime, a basis over Q, no zero at all."""
    peers = bench("peers_identify")
    assert peers.answer("cone", 2, "x0^2*x1^1,\nx0^3,\nx0^1*x1^3,\nx1^5", "msolve") == "empty"
    assert peers.answer("cone", 2, "x0^2*x1^1,\nx0^3", "msolve") == "not empty"
    assert peers.answer("cone", 2, "2*x0^2*x1+x1^3, \nx0^3+x0*x1^2, \nx0*x1^3, \nx1^5", "msolve") == "empty"
    assert peers.answer("fibre", 2, "x0^2*x1^1,\nx0^3,\nx0^1*x1^3,\nx1^5", "msolve") == 9
    assert peers.answer("fibre", 2, "1", "msolve") == 0
    with pytest.raises(ValueError, match="infinitely many"):
        peers.answer("fibre", 2, "x0^2*x1^1,\nx0^3", "msolve")


def test_what_is_written_is_the_polynomial(bench: Any) -> None:
    """Read again by SymPy, with powers by ^ and never a variable twice in a monomial: msolve misreads that."""
    peers = bench("peers_identify")
    form = [((0, 0, 1), -2), ((1, 1, 1), 5), ((2,), 1), ((), -9)]
    x = sp.symbols("x0:3")
    meant = sum(c * math.prod(x[i] for i in m) for m, c in form)
    assert sp.expand(sp.sympify(peers.written(form, 0).replace("^", "**")) - meant) == 0
    reduced = sp.Poly(sp.sympify(peers.written(form, 7).replace("^", "**")) - meant, *x)
    assert all(c % 7 == 0 for c in reduced.coeffs())
    assert "^3" in peers.written(form, 7) and "x1*x1" not in peers.written(form, 7)
    assert "-" not in peers.written(form, 7), "reduced, not only congruent"


@pytest.mark.parametrize("program", ["Singular", "Macaulay2", "msolve"])
@pytest.mark.parametrize("prime", [0, 32003])
def test_the_input_of_a_program_holds_the_whole_problem(bench: Any, program: str, prime: int) -> None:
    peers = bench("peers_identify")
    for kind in ("cone", "fibre"):
        command, text, _ = peers.PROGRAMS[program](kind, 2, ["x0^3", "x1-1"], prime)
        assert "input" in command and "x0,x1" in text and "x1-1" in text
        assert (str(prime) if prime or program != "Macaulay2" else "QQ") in text


def jacobian_rank(outputs: list[sp.Expr], unknowns: list[sp.Symbol]) -> int:
    rng = np.random.default_rng(0)
    point = {x: int(n) for x, n in zip(unknowns, rng.integers(2, 99, len(unknowns)), strict=True)}
    return int(sp.Matrix(outputs).jacobian(unknowns).subs(point).rank())


@pytest.mark.parametrize("K", [2, 3])
def test_both_encodings_of_symident_observe_the_product(bench: Any, K: int) -> None:
    """The observables are the coefficients of the product; the derivatives at time 0 of the one observable determine
    them, and they it."""
    peers, t = bench("peers_identify"), sp.Symbol("t")
    odes, seen = peers.product(K)
    assert set(odes.values()) == {"0"} and len(odes) == 3 * K
    layers = [sp.sympify(f"a{k} + b{k}*t + c{k}*t**2") for k in range(K)]
    product = sp.Poly(sp.expand(sp.Mul(*layers)), t).all_coeffs()[::-1]
    observed = [sp.expand(sp.sympify(seen[f"y{d}"])) for d in range(2 * K + 1)]
    assert len(seen) == 2 * K + 1 and all(sp.expand(a - b) == 0 for a, b in zip(observed, product, strict=True))
    unknowns = sorted(sp.Mul(*layers).free_symbols - {t}, key=str)
    odes, seen = peers.pairs(K)
    field = {sp.Symbol(x): sp.sympify(rhs) for x, rhs in odes.items()}
    jets = [sp.sympify(seen["y"])]
    for _ in range(2 * K):
        jets.append(sp.expand(sum(sp.diff(jets[-1], x) * rhs for x, rhs in field.items())))
    half = {sp.Symbol(f"c{k}"): 2 * sp.Symbol(f"c{k}") for k in range(K)}
    scaled = [jet.subs(half, simultaneous=True) / math.factorial(d) for d, jet in enumerate(jets)]
    assert all(sp.expand(a - b) == 0 for a, b in zip(scaled, product, strict=True))
    assert jacobian_rank(product, unknowns) == 2 * K + 1


def test_a_peer_is_asked_stopped_and_not_asked_again(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for Singular that answers the first problem and spends the limit on the second."""
    published, gamma = bench("identify_peers"), bench("gamma")
    fake, store = tmp_path / "Singular", tmp_path / "store.csv"
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "Singular version 0.1.2" && exit\n'
        "grep -q x3 input && while :; do :; done\necho answer 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(published, "PEERS", sys.executable)
    monkeypatch.setattr(published, "LIMIT", 1)
    monkeypatch.setattr(published, "PROBLEMS", [("cone", (2, 3, 2)), ("cone", (2, 4, 4)), ("cone", (2, 5, 7))])
    published.run(store, ["Singular mod p"], ["cone"])
    first, second = rows = gamma.rows(store)
    assert (first["answer"], first["outcome"], first["versions"]) == ("not empty", "", "Singular 0.1.2")
    assert (second["answer"], second["outcome"]) == ("", "time") and 0.5 < float(second["seconds"]) < 3
    published.run(store, ["Singular mod p"], ["cone"])
    assert gamma.rows(store) == rows


def test_the_page_is_what_was_measured(bench: Any) -> None:
    published = bench("identify_peers")
    assert published.PAGE.read_text() == published.page(bench("gamma").rows(published.STORE))


def test_what_was_measured_agrees(bench: Any) -> None:
    """Peers with what is proved, all of them with closed forms, and with each other."""
    published = bench("identify_peers")
    found = published.Results(bench("gamma").rows(published.STORE))
    for part in published.PARTS:
        problems = list(found.problems(part))
        assert len(problems) == sum(kind == part for kind, _ in published.PROBLEMS)
        for problem, size in problems:
            rows = [row for tool in published.ASKED[part] if (row := found.of(part, problem, tool))]
            answers = {row["answer"] for row in rows if not row["outcome"]}
            mine = found.rows[part, problem, published.OURS]["answer"]
            if part == published.CONE:
                assert len(answers) <= 1 and mine in ("no", "undecided", "yes", "yes, over C too")
                assert answers <= ({"empty"} if mine == "yes, over C too" else {"empty", "not empty"})
                assert mine != "no" or answers == {"not empty"}
            else:
                assert answers | ({mine} - {""}) <= {published.expected(part, size)}
    best = found.of("cone", "K = 3, S = 3, dim 13", "Singular mod p")
    assert best is not None and best["answer"] == "empty"
