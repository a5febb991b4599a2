"""The store of a sweep: JSON lines, only ever appended to, each with a checksum of its own.

A line is written whole and synced to disk before it is acknowledged.  A sweep that is killed
leaves at most one unfinished last line, which the next run drops; any other line that does not
carry its checksum is refused, because somebody or something has changed it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import IO, Any

from ..errors import BadInput, quoted


class Store:
    """An open store: `rows` by key, and `append`.

    One process holds it at a time; a second sweep into the same folder is refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store(Path(folder) / "store.jsonl") as store:
    ...         store.append("a", {"verdict": "yes"})
    ...     with Store(Path(folder) / "store.jsonl") as store:
    ...         print(store.rows)
    {'a': {'verdict': 'yes'}}
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, dict[str, Any]] = {}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Store:
        try:
            self._file = open(self.path, "a+b")
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike flock, not inherited by workers
        except (BlockingIOError, PermissionError):
            raise BadInput("another sweep is writing there", where=quoted(str(self.path), 200)) from None
        except OSError as error:
            raise BadInput(f"cannot open it ({error.strerror})", where=quoted(str(self.path), 200)) from None
        self._load(self._file)
        return self

    def __exit__(self, *error: object) -> None:
        if self._file:
            self._file.close()

    def _load(self, file: IO[bytes]) -> None:
        file.seek(0)
        end = 0
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):  # killed while writing: never acknowledged
                file.truncate(end)
                break
            key, row = self._read(line, number)
            self.rows[key] = row
            end += len(line)

    def _read(self, line: bytes, number: int) -> tuple[str, dict[str, Any]]:
        try:
            record = json.loads(line)
            intact = record["sum"] == checksum(record["key"], record["row"])
        except (ValueError, KeyError, TypeError):
            intact = False
        if not intact:
            raise BadInput(
                f"line {number} is damaged: it does not carry its checksum",
                where=quoted(str(self.path), 200),
                hint="delete that line to compute its case again",
            )
        return record["key"], record["row"]

    def append(self, key: str, row: dict[str, Any]) -> None:
        """Add a row; when this returns, the row is on disk.

        Raises
        ------
        BadInput
            When the disk is full or gone; the store keeps every earlier row.
        """
        if self._file is None:
            raise ValueError("the store is not open")
        record = {"key": key, "row": row, "sum": checksum(key, row)}
        end = self._file.seek(0, os.SEEK_END)
        try:
            self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._undo(end)
            raise BadInput(
                f"cannot write there ({error.strerror}); what was acknowledged is kept",
                where=quoted(str(self.path), 200),
                hint="make room and run the same command again",
            ) from None
        self.rows[key] = row

    def _undo(self, end: int) -> None:
        """Drop what a failed write left in buffers and on disk."""
        handle = os.open(self.path, os.O_WRONLY)
        os.ftruncate(handle, end)
        os.close(handle)
        file, self._file = self._file, None
        try:
            file.close()  # type: ignore[union-attr]
        except OSError:
            os.truncate(self.path, end)  # closing tried to flush the same bytes again


def checksum(key: str, row: dict[str, Any]) -> str:
    """Sixteen hexadecimal digits of SHA-256 over the canonical JSON of a row and its key."""
    body = json.dumps([key, row], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()[:16]
