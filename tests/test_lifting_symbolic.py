"""`dmfverify lift`: what it prints, and that its Python program runs and asserts the right rank."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from dmfverify.errors import BadInput
from dmfverify.lifting import Lifting
from dmfverify.lifting.symbolic import lift
from dmfverify.problem.forms import Known, Pattern, Statement, Taps, Terms


def shifts(N: int, *taps: int) -> Taps:
    return Taps((N,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))


def network() -> Statement:
    """Two leaves, one inner node, as path-scale; a fixed layer in between."""
    top = Taps((6,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (1,))))
    middle = Taps((6,), "circular", 1, (1, 1), (), ((0, 0, (2,), Fraction(1, 2)),))
    bottom = Taps((6,), "circular", 1, (1, 2), ((0, 0, (0,)), (0, 1, (1,))))
    return Statement("path-scale", (top, middle, bottom))


STATEMENTS = {
    "collide": Statement("scale", (shifts(8, 0, 1), shifts(8, 0, 1))),
    "terms": Statement(
        "scale", (Terms((2, 2), 2, ((0, 0, 0, Fraction(1, 2)), (1, 0, 1, Fraction(-3)))), shifts(2, 0, 1))
    ),
    "neurons": Statement("neuron-scale", (Pattern((2, 2), ((0, 0), (1, 1))), Pattern((2, 1), ((0, 0), (1, 0))))),
    "network": network(),
    "data": Statement("scale", (shifts(3, 0, 1),), data=Known((3, 1), ((0, 0, Fraction(2)),))),
}


def test_text_of_a_collision() -> None:
    assert lift(STATEMENTS["collide"]) == (
        "lifting: K = 2 factors with 2, 2 parameters; 4 columns, 3 responses, rank 3, kernel dimension 1\n"
        "rows are responses (leaf, shift): each stands for 8 equal entries of the product\n"
        "columns (monomials)\n"
        "  P[0] = h1[0]*h2[0]\n"
        "  P[1] = h1[0]*h2[1]\n"
        "  P[2] = h1[1]*h2[0]\n"
        "  P[3] = h1[1]*h2[1]\n"
        "product, entry by entry\n"
        "  leaf 0, shift 0 = h1[0]*h2[0]\n"
        "  leaf 0, shift 1 = h1[0]*h2[1] + h1[1]*h2[0]\n"
        "  leaf 0, shift 2 = h1[1]*h2[1]\n"
        "A\n"
        "  [1 0 0 0]\n"
        "  [0 1 1 0]\n"
        "  [0 0 0 1]\n"
        "kernel, a basis\n"
        "  h1[0]*h2[1] - h1[1]*h2[0]"
    )


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_program_runs_and_asserts_the_rank(name: str) -> None:
    program = lift(STATEMENTS[name], format="python")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lifting = Lifting(STATEMENTS[name])
    assert done.stdout == f"A has {lifting.columns.m} rows and {lifting.count} columns, rank {lifting.rank}\n"
    wrong = program.replace(f"assert A.rank() == {lifting.rank}", f"assert A.rank() == {lifting.rank + 1}")
    assert subprocess.run([sys.executable, "-c", wrong], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", STATEMENTS)
def test_latex_names_every_monomial(name: str) -> None:
    source = lift(STATEMENTS[name], format="latex")
    assert source.count("{") == source.count("}")
    assert source.count(r"\begin{align*}") == source.count(r"\end{align*}") >= 2
    assert f"P_{{{Lifting(STATEMENTS[name]).count - 1}}} &=" in source
    if name == "terms":
        assert r"\frac{1}{2} \, h_{1,0}" in source


def test_names_are_data() -> None:
    names = [["a\\input{x}", '"""\nimport os'], ["b_1%", "{0}"]]
    latex = lift(STATEMENTS["collide"], names, "latex")
    assert r"\input" not in latex and r"\textbackslash{}input\{x\}" in latex and r"b\_1\%" in latex
    program = lift(STATEMENTS["collide"], names, "python")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
    assert "\x1b" not in lift(STATEMENTS["collide"], [["\x1b[31m", "a"], ["b", "c"]])


def test_too_large_to_read() -> None:
    chain = Statement("scale", tuple(shifts(64, 0, 1, 3) for _ in range(5)))
    lines = lift(chain).splitlines()
    assert lines[1] == "too large to read: only the first 8 columns and 8 rows"
    assert len(lines) < 50
    huge = Statement("scale", tuple(shifts(64, 0, 1, 3, 7) for _ in range(20)))
    text = lift(huge)
    assert "about 1.1e+12 (= 1099511627776) columns, 64 responses, rank 64" in text
    assert "the columns are too many to write down" in text
    assert lift(huge, format="python").startswith('"""Sizes: K = 20')
    assert r"\begin{align*}" in lift(huge, format="latex")


def test_misuse() -> None:
    with pytest.raises(BadInput, match="expected one of text, latex, python"):
        lift(STATEMENTS["collide"], format="html")
    with pytest.raises(BadInput, match=r"got \[1\] names, expected \[2, 2\]"):
        lift(STATEMENTS["collide"], [["a"]])
