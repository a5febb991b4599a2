"""docs/certificate-format.md names what the checker knows, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from dmfverify.check import KINDS, strict
from dmfverify.check.family import OWN_KEYS
from dmfverify.check.statement import EQUIVALENCES
from dmfverify.check.tie import OTHERS


def page(root: Path) -> str:
    return (root / "docs" / "certificate-format.md").read_text()


def test_every_kind_of_claim_has_a_heading_and_vice_versa(root: Path) -> None:
    assert sorted(re.findall(r"^### `([a-z0-9-]+)` ", page(root), re.M)) == sorted(KINDS)


def test_equivalences_models_and_limits_are_those_of_the_page(root: Path) -> None:
    text = page(root)
    assert " | ".join(EQUIVALENCES) in text
    assert all(f"`{kind}`" in text for kind in OWN_KEYS)
    assert f"nesting at most {strict.MAX_DEPTH}" in text
    assert f"{strict.MAX_DIGITS:,} digits" in text
    assert f"{strict.MAX_BYTES // 2**20} MiB" in text


def test_every_field_that_is_tied_down_is_named(root: Path) -> None:
    text = page(root)
    for path in OTHERS:
        assert f"`{path}`" in text or f"`{path.rpartition('.')[2]}`" in text, path
