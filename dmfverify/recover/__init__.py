"""Recovery: solvers, and the theorem held against what happens.

====================  ==================================================================
`recover`             parameters from a data matrix, with the certified error  (data.py)
`Trials`              planted parameters, noise, error against bound         (trials.py)
`error_bound`         the certified error at a given noise                  (error.py)
`distance`            d_p, Delta_p and path products, exactly                (metric.py)
`permuted_distance`   path products up to the order of neurons         (permutations.py)
`solve`               alternation, PALM, Levenberg-Marquardt, starts        (solvers.py)
`Contraction`         the product and the matrix of each factor, by contraction
====================  ==================================================================

The room is also a function: ``dmfverify.recover(case, X)`` is `recover`.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from .contraction import Contraction
from .data import Recovery, read_data, recover
from .error import ErrorBound, error_bound
from .metric import class_distance, distance, path_distance, product_distance
from .permutations import permuted_distance
from .solvers import Solution, solve
from .trials import Bound, Trial, Trials, run

__all__ = [
    "Bound",
    "Contraction",
    "ErrorBound",
    "Recovery",
    "Solution",
    "Trial",
    "Trials",
    "class_distance",
    "distance",
    "error_bound",
    "path_distance",
    "permuted_distance",
    "product_distance",
    "read_data",
    "recover",
    "run",
    "solve",
]


class _CallableModule(types.ModuleType):
    """Lets `dmfverify.recover(case, X)` stand for the function, whose home has the same name."""

    def __call__(self, case: Any, X: Any, **options: Any) -> Recovery:
        return recover(case, X, **options)


sys.modules[__name__].__class__ = _CallableModule
