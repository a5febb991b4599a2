"""Pictures: every statement has one, written the same way twice, names as they are."""

from __future__ import annotations

import warnings
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from test_report_samples import NETWORK_NAMES, SAMPLES, chain, yes_chain

from dmfverify.errors import BadInput, one_line
from dmfverify.problem.forms import Known, Pattern, Statement, Taps
from dmfverify.report import Names, save, show
from dmfverify.report.pictures import figures, inline_svg

MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("kind", MAGIC)
def test_saved_twice_the_same(tmp_path: Path, name: str, kind: str) -> None:
    for file in ("a", "b"):
        save(show(SAMPLES[name]()[0], NETWORK_NAMES), tmp_path / f"{file}.{kind}")
    first, second = ((tmp_path / f"{file}.{kind}").read_bytes() for file in "ab")
    assert first == second and first.startswith(MAGIC[kind])


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"expected .svg, .png or .pdf"):
        save(show(yes_chain(3)[0]), tmp_path / "x.gif")


@pytest.mark.parametrize("name", SAMPLES)
def test_inline_pictures_are_well_formed(name: str) -> None:
    for caption, figure in figures(SAMPLES[name]()[0]):
        svg = inline_svg(figure, caption, "q")
        tree = ElementTree.fromstring(svg)
        assert tree.attrib["role"] == "img" and tree.attrib["aria-label"] == one_line(caption)
        assert "<script" not in svg and "<metadata" not in svg and "<!--" not in svg and "#1e2226" not in svg


def test_a_case_is_as_good_as_its_statement() -> None:
    statement = yes_chain(3)[0]
    assert show(SimpleNamespace(statement=statement)) and show(SimpleNamespace(statement=lambda: statement))
    with pytest.raises(TypeError, match="expected a Statement"):
        show(3)


@pytest.mark.parametrize("name", [r"$\frac$ a_b^c$", "</text><script> -->", "名前 \x1b[31m", "x" * 5000, ""])
def test_names_are_drawn_as_they_are(tmp_path: Path, name: str) -> None:
    names = Names((name,) * 2, (), ((name,) * 2,) * 3, ((name,) * 5,) * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for file in ("x.svg", "x.png", "x.pdf"):
            save(show(SAMPLES["network"]()[0], names), tmp_path / file)
    for caption, figure in figures(SAMPLES["network"]()[0], names):
        ElementTree.fromstring(inline_svg(figure, caption))


STRANGE = {
    "one factor": Statement("scale", (Pattern((1, 1), ((0, 0),)),)),
    "a known layer in a network": Statement("path-scale", (
        Taps((8,), "circular", 1, (1, 2), ((0, 0, (1,)),), ((0, 1, (0,), Fraction(1, 3)),)),
        Taps((8,), "circular", 1, (2, 1), (), ((0, 0, (0,), Fraction(1)), (1, 0, (0,), Fraction(1)))),
        Taps((8,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (7,)))))),
    "an image": Statement("scale", (Taps((4, 5), "circular", 1, (1, 1), ((0, 0, (0, 0)), (0, 0, (3, 4)))),)),
    "zero padding beyond the grid": Statement("scale", (
        Taps((2,), "zero", 2, (1, 1), ((0, 0, (9,)), (0, 0, (300,)))),)),
    "only known after it": Statement("scale", (Pattern((3, 4), ((0, 0), (2, 3))), Known((4, 2), ()))),
    "more nodes than are drawn": Statement("path-scale", (
        Taps((4,), "circular", 1, (1, 50), tuple((0, j, (0,)) for j in range(50))),)),
    "a thousand layers": chain(8, *[(0, 1)] * 1000),
    "mixed": Statement("scale", (*chain(4, (0, 1)).forms, Pattern((4, 3000), tuple((i % 4, i) for i in range(3000))))),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_strange_statements_have_pictures(tmp_path: Path, name: str) -> None:
    save(show(STRANGE[name]), tmp_path / "x.png")
    for caption, figure in figures(STRANGE[name]):
        assert len(inline_svg(figure, caption)) < 400_000
