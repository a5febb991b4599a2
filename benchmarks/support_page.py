"""docs/support.md from the evidence of `support`: for each setting a table of answers and one of methods.

python -m benchmarks.support_page                       # from docs/support/evidence.csv
python -m benchmarks.support_page --store FILE          # measures first; goes on where the store ends; an hour
python -m benchmarks.support_page --case NAME           # prints a case of the table as a case file
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from dmfverify import identify, stability
from dmfverify.library import shipped

from . import common, support
from .support import MODELS, QUESTIONS, SETTINGS, Cell, asked

PAGE = common.ROOT / "docs" / "support.md"
NONE = "—"
TITLES = {
    "uniform": "uniform: is every h determined?",
    "over_C": "the same over the complex numbers",
    "generic": "generic: is almost every h?",
    "local": "local: alone in its neighbourhood?",
    "at a point": "at given parameters",
    "gamma": "null space constant γ",
    "kappa": "stability constant κ",
    "A": "lifting A",
    "sparse gamma": "γ restricted to supports",
    "lower RIP": "lower RIP constant",
    "sensing": "compressed sensing",
}
HEAD = """# What can be answered, and by what

Written by `benchmarks/support_page.py` from the registry of methods. Each of the {methods} methods ran alone on small
problems of every setting and model; what stands here is what the checker proved from its claims and from nothing else.
Find your setting below: the first table says which answers can be proved for your model, the second one by which
methods.

- {none} is *undecided: no method*: no registered method has proved this answer for any problem of that kind. An empty
  cell of a first table is a question without a meaning there (sparse constants need supports, compressed sensing one
  sparse factor).
- A number is a case in which the method gives the answer, listed at the [end of the page](#cases). That it does so
  there is proved; that it does for *your* problem is not: all methods have limits of size and time, and "undecided"
  stays possible everywhere.
- Several methods joined by + are needed together: none of those tried gives that answer alone.
- *≥ 0* are the non-negative models. A recovery bound follows from κ from below. γ and κ of a uniform "no" are ∞ and
  0, which is not listed; *infinite* is γ = ∞ without such a "no".

```sh
python -m benchmarks.support_page --case {example}        # prints that case; --store FILE measures everything again
```

`tests/test_support.py` runs the methods of this page alone again, a quick selection every day and all of them among
the slow tests, and fails when a method of the registry is missing here. Evidence: [evidence.csv](support/evidence.csv),
with CPU seconds of a machine that others used as well; the cases: [cases.json](support/cases.json).
"""


def page(cells: Sequence[Cell]) -> str:
    """The whole page."""
    numbers = {name: k + 1 for k, name in enumerate(dict.fromkeys(cell.case for cell in cells))}
    example = next(name for name in numbers if name not in shipped())
    registered = (*identify.METHODS, *stability.METHODS, *identify.POINT_METHODS)
    text = HEAD.format(methods=len(registered), none=NONE, example=example)
    for where, title in SETTINGS.items():
        own = [cell for cell in cells if cell.setting == where]
        text += f"\n## {title}\n\nAnswers that can be proved:\n" + _table(["question", *_models()], _glance(where, own))
        head = ["answer", "method", *_models()]
        text += "\nMethods, and a case of each:\n" + _table(head, _methods(own, numbers))
    theorems = [[m.name, m.theorem.replace("|", "\\|")] for m in sorted(registered, key=lambda m: m.cost)]
    text += "\n## The methods\n" + _table(["method", "what makes it sound"], theorems)
    names = [[str(k), _name(name)] for name, k in numbers.items()]
    return text + "\n## Cases\n" + _table(["number", "name"], names)


def _name(name: str) -> str:
    return f"[{name}](../cases/{name}.toml)" if name in shipped() else name


def _models() -> list[str]:
    return [model.replace("+", " ≥ 0") for model in MODELS]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _glance(where: str, cells: Sequence[Cell]) -> list[list[str]]:
    """A row for each question: the answers that some method proves, model by model."""
    rows = []
    for question, title in TITLES.items():
        row = [_given(question, [cell for cell in cells if cell.model == model]) for model in MODELS]
        row = [text if asked(where, model, question) else "" for text, model in zip(row, MODELS, strict=True)]
        if any(row):
            rows.append([title, *row])
    return rows


def _given(question: str, cells: Sequence[Cell]) -> str:
    given = {(cell.question, cell.answer) for cell in cells}
    return "; ".join(answer for of, answer in QUESTIONS if of == question and (of, answer) in given) or NONE


def _methods(cells: Sequence[Cell], numbers: dict[str, int]) -> list[list[str]]:
    """For each question and answer the methods, the case of each model in its column."""
    return [row for question, answer in QUESTIONS for row in _answer(question, answer, cells, numbers)]


def _answer(question: str, answer: str, cells: Sequence[Cell], numbers: dict[str, int]) -> Iterator[list[str]]:
    own = {(c.methods, c.model): c.case for c in cells if (c.question, c.answer) == (question, answer)}
    if not own:
        if any(asked(cell.setting, cell.model, question) for cell in cells):
            yield [f"**{question}: {answer}**", "undecided: no method", *[NONE] * len(MODELS)]
        return
    first = True
    for methods in dict.fromkeys(name for name, _ in own):
        row = [str(numbers[own[methods, model]]) if (methods, model) in own else "" for model in MODELS]
        yield [f"**{question}: {answer}**" if first else "", methods, *row]
        first = False


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure which method answers what, and write the page.")
    parser.add_argument("--store", type=Path, help="measure first; goes on where this file ends")
    parser.add_argument("--case", help="print a case of the page")
    options = parser.parse_args()
    if options.case:
        problem = support.cases()[options.case]
        print(f"{problem.text}\n# parameters for --at: {problem.at}")
        return
    if options.store:
        support.measure(options.store)
        support.write(support.chosen(list(support.runs(options.store))))
    PAGE.write_text(page(support.evidence()))
    print(f"{PAGE} written")


if __name__ == "__main__":
    main()
