"""Tables of a case file: which keys are legal, and what is said about the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BadInput, quoted
from .reading import COMPLEX, listed, nearest, wrong

UNSUPPORTED = {
    "bias": "affine factors are not supported, M(h) has to be linear in h",
    "offset": "affine factors are not supported, M(h) has to be linear in h",
    "constant": "affine factors are not supported, M(h) has to be linear in h",
    "affine": "affine factors are not supported, M(h) has to be linear in h",
    "imag": COMPLEX,
    "imaginary": COMPLEX,
    "shared": "a parameter shared by two factors is not supported, each factor has its own h",
    "tied": "a parameter shared by two factors is not supported, each factor has its own h",
}
"""Keys that somebody may try for what is documented as not supported."""


def check_keys(table: Mapping[str, Any], legal: Sequence[str], required: Sequence[str] = ()) -> None:
    """Refuse unknown keys, suggesting the closest legal one, and missing ones.

    >>> check_keys({"tap": 1}, ("taps", "stride"))
    Traceback (most recent call last):
    dmfverify.errors.BadInput: unknown key 'tap', expected taps or stride; did you mean 'taps'?
    """
    for key in table:
        if key not in legal:
            why = f": {UNSUPPORTED[key]}" if key in UNSUPPORTED else f", expected {listed(legal)}"
            hint = "" if key in UNSUPPORTED else nearest(key, list(legal))
            raise BadInput(f"unknown key {quoted(key)}{why}", hint=hint)
    for key in required:
        if key not in table:
            raise BadInput(f"key {key!r} is missing", hint=f"expected {all_of(required)}" if len(required) > 1 else "")


def all_of(keys: Sequence[str]) -> str:
    """Keys that are all needed.

    >>> all_of(["length", "taps"])
    'length and taps'
    """
    return ", ".join(keys[:-1]) + " and " + keys[-1]


def table(value: Any, where: str, expected: str = "a table") -> Mapping[str, Any]:
    """`value` when it is a table."""
    if not isinstance(value, Mapping):
        raise wrong(value, expected, where)
    return value
