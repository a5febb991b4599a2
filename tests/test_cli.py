"""The command line: what is typed, what comes back, what is written, and the exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dmfverify import cli

Run = Callable[..., tuple[int, str, str]]
FILES = ["certificate.json", "report.html", "result.json", "statement.json"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder: (exit status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dmfverify", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        return int(stop.value.code or 0), out, err

    return command


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_certify_writes_four_files_into_a_folder_named_after_the_case(run: Run, tmp_path: Path) -> None:
    status, out, err = run("certify", "circulant_pair")
    assert (status, err) == (0, "") and "yes" in out
    assert listing(tmp_path) == ["circulant_pair", *(f"circulant_pair/{name}" for name in FILES)]


def test_the_folder_may_exist_and_nothing_else_in_it_is_touched(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert run("certify", "circulant_pair", "--out", "out", "--quiet") == (0, "", "")
    assert run("certify", "toeplitz_pair", "--out", "out", "--quiet") == (0, "", "")
    assert listing(tmp_path / "out") == sorted([*FILES, "notes.txt"])
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert json.loads((tmp_path / "out" / "result.json").read_text())["case"]["title"] == "two zero-padded convolutions"


def test_json_is_the_result_and_nothing_else(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("certify", "circulant_pair", "--json")
    assert status == 0 and out.encode() == (tmp_path / "circulant_pair" / "result.json").read_bytes()
    assert json.loads(out)["identifiability"]["uniform"]["verdict"] == "yes"


@pytest.mark.parametrize(
    ("case", "requirement", "status"),
    [
        ("circulant_pair", "identifiable", 0),
        ("circulant_pair", "stable", 0),
        ("chain_generic_only", "identifiable", 1),
        ("chain_generic_only", "stable", 1),
    ],
)
def test_requirements(run: Run, tmp_path: Path, case: str, requirement: str, status: int) -> None:
    assert run("certify", case, "--require", requirement, "--quiet")[0] == status
    assert (tmp_path / case / "result.json").exists()


def test_check_accepts_what_certify_wrote_and_refuses_a_result_that_says_more(run: Run, tmp_path: Path) -> None:
    run("certify", "chain_generic_only", "--out", "out", "--quiet")
    status, out, _ = run("check", "out/certificate.json")
    assert status == 0 and out.startswith("valid\n") and "identifiability.uniform.verdict = no" in out
    told = json.loads(run("check", "out/certificate.json", "--json")[1])
    assert told["valid"] and told["proved"]["identifiability.uniform.verdict"] == "no"
    forged = (tmp_path / "out" / "result.json").read_text().replace('"verdict": "no"', '"verdict": "yes"', 1)
    (tmp_path / "forged.json").write_text(forged)
    status, out, _ = run("check", "out/certificate.json", "--result", "forged.json")
    assert status == 1 and out == "invalid: result: identifiability.uniform.verdict is not proved\n"
    run("certify", "circulant_pair", "--out", "other", "--quiet")
    status, out, _ = run("check", "out/certificate.json", "--statement", "other/statement.json")
    assert status == 1 and out == "invalid: the certificate is about another statement\n"


@pytest.mark.parametrize(("p", "written"), [("1", 1), ("2", 2), ("inf", "inf")])
def test_p_chooses_the_distance_of_the_recovery_bound(run: Run, p: str, written: int | str) -> None:
    status, out, err = run("certify", "circulant_pair", "--p", p, "--json")
    assert (status, err) == (0, "") and json.loads(out)["recovery_bound"]["p"] == written


WRONG = [
    (("certify", "circulant_pare"), "did you mean circulant_pair?"),
    (("certify", "no/such/file.toml"), "no/such/file.toml"),
    (("certify", "."), "regular file"),
    (("certify", "circulant_pair", "--time-budget", "-1"), "expected a positive number of seconds"),
    (("certify", "circulant_pair", "--time-budget", "nan"), "expected a positive number of seconds"),
    (("certify", "circulant_pair", "--require", "stabel"), "expected identifiable or stable"),
    (("certify", "circulant_pair", "--p", "3"), "--p: got '3', expected 1, 2 or inf"),
    (("certify", "circulant_pair", "--jobs", "0"), "--jobs"),
    (("certify", "circulant_pair", "--out", "/proc/nowhere"), "cannot write there"),
    (("certify",), "CASE"),
    (("certifi", "circulant_pair"), "certifi"),
    (("check", "missing.json"), "missing.json"),
    (("lift", "circulant_pair", "--format", "word"), "text, latex, python"),
    (("show", "circulant_pair", "--out", "picture.doc"), "picture.doc"),
    (("sweep", "no_such_case"), "no shipped case"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_usage_is_one_line_and_nothing_is_written(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = run(*arguments)
    assert status == 2 and message in err
    assert len(err.strip().splitlines()) == 1 and "Traceback" not in err
    assert out == "" and [name for name in listing(tmp_path) if not name.startswith("sweep")] == []


HARMLESS = ["</script><script>alert(1)</script>", r"\input{/etc/passwd}", "[red]bold[/red]", "a\nb\tc"]


@pytest.mark.parametrize("title", HARMLESS)
def test_titles_are_data(run: Run, tmp_path: Path, title: str) -> None:
    text = f"title = {json.dumps(title)}\n[[factors]]\noperator = 'dense'\nshape = [2, 1]\n"
    (tmp_path / "x.toml").write_text(text)
    status, out, err = run("certify", "x.toml")
    assert (status, err) == (0, "")
    page = (tmp_path / "x" / "report.html").read_text()
    assert "<script>alert" not in page and page.count("</script>") == page.count("<script")


def test_a_time_budget_ends_with_what_is_known(run: Run, tmp_path: Path) -> None:
    start = time.monotonic()
    status, out, _ = run("certify", "trilinear_s3_m22", "--time-budget", "0.5", "--json")
    assert status == 0 and time.monotonic() - start < 60
    uniform = json.loads(out)["identifiability"]["uniform"]
    assert uniform["verdict"] in ("yes", "undecided")
    if uniform["verdict"] == "undecided":
        assert "time budget of 0.5 s spent" in uniform["reason"]
    assert run("check", "trilinear_s3_m22/certificate.json")[0] == 0


def test_ctrl_c_writes_what_is_known_and_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dmfverify.cli", "certify", "trilinear_s3_m22", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("the machine was done before the interrupt")
    assert process.returncode == 130 and b"Traceback" not in err
    if (tmp_path / "out").exists():  # not when the interrupt came before the search had begun
        checked = [sys.executable, "-m", "dmfverify.cli", "check", str(tmp_path / "out" / "certificate.json")]
        assert subprocess.run(checked, stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_lift_show_cases_and_new(run: Run, tmp_path: Path) -> None:
    assert "kernel" in run("lift", "chain_generic_only")[1].lower()
    assert "\\" in run("lift", "chain_generic_only", "--format", "latex")[1]
    script = run("lift", "circulant_pair", "--format", "python")[1]
    assert subprocess.run([sys.executable, "-c", script], check=False, stdout=subprocess.DEVNULL).returncode == 0
    assert run("show", "diamond_disjoint", "--out", "x.svg")[0] == 0 and (tmp_path / "x.svg").exists()
    assert "chain_k10_distinct" in run("cases")[1]
    (tmp_path / "mine.toml").write_text(run("new")[1])
    assert run("certify", "mine.toml", "--quiet") == (0, "", "")


def test_help_names_every_command(run: Run) -> None:
    status, out, _ = run("--help")
    commands = ("certify", "check", "recover", "lift", "show", "sweep", "report", "cases", "new")
    assert status == 0 and all(name in out for name in commands)
