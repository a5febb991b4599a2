"""The reference library: every shipped case comes out as its [expected] says.

`EXPECTATIONS` says how each key of [expected] is read; a new key without a reading is an error.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dmfverify as dv
from dmfverify.library import shipped

CHECKER = Path(dv.__file__).parent / "check"
VALUE = re.compile(r"inf|-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")
TIGHT = 1.005
"""hi / lo of a constant whose value is known in closed form."""


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[dv.Result, Path]]:
    """The result of a shipped case and the folder that it was saved in; made once a session."""
    made: dict[str, tuple[dv.Result, Path]] = {}

    def make(name: str) -> tuple[dv.Result, Path]:
        if name not in made:
            result = dv.certify(shipped()[name], time_budget=90)
            made[name] = result, result.save(tmp_path_factory.mktemp("case") / name)
        return made[name]

    return make


def number(value: object) -> Fraction | float:
    return math.inf if value == "inf" else Fraction(str(value))


def holds(pair: list[str], value: Fraction | float, tight: float = TIGHT) -> None:
    """The bracket holds the value, and is tight."""
    lo, hi = (number(x) for x in pair)
    assert lo <= value <= hi
    assert lo == hi or float(hi) <= tight * float(lo)


def holds_root(pair: list[str], square: Fraction) -> None:
    """The bracket holds the square root of an integer, and is tight."""
    lo, hi = (number(x) for x in pair)
    assert lo**2 <= square <= hi**2 and float(hi) <= TIGHT * float(lo)


def near(pair: list[str], value: float) -> None:
    """The bracket agrees with a published float to ten digits."""
    lo, hi = (float(Fraction(x)) for x in pair)
    assert lo <= value * (1 + 1e-10) and hi >= value * (1 - 1e-10) and hi <= TIGHT * lo


def best_ratio(pair: list[str], value: float) -> None:
    """The lower end reaches 0.99 of the best ratio that was found, the upper end is within 1 %."""
    lo, hi = (number(x) for x in pair)
    assert 0.99 * value <= float(lo) <= value * (1 + 1e-9) * 1.01 and float(hi) <= 1.01 * float(lo)


def same(actual: object, expected: object) -> None:
    assert actual == expected


Expectation = Callable[[dict[str, Any], Any], None]
EXPECTATIONS: dict[str, Expectation] = {
    "uniform": lambda r, x: same(r["identifiability"]["uniform"]["verdict"], x),
    "uniform_over_C": lambda r, x: same(r["identifiability"]["uniform"]["over_C"], x),
    "generic": lambda r, x: same(r["identifiability"]["generic"]["verdict"], x),
    "local": lambda r, x: same(r["identifiability"]["local"]["verdict"], x),
    "local_rank": lambda r, x: same(r["identifiability"]["local"]["rank"], x),
    "local_expected": lambda r, x: same(r["identifiability"]["local"]["expected"], x),
    "rho": lambda r, x: same(r["dnsp"]["rho"], x),
    "gamma": lambda r, x: holds(r["dnsp"]["gamma"], number(x[0])),
    "gamma_squared": lambda r, x: holds_root(r["dnsp"]["gamma"], Fraction(str(x[0]))),
    "gamma_float": lambda r, x: best_ratio(r["dnsp"]["gamma"], float(x)),
    "sigma_min_squared": lambda r, x: holds_root(r["lifting"]["sigma_min"], Fraction(str(x))),
    "sparse_gamma": lambda r, x: holds(r["sparse_dnsp"]["gamma"], number(x[0])),
    "sparse_gamma_squared": lambda r, x: holds_root(r["sparse_dnsp"]["gamma"], Fraction(str(x[0]))),
    "sparse_gamma_union": lambda r, x: holds(r["sparse_dnsp"]["gamma_union"], number(x[0])),
    "lower_rip_float": lambda r, x: near(r["sparse_dnsp"]["lower_rip"], float(x)),
    "lower_rip_union_float": lambda r, x: near(r["sparse_dnsp"]["lower_rip_union"], float(x)),
    "deficient_pairs": lambda r, x: same(r["sparse_dnsp"]["deficient_pairs"], x),
}


def grouped(name: str, *more: str) -> Any:
    """Parameters of a test; all tests of a case run in one process, which certifies it once."""
    return pytest.param(name, *more, marks=pytest.mark.xdist_group(name))


CASES = [grouped(name) for name in shipped()]
EVERY = [grouped(name, key) for name, path in shipped().items() for key in dv.load(path).expected]


@pytest.mark.parametrize(("name", "key"), EVERY)
def test_expected(name: str, key: str, certified: Callable[[str], tuple[dv.Result, Path]]) -> None:
    result, _ = certified(name)
    check, expected = EXPECTATIONS[key], dv.load(shipped()[name]).expected[key]
    check(result.json, expected)


@pytest.mark.parametrize("name", CASES)
def test_every_certain_value_is_proved_with_the_same_string(
    name: str, certified: Callable[[str], tuple[dv.Result, Path]]
) -> None:
    _, folder = certified(name)
    command = [sys.executable, "-I", "-S", str(CHECKER), str(folder / "certificate.json"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["valid"], told
    result = json.loads((folder / "result.json").read_text())
    assert told["statement_sha256"] == result["statement_sha256"]
    for path, value in certain(result):
        assert told["proved"].get(path) == value, path


def certain(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Paths and values that a result says for certain: verdicts and pairs that are not trivial."""
    if isinstance(value, dict):
        return [hit for key, item in value.items() for hit in certain(item, f"{path}.{key}".strip("."))]
    if path.endswith((".verdict", ".over_C")):
        return [] if value == "undecided" else [(path, value)]
    if path.startswith("witness") or not isinstance(value, list) or len(value) != 2:
        return []
    if not all(isinstance(x, str) and VALUE.fullmatch(x) for x in value) or value in (["0", "inf"], ["1", "inf"]):
        return []
    return [(path, value)]


@pytest.mark.parametrize("name", CASES)
def test_the_report_is_written_and_says_the_verdict(
    name: str, certified: Callable[[str], tuple[dv.Result, Path]]
) -> None:
    result, folder = certified(name)
    page = (folder / "report.html").read_text()
    assert result.json["statement_sha256"] in page and len(page) < 2_000_000
    assert sorted(path.name for path in folder.iterdir()) == [
        "certificate.json",
        "report.html",
        "result.json",
        "statement.json",
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_yes_has_no_witness_and_a_no_has_one(name: str, certified: Callable[[str], tuple[dv.Result, Path]]) -> None:
    result = certified(name)[0].json
    assert (result["witness"] is not None) == (result["identifiability"]["uniform"]["verdict"] == "no")
    assert not [row for row in result["methods"] if "the method failed" in row["outcome"]]


@pytest.mark.parametrize("name", CASES)
def test_the_symbolic_lifting_and_the_picture_of_every_case(name: str, tmp_path: Path) -> None:
    case = dv.load(shipped()[name])
    for form in ("text", "latex", "python"):
        assert dv.lift(case, format=form)
    from dmfverify.report import save

    save(dv.show(case), tmp_path / "case.svg")
    assert (tmp_path / "case.svg").stat().st_size > 500
