"""What all tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask_cluster import Cluster

from dmfverify.library import shipped

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # numpy is not imported yet: the workers share the cores
    os.environ.setdefault(threads, "1")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def case_paths() -> dict[str, Path]:
    """The reference cases by name."""
    return shipped()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser, for tests marked `debian`. Its absence is a skip by hand and a failure in CI."""
    return program("chromium", "chromium-browser", "google-chrome")


def program(*names: str) -> str:
    """The path of the first of `names` that is installed."""
    for name in names:
        if path := shutil.which(name):
            return path
    package = {"pdflatex": "texlive-latex-recommended lmodern"}.get(names[0], names[0])
    missing = f"{names[0]} is not installed; try: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A real scheduler, to which a test adds workers."""
    pytest.importorskip("distributed")
    found = Cluster(tmp_path)
    yield found
    found.close()
