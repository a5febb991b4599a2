"""The benchmarks still run: each at a tiny size, on its results and its form; never on its seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import dmfverify as dv

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("bench_*.py"))


class Once:
    """Stands in for the fixture of pytest-benchmark: calls once."""

    def __call__(self, run: Callable[..., Any], *args: Any) -> Any:
        return run(*args)

    def pedantic(self, run: Callable[..., Any], args: tuple[Any, ...] = (), **options: Any) -> Any:
        return run(*args)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of benchmarks/; each measurement is taken once."""
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr(import_module("benchmarks.common"), "ENOUGH", 0.0)
    return lambda name: import_module(f"benchmarks.{name}")


@pytest.fixture
def in_process(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a fresh process, with the same keys: starting one takes a second."""

    def fresh(module: str, function: str, *args: Any) -> dict[str, Any]:
        return {**getattr(bench(module), function)(*args), "wall": 1.5, "cpu": 2.5, "MB": 100.0}

    monkeypatch.setattr(bench("common"), "fresh", fresh)


def test_every_benchmark_is_run_here() -> None:
    assert NAMES == [
        "bench_butterfly",
        "bench_chains",
        "bench_contraction",
        "bench_deep",
        "bench_exponent",
        "bench_identify",
        "bench_l1",
        "bench_phase",
        "bench_recovery",
    ]


def test_a_cell_of_the_phase_picture(bench: Any) -> None:
    """Far above the number of equations that are needed every trial succeeds, far below it none."""
    above, below = (bench("bench_phase").measure("sparse", 1, m, 3) for m in (20, 1))
    assert (above["success_rate"], below["success_rate"]) == (1.0, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_says_its_claim_and_its_peer(bench: Any, name: str) -> None:
    text = bench(name).__doc__
    assert text.startswith("Claim: ") and "peer" in text.lower()


def test_the_contraction_and_its_peers_agree(bench: Any) -> None:
    found = bench("bench_contraction").measure(2, 3, limit=5.0, last=3, alone=(6,))
    assert [row["K"] for row in found["rows"]] == [2, 3, 6]
    assert all({"contraction", "columns", "ring", "expand"} <= set(row) for row in found["rows"][:2])
    assert found["stopped"] == {}
    assert "S = 2, m = 3, K = 6 | 2^6" in bench("publish").contraction_part([found])


def test_a_peer_that_would_take_too_long_is_stopped(bench: Any) -> None:
    found = bench("bench_contraction").measure(2, 2, limit=0.0, last=5, alone=())
    assert set(found["stopped"]) == {"columns", "ring", "expand"}
    assert [row["K"] for row in found["rows"]] == [2]
    assert all("K = 3 would take about" in why for why in found["stopped"].values())


def test_a_peer_that_disagrees_is_seen(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = bench("bench_contraction")
    monkeypatch.setitem(module.PEERS, "columns", lambda K, S, m: 2 * module.ring(K, S, m))
    with pytest.raises(AssertionError, match="columns disagrees at K = 2"):
        module.measure(2, 2, last=2, alone=())


def test_the_exponents_come_for_each_arithmetic(bench: Any) -> None:
    module = bench("bench_exponent")
    found = module.measure(2, 2, (2, 3, 4, 5))
    assert [row["mode"] for row in found] == list(module.MODES)
    assert all(len(row["seconds"]) == 4 for row in found)
    assert "≤ 2.2" in bench("publish").exponent_part(found)


def test_rank_and_bracket(bench: Any, in_process: None) -> None:
    found = bench("bench_deep").measure(3, 2, 2)
    assert [row["rank"] for row in found] == [4, 4]
    assert all(0 <= row["width"] < 1e-6 for row in found)
    text = bench("publish").deep_part(found)
    assert "| K = 3, S = 2, m = 2 | certify | 4 |" in text and "| 1.5 s | 2.5 s | 100 |" in text


def test_a_fresh_process_is_measured(bench: Any) -> None:
    found = bench("common").fresh("bench_chains", "columns", "ternary", 2)
    assert found.pop("said") == "9 columns of 9 rows"
    assert set(found) == {"wall", "cpu", "MB"} and all(value > 0 for value in found.values())


@pytest.mark.parametrize(
    ("kind", "size", "verdict"),
    [("ternary", 3, "yes"), ("wide", 20, "yes"), ("long", 1_000, "yes"), ("colliding", 1_000, "no")],
)
def test_networks_at_a_small_size(bench: Any, kind: str, size: int, verdict: str) -> None:
    module = bench("bench_chains")
    assert module.certify(kind, size)["verdict"] == verdict
    assert "columns of" in module.columns(kind, size)["said"]


def test_the_table_of_networks(bench: Any, in_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
    module = bench("bench_chains")
    monkeypatch.setitem(module.CASES, "small", ("ternary", 2, 5.0))
    found = module.measure("small")
    assert (found["columns"], found["verdict"], found["method"]) == (9, "yes", "shift counts")
    assert "| small | 9 | yes |" in bench("publish").chains_part([found])


@pytest.mark.parametrize(
    ("name", "test", "args"),
    [
        ("bench_contraction", "test_contraction", (3, 2, 2)),
        ("bench_contraction", "test_peer", ("ring", 3, 2, 2)),
        ("bench_exponent", "test_contraction", ("exact", 3, 2, 2)),
        ("bench_deep", "test_rank_and_bracket", (3, 2, 2)),
    ],
)
def test_what_pytest_benchmark_runs(bench: Any, name: str, test: str, args: tuple[Any, ...]) -> None:
    getattr(bench(name), test)(Once(), *args)


def test_the_networks_that_pytest_benchmark_runs(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = bench("bench_chains")
    monkeypatch.setitem(module.CASES, "small", ("ternary", 2, 5.0))
    module.test_certify(Once(), "small")


def test_general_problems_are_decided_and_put_into_a_table(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module, publish = bench("bench_identify"), bench("publish_identify")
    monkeypatch.setattr(module, "TARGETS", [("small", (3, 3), 1)])
    monkeypatch.setattr(module, "REACH", {"small": ((2, 2, 2), (1, 2))})
    rows = [{"part": "targets", **module.measure((3, 3), 1, seed)} for seed in range(2)]
    assert [(row["verdict"], row["over_C"], row["kind"]) for row in rows] == [("yes", "yes", "kernel-line")] * 2
    pencil = {"part": "pencils", **module.measure((3, 3), 2, 0)}
    assert pencil["verdict"] == "no" and pencil["kind"] in ("field-witness", "enclosure", "witness")
    reached = [{"part": "reach", **module.measure((3, 3), 1, 0), "sizes": [2, 2, 2]}]
    reached.append({**reached[0], "kernel": 2, "verdict": "undecided"})
    text = publish.page([pencil, *rows, *reached])
    assert "| small | 3^2 | 1 | 2 of 2 | kernel line | — |" in text and "undecided at 2" in text
    assert ("reach", (2, 2, 2), 2, 0) not in list(publish.problems([{**reached[1], "kernel": 1}]))


def test_random_liftings_have_the_kernel_that_is_asked_for(bench: Any) -> None:
    from dmfverify.lifting import Lifting

    lifting = Lifting(bench("deciding").general((2, 3, 2), 4, 0).statement)
    assert (lifting.sizes, lifting.count, lifting.rank_mod()) == ((2, 3, 2), 12, 8)


def test_the_machine_is_described(bench: Any) -> None:
    lines = bench("common").machine()
    assert "cores" in lines[0] and f"Python {sys.version_info.major}" in lines[1]


def test_butterflies_against_what_peers_would_say(
    bench: Any, in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = bench("bench_butterfly")
    said = {"butterfly": {"seconds": 1.0, "error": 0.5, "truth": 0.5}, "versions": {"pyfaust": "3"}}
    monkeypatch.setattr(module, "peers", lambda *args: said)
    found = [module.measure(3, level, kind) for kind in ("hadamard", "random") for level in (0.0, 1e-2)]
    assert [row["ours"]["error"] < 1e-14 for row in found] == [True, False, True, False]
    text = bench("publish_recovery").butterfly_part(found)
    assert "| Hadamard, 8 | 0 |" in text and text.count(" met,") == 4 and "pyfaust 3" in text


def test_the_peers_script_measures_what_a_peer_returns(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = bench("peers_butterfly")
    X = np.diag([3.0, 4.0])
    monkeypatch.setattr(module, "ksd", lambda X: (lambda: 0.9 * X, lambda found: found))
    found = module.timed("ksd", X, X, 2)
    assert found["error"] == pytest.approx(0.1) and found["seconds"] >= 0


def test_trials_are_measured_once_and_resumed(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, to = bench("bench_recovery"), tmp_path / "recovery.csv"
    case = dv.Case([dv.Circulant(6, taps=[0, 2]), dv.Circulant(6, taps=[0, 1])])
    monkeypatch.setattr(module, "cases", lambda: iter([("pair", case, 20.0), ("gauge", dense(), 20.0)]))
    monkeypatch.setattr(module, "SUCCESSES", 3)
    real, seen = module.measure, []

    def few(name: str, case: Any, seconds: float) -> Any:
        seen.append(name)
        return real(name, case, seconds, trials=12, certify=5.0)

    monkeypatch.setattr(module, "measure", few)
    monkeypatch.setattr(sys, "argv", ["bench_recovery", "--to", str(to)])
    module.main()
    module.main()
    assert seen == ["pair", "gauge"] and module.finished(to) == {"pair", "gauge"}
    rows = bench("publish_recovery").read(to)
    assert sum(int(row["trials"]) for row in rows if row["case"] == "pair") == 12
    text = bench("publish_recovery").trials_part(rows)
    assert "| pair | 2 | 12 | 0 |" in text and "| gauge | 2 | 3 | 0 of 3 |" in text


def dense() -> Any:
    return dv.Case([dv.Dense((2, 2)), dv.Dense((2, 2))])


def test_upper_ends_of_single_methods(bench: Callable[[str], ModuleType]) -> None:
    """A kernel of dimension one: its line is exact; the portfolio's row and the method's stand in one line."""
    gamma = bench("gamma")
    line = gamma.single((3, 3), 1, "kernel line")
    none = gamma.single((3, 3), 1, "kernel ratio")
    assert (line["problem"], none["hi"]) == ("3x3, dim 1", "inf") and none["outcome"].startswith("nothing")
    kernel = np.random.default_rng([0, 1, 3, 3]).integers(-3, 4, (1, 9)).reshape(3, 3)
    values = np.linalg.svd(kernel, compute_uv=False)
    exact = float(np.linalg.norm(values) / values[2])
    assert float(Fraction(line["hi"])) == pytest.approx(exact, rel=1e-9)
    ends = {"lo": str(Fraction(exact)), "hi": str(Fraction(exact)), "uniform": "yes", "method": "local search"}
    portfolio = {"problem": "3x3, dim 1", "seed": "0", **ends, "find": "1.0", "check": "0.0", "bytes": "1"}
    alone = [line, none, *({**none, "method": name} for name in gamma.SINGLE[2:])]
    text = gamma.page([portfolio], [{key: str(value) for key, value in row.items()} for row in alone])
    assert f"| 3x3, dim 1 | 1.00000, 1.0 s | 1.00000, {line['seconds']:.1f} s | - | - | - |" in text
    assert "single methods" not in gamma.page([portfolio], [])
