"""The lifting A of a statement: exact columns, kernel, and the Gram matrix as a tensor network."""

from .columns import Columns
from .limits import TooLarge
from .model import Lifting

__all__ = ["Columns", "Lifting", "TooLarge"]
