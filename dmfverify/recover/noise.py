"""Noise that hurts: directions in which parameters move far while their product hardly does.

Main definitions
    `adversarial`  of several h the one, and the direction of data, with the least ‖J v‖ against the change of P
    `close_pair`   two parameters that minimise ‖A P(h) - A P(g)‖ / ‖P(h) - P(g)‖ locally (scale equivalence)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..lifting import Lifting
from .contraction import Contraction
from .models import Allowed

Parameters = list[np.ndarray]
LISTED = 5_000
GAUGE = 1e-9
PAIRS = 6


def adversarial(chain: Contraction, candidates: Sequence[Parameters]) -> tuple[Parameters, np.ndarray]:
    """Of `candidates` the h with the stiffest direction, and the unit vector J v of that direction in the data."""
    found = [(*_stiffest(chain, h), h) for h in candidates]
    ratio, direction, h = min(found, key=lambda item: item[0])
    return h, direction


def _stiffest(chain: Contraction, h: Parameters) -> tuple[float, np.ndarray]:
    """min ‖J v‖² / vᵀ G v over v on the support of h that change P, G the Gram matrix of the Jacobian of P."""
    places = np.concatenate([x != 0 for x in h])
    J = np.hstack(chain.matrices(h))[:, places]
    G = segre_gram(chain.lifting, h)[np.ix_(places, places)]
    values, vectors = np.linalg.eigh(G)
    kept = values > GAUGE * values[-1]
    whitened = vectors[:, kept] / np.sqrt(values[kept])
    U, sigma, _ = np.linalg.svd(J @ whitened, full_matrices=False)
    real = np.flatnonzero(sigma > GAUGE * sigma.max(initial=0.0))
    if len(real) == 0:
        return math.inf, np.zeros(chain.rows)
    return float(sigma[real[-1]]), U[:, real[-1]]


def segre_gram(lifting: Lifting, h: Parameters) -> np.ndarray:
    """The Gram matrix of the Jacobian of P at h: in closed form for scale, listed for few coordinates, else identity.

    >>> from dmfverify.problem.forms import Statement, Taps
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> lifting = Lifting(Statement("scale", (layer(0, 2), layer(0,))))
    >>> segre_gram(lifting, [np.array([1.0, 2.0]), np.array([3.0])]).tolist()
    [[9.0, 0.0, 3.0], [0.0, 9.0, 6.0], [3.0, 6.0, 5.0]]
    """
    if lifting.statement.equivalence != "scale":
        return _listed_gram(lifting, h)
    squares = [float(x @ x) for x in h]
    blocks = []
    for k, x in enumerate(h):
        row = []
        for l, z in enumerate(h):
            rest = math.prod(s for n, s in enumerate(squares) if n not in (k, l))
            row.append(np.eye(len(x)) * rest if k == l else np.outer(x, z) * rest)
        blocks.append(row)
    return np.block(blocks)


def _listed_gram(lifting: Lifting, h: Parameters) -> np.ndarray:
    if lifting.count > LISTED:
        return np.eye(sum(lifting.sizes))
    columns = []
    for k, x in enumerate(h):
        for unit in np.eye(len(x)):
            at: Any = [*h[:k], unit, *h[k + 1 :]]
            columns.append(lifting.P(at))
    M = np.array(columns)
    return M @ M.T


def close_pair(
    chain: Contraction, models: Sequence[Sequence[Allowed]], rng: np.random.Generator
) -> tuple[Parameters, Parameters]:
    """The best of a few local searches for h and g, each inside a random support of a random model."""
    found = []
    for _ in range(PAIRS):
        pair = [models[int(rng.integers(len(models)))] for _ in range(2)]
        found.append(_Pair(chain, [[m.draw(rng) for m in side] for side in pair], pair[0][0].nonnegative).least())
    _, h, g = min(found, key=lambda item: item[0])
    return h, g


class _Pair:
    """‖A P(h) - A P(g)‖² / ‖P(h) - P(g)‖² over the supports of two starts (squares of variables where h >= 0)."""

    def __init__(self, chain: Contraction, start: Sequence[Parameters], nonnegative: bool) -> None:
        self.chain, self.nonnegative, self.K = chain, nonnegative, len(start[0])
        self.flat = np.concatenate([*start[0], *start[1]])
        self.places = np.flatnonzero(self.flat)
        self.cuts = np.cumsum([len(x) for side in start for x in side])[:-1]

    def least(self) -> tuple[float, Parameters, Parameters]:
        from scipy.optimize import minimize

        x = self.flat[self.places]
        x = np.sqrt(x) if self.nonnegative else x
        found = minimize(self.value, x, jac=True, method="L-BFGS-B", options={"maxiter": 200})
        h, g = self._both(found.x)
        if min(float(np.abs(x).max()) for x in (*h, *g)) == 0:
            h, g = self._both(x)
        scale = max(float(np.linalg.norm(x)) for x in (*h, *g))
        return float(found.fun), [x / scale for x in h], [x / scale for x in g]

    def _both(self, x: np.ndarray) -> tuple[Parameters, Parameters]:
        flat = np.zeros_like(self.flat)
        flat[self.places] = x**2 if self.nonnegative else x
        parts = np.split(flat, self.cuts)
        return parts[: self.K], parts[self.K :]

    def value(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """The ratio and its gradient."""
        h, g = self._both(x)
        image = self.chain.product(h) - self.chain.product(g)
        norm = _inner(h, h) - 2 * _inner(h, g) + _inner(g, g)
        if norm < 1e-10 * (_inner(h, h) + _inner(g, g)):
            return 1e3, np.zeros_like(x)
        ratio = float(image @ image) / norm
        up, down = self.chain.gradient(h, image), self.chain.gradient(g, image)
        gh = [2 * (u - ratio * (a - b)) / norm for u, a, b in zip(up, _slope(h, h), _slope(h, g), strict=True)]
        gg = [2 * (-d - ratio * (a - b)) / norm for d, a, b in zip(down, _slope(g, g), _slope(g, h), strict=True)]
        gradient = np.concatenate([*gh, *gg])[self.places]
        return ratio, gradient * 2 * x if self.nonnegative else gradient


def _inner(h: Parameters, g: Parameters) -> float:
    return math.prod(float(x @ z) for x, z in zip(h, g, strict=True))


def _slope(h: Parameters, g: Parameters) -> Parameters:
    """The gradient of <P(h), P(g)> in h."""
    dots = [float(x @ z) for x, z in zip(h, g, strict=True)]
    return [z * math.prod(d for n, d in enumerate(dots) if n != k) for k, z in enumerate(g)]
