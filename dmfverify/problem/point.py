"""Given parameters: h_1, ..., h_K from a file or from Python, hostile until read.

Main definitions
    `read_point`   a TOML, JSON or .npz file
    `point_of`     nested sequences or arrays, one for each factor with parameters
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import BadInput, quoted
from .files import CASE_BYTES, FILE_BYTES, members_of, read_bytes, read_npy_member, regular
from .reading import MARK, check_array, is_array, numbers, sequence, wrong
from .tables import check_keys
from .text import SKIPPED, check_nesting, parse

Point = list[list[Fraction]]


def read_point(path: str | os.PathLike[str], sizes: Sequence[int]) -> Point:
    """The parameters in a file: ``h = [[...], ...]`` in TOML or JSON, or a ``.npz`` with h1, ..., hK.

    Parameters
    ----------
    path
        A regular file of at most 16 MiB, or 256 MiB for a ``.npz``.
    sizes
        S_1, ..., S_K: how many numbers each list has to hold.

    Raises
    ------
    BadInput
        One line that names the file, the key, what was given and what was expected.
    """
    file, name = Path(path), str(path)
    try:
        ending = file.suffix.lower()
        if ending == ".npz":
            return _from_npz(regular(file, FILE_BYTES, "file"), sizes)
        if ending not in (".toml", ".json"):
            raise BadInput("expected a file that ends in .toml, .json or .npz")
        text = _text(read_bytes(file, CASE_BYTES, "file"))
        document = parse(text) if ending == ".toml" else _json(text)
        check_keys(document, ("h",), ("h",))
        return point_of(document["h"], sizes)
    except BadInput as error:
        where = f"{name}: {error.where}" if error.where else name
        raise BadInput(error.problem, where=where, hint=error.hint) from None


def point_of(value: Any, sizes: Sequence[int]) -> Point:
    """Exact parameters from one list or array for each factor that has parameters, in product order.

    A float means exactly the binary fraction that it holds.

    Examples
    --------
    >>> point_of([[1, "1/2"], [0.5]], (2, 1))
    [[Fraction(1, 1), Fraction(1, 2)], [Fraction(1, 2)]]
    """
    lists = sequence(value, "one list of parameters for each factor", "h") if not is_array(value) else list(value)
    if len(lists) != len(sizes):
        given = f"got {len(lists)} lists, expected {len(sizes)}"
        raise BadInput(f"{given}, one for each factor with parameters", where="h")
    return [_part(part, n, f"h[{k}]") for k, (part, n) in enumerate(zip(lists, sizes, strict=True))]


def _part(value: Any, size: int, where: str) -> list[Fraction]:
    if is_array(value):
        array = check_array(value, where)
        if array.ndim != 1:
            raise wrong(array, f"a vector of {size} numbers", where)
        value = array.tolist()
    values = sequence(value, f"a list of {size} numbers", where)
    if len(values) != size:
        raise BadInput(f"got {len(values)} numbers, expected {size}", where=where)
    return numbers(values, where)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"byte {error.start} is not UTF-8, expected UTF-8 text") from None


def _json(text: str) -> dict[str, Any]:
    """A JSON object; decimals as `Decimal`, long literals marked, repeated keys refused."""
    check_nesting(SKIPPED.sub('""', text))
    try:
        found = json.loads(
            text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_unique
        )
    except BadInput:
        raise
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadInput('expected an object {"h": [[...], ...]}')
    return found


def _integer(literal: str) -> int | str:
    return int(literal) if len(literal) <= 1_001 else MARK + literal


def _decimal(literal: str) -> Decimal | str:
    digits, _, power = literal.lower().partition("e")
    short = len(digits) <= 1_002 and len(power.lstrip("+-").lstrip("0")) <= 4
    return Decimal(literal) if short else MARK + literal


def _constant(literal: str) -> str:
    return MARK + literal.removeprefix("-")[:3].lower()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadInput("got a key twice, expected each key once")
    return found


def _from_npz(file: Path, sizes: Sequence[int]) -> Point:
    wanted = [f"h{k + 1}" for k in range(len(sizes))]
    try:
        with zipfile.ZipFile(file) as archive:
            members = {m.filename: m for m in members_of(archive, file.name, len(sizes) + 64)}
            given = {name.removesuffix(".npy") for name in members}
            if given != set(wanted):
                odd = sorted(given - set(wanted)) or sorted(set(wanted) - given)
                what = "holds" if given - set(wanted) else "does not hold"
                raise BadInput(f"{what} {quoted(odd[0])}, expected the arrays h1 to h{len(sizes)}")
            arrays = [read_npy_member(archive, members, name) for name in wanted]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise BadInput("is not a .npz file that numpy writes") from None
    return [_part(array, n, name) for array, n, name in zip(arrays, sizes, wanted, strict=True)]
