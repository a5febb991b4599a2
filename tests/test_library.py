"""The shipped cases: found, sourced, and the same set wherever the package lies."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dmfverify.errors import BadInput
from dmfverify.library import find, shipped

TOP_LEVEL = {"title", "source", "equivalence", "factors", "network", "model", "data", "expected"}


def test_every_case_of_the_checkout_is_shipped(root):
    assert sorted(shipped()) == sorted(path.stem for path in (root / "cases").glob("*.toml"))
    assert "chain_k10_distinct" in shipped()


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_case_has_a_title_a_source_and_an_expectation(name):
    case = tomllib.loads(find(name).read_text())
    assert set(case) <= TOP_LEVEL
    assert case["title"] and case["source"] and case["expected"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("chain_k10", "did you mean chain_k"), ("", "dmfverify cases"), ("../pyproject", "dmfverify cases")],
)
def test_an_unknown_name_is_answered_in_one_line(name, hint):
    with pytest.raises(BadInput, match=f"no shipped case is called .*{hint}") as caught:
        find(name)
    assert "\n" not in str(caught.value)


def test_an_installed_package_finds_its_own_copy(root, tmp_path):
    """As in a wheel: the cases lie inside the package and nothing lies beside it."""
    package = tmp_path / "dmfverify"
    package.mkdir()
    for name in ("library.py", "errors.py"):
        shutil.copy(root / "dmfverify" / name, package)
    (package / "__init__.py").touch()
    (package / "cases").mkdir()
    (package / "cases" / "only.toml").touch()
    program = "from dmfverify.library import shipped; print(*shipped().values())"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == package / "cases" / "only.toml"
