"""Every requirement of the checker is needed: without it, some item of the corpus is answered otherwise.

Each statement `require(...)` in dmfverify/check is taken out of a copy of the package, and the items that it
refuses are run again.  A requirement that refuses no item is a forgery that nobody has written yet.
"""

from __future__ import annotations

import functools
import traceback
from fractions import Fraction
from pathlib import Path

import pytest
from checker_corpus import CHECK, Sources, items, pieces

SOURCES = Sources()


class Long(bytes):
    """Bytes that say they are many."""

    def __len__(self) -> int:
        return 2**40


class Full(bytes):
    """Bytes that hold many commas, or say so."""

    def count(self, *args: object) -> int:
        return 2**40


# what is too large for a file of the corpus
PROBES = {
    "a_file_of_a_terabyte": lambda check: check.verify(Long(b"{}"), b"{}"),
    "a_file_of_many_values": lambda check: check.verify(Full(b"{}"), b"{}"),
    "a_common_denominator_of_many_digits": lambda check: check.strict.over_common_denominator(
        [Fraction(1, 2**1_000_000)] * 1_100, "values"
    ),
    "more_entries_than_are_held": lambda check: check.strict.Work().hold(10**9),
    "more_work_than_is_left": lambda check: check.strict.Work(limit=1).spend(2),
    # sound claims do not contradict each other
    "uniform_yes_and_no": lambda check: contradiction(check, lambda led: [led.fact("a", x) for x in ("yes", "no")]),
    "gamma_above_and_below": lambda check: contradiction(check, lambda led: led.exactly("dnsp.gamma", 3, 2)),
    "rank_above_and_below": lambda check: contradiction(check, lambda led: led.rank(((0, 1),) * 2, low=9)),
}


def contradiction(check, enter) -> None:
    """A ledger with an entry that no claim would make."""
    session = check.Session(pieces(items("accepted")["kernel"])[0])
    enter(session.ledger)
    session.proved()


@functools.cache
def tasks() -> dict[str, object]:
    """Name -> what to run with a checker."""
    found = dict(PROBES)
    for folder in ("rejected", "malformed"):
        for name, item in items(folder).items():
            found[name] = functools.partial(lambda files, check: check.verify(*files), pieces(item))
    return found


def answer(check, task) -> str:
    """The reason of a refusal, `accepted`, or the exception that escapes."""
    try:
        task(check)
    except check.Rejected as refusal:
        return str(refusal)
    except Exception as error:
        return type(error).__name__
    return "accepted"


@functools.cache
def refused_by() -> dict[tuple[Path, int], list[tuple[str, str]]]:
    """Requirement -> the items that it refuses, with the reason."""
    check, found = SOURCES.load(), {}
    for name, task in tasks().items():
        try:
            task(check)
        except check.Rejected as refusal:
            frames = [
                f for f in traceback.extract_tb(_first(refusal).__traceback__) if f.filename.startswith(str(CHECK))
            ]
            for frame in reversed(frames):
                if owner := SOURCES.owner(Path(frame.filename).relative_to(CHECK), frame.lineno):
                    found.setdefault(owner, []).append((name, str(refusal)))
                    break
    return found


def _first(refusal: Exception) -> Exception:
    """The refusal of the requirement itself, when another was raised from it."""
    return refusal.__context__ if isinstance(refusal.__context__, type(refusal)) else refusal


@pytest.mark.parametrize("requirement", SOURCES.requirements(), ids=lambda r: f"{r[0]}:{r[1]}")
def test_no_requirement_is_idle(requirement: tuple[Path, int]) -> None:
    covered = refused_by().get(requirement, [])
    assert covered, "no item of the corpus is refused by this requirement"
    check = SOURCES.load(without=requirement)
    changed = any(answer(check, tasks()[name]) != reason for name, reason in covered)
    assert changed, f"without it nothing changes for {[name for name, _ in covered]}"
