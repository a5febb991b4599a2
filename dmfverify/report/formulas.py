"""The few formulas of a report, each written once and printed as MathML, LaTeX or plain text.

An expression is a string (an identifier, a number or an operator) or one of the three nodes below.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

TEX = {
    "μ": r"\mu", "α": r"\alpha",
    "γ": r"\gamma", "κ": r"\kappa", "σ": r"\sigma", "ρ": r"\rho", "δ": r"\delta", "η": r"\eta", "ε": r"\varepsilon",
    "⊗": r"\otimes", "⋯": r"\cdots", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "‖": r"\|", "·": r"\cdot",
    "∪": r"\cup", "∈": r"\in", "−": "-", "∞": r"\infty", "𝓜": r"\mathcal{M}", "min": r"\min",
    "′": r"\prime", "Δ": r"\Delta", "Σ": r"\textstyle\sum", "max": r"\max", "{": r"\{", "}": r"\}",
}  # fmt: skip
TYPST = {
    "(": "paren.l", ")": "paren.r", "[": "bracket.l", "]": "bracket.r", "{": "brace.l", "}": "brace.r",
    "/": "\\/", ",": "comma", "𝓜": "cal(M)", "Σ": "sum", "′": "prime",
}  # fmt: skip
OPERATORS = set("⊗⋯≤≥≠‖·∪∈−+=()[]{},:′/")


@dataclass(frozen=True)
class Row:
    """Expressions side by side."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Sub:
    """A subscript."""

    base: Expression
    below: Expression


@dataclass(frozen=True)
class Sup:
    """A superscript."""

    base: Expression
    above: Expression


Expression = str | Row | Sub | Sup


def row(*parts: Expression) -> Row:
    """Expressions side by side."""
    return Row(parts)


def mathml(e: Expression, *, display: bool = False) -> str:
    """A ``<math>`` element.

    >>> mathml(Sub("h", "1"))
    '<math><msub><mi>h</mi><mn>1</mn></msub></math>'
    """
    mode = ' display="block"' if display else ""
    return f"<math{mode}>{_mathml(e)}</math>"


def _mathml(e: Expression) -> str:
    if isinstance(e, Row):
        return "<mrow>" + "".join(_mathml(p) for p in e.parts) + "</mrow>"
    if isinstance(e, Sub):
        return f"<msub>{_mathml(e.base)}{_mathml(e.below)}</msub>"
    if isinstance(e, Sup):
        return f"<msup>{_mathml(e.base)}{_mathml(e.above)}</msup>"
    if e.isdigit():
        return f"<mn>{e}</mn>"
    if e in OPERATORS:
        fence = ' stretchy="false"' if e in "‖()[]{}" else ""
        return f"<mo{fence}>{escape(e)}</mo>"
    return f"<mi>{escape(e)}</mi>"


def tex(e: Expression) -> str:
    r"""The expression in LaTeX's mathematics mode.

    >>> tex(row("‖", "T", "‖", "≤", "γ", Sub("h", "1")))
    '\\| T \\| \\le \\gamma h_{1}'
    """
    if isinstance(e, Row):
        return " ".join(tex(p) for p in e.parts)
    if isinstance(e, Sub):
        return f"{tex(e.base)}_{{{tex(e.below)}}}"
    if isinstance(e, Sup):
        return f"{{{tex(e.base)}}}^{{{tex(e.above)}}}"
    return TEX.get(e, e)


def typst(e: Expression) -> str:
    """The expression in typst's mathematics mode.

    >>> typst(row("‖", "T", "‖", "≤", Sub("σ", "min")))
    '‖ T ‖ ≤ σ_(upright("min"))'
    """
    if isinstance(e, Row):
        return " ".join(typst(p) for p in e.parts)
    if isinstance(e, Sub):
        return f"{_whole(e.base)}_({typst(e.below)})"
    if isinstance(e, Sup):
        return f"{_whole(e.base)}^({typst(e.above)})"
    return TYPST.get(e) or (f'upright("{e}")' if len(e) > 1 and e.isalpha() else e)


def _whole(e: Expression) -> str:
    """A base that takes a sub- or superscript as a whole."""
    return f"lr({typst(e)})" if isinstance(e, Row) else typst(e)


def plain(e: Expression) -> str:
    """The expression in a line of text.

    >>> plain(row("‖", "A", "T", "‖", "≥", "κ", "‖", "T", "‖")), plain(Sub("σ", "min"))
    ('‖AT‖ ≥ κ‖T‖', 'σ_min')
    """
    if isinstance(e, Row):
        return "".join(plain(p) for p in e.parts)
    if isinstance(e, Sub):
        return f"{plain(e.base)}_{_grouped(e.below)}"
    if isinstance(e, Sup):
        return plain(e.base) + "′" if e.above == "′" else f"{plain(e.base)}^{_grouped(e.above)}"
    return f" {e} " if e in "≤≥=≠∈⊗−+⋯" else "," + " " if e == "," else e


def _grouped(e: Expression) -> str:
    text = plain(e)
    return text if isinstance(e, str) else "{" + text + "}"


def norm(*parts: Expression) -> Row:
    """‖parts‖."""
    return row("‖", *parts, "‖")


def product(K: int, data: bool = False) -> Row:
    """X = M_1(h_1) ... M_K(h_K), times the data.

    >>> plain(product(2))
    'X = M_1(h_1)M_2(h_2)'
    """
    return row("X", "=", *_chain(K), *(["Y"] if data else []))


def _chain(K: int) -> list[Expression]:
    shown = [str(k) for k in range(1, K + 1)] if K <= 3 else ["1", "2", "⋯", "K"]
    return [p if p == "⋯" else row(Sub("M", p), "(", Sub("h", p), ")") for p in shown]


def segre(K: int) -> Row:
    """P(h) = h_1 ⊗ ... ⊗ h_K.

    >>> plain(segre(2))
    'P(h) = h_1 ⊗ h_2'
    """
    shown = [str(k) for k in range(1, K + 1)] if K <= 3 else ["1", "⋯", "K"]
    parts: list[Expression] = []
    for p in shown:
        parts += ["⊗", "⋯" if p == "⋯" else Sub("h", p)] if parts else [Sub("h", p)]
    return row("P", "(", "h", ")", "=", *parts)


T_PRIME = Sup("T", "′")
LIFTING = row("X", "=", "A", "P", "(", "h", ")")
DNSP = row(norm("T"), "≤", "γ", norm("T", "−", T_PRIME))
KAPPA = row(norm("A", "T"), "≥", "κ", norm("T"))
SYMBOLS: dict[str, Expression] = {
    "lifting.sigma_min": Sub("σ", "min"),
    "lifting.sigma_max": Sub("σ", "max"),
    "dnsp.gamma": "γ",
    "dnsp.kappa": "κ",
    "sparse_dnsp.gamma": Sub("γ", "sparse"),
    "sparse_dnsp.lower_rip": Sub("σ", "𝓜"),
    "sparse_dnsp.gamma_union": Sub("γ", "∪"),
    "sparse_dnsp.lower_rip_union": Sub("σ", "∪"),
    "compressed_sensing.spark": "spark",
    "compressed_sensing.coherence": "μ",
    "compressed_sensing.alpha": Sub("α", "s"),
    "recovery_bound.constant": "C",
    "recovery_bound.paper": Sub("C", "paper"),
    "recovery_bound.converse": Sub("C", "best"),
}


def _p(e: Expression, power: Expression) -> Sup:
    return Sup(e, power)


_MIN = row("min", "(", Sup(Sub(norm("P", "(", "h", ")"), "∞"), row("1", "/", "K", "−", "1")), ",",
           Sup(Sub(norm("P", "(", "g", ")"), "∞"), row("1", "/", "K", "−", "1")), ")")  # fmt: skip
BOUND: dict[str, Expression] = {
    "scale": row(Sub("d", "p"), "(", "[", "h", "]", ",", "[", "g", "]", ")", "≤", "C", "·", _MIN, "·",
                 "(", "δ", "+", "η", ")"),
    "path-scale": row(Sub("Δ", "p"), "(", "{", "h", "}", ",", "{", "g", "}", ")", "≤", "C", "·",
                      Sup("ε", row("1", "−", "K")), "·", "(", "δ", "+", "η", ")"),
    "neuron-scale": row(norm("P", "(", "h", ")", "−", "P", "(", "g", ")"), "≤", "C", "·", "(", "δ", "+", "η", ")"),
}  # fmt: skip
