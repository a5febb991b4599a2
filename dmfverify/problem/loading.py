"""From a case file to a `Case`; the template that `dmfverify new` prints.

Main definitions
    `load`      a TOML file, hostile until read
    `template`  a commented case that loads

Errors are one line: the file, the key, what was given, what was expected, what to try.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BadInput, MissingExtra
from .architecture import Architecture
from .case import Case
from .factor import OPERATORS, Factor, Pattern
from .files import CASE_BYTES, read_basis, read_bytes, read_matrix, read_positions
from .model import MODELS, Free, Model
from .network import Network
from .reading import FACTORS, at, listed, one_of, shape_of, wrong
from .tables import check_keys, table
from .text import parse

TOP = ("title", "source", "equivalence", "factors", "network", "model", "data", "expected")
NETWORK = ("length", "shape", "output", "edges", "boundary", "stride")
TABLES = 10 * FACTORS
"""Tables in `factors`, known matrices included."""


def load(path: str | os.PathLike[str]) -> Case:
    """The case in a TOML file.

    Parameters
    ----------
    path
        A regular file of at most 16 MiB.

    Raises
    ------
    BadInput
        One line that names the file, the key, what was given and what was expected.
    """
    file = Path(path)
    name = str(path)
    try:
        data = read_bytes(file, CASE_BYTES, "case file")
        return read_case(parse(_text(data)), file.parent, hashlib.sha256(data).hexdigest())
    except MissingExtra:
        raise
    except BadInput as error:
        where = f"{name}: {error.where}" if error.where else name
        raise type(error)(error.problem, where=where, hint=error.hint) from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"byte {error.start} is not UTF-8, expected UTF-8 text") from None


def read_case(document: Mapping[str, Any], folder: Path, sha256: str = "") -> Case:
    """The case in the tables of a case file; files are looked for in `folder`."""
    check_keys(document, TOP)
    architecture = _architecture(document, folder)
    return Case(
        architecture,
        model=_model(document.get("model")),
        equivalence=document.get("equivalence"),
        data=_data(document.get("data"), folder),
        title=document.get("title", ""),
        source=document.get("source", ""),
        expected=table(document.get("expected", {}), "expected"),
        file_sha256=sha256,
    )


def _architecture(document: Mapping[str, Any], folder: Path) -> Architecture | Network:
    if ("factors" in document) == ("network" in document):
        given = "both factors and network" if "factors" in document else "neither factors nor network"
        raise BadInput(f"got {given}, expected [[factors]] tables or one [network] table")
    if "network" in document:
        return _network(document["network"])
    factors = document["factors"]
    if not isinstance(factors, list):
        raise wrong(factors, "[[factors]] tables", "factors", "write [[factors]] with two brackets")
    if len(factors) > TABLES:
        raise BadInput(f"got {len(factors)} factors, expected at most {FACTORS:,} with parameters", where="factors")
    return Architecture([_factor(f, folder, f"factors[{n}]") for n, f in enumerate(factors)])


def _network(value: Any) -> Network:
    with at("network"):
        check_keys(table(value, "", "a table"), NETWORK, ("output", "edges"))
        return Network(**value)


def _factor(value: Any, folder: Path, where: str) -> Factor:
    with at(where):
        given = dict(table(value, "", "a table with the key operator"))
        if "operator" not in given:
            raise BadInput("key 'operator' is missing", hint=f"expected {listed([*OPERATORS, 'file'])}")
        kind = one_of(given.pop("operator"), [*OPERATORS, "file"], "operator")
        if kind == "file":
            check_keys(given, ("path", "shape"), ("path",))
            return read_basis(folder, given["path"], given.get("shape"))
        legal = inspect.signature(OPERATORS[kind]).parameters
        required = [k for k, p in legal.items() if p.default is p.empty]
        if kind == "pattern" and isinstance(given.get("entries"), str):
            required = ["entries"]
        check_keys(given, tuple(legal), required)
        return _from_files(kind, given, folder)


def _from_files(kind: str, given: dict[str, Any], folder: Path) -> Factor:
    if kind == "pattern" and isinstance(given["entries"], str):
        with at("entries"):
            shape, entries = read_positions(folder, given["entries"])
        if "shape" in given and shape_of(given["shape"]) != shape:
            expected = f"{list(shape)} as in the file of entries"
            raise wrong(given["shape"], expected, "shape")
        return Pattern(shape, entries)
    if kind == "fixed" and isinstance(given["matrix"], str):
        with at("matrix"):
            given["matrix"] = read_matrix(folder, given["matrix"])
    return OPERATORS[kind](**given)


def _model(value: Any) -> Model:
    if value is None:
        return Free()
    with at("model"):
        given = dict(table(value, "", "a table with the key kind"))
        if "kind" not in given:
            raise BadInput("key 'kind' is missing", hint=f"expected {listed(list(MODELS))}")
        kind = one_of(given.pop("kind"), list(MODELS), "kind")
        legal = inspect.signature(MODELS[kind]).parameters
        if kind == "nonnegative" and given.get("nonnegative") is True:
            del given["nonnegative"]
        check_keys(given, tuple(legal) or ("nonnegative",), [k for k, p in legal.items() if p.default is p.empty])
        return MODELS[kind](**given)


def _data(value: Any, folder: Path) -> Any:
    if value is None:
        return None
    with at("data"):
        check_keys(table(value, "", "a table with the key inputs"), ("inputs",), ("inputs",))
        inputs = value["inputs"]
        with at("inputs"):
            return read_matrix(folder, inputs) if isinstance(inputs, str) else inputs


def template() -> str:
    """A commented case file that loads.

    >>> parse(template())["equivalence"]
    'scale'
    """
    return TEMPLATE


TEMPLATE = """\
# A case for dmfverify: is h determined by X = M_1(h_1) M_2(h_2) ... M_K(h_K), and how stiffly?
# Indices start at 0. Numbers are exact: 3, 0.25 (that is 1/4), "-3/7".

title = "two circulant factors"
source = ""                        # where the problem comes from
equivalence = "scale"              # scale | path-scale (networks) | neuron-scale (pattern, dense, diagonal)

[[factors]]                        # one table a factor, in product order, first factor first
operator = "circulant"             # M[r, c] = h_i where r - c = taps[i] mod length
length = 6
taps = [0, 2]

[[factors]]
operator = "circulant"
length = 6
taps = [0, 1]

# Other operators:
# operator = "basis"               # M(h) = sum of h_i times matrix i
# basis = [[[1, 0], [0, 1]], [[0, "1/2"], [1, 0]]]
#
# operator = "terms"               # sparse basis: [i, row, col, value]; weights may be shared
# shape = [2, 3]
# parameters = 1
# terms = [[0, 0, 0, 1], [0, 1, 1, 1]]
#
# operator = "pattern"             # one parameter an entry; or entries = "positions.mtx"
# shape = [2, 3]
# entries = [[0, 0], [1, 2]]
#
# operator = "dense"               # every entry a parameter, row-major
# shape = [2, 3]
#
# operator = "diagonal"
# size = 3
#
# operator = "toeplitz"            # zero-padded convolution, (length + largest tap) x length
# length = 5
# taps = [0, 2]
# stride = 1                       # also for circulant
#
# operator = "circulant2d"
# shape = [3, 4]
# taps = [[0, 0], [0, 1]]
#
# operator = "fixed"               # a known matrix, no parameter
# matrix = [[1, 2], [3, 4]]
#
# operator = "file"                # basis from disk: .npy (S x a x b) or .npz
# path = "basis.npy"

# Or, in place of [[factors]], a convolutional network; factor 1 is the layer next to the output:
# [network]
# length = 64                      # or shape = [H, W]
# output = "y"
# edges = [
#   {name = "a", from = "x", to = "u", taps = [0, 1]},
#   {name = "b", from = "u", to = "y", taps = [0, 2]},
# ]
# boundary = "circular"            # circular | zero; or a list over the layers
# stride = 1

[model]                            # which parameters are allowed; default: free
kind = "free"                      # free | supports | sparse | group-sparse | nonnegative
# nonnegative = true               # beside any kind
# supports = [[[0], [0, 1]], [[1], [0]]]        # kind = "supports": models, each a list over the factors
# sparsity = [1, 2]                             # kind = "sparse": non-zeros in each factor
# groups = [[[0], [1]], [[0, 1]]]               # kind = "group-sparse": index groups in each factor
# active = [1, 1]                               #   and how many of them may be non-zero

# [data]
# inputs = [[1, 0], [0, 1]]        # known matrix that multiplies the product on the right; or a file's path
"""
