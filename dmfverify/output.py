"""Files that are written together or not at all: beside, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BadInput, quoted

if TYPE_CHECKING:
    from .verdict import Result


def write_result(result: Result, folder: Path) -> Path:
    """The four files of a result, replaced together; nothing else in `folder` is touched."""
    from .report import render_html

    page = render_html(
        result.json,
        result.case.statement,
        names=names(result),
        certificate_bytes=len(result.certificate),
        check_command=check_command(folder),
    )
    return write_files(
        folder,
        {
            "statement.json": result.statement,
            "certificate.json": result.certificate,
            "result.json": result.result_bytes,
            "report.html": page.encode(),
        },
    )


def check_command(folder: Path) -> str:
    """The command that re-checks what lies in `folder`."""
    import shlex

    return f"dmfverify check {shlex.quote(str(folder / 'certificate.json'))}"


def names(result: Result):  # type: ignore[no-untyped-def]
    """The user's names for parameters and nodes, for pages and pictures."""
    from .report import Names

    return Names(parameters=result.case.names, nodes=result.case.node_names or ())


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` into `folder` (made when missing): all of them beside first, then renamed.

    Raises
    ------
    BadInput
        When the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".dmfverify-", dir=folder))
    except OSError as error:
        raise BadInput(f"cannot write there ({error.strerror})", where=quoted(str(folder), 200)) from None
    try:
        for name, content in files.items():
            (beside / name).write_bytes(content)
        for name in files:
            os.replace(beside / name, folder / name)
    except OSError as error:
        raise BadInput(f"cannot write there ({error.strerror})", where=quoted(str(folder), 200)) from None
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(beside)
    return folder
