"""Files that a case names: arrays and positions, from inside the case's folder, sizes checked before anything is read.

Main definitions
    `inside`         a path, resolved, in the folder, a regular file of bounded size
    `read_basis`     `.npy` (S x a x b), `.npz` (one such array, or scipy.sparse S x a·b with a shape) -> `Basis`
    `read_matrix`    `.npy`, `.npz`, `.mtx` -> something that `reading.matrix` accepts
    `read_positions` `.mtx` -> shape and (row, column) pairs in file order

Nothing is unpickled; headers are parsed with literals only and compared with the bytes that are there.
"""

from __future__ import annotations

import math
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import BadInput, quoted
from .factor import Basis
from .reading import COMPLEX, Shape, at, few, number, shape_of, sized, whole, words

CASE_BYTES = 16 * 2**20
FILE_BYTES = 256 * 2**20
HEADER_BYTES = 10_000
HEADER = re.compile(
    r"\{'descr': ('[^'\\]*'|\[.*\]), 'fortran_order': (True|False), 'shape': \(((?:[0-9]{1,20},? ?){0,8})\),? *\}\s*"
)
MEMBERS = 64
"""Members of a .npz file that are looked at."""


def regular(path: Path, limit: int, what: str) -> Path:
    """`path` when it is a regular file of at most `limit` bytes; nothing is opened."""
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        reason = "does not exist" if isinstance(error, FileNotFoundError) else reason
        raise BadInput(f"{what} {reason}") from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
        raise BadInput(f"{what} is {kind}, expected a regular file")
    if found.st_size > limit:
        raise BadInput(f"{what} has {found.st_size:,} bytes, expected at most {limit // 2**20} MiB")
    return path


def read_bytes(path: Path, limit: int, what: str) -> bytes:
    """The bytes of a regular file, never more than `limit`, even if it grows."""
    regular(path, limit, what)
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise BadInput(f"{what} cannot be read: {error.strerror}") from None
    if len(data) > limit:
        raise BadInput(f"{what} has more than {limit // 2**20} MiB, expected less")
    return data


def inside(folder: Path, name: object) -> Path:
    """The file that a case names, after links are resolved, inside the case's folder."""
    name = words(name, "", 4_000)
    if not name or "\0" in name:
        raise BadInput(f"got {quoted(name)}, expected the path of a file")
    if os.path.isabs(name) or (len(name) > 1 and name[1] == ":"):
        raise BadInput(f"got {quoted(name)}, expected a path relative to the case file")
    root = folder.resolve()
    try:
        path = (root / name).resolve()
    except (OSError, RuntimeError):
        raise BadInput(f"got {quoted(name)}, which is a loop of links") from None
    if not path.is_relative_to(root):
        hint = "copy the file beside the case"
        raise BadInput(f"got {quoted(name)}, which leads out of the case's folder", hint=hint)
    return regular(path, FILE_BYTES, f"file {quoted(name)}")


# -- numpy -------------------------------------------------------------------------------------------


def read_basis(folder: Path, path: object, shape: object = None) -> Basis:
    """The basis in a `.npy` or `.npz` file.

    Parameters
    ----------
    folder
        Of the case file.
    path
        Relative to it.
    shape
        [a, b]; needed for a scipy.sparse matrix S x a·b, checked otherwise.
    """
    size = None if shape is None else shape_of(shape)
    with at("path"):
        file = inside(folder, path)
        content = _content(file, (".npy", ".npz"))
        if size is None and hasattr(content, "tocoo"):
            raise BadInput(f"got a sparse {sized(content.shape)} matrix, expected the key shape = [a, b] beside it")
        try:
            basis = Basis.from_rows(content, size) if size and hasattr(content, "tocoo") else Basis(content)
        except BadInput as error:
            raise BadInput(error.problem, hint=error.hint) from None
    if size and basis.shape != size:
        raise BadInput(f"got {sized(size)}, expected {sized(basis.shape)} as in the file", where="shape")
    return basis


def read_matrix(folder: Path, path: object) -> Any:
    """The matrix in a `.npy`, `.npz` or `.mtx` file."""
    return _content(inside(folder, path), (".npy", ".npz", ".mtx"))


def _content(file: Path, endings: tuple[str, ...]) -> Any:
    ending = file.suffix.lower()
    if ending not in endings:
        raise BadInput(f"got {quoted(file.name)}, expected a file that ends in {' or '.join(endings)}")
    if ending == ".npy":
        with open(file, "rb") as stream:
            return read_npy(stream, file.stat().st_size, quoted(file.name))
    return _read_npz(file) if ending == ".npz" else _matrix_market_matrix(file)


def read_npy(stream: BinaryIO, size: int, name: str, kinds: str = "iuf") -> Any:
    """The array in a `.npy` stream of `size` bytes; its header is checked before anything is allocated."""
    import numpy as np

    descr, fortran, shape = _npy_header(stream, name)
    try:
        dtype = np.dtype(descr)
    except TypeError:
        raise _no_npy(name) from None
    if dtype.kind == "c":
        raise BadInput(f"{name} is an array of {dtype}: {COMPLEX}")
    if dtype.kind not in kinds or (dtype.kind in "iuf" and dtype.itemsize > 8) or dtype.subdtype or dtype.itemsize == 0:
        raise BadInput(f"{name} is an array of {quoted(str(dtype))}, expected integers or floats of at most 64 bits")
    count = math.prod(shape)
    left = size - stream.tell()
    if count * dtype.itemsize != left:
        given = sized([min(n, 10**20) for n in shape])
        raise BadInput(
            f"{name} says {given} in its header, {min(count * dtype.itemsize, 10**30)} bytes, but {left} follow"
        )
    data = stream.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise BadInput(f"{name} ends too early")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _npy_header(stream: BinaryIO, name: str) -> tuple[str, bool, tuple[int, ...]]:
    """Type, order and shape; nothing is evaluated."""
    start = stream.read(8)
    width = {b"\x93NUMPY\x01\x00": 2, b"\x93NUMPY\x02\x00": 4}.get(start)
    length = int.from_bytes(stream.read(width), "little") if width else HEADER_BYTES + 1
    found = HEADER.fullmatch(stream.read(length).decode("latin-1")) if length <= HEADER_BYTES else None
    if found is None:
        raise _no_npy(name)
    if "O" in found[1]:
        raise BadInput(f"{name} holds Python objects (a pickle), expected an array of numbers")
    if not found[1].startswith("'"):
        raise BadInput(f"{name} is an array of records, expected integers or floats of at most 64 bits")
    return found[1].strip("'"), found[2] == "True", tuple(int(n) for n in found[3].replace(",", " ").split())


def _no_npy(name: str) -> BadInput:
    return BadInput(f"{name} is not a .npy file that numpy.save writes")


def _read_npz(file: Path) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {m.filename: m for m in members_of(archive, file.name)}
            if "format.npy" in members:
                return _sparse(lambda key, kinds="iuf": read_npy_member(archive, members, key, kinds))
            if len(members) != 1:
                raise BadInput(f"{quoted(file.name)} holds {len(members)} arrays, expected one")
            return read_npy_member(archive, members, next(iter(members)).removesuffix(".npy"))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise BadInput(f"{quoted(file.name)} is not a .npz file that numpy or scipy.sparse writes") from None


def members_of(archive: zipfile.ZipFile, name: str, most: int = MEMBERS) -> Iterator[zipfile.ZipInfo]:
    """The .npy members of a .npz file, `most` at most, as numpy writes them."""
    members = archive.infolist()
    total = sum(m.file_size for m in members)
    if total > FILE_BYTES:
        raise BadInput(f"{quoted(name)} unpacks to {total:,} bytes, expected at most {FILE_BYTES // 2**20} MiB")
    if len(members) > most or len({m.filename for m in members}) < len(members):
        raise BadInput(f"{quoted(name)} holds {len(members)} members, expected one array")
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise BadInput(f"{quoted(name)} is packed in a way that numpy does not write")
        if not member.filename.endswith(".npy"):
            raise BadInput(f"{quoted(name)} holds {quoted(member.filename)}, expected .npy arrays only")
        yield member


def read_npy_member(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], key: str, kinds: str = "iuf"
) -> Any:
    """One array of a .npz file."""
    member = members.get(f"{key}.npy")
    if member is None:
        raise BadInput(f"the sparse matrix has no {quoted(key)} array")
    with archive.open(member) as stream:
        return read_npy(_Counted(stream), member.file_size, quoted(member.filename), kinds)  # type: ignore[arg-type]


class _Counted:
    """A stream that only goes forward and knows how far it is."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.place = stream, 0

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.place += len(data)
        return data

    def tell(self) -> int:
        return self.place


def _sparse(get: Any) -> Any:
    """A scipy.sparse matrix as `save_npz` writes it, its indices checked by hand."""
    kind = get("format", "SU").item()
    kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
    shape = tuple(whole(int(n), "", 1) for n in get("shape", "iu").ravel())
    if len(shape) != 2:
        raise BadInput(f"got a sparse array of {len(shape)} dimensions, expected a matrix S x a·b")
    if kind == "coo":
        row, col = get("row", "iu"), get("col", "iu")
    elif kind in ("csr", "csc"):
        row, col = _expanded(get("indptr", "iu"), get("indices", "iu"), shape[kind == "csc"])
        row, col = (col, row) if kind == "csc" else (row, col)
    else:
        hint = "save it with matrix.tocsr()"
        raise BadInput(f"got a sparse matrix of format {quoted(kind)}, expected csr, csc or coo", hint=hint)
    return _coordinates(shape, row, col, get("data"))


def _expanded(starts: Any, minor: Any, lines: int) -> tuple[Any, Any]:
    import numpy as np

    if starts.ndim != 1 or minor.ndim != 1 or len(starts) != lines + 1:
        raise BadInput("the sparse matrix has an indptr of a wrong length")
    counts = np.diff(starts.astype(np.int64))
    if starts[0] != 0 or (counts < 0).any() or starts[-1] != len(minor):
        raise BadInput("the sparse matrix has an indptr that does not fit its indices")
    return np.repeat(np.arange(lines), counts), minor


def _coordinates(shape: tuple[int, ...], row: Any, col: Any, data: Any) -> Any:
    from scipy.sparse import coo_matrix

    few(len(data))
    if not (row.shape == col.shape == data.shape and data.ndim == 1):
        raise BadInput("the sparse matrix has arrays of different lengths")
    for index, size in ((row, shape[0]), (col, shape[1])):
        if len(index) and not (0 <= int(index.min()) and int(index.max()) < size):
            raise BadInput(f"the sparse matrix has an index outside its shape {sized(shape)}")
    return coo_matrix((data, (row, col)), shape=shape)


# -- MatrixMarket ------------------------------------------------------------------------------------


def read_positions(folder: Path, path: object) -> tuple[Shape, list[tuple[int, int]]]:
    """Shape and positions, in file order, of a MatrixMarket file."""
    file = inside(folder, path)
    if file.suffix.lower() != ".mtx":
        raise BadInput(f"got {quoted(file.name)}, expected [row, column] pairs or a file that ends in .mtx")
    shape, lines, _ = _matrix_market(file)
    return shape, [(row, col) for row, col, _ in lines]


def _matrix_market_matrix(file: Path) -> Any:
    shape, lines, field = _matrix_market(file)
    values = [number("1" if field == "pattern" else v) for _, _, v in lines]
    return Coordinates(shape, [(r, c, v) for (r, c, _), v in zip(lines, values, strict=True)])


def _matrix_market(file: Path) -> tuple[Shape, list[tuple[int, int, str]], str]:
    """Shape, entries (row, column, value as text), field; strictly `coordinate ... general`."""
    name = quoted(file.name)
    text = read_bytes(file, FILE_BYTES, f"file {name}").decode("ascii", "replace")
    lines = text.split("\n")
    head = lines[0].lower().split()
    if len(head) != 5 or head[0] != "%%matrixmarket" or head[1:3] != ["matrix", "coordinate"]:
        raise BadInput(f"{name} is not a MatrixMarket file of coordinates (%%MatrixMarket matrix coordinate ...)")
    if head[3] == "complex":
        raise BadInput(f"{name}: {COMPLEX}")
    if head[3] not in ("real", "integer", "pattern") or head[4] != "general":
        given = quoted(f"{head[3]} {head[4]}")
        raise BadInput(f"{name} is {given}, expected real, integer or pattern, and general")
    body = ((n, line.split()) for n, line in enumerate(lines, start=1) if line.strip() and not line.startswith("%"))
    rows, cols, count = _integers(next(body, (2, [])), 3, name)
    shape = whole(rows, "", 1), whole(cols, "", 1)
    few(count)
    width = 2 if head[3] == "pattern" else 3
    found: list[tuple[int, int, str]] = []
    for n, words_ in body:
        if len(found) == count:
            raise BadInput(f"{name} line {n}: more than the {count} entries that its header says")
        r, c = _integers((n, words_[:2] if len(words_) == width else []), 2, name)
        if not (1 <= r <= rows and 1 <= c <= cols):
            raise BadInput(f"{name} line {n}: got the entry {r} {c}, expected indices from 1 within {sized(shape)}")
        found.append((r - 1, c - 1, words_[2] if width == 3 else "1"))
    if len(found) != count:
        raise BadInput(f"{name} has {len(found)} entries, expected {count} as its header says")
    return shape, found, head[3]


def _integers(line: tuple[int, list[str]], count: int, name: str) -> list[int]:
    n, given = line
    if len(given) != count or not all(w.isdecimal() and len(w) <= 15 for w in given):
        expected = "rows, columns, entries" if count == 3 else "row, column and perhaps a value"
        raise BadInput(f"{name} line {n}: expected {expected}")
    return [int(w) for w in given]


class Coordinates:
    """Exact entries in the shape of a scipy.sparse matrix, for `reading.matrix`."""

    def __init__(self, shape: Shape, entries: list[tuple[int, int, Any]]) -> None:
        import numpy as np

        self.shape, self.nnz, self.dtype = shape, len(entries), np.dtype(object)
        self.row, self.col = (np.array([e[d] for e in entries], dtype=np.int64) for d in (0, 1))
        self.data = np.empty(len(entries), dtype=object)
        self.data[:] = [e[2] for e in entries]

    def tocoo(self) -> Coordinates:
        """Itself."""
        return self
