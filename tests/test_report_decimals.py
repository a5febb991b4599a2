"""Decimals are rounded outwards, by integers only."""

from __future__ import annotations

import ast
import inspect
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmfverify.report import decimal_down, decimal_up, decimals, interval_text
from dmfverify.report.decimals import count, short, value_of

NUMBERS = st.fractions() | st.builds(Fraction, st.integers(-(10**400), 10**400), st.integers(1, 10**400))


@given(NUMBERS, st.integers(1, 30))
def test_rounding_is_outwards_and_close(x: Fraction, digits: int) -> None:
    down, up = (Fraction(text) for text in (decimal_down(x, digits), decimal_up(x, digits)))
    assert down <= x <= up
    assert up - down <= abs(x) * Fraction(10) ** (1 - digits)
    assert down == -Fraction(decimal_up(-x, digits))


@given(st.integers(-(10**11), 10**11), st.integers(-40, 40))
def test_short_decimals_are_exact(mantissa: int, exponent: int) -> None:
    x = mantissa * Fraction(10) ** exponent
    assert Fraction(decimal_down(x)) == x == Fraction(decimal_up(x))


@given(NUMBERS, NUMBERS)
def test_an_interval_lies_in_its_text(a: Fraction, b: Fraction) -> None:
    lo, hi = sorted((a, b))
    ends = [Fraction(end) for end in interval_text(lo, hi).split(" … ")]
    assert ends[0] <= lo <= hi <= ends[-1]


@given(NUMBERS.filter(lambda x: x > 0), st.integers(1, 10**6))
def test_rounding_hardly_widens_a_bracket(lo: Fraction, width: int) -> None:
    hi = lo * (1 + Fraction(width, 10**6))
    ends = [Fraction(end) for end in interval_text(lo, hi).split(" … ")]
    assert ends[-1] - ends[0] <= (hi - lo) * Fraction(103, 100)


@pytest.mark.parametrize(
    ("lo", "hi", "text"),
    [
        ("32", "32", "32"),
        ("1", "inf", "1 … ∞"),
        ("inf", "inf", "∞"),
        ("374165738677394/100000000000000", "374165738677395/100000000000000", "3.74165738677 … 3.74165738678"),
        ("1/3", "1/3", "0.333333333333 … 0.333333333334"),
        ("-1/3", "1/8", "-0.33334 … 0.125"),
        ("1", "41/40", "1 … 1.025"),
        ("0", "1/30000000000", "0 … 3.3334e-11"),
    ],
)
def test_intervals(lo: str, hi: str, text: str) -> None:
    assert interval_text(value_of(lo), value_of(hi)) == text


@pytest.mark.parametrize("wrong", ["nan", "-inf", "1.5", "01", "1/0", "1/01", "٣", " 1", "", None, 1, 0.5, "9" * 1001])
def test_what_is_no_rational_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        value_of(wrong)


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError):
        decimal_down(0.5)
    assert decimal_down(math.inf) == "∞"


def test_no_float_takes_part() -> None:
    tree = ast.parse(inspect.getsource(decimals))
    nodes = list(ast.walk(tree))
    assert not [n for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, float)]
    assert {n.attr for n in nodes if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "math"} == {"inf"}
    called = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not called & {"float", "round", "format"}


def test_long_integers_are_abbreviated() -> None:
    assert short("1" * 400 + "/3") == "11111111…11 (400 digits)/3"
    assert count(10**2000) == "about 1 × 10²⁰⁰⁰"
