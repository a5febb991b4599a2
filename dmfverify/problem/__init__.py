"""Problems: factors, architectures, networks, models, cases, and the statement that they become.

In reading order: `forms` (the plain forms), `reading` (exact values from anything), `factor`, `network`,
`architecture`, `model`, `case`, `part`; then `text`, `files`, `loading` (case files, hostile until read).
"""

from .architecture import Architecture
from .case import Case
from .factor import (
    OPERATORS,
    Basis,
    Circulant,
    Circulant2D,
    Dense,
    Diagonal,
    Factor,
    Fixed,
    Pattern,
    Symbolic,
    Terms,
    Toeplitz,
)
from .forms import Statement
from .loading import load, template
from .model import MODELS, Free, GroupSparse, NonNegative, Sparse, Supports
from .network import Edge, Network

__all__ = [
    "MODELS",
    "OPERATORS",
    "Architecture",
    "Basis",
    "Case",
    "Circulant",
    "Circulant2D",
    "Dense",
    "Diagonal",
    "Edge",
    "Factor",
    "Fixed",
    "Free",
    "GroupSparse",
    "Network",
    "NonNegative",
    "Pattern",
    "Sparse",
    "Statement",
    "Supports",
    "Symbolic",
    "Terms",
    "Toeplitz",
    "load",
    "template",
]
