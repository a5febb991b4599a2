"""dmfverify: identifiability and stability of deep structured matrix factorizations, with proofs.

The public names, in reading order; each is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_NAMES = {
    "problem": (
        "Architecture Network Edge Basis Terms Pattern Dense Diagonal Circulant Toeplitz Circulant2D Fixed Symbolic "
        "Free Supports Sparse GroupSparse NonNegative Case load"
    ),
    "sources": "from_torch parameters_from_torch from_supports from_kernels",
    "pipeline": "certify",
    "compressed": "l1_null_space_constant spark mutual_coherence",
    "rip": "lower_rip upper_rip",
    "lifting.symbolic": "lift",
    "report": "show",
    "check": "Rejected",
    "result": "Result",
    "recover.error": "ErrorBound error_bound",
    "saved": "load_result",
    "verdict": "Bracket",
    "errors": "DmfverifyError BadInput",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "Architecture",
    "Network",
    "Edge",
    "Basis",
    "Terms",
    "Pattern",
    "Dense",
    "Diagonal",
    "Circulant",
    "Toeplitz",
    "Circulant2D",
    "Fixed",
    "Symbolic",
    "Free",
    "Supports",
    "Sparse",
    "GroupSparse",
    "NonNegative",
    "Case",
    "load",
    "from_torch",
    "parameters_from_torch",
    "from_supports",
    "from_kernels",
    "certify",
    "load_result",
    "l1_null_space_constant",
    "spark",
    "mutual_coherence",
    "error_bound",
    "ErrorBound",
    "lower_rip",
    "upper_rip",
    "lift",
    "show",
    "Rejected",
    "Result",
    "Bracket",
    "DmfverifyError",
    "BadInput",
    "check",
    "plots",
    "recover",
]

if TYPE_CHECKING:
    from . import check, recover
    from .check import Rejected
    from .compressed import l1_null_space_constant, mutual_coherence, spark
    from .errors import BadInput, DmfverifyError
    from .lifting.symbolic import lift
    from .pipeline import certify
    from .problem import (
        Architecture,
        Basis,
        Case,
        Circulant,
        Circulant2D,
        Dense,
        Diagonal,
        Edge,
        Fixed,
        Free,
        GroupSparse,
        Network,
        NonNegative,
        Pattern,
        Sparse,
        Supports,
        Symbolic,
        Terms,
        Toeplitz,
        load,
    )
    from .recover.error import ErrorBound, error_bound
    from .report import plots, show
    from .result import Result
    from .rip import lower_rip, upper_rip
    from .saved import load_result
    from .sources import from_kernels, from_supports, from_torch, parameters_from_torch
    from .verdict import Bracket


def __getattr__(name: str) -> Any:
    if name in ("check", "recover"):  # modules that can be called: check("out/certificate.json"), recover(case, X)
        return importlib.import_module(f".{name}", __name__)
    if name == "plots":
        return importlib.import_module(".report.plots", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
