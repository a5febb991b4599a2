"""The checker against its corpus, from Python and as a folder without site packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from checker_corpus import CHECK, FOLDERS, items, maker, pieces

from dmfverify.check import KINDS, Rejected, check_files, verify

CORPUS = {folder: items(folder) for folder in FOLDERS}
REFUSED = {**CORPUS["rejected"], **CORPUS["malformed"]}


@pytest.mark.parametrize("name", CORPUS["accepted"])
def test_what_is_accepted_proves_exactly_this(name: str) -> None:
    item = CORPUS["accepted"][name]
    assert verify(*pieces(item)) == item["proves"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_for_this_reason(name: str) -> None:
    with pytest.raises(Rejected) as refusal:
        verify(*pieces(REFUSED[name]))
    assert str(refusal.value) == REFUSED[name]["reason"]


def test_the_corpus_is_what_its_script_writes() -> None:
    made = maker().corpus()
    assert {folder: list(sorted(made[folder])) for folder in FOLDERS} == {f: list(CORPUS[f]) for f in FOLDERS}
    for folder in FOLDERS:
        for name, item in CORPUS[folder].items():
            assert item == json.loads(json.dumps(made[folder][name])), name


def test_every_kind_of_claim_equivalence_and_model_is_accepted_somewhere() -> None:
    kinds, equivalences, models = set(), set(), set()
    for item in CORPUS["accepted"].values():
        kinds |= {claim["kind"] for claim in item["certificate"]["claims"]}
        equivalences.add(item["statement"]["equivalence"])
        models |= {(item["statement"]["model"]["kind"]), item["statement"]["model"]["sign"]}
    assert kinds == set(KINDS)
    assert equivalences == {"scale", "path-scale", "neuron-scale"}
    assert models == {"free", "supports", "sparse", "group-sparse", "real", "nonnegative"}


def test_a_certificate_proves_nothing_about_any_other_statement() -> None:
    files = {name: pieces(item)[:2] for name, item in CORPUS["accepted"].items()}
    for name, (_, certificate) in files.items():
        for other, (statement, _) in files.items():
            if statement != files[name][0]:
                with pytest.raises(Rejected, match="about another statement"):
                    verify(statement, certificate)
            assert other in files


# -- as a program -----------------------------------------------------------------------------------


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The folder itself as a program, isolated and without site packages."""
    command = [sys.executable, "-I", "-S", str(CHECK), str(folder / "certificate.json"), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def written(folder: Path, item: dict) -> Path:
    """The files of an item in a folder."""
    for name, data in zip(("statement", "certificate", "result"), pieces(item), strict=True):
        if data is not None:
            (folder / f"{name}.json").write_bytes(data)
    return folder


def test_the_folder_alone_says_valid_and_what_is_proved(tmp_path: Path) -> None:
    item = CORPUS["accepted"]["trivial_kernel"]
    done = run(written(tmp_path, item))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "valid"
    assert "dnsp.gamma = [1, 1]" in lines and "identifiability.uniform.verdict = yes" in lines
    assert not any("inf]" in line for line in lines), "trivial pairs are left out"


def test_json_is_the_map_of_what_is_proved(tmp_path: Path) -> None:
    item = CORPUS["accepted"]["trivial_kernel"]
    done = run(written(tmp_path, item), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "valid": True,
        "statement_sha256": item["certificate"]["statement_sha256"],
        "proved": item["proves"],
    }


def test_a_certificate_without_claims_proves_nothing(tmp_path: Path) -> None:
    done = run(written(tmp_path, CORPUS["accepted"]["nothing"]))
    assert (done.returncode, done.stdout) == (0, "valid\nproves nothing\n")


@pytest.mark.parametrize("name", ["result_rank_off_by_one", "kernel_vector_outside", "certificate_key_for_a_terminal"])
def test_the_folder_alone_says_invalid_and_why(name: str, tmp_path: Path) -> None:
    item = REFUSED[name]
    done = run(written(tmp_path, item))
    assert (done.returncode, done.stdout, done.stderr) == (1, f"invalid: {item['reason']}\n", "")
    done = run(tmp_path, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, {"valid": False, "reason": item["reason"]})


def test_files_that_cannot_be_read_are_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "certificate.json").mkdir()
    written_elsewhere = tmp_path / "statement.json"
    done = run(tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout == ""
    written_elsewhere.write_text("{}")
    done = run(tmp_path)
    assert done.returncode == 2 and "not a regular file" in done.stderr


def test_files_may_be_named(tmp_path: Path) -> None:
    folder = written(tmp_path, CORPUS["rejected"]["result_rank_off_by_one"])
    (folder / "result.json").rename(folder / "other.json")
    (folder / "statement.json").rename(folder / "asked.json")
    named = check_files(folder / "certificate.json", statement=folder / "asked.json")
    assert named["lifting.rank"] == 4
    assert run(folder, "--statement", str(folder / "asked.json")).returncode == 0
    done = run(folder, "--statement", str(folder / "asked.json"), "--result", str(folder / "other.json"))
    assert done.returncode == 1 and "lifting.rank is not proved" in done.stdout


def test_an_honest_result_is_accepted() -> None:
    item = CORPUS["rejected"]["result_rank_off_by_one"]
    honest = json.loads(json.dumps(item))
    honest["result"]["lifting"]["rank"] = 4
    assert verify(*pieces(honest)) == CORPUS["accepted"]["trivial_kernel"]["proves"]
    silent = {**honest, "result": {**honest["result"], "lifting": None, "identifiability": None, "dnsp": None}}
    assert verify(*pieces(silent))
