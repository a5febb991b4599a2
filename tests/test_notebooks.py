"""The notebooks run from the first cell to the last, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat
import pytest

BOOKS = sorted((Path(__file__).resolve().parent.parent / "docs" / "notebooks").glob("*.ipynb"))


def test_there_are_three() -> None:
    assert [book.stem for book in BOOKS] == ["network", "stability", "tour"]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_is_kept_without_outputs(book: Path) -> None:
    content = nbformat.read(book, as_version=4)
    nbformat.validate(content)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in content.cells)


@pytest.mark.slow
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_runs(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if book.stem == "network":
        pytest.importorskip("torch")
    monkeypatch.setenv("PYTHONPATH", str(book.parents[2]))
    monkeypatch.setenv("MPLBACKEND", "agg")
    content = nbformat.read(book, as_version=4)
    nbclient.NotebookClient(content, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
