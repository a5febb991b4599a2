"""The pairs of supports of one family as the tasks of a sweep, and what they say together.

A task asks about two models of the family, on the box of their unions: each with itself and with the other.  Every
difference of two members of the family is one of two members of some pair of models, so once all pairs are done

    uniform, over_C               yes when all say yes, no when one says no
    lower_rip(_union), kappa      the least value over the pairs: [least lower end, least upper end]
    gamma, gamma_union            the greatest value over the pairs: [greatest lower end, greatest upper end]

hold for the family, from brackets and verdicts that the checker accepted.  [theory: section 4]
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..exact import parse
from .run import Row, key_of, tasks_of

if TYPE_CHECKING:
    from ..problem import Case

MAX_PAIRS = 20_000
"""Each pair takes a process, a fraction of a second and a folder of four files."""
LEAST = ("lower_rip", "lower_rip_union", "kappa")
GREATEST = ("gamma", "gamma_union")
OF_ROW = {"gamma": "sparse_gamma"}
"""Where a row has another name: its `gamma` is that of the pair's whole box, of differences within one model, too."""
SCHEMA = "dmfverify/family/1"


@dataclass(frozen=True)
class PairTask:
    """One pair of supports: its places among the maximal supports, and the case of these two models."""

    name: str
    case: Case
    places: tuple[int, int]
    time_budget: float | None = None
    seed: int = 0

    @property
    def key(self) -> str:
        """What makes two runs the same: name, the pair's statement and the settings."""
        return key_of(self, self.case.statement.sha256)

    def load(self) -> Case:
        """The case of the two models."""
        return self.case


def pair_tasks(cases: Sequence[str], time_budget: float | None = None, seed: int = 0) -> list[PairTask]:
    """A task for each unordered pair of maximal supports of the one case that `cases` names, each with itself too.

    Raises
    ------
    BadInput
        When there is not one case, when it cannot be read, and when its family has one support or too many.
    """
    found = tasks_of(cases)
    if len(found) != 1:
        raise BadInput(f"got {len(found)} cases, expected one, whose pairs are swept", where="--pairs")
    whole = found[0].load()
    from ..problem.part import pair_part

    supports = _supports(whole, found[0].name)
    digits = len(str(len(supports) - 1))
    return [
        PairTask(f"{found[0].name}-{i:0{digits}}-{j:0{digits}}", pair_part(whole, s, t), (i, j), time_budget, seed)
        for (i, s), (j, t) in combinations_with_replacement(enumerate(supports), 2)
    ]


def _supports(whole: Case, name: str) -> list[Any]:
    statement = whole.statement
    if statement.model.kind == "free":
        raise BadInput("the model has no supports, so there are no pairs", where=name, hint="run it without --pairs")
    pairs = math.comb(statement.model.family_size(statement.sizes) + 1, 2)
    if pairs > MAX_PAIRS:
        raise BadInput(
            f"its family has {_count(pairs)} pairs of supports, more than {MAX_PAIRS:,} to take one by one",
            where=name,
            hint="without --pairs, the whole family is bounded at once",
        )
    supports = list(statement.model.maximal(statement.sizes))
    if len(supports) == 1:
        raise BadInput("its family has one support, so there are no pairs", where=name, hint="run it without --pairs")
    return supports


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**18 else f"more than 10^{int(math.log10(number))}"


def family_of(tasks: Sequence[PairTask], rows: Sequence[Row]) -> dict[str, Any]:
    """What the rows say together: of the family once every pair is answered, of the pairs that are done until then."""
    by_name = {row["case"]: row for row in rows if row["status"] == "done"}
    done = [(task.places, by_name[task.name]) for task in tasks if task.name in by_name]
    whole = len(done) == len(tasks)
    told = [row for _, row in done]
    return {
        "schema": SCHEMA,
        "pairs": len(tasks),
        "done": len(done),
        "of": "the family" if whole else "the pairs that are done",
        "deficient_pairs": _deficient(done) if whole else None,
        "uniform": _verdict(told, "uniform"),
        "over_C": _verdict(told, "over_C"),
        **{name: _extreme(told, name, min) for name in LEAST},
        **{name: _extreme(told, name, max) for name in GREATEST},
    }


def _verdict(rows: Sequence[Row], name: str) -> str:
    verdicts = {row[name] for row in rows}
    return "no" if "no" in verdicts else "yes" if verdicts == {"yes"} else "undecided"


def _extreme(rows: Sequence[Row], name: str, chosen: Any) -> list[str] | None:
    """The least or the greatest of each end."""
    pairs = [row[OF_ROW.get(name, name)] for row in rows]
    if not pairs or None in pairs:
        return None
    return [chosen((pair[end] for pair in pairs), key=parse) for end in (0, 1)]


def _deficient(done: Sequence[tuple[tuple[int, int], Row]]) -> int | None:
    """How many pairs have a kernel on their box: a row counts its two supports with themselves as well."""
    counts = {places: row["deficient_pairs"] for places, row in done}
    if None in counts.values():
        return None
    return sum(n if i == j else n - counts[i, i] - counts[j, j] for (i, j), n in counts.items())


def family_bytes(family: dict[str, Any]) -> bytes:
    """The bytes of family.json."""
    return (json.dumps(family, indent=1) + "\n").encode()


def family_lines(family: dict[str, Any]) -> list[str]:
    """The same for the terminal, rounded outwards."""
    from .table import interval

    missing = family["pairs"] - family["done"]
    lines = [f"{family['done']} of {family['pairs']} pairs done"]
    if missing:
        lines.append(f"{missing} pairs not done: nothing is said of the family, only of the pairs that are done")
    if family["deficient_pairs"] is not None:
        lines.append(f"deficient_pairs {family['deficient_pairs']}")
    lines += [f"{name} {family[name]}" for name in ("uniform", "over_C") if family["done"]]
    return lines + [f"{name} {interval(family[name])}" for name in (*LEAST, *GREATEST) if family[name]]
