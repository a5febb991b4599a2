"""A user's own matrix: read safely, recovered, with the certified error for it.

Main definitions
    `recover`    parameters in the models from a data matrix, with the residual
    `Recovery`   what came out
    `read_data`  the matrix in a .npy, .npz or .mtx file
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from ..lifting import Lifting
from ..lifting.stages import responses
from ..problem import Case
from ..problem.files import read_matrix
from ..problem.reading import at, sized
from .contraction import measured
from .hierarchy import Tree, levelled, tree
from .solvers import Callback, Solution, solve
from .trials import SCHEMA, Bound, table

COLUMNS = ("kind", "noise", "delta", "eta", "error_bound")


@dataclass(frozen=True)
class Recovery:
    """Parameters recovered from a matrix.

    Attributes
    ----------
    h
        K vectors in the model, with equal norms (nearly, where powers of two level them).
    residual, relative_residual
        ‖A P(h) - X‖ (Frobenius), and the same divided by ‖X‖.
    eta
        The part of the residual that parameters can change: what the bound takes.
    starts, method, seconds
        How many starts were made, what the best one began with, and how long it took.
    """

    h: list[np.ndarray] = field(repr=False)
    residual: float
    relative_residual: float
    eta: float
    starts: int
    method: str
    seconds: float
    bound: Bound = field(default_factory=Bound, repr=False)
    lifting: Lifting | None = field(default=None, repr=False, compare=False)

    def error_bound(self, delta: float) -> float:
        """The certified distance to the truth when the noise in X has norm at most `delta`; inf without a result.

        For several paths it also needs the truth's kernels to be as large as those of h (eps).
        """
        if self.lifting is None or not self.bound.known:
            return math.inf
        return self.bound.factor(self.lifting, self.h) * (delta + self.eta)


def recover(
    case: Case,
    X: Any,
    *,
    result: Any = None,
    warm: Sequence[Any] | None = None,
    starts: int = 20,
    seed: int = 0,
    goal: float = 0.0,
    time_budget: float | None = None,
    callback: Callback | None = None,
) -> Recovery:
    """Parameters in the models whose product is near X.

    Parameters
    ----------
    case
        The factors and the model.
    X
        The observed matrix, of the product's shape.
    result
        A `Result` of the same case (or the object of its result.json): then `Recovery.error_bound` is certified.
    warm
        Parameters to start from, K vectors; with ``starts=1`` no other start is made.
    starts, seed, time_budget
        At most so many starts; what fixes them; seconds after which the best so far is returned.
    goal
        A residual that is small enough.
    callback
        Called with ``{"start", "method", "sweep", "residual"}`` as the search goes on; a true answer ends it.

    Raises
    ------
    BadInput
        When X has another shape, or entries that are not finite real numbers.

    Examples
    --------
    >>> from dmfverify import Case, Circulant, certify
    >>> case = Case([Circulant(4, taps=[0, 2]), Circulant(4, taps=[0, 1])])
    >>> X = np.array([[2, 12, 4, 6], [6, 2, 12, 4], [4, 6, 2, 12], [12, 4, 6, 2]])
    >>> found = recover(case, X, result=certify(case))
    >>> found.residual < 1e-12, [round(float(x[1] / x[0]), 9) for x in found.h]
    (True, [2.0, 3.0])
    >>> round(found.error_bound(0.1), 3)
    0.058
    """
    begun = time.monotonic()
    lifting = Lifting(case.statement)
    matrix = as_data(X, case.statement.product_shape, "X")
    deadline = math.inf if time_budget is None else begun + time_budget
    splits = tree(case.statement) if warm is None and _is_free(case) else None
    if splits is not None and not responses(case.statement):
        found, rest = _split(splits, matrix, goal, deadline, callback)
    else:
        y, rest = measured(lifting, matrix)
        found = solve(
            lifting, y, starts=starts, seed=seed, warm=None if warm is None else as_parameters(warm, lifting),
            goal=max(0.0, goal**2 - rest**2) ** 0.5, deadline=deadline, callback=callback,
        )  # fmt: skip
    residual = math.hypot(found.residual, rest)
    norm = float(np.linalg.norm(matrix))
    bound = Bound() if result is None else Bound.read(result if isinstance(result, Mapping) else result.json)
    seconds = time.monotonic() - begun
    relative = residual / norm if norm else residual
    return Recovery(found.h, residual, relative, found.residual, found.starts, found.method, seconds, bound, lifting)


def _is_free(case: Case) -> bool:
    return case.statement.model.kind == "free" and not case.statement.model.nonnegative


def _split(
    splits: Tree, matrix: np.ndarray, goal: float, deadline: float, callback: Callback | None
) -> tuple[Solution, float]:
    """The hierarchical factorization of a matrix, straight from its entries, and the norm of what no path reaches."""
    y = matrix.reshape(-1)[splits.keys]
    rest = 0.0
    if len(y) < matrix.size:
        left = matrix.copy()
        left.reshape(-1)[splits.keys] = 0.0
        rest = float(np.linalg.norm(left))

    def told(sweep: int, residual: float) -> bool:
        row = {"start": 0, "method": "hierarchical", "sweep": sweep, "residual": residual}
        stop = bool(callback(row)) if callback else False
        return stop or math.hypot(residual, rest) <= goal or time.monotonic() > deadline

    h, residual = splits.refined(y, splits.split(y), told)
    return Solution(levelled(h), residual, 1, "hierarchical"), rest


def as_parameters(values: Sequence[Any], lifting: Lifting) -> list[np.ndarray]:
    """Start parameters as vectors of the right lengths."""
    h = [np.asarray(v, dtype=float).reshape(-1) for v in values]
    given = tuple(len(x) for x in h)
    if given != lifting.sizes or not all(np.isfinite(x).all() for x in h):
        expected = f"finite ones of {list(lifting.sizes)}"
        raise BadInput(f"got vectors of lengths {list(given)}, expected {expected}", where="warm")
    return h


def as_data(X: Any, shape: tuple[int, int], where: str) -> np.ndarray:
    """X as a dense array of the product's shape, refused when it is not one of finite real numbers.

    >>> as_data([[1, float("nan")]], (1, 2), "X")
    Traceback (most recent call last):
    dmfverify.errors.BadInput: X: got nan in row 0, column 1, expected finite numbers
    """
    given = tuple(np.shape(X)) if not hasattr(X, "tocoo") else tuple(X.shape)
    if given not in ((shape,) if shape[1] > 1 else (shape, shape[:1])):
        raise BadInput(f"got {_shape(given)}, expected {sized(shape)} as the product of the factors", where=where)
    array = np.asarray(_dense(X) if hasattr(X, "tocoo") else X)
    if array.dtype.kind == "c":
        raise BadInput("got complex numbers, expected real ones", where=where)
    try:
        array = array.astype(float).reshape(shape)
    except (TypeError, ValueError, OverflowError):
        raise BadInput("got entries that are not numbers, expected real ones", where=where) from None
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0].tolist()
        value = array[row, column]
        raise BadInput(f"got {value} in row {row}, column {column}, expected finite numbers", where=where)
    return array


def _shape(given: tuple[int, ...]) -> str:
    return sized(list(given)) if len(given) == 2 else f"an array of shape {given}"


def _dense(X: Any) -> np.ndarray:
    entries = X.tocoo()
    out = np.zeros(entries.shape)
    np.add.at(out, (entries.row, entries.col), np.array([float(v) for v in entries.data]))
    return out


def read_data(path: Path, case: Case) -> np.ndarray:
    """The matrix in a file (.npy, .npz, .mtx; no pickles), checked against the product's shape."""
    where = f"--data {path.name}"
    with at(where):
        content = read_matrix(path.parent, path.name)
    return as_data(content, case.statement.product_shape, where)


def report(found: Recovery, X: np.ndarray, noise: Sequence[float], title: str, seed: int) -> tuple[dict[str, Any], str]:
    """The object of recovery.json and the text of recovery.csv: a row for each assumed noise level.

    Without levels the noise is assumed to be as large as the residual.
    """
    norm = float(np.linalg.norm(X))
    rows = []
    for level in noise or [found.relative_residual]:
        error = found.error_bound(level * norm)
        row = {"kind": "data", "noise": level, "delta": level * norm, "eta": found.eta}
        rows.append({**row, "error_bound": error if math.isfinite(error) else None})
    body = {
        "schema": SCHEMA,
        "title": title,
        "trials": 0,
        "violations": 0,
        "success_rate": None,
        "tightness": None,
        "data": {
            "residual": found.residual,
            "relative_residual": found.relative_residual,
            "eta": found.eta,
            "starts": found.starts,
            "method": found.method,
            "seconds": round(found.seconds, 3),
            "h": [x.tolist() for x in found.h],
            "certified": rows,
        },
        "p": found.bound.p,
        "ended": "finished",
        "seed": seed,
    }
    return body, table(COLUMNS, rows)
