"""What pyproject.toml promises: what is imported is declared, and what is declared is free of the GPL."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from conftest import program
from test_imports import PACKAGE, arrows, rooms

PROJECT = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text())["project"]
DISTRIBUTION = {"flint": "python-flint"}  # where it is called other than the module


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in requirements}


def needed(roots: set[str]) -> set[str]:
    """The installed distributions that `roots` bring along, without their extras."""
    seen: set[str] = set()
    while new := roots - seen:
        seen |= new
        requirements = [line for name in new for line in metadata.requires(name) or [] if ";" not in line]
        roots = names(requirements)
    return seen


def is_gpl(licence: str) -> bool:
    return bool(re.search(r"(?<!L)(?<!Lesser )(A?GPL|General Public License)", licence.replace("LGPL", "")))


def licence(name: str) -> str:
    info = metadata.metadata(name)
    said = [info.get("License-Expression"), *(info.get_all("Classifier") or []), (info.get("License") or "")[:200]]
    return " ".join(text for text in said if text and not text.startswith(("Programming", "Topic", "Operating")))


def test_what_is_imported_is_declared():
    foreign = {other for _, other, _ in arrows(PACKAGE)} - rooms(PACKAGE) - {"__init__"} - sys.stdlib_module_names
    foreign -= {path.stem for path in (PACKAGE / "check").rglob("*.py")}
    declared = names(PROJECT["dependencies"] + sum(PROJECT["optional-dependencies"].values(), []))
    assert {DISTRIBUTION.get(module, module).lower() for module in foreign} <= declared


def test_nothing_that_is_needed_is_under_the_gpl():
    assert [name for name in sorted(needed(names(PROJECT["dependencies"]))) if is_gpl(licence(name))] == []


@pytest.mark.parametrize(
    ("licence", "gpl"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT AND LGPL-3.0-or-later", False),
        ("BSD-3-Clause", False),
    ],
)
def test_the_gpl_is_known_by_its_names(licence, gpl):
    assert is_gpl(licence) is gpl


def test_a_missing_program_fails_in_ci_and_is_skipped_by_hand(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install no-such-program"):
        program("no-such-program")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-program"):
        program("no-such-program")
