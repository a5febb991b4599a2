"""The user's names for the parts of a statement; every one of them is optional."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """What the user calls the parts of a statement, which itself only has indices.

    Attributes
    ----------
    factors
        One label for each form of the statement, in product order.
    parameters
        For each factor with parameters, one label for each parameter.
    nodes
        For a network: one tuple of names for each level, the output's level first, the inputs' last.
    edges
        For a network: for each factor with parameters, the edge to which each parameter belongs.

    Missing or short lists are no error: the index is printed instead.
    """

    factors: tuple[str, ...] = ()
    parameters: tuple[tuple[str, ...], ...] = ()
    nodes: tuple[tuple[str, ...], ...] = ()
    edges: tuple[tuple[str, ...], ...] = ()

    def factor(self, form: int) -> str:
        """The label of a form, or "".

        >>> Names(factors=("blur",)).factor(0), Names().factor(0)
        ('blur', '')
        """
        return self.factors[form] if form < len(self.factors) else ""

    def parameter(self, factor: int, i: int) -> str:
        """The label of parameter i of a factor (0 is the first one with parameters), or ""."""
        labels = self.parameters[factor] if factor < len(self.parameters) else ()
        return labels[i] if i < len(labels) else ""

    def node(self, level: int, i: int) -> str:
        """The name of a node, or ""."""
        labels = self.nodes[level] if level < len(self.nodes) else ()
        return labels[i] if i < len(labels) else ""

    def edge(self, factor: int, i: int) -> str:
        """The name of the edge of parameter i of a factor, or "".

        In a network without `edges` the label of a parameter names its edge: edge, then the index in brackets.

        >>> Names(parameters=(("a[0]", "a[1]"),), nodes=(("y",), ("x",))).edge(0, 1)
        'a'
        """
        if not self.edges and self.nodes:
            return self.parameter(factor, i).rpartition("[")[0]
        labels = self.edges[factor] if factor < len(self.edges) else ()
        return labels[i] if i < len(labels) else ""
