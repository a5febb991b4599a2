"""Writes the corpus: python tests/certificates/make.py

Every item is a JSON file {"statement", "certificate", "result"?, and "proves" or "reason"}; the files are
objects, or strings where their text is the point.  `pieces` gives the bytes that the checker reads.  What
accepted items prove is in proves.json: written once, looked at, and not computed here.
"""

import hashlib
import json
import shutil
from pathlib import Path

import accepted_items
import bounds_items
import boxes_items
import classes_items
import cover_items
import existence_items
import family_items
import limits_items
import pair_items
import point_items
import refused_items
import sensing_items
import several_items
import skips_items
import stride_items
import upper_items
from refused_items import DROP

HERE = Path(__file__).resolve().parent
FILES = ("statement", "certificate", "result")
PARTS = (
    accepted_items,
    refused_items,
    bounds_items,
    boxes_items,
    classes_items,
    cover_items,
    existence_items,
    limits_items,
    pair_items,
    point_items,
    sensing_items,
    several_items,
    skips_items,
    family_items,
    upper_items,
    stride_items,
)
ACCEPTED, REJECTED, MALFORMED = (
    {name: item for part in PARTS for name, item in getattr(part, folder, {}).items()}
    for folder in ("ACCEPTED", "REJECTED", "MALFORMED")
)


def encoded(value):
    """The bytes of a file of an item."""
    if not isinstance(value, str):
        return json.dumps(value, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return value.removeprefix("latin-1:").encode("latin-1") if value.startswith("latin-1:") else value.encode()


def pieces(item):
    """Statement, certificate and result (or None) of an item, as bytes."""
    return [encoded(item[name]) if item.get(name) is not None else None for name in FILES]


def accepted(name, statement, claims, proves):
    """An accepted item."""
    return {**_files(statement, claims), "proves": dict(sorted(proves[name].items()))}


def refused(recipe):
    """A refused item: an accepted one after the edits."""
    base = recipe["base"]
    files = _files(*(ACCEPTED[base] if isinstance(base, str) else base))
    item = json.loads(json.dumps({**files, "result": recipe["result"]}))
    for path, value in recipe["edits"]:
        path = ("certificate", *path) if path[0] == "claims" else path
        _set(item, path, value)
    if recipe["rehash"]:
        item["certificate"]["statement_sha256"] = _digest(item["statement"])
    if item["result"] is None:
        del item["result"]
    elif item["result"]["statement_sha256"] == "HASH":
        item["result"]["statement_sha256"] = item["certificate"]["statement_sha256"]
    for name, old, new in recipe["text"]:
        text = encoded(item[name]).decode()
        item[name] = new if old is None else text.replace(old, new, 1)
    return {**item, "reason": recipe["reason"]}


def _files(statement, claims):
    digest = _digest(statement)
    return {
        "statement": statement,
        "certificate": {"schema": "dmfverify/certificate/1", "statement_sha256": digest, "claims": claims},
    }


def _digest(statement):
    return hashlib.sha256(encoded(statement)).hexdigest()


def _set(item, path, value):
    *way, last = path
    for key in way:
        item = item[key]
    if value == DROP:
        del item[last]
    else:
        item[last] = value


def corpus():
    """Folder -> name -> item."""
    proves = json.loads((HERE / "proves.json").read_text())
    return {
        "accepted": {name: accepted(name, *item, proves) for name, item in ACCEPTED.items()},
        "rejected": {name: refused(recipe) for name, recipe in REJECTED.items()},
        "malformed": {name: refused(recipe) for name, recipe in MALFORMED.items()},
    }


def main():
    """Write all files; what is no longer made is removed."""
    for folder, items in corpus().items():
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
        for name, item in items.items():
            (HERE / folder / f"{name}.json").write_text(json.dumps(item, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
