"""The three files, read whole."""

import os
import stat

from .strict import MAX_BYTES


def read_files(certificate, statement=None, result=None):
    """The bytes of (statement, certificate, result or None); files not named lie beside the certificate."""
    folder = os.path.dirname(os.path.abspath(certificate))
    statement = statement or os.path.join(folder, "statement.json")
    beside = os.path.join(folder, "result.json")
    result = result or (beside if os.path.exists(beside) else None)
    proof = read(certificate)  # first: it is the file that was named
    return read(statement), proof, read(result) if result else None


def read(path):
    """The bytes of a regular file (one more than the limit at most)."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(0, "not a regular file", os.fspath(path))
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)
