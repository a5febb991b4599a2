"""Noise that hurts: directions in which parameters move far while their product hardly does.

Main definitions
    `adversarial`  of several h the one, and the direction of data, with the least ‖J v‖ against the change of P
    `hardest_pair` the best of many such searches, done once a case
    `close_pair`   two parameters that minimise ‖A P(h) - A P(g)‖ / ‖P(h) - P(g)‖ locally (scale equivalence)
    `far_pair`     two that minimise ‖A P(h) - A P(g)‖ / d_2([h], [g]) locally, at common norms
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..lifting import Lifting
from .contraction import Contraction
from .metric import class_distance, common_norm
from .models import Allowed

Parameters = list[np.ndarray]
Pair = tuple[Parameters, Parameters]
LISTED = 5_000
GAUGE = 1e-9
PAIRS, STEPS = 2, 80
"""Starts and steps of one local search."""
SEARCHES, SECONDS = 300, 5.0
"""Starts of `hardest_pair` at most, and how long it goes on."""


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
    chain: Contraction, models: Sequence[Sequence[Allowed]], rng: np.random.Generator, known: Pair | None = None
) -> Pair:
    """The best of a few local searches for h and g, each inside a random support of a random model.

    One more starts from random values on the supports of `known`, a pair that was found hard before.
    """
    starts = [[_drawn(models, rng) for _ in range(2)] for _ in range(PAIRS)]
    if known is not None:
        starts.append([[rng.uniform(0.3, 1, len(x)) * np.sign(x) for x in side] for side in known])
    found = [_Pair(chain, start, models[0][0].nonnegative).least() for start in starts]
    _, h, g = min(found, key=lambda item: item[0])
    return h, g


def hardest_pair(chain: Contraction, models: Sequence[Sequence[Allowed]], rng: np.random.Generator) -> Pair:
    """The best of many local searches, within seconds."""
    least, best, end = math.inf, None, time.monotonic() + SECONDS
    for turn in range(SEARCHES):
        if best is not None and (time.monotonic() > end or (turn >= PAIRS and len(models) == 1 and _fixed(models))):
            break
        ratio, h, g = _Pair(chain, [_drawn(models, rng), _drawn(models, rng)], models[0][0].nonnegative).least()
        if best is None or ratio < least:
            least, best = ratio, (h, g)
    assert best is not None
    return best


def _fixed(models: Sequence[Sequence[Allowed]]) -> bool:
    return all(m.convex for m in models[0])


def _drawn(models: Sequence[Sequence[Allowed]], rng: np.random.Generator) -> Parameters:
    return [m.draw(rng) for m in models[int(rng.integers(len(models)))]]


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
        found = minimize(self.value, x, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
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


def far_pair(
    chain: Contraction, models: Sequence[Sequence[Allowed]], rng: np.random.Generator, known: Pair | None = None
) -> Pair:
    """Two parameters whose distance d_2 is large against ‖A P(h) - A P(g)‖: the best of a few local searches.

    Where `close_pair` attains the constant of the path from data to P, this one attains as much as it can of the
    whole bound of the distance.  It starts from a random pair or from neighbours, and from `close_pair`.
    """
    first = _drawn(models, rng)
    near = [x + 0.3 * rng.uniform(-1, 1, len(x)) * (x != 0) for x in first]
    near = [np.maximum(x, 0) if m.nonnegative else x for x, m in zip(near, models[0], strict=True)]
    second = near if rng.random() < 0.5 else _drawn(models, rng)
    starts = [(first, second), close_pair(chain, models, rng, known)]
    found = [_Far(chain, h, g, models[0][0].nonnegative).least() for h, g in starts]
    _, h, g = min(found, key=lambda item: item[0])
    return h, g


class _Far:
    """log ‖A P(h) - A P(g)‖² - log ‖h - g‖², h of sup-norm one in each factor and g of a sup-norm b <= 1."""

    def __init__(self, chain: Contraction, h: Parameters, g: Parameters, nonnegative: bool) -> None:
        self.chain, self.nonnegative, self.K = chain, nonnegative, len(h)
        h, g = sorted((h, g), key=common_norm, reverse=True)
        larger, smaller = common_norm(h), common_norm(g)
        self.apart = math.sqrt(math.log(larger / smaller)) if smaller else 0.0
        flat = np.concatenate([*h, *_aligned(h, g)])
        self.cuts = np.cumsum([len(x) for x in (*h, *g)])[:-1]
        self.places, self.size = np.flatnonzero(flat), len(flat)
        self.start = np.sqrt(np.abs(flat[self.places])) if nonnegative else flat[self.places]

    def least(self) -> tuple[float, Parameters, Parameters]:
        from scipy.optimize import minimize

        ends = [self.both(np.append(self.start, self.apart))]
        start = np.append(self.start, max(self.apart, 0.3))  # at 0 the slope in b vanishes
        if math.isfinite(self.value(start)[0]):
            found = minimize(self.value, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
            ends.append(self.both(found.x))
        return min(((self._exact(h, g), h, g) for h, g in ends), key=lambda item: item[0])

    def _exact(self, h: Parameters, g: Parameters) -> float:
        """The ratio with the distance of the classes, whose signs may be nearer than those of the search."""
        distance = class_distance(h, g)
        image = float(np.linalg.norm(self.chain.product(h) - self.chain.product(g)))
        return image / distance if distance > 1e-6 else math.inf

    def _free(self, x: np.ndarray) -> list[np.ndarray]:
        flat = np.zeros(self.size)
        flat[self.places] = x[:-1] ** 2 if self.nonnegative else x[:-1]
        return np.split(flat, self.cuts)

    def both(self, x: np.ndarray) -> tuple[Parameters, Parameters]:
        """h and g at the point x of the search."""
        parts, b = self._free(x), math.exp(-(float(x[-1]) ** 2))
        unit = [u / (np.abs(u).max() or 1.0) for u in parts]
        return unit[: self.K], [b * u for u in unit[self.K :]]

    def value(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """The logarithm and a (sub)gradient."""
        (h, g), parts, b = self.both(x), self._free(x), math.exp(-(float(x[-1]) ** 2))
        image = self.chain.product(h) - self.chain.product(g)
        apart = [u - v for u, v in zip(h, g, strict=True)]
        square, norm = float(image @ image), sum(float(a @ a) for a in apart)
        if norm < 1e-8 or square == 0 or min(float(np.abs(u).max()) for u in parts) == 0:
            return math.inf, np.zeros_like(x)
        up, down = self.chain.gradient(h, image), self.chain.gradient(g, image)
        slopes = [2 * s / square - 2 * a / norm for s, a in zip(up, apart, strict=True)]
        slopes += [2 * a / norm - 2 * s / square for s, a in zip(down, apart, strict=True)]
        scales = [1.0] * self.K + [b] * self.K
        along = sum(float(s @ v) for s, v in zip(slopes[self.K :], g, strict=True)) * -2 * float(x[-1])
        flat = np.concatenate([c * _through_norm(s, u) for s, u, c in zip(slopes, parts, scales, strict=True)])
        flat = flat[self.places]
        return math.log(square / norm), np.append(2 * x[:-1] * flat if self.nonnegative else flat, along)


def _through_norm(slope: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The gradient in u of a function of u / ‖u‖_inf whose gradient is `slope`."""
    at = int(np.argmax(np.abs(u)))
    size = abs(float(u[at]))
    out = slope / size
    out[at] -= math.copysign(float(slope @ u) / size**2, float(u[at]))
    return out


def _aligned(h: Parameters, g: Parameters) -> Parameters:
    """g with the signs of its factors turned to those of h, evenly."""
    turned = [-z if float(x @ z) < 0 else z for x, z in zip(h, g, strict=True)]
    odd = sum(float(x @ z) < 0 for x, z in zip(h, g, strict=True)) % 2
    return [-turned[0], *turned[1:]] if odd else turned
