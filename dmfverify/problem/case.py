"""A case: an architecture or network, a model, an equivalence, perhaps known data.

Main definitions
    `Case`  everything that a case file holds; `Case.statement` is the exact question
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..errors import BadInput
from . import forms
from .architecture import Architecture, check_count
from .factor import Dense, Diagonal, Pattern, known
from .model import MODELS, Free, Model
from .network import Network
from .reading import at, few, one_of, sized, words, wrong

EQUIVALENCES = ("scale", "path-scale", "neuron-scale")


@dataclass(frozen=True)
class Case:
    """A question about an architecture.

    Parameters
    ----------
    architecture
        `Architecture` or `Network`; a list of factors will do.
    model
        Which parameters are allowed; default: all.
    equivalence
        ``scale``, ``path-scale`` or ``neuron-scale``; default: ``scale``; for a network with
        several paths ``path-scale``.
    data
        The known matrix that multiplies the product on the right; identity when absent.
    title, source
        For reports; data, never code.
    expected
        What the reference library's tests expect; no command reads it.

    Examples
    --------
    >>> from dmfverify.problem.factor import Circulant
    >>> from dmfverify.problem.model import Sparse
    >>> case = Case([Circulant(8, taps=[0, 1]), Circulant(8, taps=[0, 2])], model=Sparse([1, 2]))
    >>> case.equivalence, case.statement.K, case.statement.product_shape
    ('scale', 2, (8, 8))
    """

    architecture: Any
    model: Model = field(default_factory=Free)
    equivalence: str | None = None
    data: Any = field(default=None, compare=False)
    title: str = ""
    source: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    file_sha256: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.architecture, (Architecture, Network)):
            object.__setattr__(self, "architecture", Architecture(self.architecture))
        if not isinstance(self.model, tuple(MODELS.values())):
            raise wrong(self.model, "a model such as Free() or Sparse([2, 1])", "model")
        words(self.title, "title"), words(self.source, "source")
        if self.equivalence is None:
            object.__setattr__(self, "equivalence", self._default())
        self._check_equivalence()
        _ = self.statement  # model and data are checked here

    def _default(self) -> str:
        several = isinstance(self.architecture, Network) and self.architecture.path_count > 1
        return "path-scale" if several else "scale"

    def _check_equivalence(self) -> None:
        one_of(self.equivalence, EQUIVALENCES, "equivalence")
        if self.equivalence == "path-scale" and not isinstance(self.architecture, Network):
            raise BadInput(
                "got 'path-scale', which needs a network; expected scale or neuron-scale for a list of factors",
                where="equivalence",
            )
        if self.equivalence == "neuron-scale":
            factors = self.architecture.factors if isinstance(self.architecture, Architecture) else [None]
            for n, factor in enumerate(factors):
                if not isinstance(factor, (Pattern, Dense, Diagonal)):
                    kind = "a network" if factor is None else f"factors[{n}], a {type(factor).__name__.lower()} factor"
                    raise BadInput(
                        f"got 'neuron-scale' for {kind}; it needs pattern, dense or diagonal factors only",
                        where="equivalence",
                    )

    @cached_property
    def statement(self) -> forms.Statement:
        """The exact question in plain form: no path, no default, no float."""
        plain = self.architecture.forms
        where = "factors" if isinstance(self.architecture, Architecture) else "network"
        check_count(sum(f.parameters > 0 for f in plain), where)
        with at("model"):
            model = self.model.plain(self.architecture)
        return forms.Statement(str(self.equivalence), plain, model, self._known(plain))

    def _known(self, plain: tuple[forms.Form, ...]) -> forms.Known | None:
        if self.data is None:
            return None
        data = known(self.data, "data.inputs")
        few(len(data.entries), "data.inputs")
        columns = plain[-1].shape[1]
        if data.shape[0] != columns:
            last = (
                f"factors[{len(plain) - 1}]"
                if isinstance(self.architecture, Architecture)
                else "the layer next to the inputs"
            )
            raise BadInput(
                f"{last} is {sized(plain[-1].shape)} and inputs is {sized(data.shape)}, "
                f"expected {columns} rows in inputs",
                where="data.inputs",
            )
        return data

    @property
    def sha256(self) -> str:
        """Digest of the case file's bytes; of the statement's bytes when the case was built in Python."""
        return self.file_sha256 or self.statement.sha256

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """For each factor with parameters a label a parameter: ``"e0[2]"`` in a network, ``"h1[2]"`` otherwise."""
        return self.architecture.names

    @property
    def node_names(self) -> tuple[tuple[str, ...], ...] | None:
        """For a network its nodes by their distance from the output, so K + 1 tuples; otherwise None."""
        return self.architecture.levels
