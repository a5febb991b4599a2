"""A result read back from its folder: the checker first, then the reader.

Nothing is believed because it stands in a file: the certificate is checked again, and result.json against it.
"""

from __future__ import annotations

import json
from pathlib import Path

from . import check as checker
from .errors import BadInput, quoted
from .result import Result


def load_result(path: str | Path) -> Result:
    """The result in a folder that `Result.save` wrote, checked again.

    Parameters
    ----------
    path
        The folder, or the result.json in it; statement.json and certificate.json lie beside.

    Raises
    ------
    BadInput
        When a file is missing, or when the checker refuses the certificate or the result.
    """
    path = Path(path)
    if not path.exists():
        hint = "name a folder that dmfverify certify wrote, or the result.json in it"
        raise BadInput("no such file or folder", where=quoted(str(path), 200), hint=hint)
    folder = path if path.is_dir() else path.parent
    result = path if not path.is_dir() else folder / "result.json"
    statement, certificate = folder / "statement.json", folder / "certificate.json"
    try:
        asked, proof, said = checker.read_files(certificate, statement, result)
    except OSError as error:
        named = quoted(str(error.filename or path), 200)
        hint = "statement.json and certificate.json lie beside result.json"
        raise BadInput(f"cannot read it ({error.strerror})", where=named, hint=hint) from None
    try:
        checker.verify(asked, proof, said)
    except checker.Rejected as refusal:
        hint = "dmfverify certify writes it anew"
        raise BadInput(f"the checker refuses it ({refusal})", where=quoted(str(result), 200), hint=hint) from None
    return Result(json.loads(said), asked, proof)
