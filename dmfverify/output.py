"""Files that are written together or not at all: beside, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import BadInput, quoted


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
