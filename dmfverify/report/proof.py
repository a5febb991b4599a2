"""The proof section: each claim of a certificate as a referee would read it, written out where it is small.

Nothing is decided here.  What the checker accepted is restated with its numbers; the few products that are
shown are multiplied out from the statement, exactly, so that a reader can follow them by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..exact import text
from ..problem.forms import Statement
from . import words
from .decimals import count, interval_text, pretty, short, value_of
from .names import Names
from .small import TooBig, choices, coordinates, determinant, lifting, product

MOST_OF_A_KIND = 3
MOST_ROWS = 40

Claim = Mapping[str, Any]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table: what it shows, its head, its rows."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Grid


@dataclass(frozen=True)
class Step:
    """One claim of the certificate."""

    title: str
    place: str
    blocks: tuple[Block, ...]


def steps(statement: Statement, claims: Sequence[Claim], names: Names) -> Iterator[Step]:
    """The claims in the order of the certificate; of many of one kind the first ones, and how many there are."""
    kinds = [str(claim.get("kind")) for claim in claims]
    for number, (kind, claim) in enumerate(zip(kinds, claims, strict=True)):
        seen, total = kinds[:number].count(kind), kinds.count(kind)
        if seen < (MOST_OF_A_KIND if total > MOST_OF_A_KIND + 1 else total):
            blocks = _written(kind, claim, statement, names)
        elif seen == MOST_OF_A_KIND:
            more = words.plural(total - seen, "more claim")
            blocks = [Paragraph(f"From this place on there are {more} of this kind, about other supports or other "
                                "parts of the same question. They stand in the file.")]  # fmt: skip
        else:
            continue
        yield Step(words.theorem_for(kind).name, f"certificate.json#/claims/{number}", tuple(blocks))


def _written(kind: str, claim: Claim, statement: Statement, names: Names) -> list[Block]:
    try:
        return [*WRITERS[kind](claim, statement, names)] if kind in WRITERS else [_in_the_file(claim)]
    except (TooBig, KeyError, TypeError, ValueError):
        return [_in_the_file(claim)]


def _in_the_file(claim: Claim) -> Paragraph:
    """What evidence there is, for a claim that is too long for a page."""
    parts = [_size(key, value) for key, value in claim.items() if key != "kind"]
    listed = "; ".join(part for part in parts[:12] if part)
    return Paragraph(
        f"The evidence is too long to be printed: {listed or 'nothing but the statement'}. It stands in the file at "
        "the place above, and the command at the end of this report checks it again."
    )


def _size(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    if isinstance(value, (list, tuple)):
        total = _entries(value)
        return f"{name} ({words.plural(total, 'number')})" if total else ""
    if isinstance(value, Mapping):
        return f"{name} ({words.plural(_entries(list(value.values())), 'number')})"
    return f"{name} = {_number(value)}" if value is not None else ""


def _entries(value: Any) -> int:
    if isinstance(value, Mapping):
        value = list(value.values())
    return sum(_entries(x) for x in value) if isinstance(value, (list, tuple)) else 1


def _number(value: object) -> str:
    return pretty(short(str(value)[:2_100])).replace("-", "−")


def _vector(values: Sequence[Any]) -> str:
    if len(values) > 16:
        raise TooBig
    return "(" + ", ".join(_number(v) for v in values) + ")"


def _matrix(caption: str, rows: Sequence[Sequence[Any]]) -> Grid:
    if len(rows) > 12 or any(len(row) > 12 for row in rows):
        raise TooBig
    width = max((len(row) for row in rows), default=0)
    return Grid(caption, ("row", *map(str, range(width))), tuple(
        (str(r), *(_number(x) for x in row)) for r, row in enumerate(rows)))  # fmt: skip


# Claims that a reader can follow by hand


def _shift_counts(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    try:
        yield from _shift_table(statement, names)
    except TooBig:
        yield Paragraph("The choices of one tap on each edge of a path are too many to be listed. How many reach each "
                        "shift is counted layer by layer, from the taps alone.")  # fmt: skip
    cells = count(_cells(statement))
    if any(form.stride > 1 for form in statement.forms):  # type: ignore[union-attr]
        yield Paragraph(
            "A column has an entry ±1 for each input cell whose shifted place the strides keep. The squares of the "
            "non-zero singular values are the numbers of these entries times the numbers of choices that share a "
            f"shift; the least singular value lies in {_interval(claim['sigma_min'])}, the greatest in "
            f"{_interval(claim['sigma_max'])}."
        )
        return
    for key, name in (("sigma_min", "least"), ("sigma_max", "greatest")):
        if claim.get(key):
            yield Paragraph(
                f"A column has {cells} entries ±1. The {name} non-zero singular value is the square root of {cells} "
                f"times the {name} number of choices that share a shift; it lies in {_interval(claim[key])}."
            )


def _shift_table(statement: Statement, names: Names) -> Iterator[Block]:
    sums = choices(statement, MOST_ROWS)
    reached: dict[tuple[int, tuple[int, ...]], list[tuple[int, ...]]] = {}
    for choice, leaf, shift in sums:
        reached.setdefault((leaf, shift), []).append(choice)
    most = max(map(len, reached.values()))
    rows = [
        (names.node(len(statement.forms), leaf) or str(leaf), ", ".join(map(str, shift)), _taps(found, names))
        for (leaf, shift), found in sorted(reached.items())
    ]
    yield Grid(
        f"All {words.plural(len(sums), 'choice')} of one tap on each edge of a path, by the shift that they add up to",
        ("input", "shift", "tap indices, factor by factor"),
        tuple(rows),
    )
    if most == 1:
        yield Paragraph("No shift occurs twice, so the columns of A are orthogonal and none is zero.")
    else:
        yield Paragraph(f"Some shift is reached by {words.plural(most, 'choice')}, whose columns are equal up to sign.")


def _cells(statement: Statement) -> int:
    rows, total = statement.forms[-1].grid, 1  # type: ignore[union-attr]
    for n in rows:
        total *= n
    return total


def _taps(found: Sequence[Sequence[int]], names: Names) -> str:
    return " and ".join("(" + ", ".join(names.parameter(k, i) or str(i) for k, i in enumerate(c)) + ")" for c in found)


def _interval(pair: Sequence[str]) -> str:
    lo, hi = map(value_of, pair)
    return interval_text(lo, hi)


def _witness(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    h, g = ([[Fraction(x) for x in part] for part in claim[side]] for side in ("h", "g"))
    place = list(claim["coordinate"])
    yield Paragraph(
        f"Coordinate ({', '.join(map(str, place))}) of P tells the two apart: {_term(h, place)} for h, "
        f"{_term(g, place)} for g."
    )
    X = product(statement, h)
    if X != product(statement, g):
        raise ValueError("the products differ")
    yield _matrix("The product of h, and entry by entry that of g", [[text(x) for x in row] for row in X])


def _term(h: Sequence[Sequence[Any]], place: Sequence[int]) -> str:
    factors = [h[k][i] for k, i in enumerate(place)]
    total = Fraction(1)
    for x in factors:
        total *= x
    shown = [f"({text(x)})" if x < 0 else text(x) for x in factors]
    return f"{'·'.join(shown)} = {text(total)}".replace("-", "−")


def _trivial_kernel(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    labels = coordinates(statement, 6)
    A = lifting(statement, labels)
    rows, value = determinant(A)
    yield Grid(
        f"{words.plural(len(labels), 'row')} of A, by their position in the product; one column a multi-index",
        ("row", *(str(tuple(i)) for i in labels)),
        tuple((f"{r}", *(_number(text(x)) for x in A[r])) for r in rows),
    )
    yield Paragraph(f"Their determinant is {_number(text(value))}, so the columns of A are independent.")


def _kernel(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    basis = claim["basis"]
    if len(basis) > 4:
        raise TooBig
    labels = coordinates(statement, 16)
    A = lifting(statement, labels)
    for w in basis:
        if any(sum(x * int(c) for x, c in zip(row, w, strict=True)) for row in A.values()):
            raise ValueError("not in the kernel")
    yield Grid(
        "A basis of the kernel of A: multiplied by A each of these vectors gives zero",
        ("multi-index", *(f"vector {j + 1}" for j in range(len(basis)))),
        tuple((str(tuple(i)), *(_number(w[a]) for w in basis)) for a, i in enumerate(labels)),
    )
    rank = len(labels) - len(basis)
    yield Paragraph(f"The rank of A is at least {rank} modulo {claim['prime']}, so there are no more.")


def _gram(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    for key, name in (("sigma_min", "least non-zero"), ("sigma_max", "greatest")):
        if claim.get(key):
            yield Paragraph(f"The {name} singular value of A lies in {_interval(claim[key])}.")
    if claim["side"] == "columns" and claim.get("sigma_min"):
        yield from _positive(claim, statement)
        return
    yield Paragraph("The factorizations that prove it stand in the file at the place above.")


def _positive(claim: Claim, statement: Statement) -> Iterator[Block]:
    """The proof of positive semidefiniteness of a Gram matrix of at most four columns, number by number."""
    labels = coordinates(statement, 4)
    A = lifting(statement, labels)
    d = _denominator(statement)
    lo = Fraction(claim["sigma_min"][0])
    n, evidence = len(labels), claim["psd_min"]
    L = [[*map(int, row), *[0] * (n - len(row))] for row in evidence["L"]] or [[0] * n for _ in range(n)]
    squares = [[sum(int(w[i]) * int(w[j]) for w in claim["kernel"]) for j in range(n)] for i in range(n)]
    M = [[lo.denominator**2 * d**2 * sum(row[i] * row[j] for row in A.values()) + claim["weight"] * squares[i][j]
          - (d**2 * lo.numerator**2 if i == j else 0) for j in range(n)] for i in range(n)]  # fmt: skip
    s = int(evidence["scale"])
    rest = [[s * M[i][j] - sum(L[i][k] * L[j][k] for k in range(n)) for j in range(n)] for i in range(n)]
    yield _matrix("M = a positive multiple of AᵀA (plus squares on its kernel) minus the lower end squared", M)
    yield _matrix("s·M − L·Lᵀ for the factor L of the certificate", rest)
    yield Paragraph(
        f"Here s = {_number(s)}. Each diagonal entry of the second matrix is at least the sum of the absolute values "
        "of the rest of its row, so it is positive semidefinite, and so is M: no eigenvalue of AᵀA on the complement "
        "of the kernel is below the lower end squared."
    )


def _denominator(statement: Statement) -> int:
    """The product of the common denominators of the forms and of the data, as the checker has it."""
    from math import lcm, prod

    def of(form: Any) -> int:
        values = [t[-1] for t in (*getattr(form, "terms", ()), *getattr(form, "fixed", ()))]
        values += [e[2] for e in getattr(form, "entries", ()) if len(e) == 3]
        return lcm(*(v.denominator for v in values)) if values else 1

    return prod(of(form) for form in (*statement.forms, *((statement.data,) if statement.data else ())))


# Claims of which the numbers are said


def _kernel_line(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    yield Paragraph(
        f"The kernel is spanned by one vector w. In the flattening with modes {_modes(claim['modes'])} as rows, the "
        f"singular values of w after the second carry at least the share {_number(claim['tail'])} of its squared norm. "
        f"A difference of two tensors of rank one has flattenings of rank at most 2, so γ² is at most the inverse of "
        f"that share, and γ at most {_interval([claim['gamma']] * 2)}."
    )


def _modes(modes: Sequence[int]) -> str:
    return ", ".join(str(k + 1) for k in modes)


def _difference(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    said = [f"{name} is {side} {_interval([claim[key]] * 2)}" for key, name, side in
            (("gamma", "γ", "at least"), ("kappa", "κ", "at most")) if claim.get(key)]  # fmt: skip
    yield Paragraph(f"For T = P(h) − P(g) with the parameters below: {' and '.join(said)}.")
    pairs = enumerate(zip(claim["h"], claim["g"], strict=True))
    rows = tuple((str(k + 1), _vector(a), _vector(b)) for k, (a, b) in pairs)
    yield Grid("The two parameters, factor by factor", ("factor", "h", "g"), rows)


def _jacobian(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    point = claim["point"]
    yield Paragraph(f"At an integer point the rank of the Jacobian modulo {claim['prime']} is {claim['rank']}.")
    if sum(map(len, point)) <= 60:
        yield Grid("The point", ("factor", "parameters"), tuple((str(k + 1), _vector(h)) for k, h in enumerate(point)))


def _dimension(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    s, t = sorted(len(part) for part in claim["support"] if len(part) > 1)
    c = len(claim["kernel"])
    yield Paragraph(
        f"On this support P(h) is a matrix of size {s} × {t}. Complex matrices of rank at most 2 form a cone of "
        f"codimension ({s} − 2)({t} − 2) = {(s - 2) * (t - 2)}; the kernel of A holds {c} independent vectors there, "
        "which is more."
    )


def _one_class(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    spanning = [item for item in claim["items"] if "kernel" in item]
    apart = len(claim["items"]) - len(spanning)
    for item in spanning[:MOST_OF_A_KIND]:
        yield Paragraph(
            f"On a support the products of degree {item['degree']} in {words.plural(len(item['kernel']), 'variable')} "
            f"are independent modulo {item['prime']}: {count(len(item['products']))} of them, at as many points."
        )
    if len(spanning) > MOST_OF_A_KIND:
        yield Paragraph(f"The same is shown of {count(len(spanning) - MOST_OF_A_KIND)} more.")
    if apart:
        yield Paragraph(f"A vector shows that nothing has the product of h on {words.plural(apart, 'support')}.")
    yield Paragraph(f"On all other supports the columns of A, with the product of h, are independent modulo "
                    f"{claim['prime']} as far as they can be.")  # fmt: skip
    if sum(map(len, claim["h"])) <= 60:
        rows = tuple((str(k + 1), _vector(h)) for k, h in enumerate(claim["h"]))
        yield Grid("The parameters h", ("factor", "parameters"), rows)


def _pairs(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    pairs = statement.model.family_size(statement.sizes)
    pairs = pairs * (pairs + 1) // 2
    yield Paragraph(
        f"On the union of the two boxes of each of at most {words.plural(pairs, 'pair')} of supports (a support with "
        f"itself included) the columns of A are independent modulo {claim['prime']}. On {claim['deficient']} boxes of "
        "unions they are dependent."
    )
    for key, name in (("lower_rip", "boxes of unions"), ("lower_rip_union", "unions of two boxes")):
        if claim.get(key):
            yield Paragraph(f"Least non-zero singular value over the {name}: in {_interval(claim[key])}.")


def _recovery(claim: Claim, statement: Statement, names: Names) -> Iterator[Block]:
    total = count(sum(statement.sizes))
    by = {"scale": f"2·({total})^(1/{claim['p']})/κ, {total} being the number of parameters", "neuron-scale": "1/κ"}
    text_ = by.get(statement.equivalence, f"the formula for paths with p = {claim['p']}")
    yield Paragraph(f"The recovery constant is computed from the bracket of κ: {text_}, rounded outwards.")


WRITERS: dict[str, Callable[[Claim, Statement, Names], Iterator[Block]]] = {
    "shift-counts": _shift_counts,
    "witness": _witness,
    "trivial-kernel": _trivial_kernel,
    "kernel": _kernel,
    "gram-bracket": _gram,
    "kernel-line": _kernel_line,
    "difference": _difference,
    "jacobian": _jacobian,
    "dimension-count": _dimension,
    "one-class": _one_class,
    "pairs-injective": _pairs,
    "recovery-bound": _recovery,
}
