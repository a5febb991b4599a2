"""The text of a case file: TOML, hostile until read.

Main definitions
    `parse`  text -> tables, with every limit on literals and nesting checked on the text first

A literal that is refused (hexadecimal, too long, nan) becomes a string that starts with `MARK`, so that whoever reads
the value says so together with its key.  All regular expressions are possessive: each is linear in the text.
"""

from __future__ import annotations

import json
import re
import tomllib
from decimal import Decimal
from itertools import accumulate, islice
from typing import Any

from ..errors import BadInput, quoted
from .reading import DIGITS, EXPONENT, MARK

NESTING = 16

_SKIPPED = (
    r'"""(?:[^"\\]++|\\.?|"(?!""))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\[^\n]?)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
)
"""Strings and comments, an unfinished one up to where TOML would give up."""
SKIPPED = re.compile(_SKIPPED, re.DOTALL)
SUSPICIOUS = re.compile(r"(?<![\w.])0[xob]|(?<![0-9_.])[0-9_.]{1001}|[eE][+-]?[0-9_]{4}", re.ASCII)
LITERAL = re.compile(
    rf"(?:{_SKIPPED})|(?<![\w.+-])([+-]?(?:0[xob]\w++|[0-9][0-9_]*+(?:\.[0-9_]++)?(?:[eE][+-]?[0-9_]++)?))"
    r"(?![\w.:-]|[ \t]*=)",
    re.DOTALL | re.ASCII,
)
DOTTED = re.compile(rf'(?<![\w"-])(?:[\w"-]++[ \t]*+\.[ \t]*+){{{NESTING}}}', re.ASCII)
BRACKET = re.compile(r"[\[\]{}]")
STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
HEADER = re.compile(r"^[ \t]*+\[{1,2}+[^\[\]\n,]*+\]{1,2}+[ \t\r]*+$", re.MULTILINE)
HEADERS = 20_000
"""Tables; each costs the TOML reader more than a number."""
LARGE = 2**16
"""Characters from which on a text is packed."""
PACKABLE = re.compile(
    r"(?P<blank>(?:\#[^\n]*+(?:[ \t\n]|\r\n)*+)++|(?:[ \t\n]|\r\n){64,}+)"
    rf"|(?P<numbers>\[[\[\]\s,0-9.eE+-]{{64,}}+)|{_SKIPPED}",
    re.DOTALL | re.ASCII,
)
NO_JSON = re.compile(r"[\[,]\s*+,", re.ASCII)
TRAILING = re.compile(r",\s*+\]", re.ASCII)
PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def parse(text: str) -> dict[str, Any]:
    """The tables of a TOML text; decimals as `Decimal`, refused literals as marked strings.

    Raises
    ------
    BadInput
        When it is not TOML, nested more than 16 deep or holds more than 20,000 tables.

    Examples
    --------
    >>> parse("a = 0.25")
    {'a': Decimal('0.25')}
    >>> parse("a = 0x10")
    {'a': '\\x000x10'}
    """
    bare = SKIPPED.sub('""', text)
    check_nesting(bare)
    if sum(1 for _ in islice(HEADER.finditer(bare), HEADERS + 1)) > HEADERS:
        raise BadInput(f"got more than {HEADERS:,} tables, expected fewer")
    if SUSPICIOUS.search(bare):
        text = LITERAL.sub(_mark, text)
    return _packed(text) if len(text) >= LARGE else _toml(text)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text) from None
    except (RecursionError, ValueError) as error:
        raise BadInput(f"cannot be read as TOML: {error}") from None


def _packed(text: str) -> dict[str, Any]:
    """As `_toml`, with long arrays of numbers read by the json module, which is compiled."""
    arrays: list[Any] = []

    def pack(match: re.Match[str]) -> str:
        if match["numbers"]:
            return _pack_numbers(match["numbers"], arrays)
        return match[0] if not match["blank"] else "\n" if "\n" in match["blank"] else " "

    packed = PACKABLE.sub(pack, text)
    try:
        return _unpacked(tomllib.loads(packed, parse_float=_decimal), arrays)
    except tomllib.TOMLDecodeError as error:
        if PLACE.search(str(error)) and packed.count("\n") != text.count("\n"):
            return _toml(text)  # for the right line number
        raise _not_toml(str(error), text) from None
    except (RecursionError, ValueError) as error:
        raise BadInput(f"cannot be read as TOML: {error}") from None


def _pack_numbers(run: str, arrays: list[Any]) -> str:
    """A string that stands for the first array of the run, or the run as it is when JSON reads it otherwise."""
    depth = accumulate(STEPS[b[0]] for b in BRACKET.finditer(run))
    closing = next((n for n, d in enumerate(depth) if d == 0), None)
    if closing is None:
        return run
    end = next(islice(BRACKET.finditer(run), closing, None)).end()
    try:
        if NO_JSON.search(run, 0, end):
            return run
        arrays.append(json.loads(TRAILING.sub("]", run[:end]), parse_float=Decimal))
    except (ValueError, ArithmeticError):
        return run
    return f'"\\u0000\\u0000{len(arrays) - 1}"{run[end:]}'


def _unpacked(value: Any, arrays: list[Any]) -> Any:
    if isinstance(value, dict):
        return {key: _unpacked(v, arrays) for key, v in value.items()}
    if isinstance(value, list):
        return [_unpacked(v, arrays) for v in value]
    if isinstance(value, str) and value.startswith(MARK + MARK) and value[2:].isascii() and value[2:].isdigit():
        return arrays[int(value[2:])] if len(value) < 12 and int(value[2:]) < len(arrays) else value
    return value


def check_nesting(bare: str) -> None:
    """Refuse brackets nested too deeply, in a text without its strings."""
    depth = max(accumulate(map(STEPS.__getitem__, BRACKET.findall(bare))), default=0)
    if depth > NESTING:
        raise BadInput(f"got brackets nested {depth} deep, expected at most {NESTING}")
    if DOTTED.search(bare):
        raise BadInput(f"got a key of more than {NESTING} parts, expected at most {NESTING}")


def _mark(match: re.Match[str]) -> str:
    literal = match[1]
    if literal is None or not _refused(literal):
        return match[0]
    return f'"\\u0000{literal}"'


def _refused(literal: str) -> bool:
    if literal[:1] in "+-":
        literal = literal[1:]
    if literal[:2] in ("0x", "0o", "0b"):
        return True
    digits, _, exponent = literal.lower().partition("e")
    power = exponent.lstrip("+-").replace("_", "").lstrip("0")
    return sum(map(str.isdigit, digits)) > DIGITS or len(power) > 4 or int(power or "0") > EXPONENT


def _decimal(literal: str) -> Decimal | str:
    return MARK + literal if literal.lstrip("+-") in ("inf", "nan") else Decimal(literal)


def _not_toml(message: str, text: str) -> BadInput:
    place = PLACE.search(message)
    what = PLACE.sub("", message).strip()
    what = what[:1].lower() + what[1:]
    if place is None:
        return BadInput(f"is not TOML: {what}")
    line = text.split("\n")[int(place[1]) - 1].strip().replace("\\u0000", "")
    sums = "**" in line or "/" in line
    hint = 'write powers as digits and fractions as strings such as "1/3"' if sums else ""
    return BadInput(f"is not TOML: {what}; got {quoted(line)}", where=f"line {place[1]}", hint=hint)
