"""From where people have their networks: torch modules, scipy.sparse supports, numpy kernels.

In reading order: `arrays` (supports and kernels); then for torch `operations` (what a layer does to coordinates),
`layers` (a graph of operations cut into factors), `assemble` (the factors as a `Network` or an `Architecture`),
`modules` (reading a torch module, the one file that imports torch).
"""

from .arrays import from_kernels, from_supports
from .modules import from_torch, parameters_from_torch

__all__ = ["from_kernels", "from_supports", "from_torch", "parameters_from_torch"]
