"""The lifting A of a statement: exact columns, kernel, and the Gram matrix as a tensor network.

=============  ===================================================================================
`Lifting`      everything below, lazily, for one statement
`Columns`      exact sparse columns on the alive coordinates             (columns.py)
`RowGram`      A A^T by contraction over the factors, linear in K        (gram.py)
`FloatChain`   h -> A P(h) in double precision, with gradients           (floats.py)
`trains`       A and A^T on tensor trains
`linalg`       ranks, kernels and solutions, exact
`symbolic`     ``lift``: the symbolic lifting, for people to read
=============  ===================================================================================
"""

from .columns import Columns
from .floats import FloatChain
from .gram import RowGram, row_gram
from .limits import TooLarge
from .model import Lifting, Measured

__all__ = ["Columns", "FloatChain", "Lifting", "Measured", "RowGram", "TooLarge", "row_gram"]
