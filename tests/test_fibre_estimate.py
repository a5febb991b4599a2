"""Counting the classes of one random product with Singular: an estimate, and nothing but that."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

import dmfverify as dv
from dmfverify import check, search
from dmfverify.identify import fibre_estimate as engine
from dmfverify.lifting import Lifting
from dmfverify.method import Budget

LOCAL = {"identifiability.local.verdict": "yes"}
Fake = Callable[[str], None]


def case(sizes: tuple[int, ...], rows: int, **more: Any) -> dv.Case:
    """h_1 ⊗ ... ⊗ h_K, then a random map to so many rows; the last factor holds it."""
    A = np.random.default_rng([rows, *sizes]).integers(-2, 3, (rows, *sizes))
    factors, left = [], 1
    for S in sizes[:-1]:
        factors.append(dv.Basis([np.kron(np.eye(left, dtype=int), row[None]).tolist() for row in np.eye(S, dtype=int)]))
        left *= S
    last = dv.Basis([A[..., i].reshape(rows, left).T.tolist() for i in range(sizes[-1])])
    return dv.Case([*factors, last], **more)


def lifting(*given: Any, **more: Any) -> Lifting:
    return Lifting(case(*given, **more).statement)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A program called Singular that runs the given lines of shell; it is all that is on the path, but for a shell."""

    def install(lines: str) -> None:
        program = tmp_path / "Singular"
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    return install


def value(form: Any, x: list[int]) -> int:
    return sum(c * math.prod(x[i] for i in m) for m, c in form) % engine.PRIME


def test_what_the_program_says_is_the_estimate(fake: Fake) -> None:
    fake("read ring; [ \"$ring\" = 'ring r=2147483647,(x0,x1,x2,x3,x4,x5),dp;' ] && echo 'classes 6'")
    assert engine.fibre_estimate(lifting((3, 3), 5), LOCAL, Budget()) == 6


@pytest.mark.parametrize(
    "lines", ["echo 'classes -1'", "echo '? error'", "echo 'classes 6'; exit 1", "while :; do :; done"]
)
def test_what_is_no_count_is_none(fake: Fake, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    monkeypatch.setattr(engine, "SECONDS", 0.5)
    fake(lines)
    assert engine.fibre_estimate(lifting((2, 2), 3), LOCAL, Budget()) is None


def test_nobody_is_asked_without_need(fake: Fake) -> None:
    """Known, not proved to be finite, not free, not small, no time left; and without the program."""
    small = lifting((2, 2), 3)
    assert engine.fibre_estimate(small, LOCAL, Budget()) is None
    fake("echo 'classes 2'")
    assert engine.fibre_estimate(small, LOCAL, Budget()) == 2
    assert engine.fibre_estimate(small, {}, Budget()) is None
    assert engine.fibre_estimate(small, {**LOCAL, "identifiability.generic.verdict": "no"}, Budget()) is None
    assert engine.fibre_estimate(small, {**LOCAL, "identifiability.generic.fibre_C": 2}, Budget()) is None
    assert engine.fibre_estimate(small, LOCAL, Budget(0.5)) is None
    for model in (dv.Free(nonnegative=True), dv.Sparse([1, 2])):
        assert engine.fibre_estimate(lifting((2, 2), 3, model=model), LOCAL, Budget()) is None
    assert engine.fibre_estimate(lifting((7, 6), 12), LOCAL, Budget()) is None
    patterns = dv.Case([dv.Dense((2, 2)), dv.Dense((2, 2))], equivalence="neuron-scale")
    assert engine.fibre_estimate(Lifting(patterns.statement), LOCAL, Budget()) is None


def test_the_equations_are_those_of_the_product() -> None:
    """Zero where it was planted, and at the other real class of a pair of filters: the exchange, scaled alike."""
    edges = [dv.Edge(f"e{k}", f"u{k}", f"u{k + 1}", taps=[0, 1]) for k in range(2)]
    filters = Lifting(dv.Case(dv.Network(edges, "u2", 4)).statement)
    forms, rng = engine.equations(filters, random.Random(3)), random.Random(3)
    h = [[rng.randrange(1, engine.PRIME) for _ in range(2)] for _ in range(2)]
    assert len(forms) == 4 and not any(value(form, [*h[0], *h[1]]) for form in forms)
    scale = forms[-1]
    dot = [sum(c * x[m[0]] for m, c in scale if m) % engine.PRIME for x in h]
    t = dot[0] * pow(dot[1], -1, engine.PRIME)
    exchanged = [t * x % engine.PRIME for x in h[1]] + [pow(t, -1, engine.PRIME) * x % engine.PRIME for x in h[0]]
    assert not any(value(form, exchanged) for form in forms)
    assert value(scale, [*h[1], *h[0]])


@pytest.mark.parametrize(("sizes", "rows", "count"), [((2, 2), 3, 2), ((2, 3), 4, 3), ((2, 2), 4, 1)])
def test_the_input_describes_so_many_classes(sizes: tuple[int, ...], rows: int, count: int) -> None:
    """SymPy counts what is written: the degree of the cone of rank-one tensors; one where A is injective."""
    text = engine.written(engine.equations(lifting(sizes, rows), random.Random(0)), sum(sizes))
    ideal = text.partition("ideal i=")[2].partition(";")[0]
    x = sp.symbols(f"x0:{sum(sizes)}")
    basis = sp.groebner([sp.sympify(part) for part in ideal.split(",\n")], *x, order="grevlex", modulus=engine.PRIME)
    leads = [sp.Poly(g, *x).monoms(order="grevlex")[0] for g in basis.exprs]
    box = np.ndindex(*(max(m[i] for m in leads if sum(m) == m[i]) for i in range(len(x))))
    standard = [m for m in box if not any(all(a <= b for a, b in zip(lead, m, strict=True)) for lead in leads)]
    assert len(standard) == count and "vdim(g)" in text


def test_the_search_tells_it_last_and_only_when_everything_is_asked(fake: Fake) -> None:
    fake("echo 'classes 90'")
    told: list[tuple[str, Any]] = []
    statement = case((3, 3, 3), 7).statement
    session = check.Session(statement.to_bytes())

    def ask(kind: str, body: Any) -> dict[str, Any]:
        told.append((kind, body))
        for claim in body if kind in ("part", "outcome") and isinstance(body, list) else []:
            session.accept(claim.to_json())
        return session.proved()

    search.run_methods(Lifting(statement), {}, Budget(60), ask)
    assert told[-1] == ("estimates", {"fibre_C": 90})
    told.clear()
    search.run_methods(Lifting(statement), LOCAL, Budget(60), ask, only={})
    assert not any("fibre_C" in body for kind, body in told if kind == "estimates")


@pytest.mark.parametrize(("sizes", "rows", "count"), [((3, 3), 5, 6), ((5, 5), 9, 70), ((3, 3, 3), 7, 90)])
def test_with_singular(tmp_path: Path, sizes: tuple[int, ...], rows: int, count: int) -> None:
    """The degree of the cone of rank-one tensors; beside it nothing is claimed, and the result stays valid."""
    if shutil.which("Singular") is None:
        pytest.skip("Singular is not installed; try: apt-get install singular")
    result = dv.certify(case(sizes, rows), time_budget=60)
    generic = result.json["identifiability"]["generic"]
    if generic["verdict"] == "undecided" and generic["fibre_C"] is None:
        assert generic["fibre_C_estimate"] == count
        proved = dv.check(result.save(tmp_path) / "certificate.json")
        assert "identifiability.local.verdict" in proved and not any(path.endswith("_estimate") for path in proved)
        assert "generic.fibre_C" in (tmp_path / "report.html").read_text()
    else:
        assert "fibre_C_estimate" not in generic and generic["fibre_C"] in (None, count)
