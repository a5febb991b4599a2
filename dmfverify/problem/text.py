"""The text of a case file: TOML, hostile until read.

Main definitions
    `parse`  text -> tables, with every limit on literals and nesting checked on the text first

A literal that is refused (hexadecimal, too long, nan) becomes a string that starts with `MARK`, so that whoever reads
the value says so together with its key.  All regular expressions are possessive: each is linear in the text.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from itertools import accumulate
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
PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def parse(text: str) -> dict[str, Any]:
    """The tables of a TOML text; decimals as `Decimal`, refused literals as marked strings.

    Raises
    ------
    BadInput
        When it is not TOML or nested more than 16 deep.

    Examples
    --------
    >>> parse("a = 0.25")
    {'a': Decimal('0.25')}
    >>> parse("a = 0x10")
    {'a': '\\x000x10'}
    """
    bare = SKIPPED.sub('""', text)
    _check_nesting(bare)
    if SUSPICIOUS.search(bare):
        text = LITERAL.sub(_mark, text)
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text) from None
    except (RecursionError, ValueError) as error:
        raise BadInput(f"cannot be read as TOML: {error}") from None


def _check_nesting(bare: str) -> None:
    steps = {"[": 1, "{": 1, "]": -1, "}": -1}
    depth = max(accumulate(map(steps.__getitem__, BRACKET.findall(bare))), default=0)
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
    line = text.split("\n")[int(place[1]) - 1].strip()
    return BadInput(
        f"is not TOML: {what}; got {quoted(line.replace(chr(92) + 'u0000', ''))}",
        where=f"line {place[1]}",
        hint='write fractions as strings such as "1/3", powers as digits',
    )
