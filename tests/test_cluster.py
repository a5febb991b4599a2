"""A sweep on a real local Dask cluster: a worker killed in the middle, the same table."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from dask_cluster import Cluster

from dmfverify.errors import BadInput
from dmfverify.sweep import sweep, tasks_of, write_tables

pytest.importorskip("distributed")
CASES = ["circulant_pair", "toeplitz_pair", "diagonal_fixed_diagonal", "circulant2d_pair"]


@pytest.mark.timeout(200)
def test_a_worker_killed_in_the_middle_leaves_the_same_table(cluster: Cluster, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    bad = tmp_path / "bad.toml"
    bad.write_text("nonsense = 1\n")
    tasks = tasks_of([*CASES, str(bad)], 60)
    write_tables(sweep(tasks, here), here)
    first = cluster.worker()
    killed = []

    def kill_the_first(name: str, row: dict) -> None:
        if name != "bad" and not killed:
            first.send_signal(signal.SIGKILL)  # it is at work on the next case
            killed.append(name)
            cluster.worker()

    write_tables(sweep(tasks, there, scheduler=cluster.address, acknowledged=kill_the_first), there)
    assert killed and first.wait() == -signal.SIGKILL
    assert (there / "table.csv").read_text() == (here / "table.csv").read_text()
    assert (there / "circulant_pair" / "certificate.json").exists()
    told: list[str] = []
    sweep(tasks, there, scheduler=cluster.address, acknowledged=lambda name, row: told.append(name))
    assert told == []


def test_an_address_where_nobody_answers_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dmfverify.sweep.cluster.PATIENCE", 0.5)
    with pytest.raises(BadInput, match="no scheduler answers"):
        sweep(tasks_of(["circulant_pair"]), tmp_path, scheduler="tcp://127.0.0.1:9")


def test_an_address_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no scheduler answers"):
        sweep(tasks_of(["circulant_pair"]), tmp_path, scheduler="nonsense://x")


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"dmfverify\[dask\]"):
        sweep(tasks_of(["circulant_pair"]), tmp_path, scheduler="tcp://127.0.0.1:8786")
