"""The shipped reference cases: one TOML file a named case, with its source.

They lie in ``cases/`` of a checkout and in ``dmfverify/cases`` of an installed package.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import BadInput, quoted


def shipped() -> dict[str, Path]:
    """The shipped cases by name, in alphabetical order.

    Examples
    --------
    >>> shipped()["circulant_pair"].name
    'circulant_pair.toml'
    """
    return {path.stem: path for path in sorted(_folder().glob("*.toml"))}


def find(name: str) -> Path:
    """The file of the shipped case called `name`.

    Raises
    ------
    BadInput
        When no case has that name.

    Examples
    --------
    >>> find("circulant_pare")
    Traceback (most recent call last):
    ...
    dmfverify.errors.BadInput: no shipped case is called 'circulant_pare'; did you mean circulant_pair?
    """
    cases = shipped()
    if name in cases:
        return cases[name]
    near = get_close_matches(name, cases, n=1)
    raise BadInput(
        f"no shipped case is called {quoted(name)}",
        hint=f"did you mean {near[0]}?" if near else "dmfverify cases lists them",
    )


def _folder() -> Path:
    """``dmfverify/cases`` as installed; in a checkout ``cases/`` beside the package."""
    package = Path(str(resources.files(__package__)))
    installed = package / "cases"
    return installed if installed.is_dir() else package.parent / "cases"


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of statement.json, certificate.json or result.json.

    >>> schema("result")["title"]
    'dmfverify result, format 1'
    """
    path = Path(__file__).parent / "schemas" / f"{name}.schema.json"
    if name not in ("statement", "certificate", "result"):
        raise BadInput(f"got {quoted(name)}, expected statement, certificate or result", where="schema")
    return dict(json.loads(path.read_text(encoding="utf-8")))
