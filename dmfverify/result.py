"""The result: what result.json holds, with its statement, its certificate and its case.

Made only from what the checker returned; `pipeline.conclude` is the one place that makes it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .exact import parse
from .output import write_files
from .problem import Case, Statement
from .problem.restated import restated
from .verdict import Bracket, View, viewed

if TYPE_CHECKING:
    from .report import Names

SCHEMA = "dmfverify/result/1"


@dataclass(frozen=True)
class Result:
    """The answer to a case: the object behind result.json, with its statement and certificate.

    Attributes
    ----------
    json
        The object of result.json, key for key.
    statement, certificate
        The bytes of statement.json and certificate.json.
    case
        The case that was asked; None for a result that was read back from its folder.
    interrupted
        Whether the search was interrupted: then this is what was known.
    """

    json: dict[str, Any] = field(repr=False)
    statement: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    case: Case | None = field(repr=False, default=None)
    interrupted: bool = field(default=False, repr=False)

    @property
    def uniform(self) -> View:
        """Is every h in the models determined by its product?"""
        return View(self.json["identifiability"]["uniform"])

    @property
    def generic(self) -> View:
        """Is almost every h?"""
        return View(self.json["identifiability"]["generic"])

    @property
    def local(self) -> View:
        """Is a generic h determined among its neighbours?"""
        return View(self.json["identifiability"]["local"])

    def __getattr__(self, name: str) -> Any:
        body = object.__getattribute__(self, "json")
        if name.startswith("__") or name not in body:
            raise AttributeError(name)
        return viewed(body[name])

    def __repr__(self) -> str:
        gamma = self.json["dnsp"] and self.json["dnsp"]["gamma"]
        return f"Result(uniform={self.uniform.verdict!r}, gamma={gamma}, title={self.json['case']['title'][:60]!r})"

    def __rich__(self) -> Any:
        """The short table, as the command prints it."""
        from .report import terminal_table

        return terminal_table(self.json)

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        from .report import notebook_table

        return notebook_table(self.json)

    def records(self) -> list[dict[str, Any]]:
        """One record a verdict, bracket or count, for ``pandas.DataFrame(result.records())``.

        Each has ``quantity`` (its path in result.json), ``value`` (verdicts and counts), and for a bracket ``lo`` and
        ``hi`` (exact strings) with ``lo_estimate`` and ``hi_estimate`` (doubles, for plots).

        Examples
        --------
        >>> from dmfverify import Case, Circulant, certify
        >>> certify(Case([Circulant(6, taps=[0, 2])])).records()[0]["quantity"]
        'lifting.columns'
        """
        sections = ("lifting", "identifiability", "dnsp", "sparse_dnsp", "recovery_bound")
        return [record for name in sections for record in _records(name, self.json.get(name))]

    @cached_property
    def result_bytes(self) -> bytes:
        """The bytes of result.json."""
        return (json.dumps(self.json, indent=1, ensure_ascii=True) + "\n").encode()

    @cached_property
    def question(self) -> Statement:
        """The exact question."""
        return self.case.statement if self.case is not None else restated(self.statement)

    @cached_property
    def names(self) -> Names:
        """The user's names for parameters and nodes."""
        return names(self.case) if self.case is not None else names_of_json(self.json["case"].get("names"))

    def save(self, folder: str | Path) -> Path:
        """Write statement, certificate, result and report into `folder`, together."""
        return write_result(self, Path(folder))


def _records(path: str, value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _records(f"{path}.{key}", inner)
    elif isinstance(viewed(value), Bracket):
        ends = {"lo": value[0], "hi": value[1], "lo_estimate": _double(value[0]), "hi_estimate": _double(value[1])}
        yield {"quantity": path, "value": None, **ends}
    elif path.rpartition(".")[2] in ("verdict", "over_C", "fibre_C", "p", "rho", *COUNTS) and value is not None:
        yield {"quantity": path, "value": value, "lo": None, "hi": None, "lo_estimate": None, "hi_estimate": None}


COUNTS = ("columns", "rank", "kernel_dimension", "expected", "pairs", "deficient_pairs")


def _double(end: str) -> float:
    value = parse(end)
    return float(value) if value < MOST_DOUBLE else float("inf")


MOST_DOUBLE = 10**308


def write_result(result: Result, folder: Path) -> Path:
    """The four files of a result, replaced together; nothing else in `folder` is touched."""
    return write_files(
        folder,
        {
            "statement.json": result.statement,
            "certificate.json": result.certificate,
            "result.json": result.result_bytes,
            **rendered(result, ("html",), folder),
        },
    )


FORMS = ("html", "pdf", "tex", "md")


def rendered(result: Result, forms: Iterable[str], folder: Path) -> dict[str, bytes]:
    """The report in each of `forms`, by file name; tex comes as an article and as a section for ``\\input``."""
    from . import report

    options: dict[str, Any] = {
        "names": result.names,
        "certificate_bytes": len(result.certificate),
        "check_command": check_command(folder),
        "claims": json.loads(result.certificate)["claims"],
    }
    from .report.trials import trials_beside

    trials = trials_beside(folder, result.json["statement_sha256"])
    writers: dict[str, dict[str, Callable[..., str | bytes]]] = {
        "html": {"report.html": partial(report.render_html, trials=trials)},
        "md": {"report.md": report.render_markdown},
        "tex": {"report.tex": report.render_tex, "report-section.tex": report.render_tex_section},
        "pdf": {"report.pdf": report.render_pdf},
    }
    pages = {
        name: writer(result.json, result.question, **options)
        for form in forms
        for name, writer in writers[form].items()
    }
    return {name: page.encode() if isinstance(page, str) else page for name, page in pages.items()}


def check_command(folder: Path) -> str:
    """The command that re-checks what lies in `folder`."""
    return f"dmfverify check {shlex.quote(str(folder / 'certificate.json'))}"


def names(case: Case) -> Names:
    """The user's names for parameters and nodes, for pages and pictures."""
    from .report import Names

    return Names(parameters=case.names, nodes=case.node_names or ())


MOST_NAMES = 2_000


def names_to_json(case: Case) -> dict[str, Any] | None:
    """The user's names as they stand in result.json, [name, place, index] each; None where there are too many."""
    known = names(case)
    tables = {"parameters": known.parameters, "nodes": known.nodes}
    if sum(len(row) for table in tables.values() for row in table) > MOST_NAMES:
        return None
    return {key: [[name, k, i] for k, row in enumerate(table) for i, name in enumerate(row)]
            for key, table in tables.items()}  # fmt: skip


def names_of_json(stored: Any) -> Names:
    """The names that `names_to_json` stored; what does not look like that is left out."""
    from .report import Names

    tables = stored if isinstance(stored, dict) else {}
    return Names(parameters=_rows(tables.get("parameters")), nodes=_rows(tables.get("nodes")))


def _rows(entries: Any) -> tuple[tuple[str, ...], ...]:
    """The rows of a table of [name, row, index], as far as they come in order."""
    rows: list[list[str]] = []
    for entry in entries if isinstance(entries, list) else ():
        name, k, i = entry if isinstance(entry, list) and len(entry) == 3 else ("", None, None)
        if k == len(rows) and i == 0:
            rows.append([])
        if k == len(rows) - 1 and i == len(rows[k]):
            rows[k].append(str(name))
    return tuple(map(tuple, rows))
