"""The report as a sequence of parts without a language: what Markdown, LaTeX and typst print, in one order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import formulas
from .context import Page
from .proof import Paragraph as ProofParagraph
from .words import plural


@dataclass(frozen=True)
class Math:
    """A formula inside a cell."""

    expression: formulas.Expression


Cell = str | Math


@dataclass(frozen=True)
class Heading:
    """The title (level 1), a section (2) or a subsection (3)."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Plain text, with a lead in bold."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Display:
    """A formula on a line of its own."""

    expression: formulas.Expression


@dataclass(frozen=True)
class Theorem:
    """A theorem with its name and its sources."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """What to type."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A figure by its number, with its caption; the renderer knows where the file lies."""

    number: int
    caption: str


@dataclass(frozen=True)
class Table:
    """A table with its caption."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


Part = Heading | Paragraph | Items | Display | Theorem | Command | Picture | Table


def parts(p: Page, captions: tuple[str, ...] = ()) -> Iterator[Part]:
    """Everything that a report says, in the order of the HTML page."""
    yield Heading(1, p.title)
    yield Paragraph(p.asked)
    yield from _verdict(p)
    yield from _at(p)
    yield from _witness(p)
    yield from _constants(p)
    yield from _theory(p)
    yield from _proof(p)
    yield from _problem(p)
    yield from (Picture(number, caption) for number, caption in enumerate(captions))
    yield from _account(p)


def _verdict(p: Page) -> Iterator[Part]:
    yield Heading(2, "Verdict")
    for a in p.answers:
        yield Paragraph(a.headline, f"{a.question} {a.verdict.capitalize()}.")
        reason = f"{'Why it is open' if a.verdict == 'undecided' else 'Reason'}: {a.reason}" if a.reason else ""
        conditions = [f"Condition: {condition}" for condition in a.conditions]
        method = f"Method: {a.method}" if a.method else ""
        if items := tuple(text for text in (reason, *a.facts, *conditions, method) if text):
            yield Items(items)
    yield Paragraph(f"Over the complex numbers: {p.over_C}. {p.stability}")


def _at(p: Page) -> Iterator[Part]:
    if p.at:
        yield Heading(2, "At the given parameters")
        yield Paragraph(f"{p.at.headline} {p.at.reason}".strip(), f"{p.at.verdict.capitalize()}.")
        yield Items(p.at.facts)


def _witness(p: Page) -> Iterator[Part]:
    if not p.witness:
        return
    yield Heading(2, "The counterexample")
    yield Paragraph(f"{p.witness.intro} {p.witness.why}")
    if p.witness.radius:
        yield Paragraph(f"Radius: {p.witness.radius}")
    rows = tuple((w.factor, w.h, w.g) for w in p.witness.rows)
    if rows:
        yield Table("Two parameters h and g, factor by factor, with one product", ("factor", "h", "g"), rows)
    if p.witness.hidden:
        yield Paragraph(f"{p.witness.hidden} more factors are in result.json.")


def _constants(p: Page) -> Iterator[Part]:
    yield Heading(2, "Best bounds so far" if p.uniform.verdict == "undecided" else "Constants")
    if p.constants:
        yield Paragraph("Each constant lies in the interval given, for certain. Decimals are rounded outwards.")
        yield Table(
            "Certified constants",
            ("constant", "lies in", "exact ends", "meaning"),
            tuple(
                (Math(c.symbol), "nothing proved" if c.bracket.trivial else c.bracket.decimal,
                 " to ".join(brief for _, brief in c.bracket.ends) if c.bracket.more else "as they stand", c.name)
                for c in p.constants
            ),
        )  # fmt: skip
    yield from map(Paragraph, p.missing)
    if p.counts:
        yield Table("Sizes", ("quantity", "value"), p.counts)
    if p.bound:
        yield Paragraph("If two allowed parameters h and g explain the data up to errors δ and η, then")
        yield Display(p.bound)
        yield Paragraph(f"Valid while: {p.valid_while}" if p.valid_while else "")
    if p.no_bound:
        yield Paragraph(p.no_bound)
    if p.estimates:
        title = "Estimates, in floating point or modulo a prime; nothing here rests on them"
        yield Table(title, ("quantity", "estimate"), p.estimates)


def _theory(p: Page) -> Iterator[Part]:
    if p.theorems:
        yield Heading(2, "Why this is true")
    for theorem in p.theorems:
        yield Theorem(theorem.name, theorem.text + "".join(f" [{key}]" for key in theorem.sources))
    yield Heading(2, "The theorem, hypothesis by hypothesis")
    yield Table(
        "What the stability theorem asks for, and what shows it here",
        ("hypothesis", "holds", "shown by"),
        tuple((row.says, row.holds, row.shown_by) for row in p.hypotheses),
    )


def _proof(p: Page) -> Iterator[Part]:
    if not p.steps:
        return
    yield Heading(2, "The proof, claim by claim")
    for number, step in enumerate(p.steps, 1):
        yield Heading(3, f"{number}. {step.title}")
        yield Paragraph(f"In the file: {step.place}")
        for block in step.blocks:
            if isinstance(block, ProofParagraph):
                yield Paragraph(block.text)
            else:
                yield Table(block.caption, block.head, block.rows)


def _problem(p: Page) -> Iterator[Part]:
    yield Heading(2, "What was asked")
    yield Display(p.product)
    yield Paragraph(f"{p.model} {p.data}".strip())
    yield Paragraph(p.equivalence.means, f"What counts as the same: {p.equivalence.title}.")
    if p.segre:
        yield Display(p.segre)
    rows = tuple((f"{f.number} {f.label}".strip(), f.shape, f.parameters, f.means) for f in p.factors)
    yield Table("Factors in product order", ("factor", "size", "parameters", "operator"), rows)
    if p.hidden_factors:
        yield Paragraph(f"{p.hidden_factors} more factors are in statement.json.")


def _account(p: Page) -> Iterator[Part]:
    yield Heading(2, "What was tried")
    rows = tuple((m.name, m.seconds, m.outcome) for m in p.methods)
    if rows:
        yield Table("Methods in the order in which they ran, and why each stopped", ("method", "time", "outcome"), rows)
    if p.declined:
        names = ", ".join(m.name for m in p.declined)
        number = plural(len(p.declined), "more method")
        yield Paragraph(f"{names}.", f"{number} did not apply or had nothing left to prove:")
    if p.timings:
        yield Paragraph("Time: " + ", ".join(f"{name} {seconds}" for name, seconds in p.timings) + ".")
    yield Heading(2, "Check it yourself")
    yield Paragraph("Every certain statement above was accepted by an independent checker, which rebuilds the lifting "
                    "from the statement alone in exact arithmetic. To run it again:")  # fmt: skip
    yield Command(p.command)
    yield Table("Files, and the SHA-256 of those that a certificate names", ("file", "what it is", "SHA-256"), p.files)
    if p.versions:
        yield Paragraph("Versions: " + ", ".join(f"{name} {version}" for name, version in p.versions) + ".")
    if p.sources:
        yield Heading(2, "Sources")
        yield Items(tuple(f"[{key}] {text}" for key, text in p.sources))
