"""Sweeps: resumed after a kill, a full disk, a damaged store; the table is the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dmfverify.errors import BadInput
from dmfverify.sweep import Store, sweep, tasks_of, write_tables

CASES = ["circulant_pair", "toeplitz_pair", "diagonal_fixed_diagonal", "chain_with_inputs", "circulant2d_pair"]


def command(folder: Path, *extra: str) -> list[str]:
    return [sys.executable, "-m", "dmfverify.cli", "sweep", *CASES, "--out", str(folder), *extra]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The table of an undisturbed sweep."""
    folder = tmp_path_factory.mktemp("whole")
    write_tables(sweep(tasks_of(CASES), folder), folder)
    return (folder / "table.csv").read_text()


def test_the_table_has_a_row_a_case_with_certain_brackets(table: str) -> None:
    lines = table.splitlines()
    assert len(lines) == 1 + len(CASES)
    assert [line.split(",")[0] for line in lines[1:]] == CASES
    assert all(",yes," in line for line in lines[1:])


def test_a_sweep_killed_in_the_middle_is_resumed_and_computes_nothing_twice(tmp_path: Path, table: str) -> None:
    process = subprocess.Popen(command(tmp_path), start_new_session=True, stdout=subprocess.DEVNULL)
    store = tmp_path / "store.jsonl"
    while process.poll() is None and (not store.exists() or store.read_bytes().count(b"\n") < 2):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = store.read_bytes()
    with store.open("ab") as file:
        file.write(b'{"key": "half a li')
    subprocess.run(command(tmp_path), check=True, stdout=subprocess.DEVNULL)
    assert store.read_bytes().startswith(kept.rpartition(b"\n")[0])
    assert store.read_bytes().count(b"\n") == len(CASES)
    assert (tmp_path / "table.csv").read_text() == table


def test_a_finished_sweep_runs_nothing_again(tmp_path: Path, table: str) -> None:
    sweep(tasks_of(CASES), tmp_path)
    told: list[str] = []
    rows = sweep(tasks_of(CASES), tmp_path, acknowledged=lambda name, row: told.append(name))
    write_tables(rows, tmp_path)
    assert told == [] and (tmp_path / "table.csv").read_text() == table


@pytest.mark.parametrize("damage", ["digit", "garbage", "checksum"])
def test_a_damaged_line_is_refused_with_its_number(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "store.jsonl"
    with Store(path) as store:
        store.append("a", {"verdict": "yes"})
        store.append("b", {"verdict": "no"})
    lines = path.read_text().splitlines()
    lines[0] = {
        "digit": lines[0].replace("yes", "no"),
        "garbage": "\x00\x01",
        "checksum": json.dumps({"key": "a", "row": {}}),
    }[damage]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadInput, match="line 1 is damaged"), Store(path):
        pass


def test_a_second_sweep_into_the_same_folder_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "store.jsonl"):
        second = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False)
    assert second.returncode == 2 and "another sweep is writing there" in second.stderr


def test_a_case_that_is_bad_input_gets_a_row_that_says_so(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('title = "x"\nnonsense = 1\n')
    (row,) = sweep(tasks_of([str(bad)]), tmp_path / "out")
    assert row["case"] == "bad" and "nonsense" in row["status"]


def test_names_that_collide_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="two cases are called"):
        tasks_of(["circulant_pair", "circulant_pair"])
    with pytest.raises(BadInput, match="cannot read it"):
        sweep(tasks_of([str(tmp_path / "no.toml")]), tmp_path / "out")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_sweep_goes_on_when_there_is_room(tmp_path: Path, table: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        first = subprocess.run(command(small / "out", "--quiet"), capture_output=True, text=True, check=False)
        assert first.returncode == 2
        assert len(first.stderr.strip().splitlines()) == 1 and "No space left" in first.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        subprocess.run(command(small / "out"), check=True, stdout=subprocess.DEVNULL)
        assert (small / "out" / "table.csv").read_text() == table
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_store_that_cannot_grow_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    """The same without root: a limit on the size of files stands for a full disk."""
    script = f"""
import resource, signal
from pathlib import Path
from dmfverify.sweep import Store
from dmfverify.errors import BadInput
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
with Store(Path({str(tmp_path / "store.jsonl")!r})) as store:
    store.append("a", {{"verdict": "yes"}})
    try:
        store.append("b", {{"text": "x" * 500}})
    except BadInput as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "what was acknowledged is kept" in done.stdout
    with Store(tmp_path / "store.jsonl") as store:
        assert store.rows == {"a": {"verdict": "yes"}}
