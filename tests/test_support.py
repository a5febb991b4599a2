"""docs/support.md: written from the evidence, which names every method and is proved again, method by method."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import support, support_page
from benchmarks import support_problems as problems
from dmfverify import identify, stability
from dmfverify.check.family import OWN_KEYS
from dmfverify.check.statement import EQUIVALENCES

REGISTRY = {m.name: m for m in (*identify.METHODS, *stability.METHODS, *identify.POINT_METHODS)}
CELLS = support.evidence()
CASES = support.cases()
RUNS: dict[tuple[str, str], list[support.Cell]] = defaultdict(list)
for cell in CELLS:
    RUNS[cell.case, cell.methods].append(cell)
QUICK = {
    min((run for run in RUNS if name in run[1].split(" + ")), key=lambda run: RUNS[run][0].cpu): None
    for name in sorted(REGISTRY)
}
"""For each method the case that took least."""


def again(case: str, methods: str) -> None:
    """These methods alone, and nothing else, give the answers of their cells, accepted by the checker."""
    problem = CASES[case]
    found, proved, _ = support.alone(problem, [REGISTRY[name] for name in methods.split(" + ")], 60.0)
    given = support.answers(RUNS[case, methods][0].setting, RUNS[case, methods][0].model, proved)
    assert set(found.claim_methods) <= {*methods.split(" + "), "given parameters"}
    missing = {(cell.question, cell.answer) for cell in RUNS[case, methods]} - set(given)
    assert not missing, (case, methods, missing)


def test_the_page_is_what_the_evidence_says() -> None:
    assert support_page.PAGE.read_text() == support_page.page(CELLS), "python -m benchmarks.support_page writes it"


def test_every_method_of_the_registry_is_there_and_no_other() -> None:
    assert {name for cell in CELLS for name in cell.methods.split(" + ")} == set(REGISTRY)


def test_every_model_and_equivalence_has_its_place() -> None:
    assert {model.rstrip("+") for model in support.MODELS} == set(OWN_KEYS)
    assert all(any(f"`{name}`" in title for title in support.SETTINGS.values()) for name in EQUIVALENCES)
    assert {(cell.setting, cell.model) for cell in CELLS} == {
        (where, model) for where in support.SETTINGS for model in support.MODELS
    }


def test_every_cell_has_a_case_of_its_setting_and_model() -> None:
    places = {name: problems.read(problem.text) for name, problem in CASES.items()}
    kinds = {name: (problems.setting(statement), problems.model(statement)) for name, statement in places.items()}
    assert {cell.case for cell in CELLS} == set(CASES)
    assert [cell for cell in CELLS if kinds[cell.case] != (cell.setting, cell.model)] == []
    assert [cell for cell in CELLS if not support.asked(cell.setting, cell.model, cell.question)] == []


@pytest.mark.parametrize(("case", "methods"), QUICK)
def test_a_method_alone_gives_the_answers_of_its_cells(case: str, methods: str) -> None:
    again(case, methods)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_cell_is_proved_again(case: str) -> None:
    for name, methods in RUNS:
        if name == case:
            again(name, methods)


def test_a_method_that_proves_nothing_fills_no_cell() -> None:
    case, methods = next(run for run in QUICK if run[1] == "trivial kernel")
    _, proved, _ = support.alone(CASES[case], [REGISTRY["shift counts"]])
    assert ("uniform", "yes") not in support.answers(RUNS[case, methods][0].setting, "free", proved)


def test_a_stale_page_is_seen() -> None:
    assert support_page.page(CELLS[:-1]) != support_page.PAGE.read_text()
