"""The result: what result.json holds, with its statement, its certificate and its case.

Made only from what the checker returned; `pipeline.conclude` is the one place that makes it.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import write_files
from .problem import Case
from .verdict import View, viewed

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
        The case that was asked.
    interrupted
        Whether the search was interrupted: then this is what was known.
    """

    json: dict[str, Any] = field(repr=False)
    statement: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    case: Case = field(repr=False)
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

    @cached_property
    def result_bytes(self) -> bytes:
        """The bytes of result.json."""
        return (json.dumps(self.json, indent=1, ensure_ascii=True) + "\n").encode()

    def save(self, folder: str | Path) -> Path:
        """Write statement, certificate, result and report into `folder`, together."""
        return write_result(self, Path(folder))


def write_result(result: Result, folder: Path) -> Path:
    """The four files of a result, replaced together; nothing else in `folder` is touched."""
    from .report import render_html

    page = render_html(
        result.json,
        result.case.statement,
        names=names(result.case),
        certificate_bytes=len(result.certificate),
        check_command=check_command(folder),
        claims=[claim["kind"] for claim in json.loads(result.certificate)["claims"]],
    )
    return write_files(
        folder,
        {
            "statement.json": result.statement,
            "certificate.json": result.certificate,
            "result.json": result.result_bytes,
            "report.html": page.encode(),
        },
    )


def check_command(folder: Path) -> str:
    """The command that re-checks what lies in `folder`."""
    return f"dmfverify check {shlex.quote(str(folder / 'certificate.json'))}"


def names(case: Case) -> Names:
    """The user's names for parameters and nodes, for pages and pictures."""
    from .report import Names

    return Names(parameters=case.names, nodes=case.node_names or ())
