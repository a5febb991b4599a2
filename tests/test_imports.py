"""The house of docs/ARCHITECTURE.md: arrows point down only, the checker stands alone, heavy imports are lazy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "dmfverify"

# A room is a folder or a module directly below dmfverify/. It may import the rooms named here and what those may
# import, at the top of a file, inside a function, or for typing only: all three are arrows.
MAY_IMPORT: dict[str, set[str]] = {
    "check": set(),
    "errors": set(),
    "exact": {"errors"},
    "library": {"errors"},
    "problem": {"exact", "errors"},
    "verdict": {"exact"},
    "structure": {"problem"},
    "sources": {"problem"},
    "lifting": {"problem", "exact"},
    "certificate": {"exact"},
    "method": {"lifting", "structure", "certificate"},
    "identify": {"method"},
    "stability": {"method"},
    "recover": {"lifting"},
    "report": {"problem", "verdict"},
    "fork_server": set(),
    "search": {"check", "identify", "stability", "fork_server"},
    "output": {"errors"},
    "result": {"report", "output"},
    "saved": {"check", "result"},
    "pipeline": {"search", "result", "recover", "library"},
    "compressed": {"search", "output", "verdict"},
    "rip": {"search", "verdict"},
    "sweep": {"pipeline"},
    "cli": {"pipeline", "sweep", "saved"},
    "__main__": {"cli"},
    "__init__": {"cli", "sources", "compressed", "rip"},
}
HEAVY = {"cvxpy", "flint", "highspy", "matplotlib", "networkx", "scipy", "sympy", "torch"}

Arrow = tuple[str, str, str]
"""Room, what it imports (another room, or a module of someone else's), and where."""


def rooms(package: Path) -> set[str]:
    files = {path.stem for path in package.glob("*.py")}
    folders = {path.name for path in package.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    return files | folders


def arrows(package: Path) -> Iterator[Arrow]:
    """Every import of every file, as an arrow from its room."""
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        for node in ast.walk(ast.parse(path.read_text())):
            for module in imported(node, (package.name, *inside.parent.parts)):
                if module == (package.name, "__version__"):
                    continue  # a constant of the ground, wherever it is written
                if module[0] != package.name:
                    target = module[0]
                else:
                    target = module[1] if len(module) > 1 and module[1] in rooms(package) else "__init__"
                if target != inside.parts[0].removesuffix(".py"):
                    yield inside.parts[0].removesuffix(".py"), target, f"{inside}:{getattr(node, 'lineno', 0)}"


def imported(node: ast.AST, here: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Absolute names of what `node` imports, when it stands in a module of the package `here`."""
    if isinstance(node, ast.Import):
        yield from (tuple(alias.name.split(".")) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        base = here[: len(here) - node.level + 1] if node.level else ()
        base += tuple(node.module.split(".")) if node.module else ()
        yield from ((*base, alias.name) for alias in node.names)


def below(room: str) -> set[str]:
    """What `room` may import, with what stands under that."""
    direct = MAY_IMPORT[room]
    return direct.union(*(below(other) for other in direct))


def upward(package: Path) -> list[str]:
    """The arrows between our rooms that the picture does not have."""
    ours = rooms(package) | {"__init__"}
    return [f"{where}: {room} -> {other}" for room, other, where in arrows(package) if other in ours - below(room)]


def foreign_to_checker(package: Path) -> list[str]:
    """What check/ imports besides the standard library and its own files."""
    own = {path.stem for path in (package / "check").rglob("*.py")}
    own |= {path.name for path in (package / "check").rglob("*") if path.is_dir()}
    allowed = sys.stdlib_module_names | own
    return [f"{where}: {other}" for room, other, where in arrows(package) if room == "check" and other not in allowed]


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        cwd=PACKAGE.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_every_room_is_in_the_picture():
    assert rooms(PACKAGE) <= set(MAY_IMPORT)


def test_the_picture_has_no_cycle():
    assert list(TopologicalSorter(MAY_IMPORT).static_order())


def test_the_page_shows_this_picture(root):
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", (root / "docs" / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    shown = {room: set(re.findall(r"`(\w+)`", imports)) for room, imports in rows}
    assert shown == {room: imports for room, imports in MAY_IMPORT.items() if room != "__init__"}


def test_arrows_point_down():
    assert upward(PACKAGE) == []


def test_the_checker_stands_alone():
    assert foreign_to_checker(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "arrow"),
    [
        ("exact.py", "from .problem import Case", "exact -> problem"),
        ("exact.py", "from . import lifting", "exact -> lifting"),
        ("problem/load.py", "from ..lifting.exact import rank", "problem -> lifting"),
        ("problem/load.py", "import dmfverify.cli", "problem -> cli"),
        ("problem/load.py", "from .. import certify", "problem -> __init__"),
        ("report/html.py", "def page():\n    from ..lifting import Lifting", "report -> lifting"),
        ("identify/gauge.py", "if TYPE_CHECKING:\n    from ..pipeline import certify", "identify -> pipeline"),
        ("lifting/gram.py", "from ..stability.sos import bound", "lifting -> stability"),
        ("check/main.py", "from ..exact import rational", "check -> exact"),
        ("pipeline.py", "from .cli import main", "pipeline -> cli"),
    ],
)
def test_an_arrow_that_points_up_is_seen(house, file, line, arrow):
    (house / file).write_text(line)
    assert [found.split(": ")[1] for found in upward(house)] == [arrow]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("problem/load.py", "from ..exact import rational\nfrom .forms import Terms\nimport tomllib, numpy"),
        ("identify/gauge.py", "from ..problem.forms import Terms\nfrom ..errors import BadInput"),
        ("pipeline.py", "from . import __version__, check, lifting\nfrom .report.html import page"),
        ("check/main.py", "from .claims import rank\nfrom claims import rank\nimport json, hashlib"),
    ],
)
def test_an_arrow_that_points_down_is_not(house, file, line):
    (house / file).write_text(line)
    assert upward(house) == [] and foreign_to_checker(house) == []


@pytest.mark.parametrize("line", ["import numpy", "from flint import fmpz_mat", "def f():\n    import sympy"])
def test_a_checker_that_leans_on_others_is_seen(house, line):
    (house / "check" / "main.py").write_text(line)
    assert len(foreign_to_checker(house)) == 1


@pytest.fixture
def house(tmp_path):
    """A house with all its rooms, empty."""
    package = tmp_path / "dmfverify"
    for room in ("check", "check/claims", "identify", "lifting", "problem", "report", "stability"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    for room in set(MAY_IMPORT) - rooms(package):
        (package / f"{room}.py").touch()
    return package


def test_importing_dmfverify_is_light():
    assert loaded_by("import dmfverify") & HEAVY == set()


def test_importing_the_command_line_is_light():
    assert loaded_by("import dmfverify.cli") & HEAVY == set()
