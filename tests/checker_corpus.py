"""The corpus in tests/certificates, and copies of the checker with a requirement taken out."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import json
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
CERTIFICATES = HERE / "certificates"
CHECK = HERE.parent / "dmfverify" / "check"
FOLDERS = ("accepted", "rejected", "malformed")


@functools.cache
def maker() -> types.ModuleType:
    """tests/certificates/make.py."""
    sys.path.insert(0, str(CERTIFICATES))
    try:
        return __import__("make")
    finally:
        sys.path.remove(str(CERTIFICATES))


class Items(Mapping):
    """Name -> item of one folder, as committed; parsed at each look, so that nobody shares what he changes."""

    def __init__(self, folder: str) -> None:
        self.texts = {path.stem: path.read_text() for path in sorted((CERTIFICATES / folder).glob("*.json"))}

    def __getitem__(self, name: str) -> dict:
        return json.loads(self.texts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


@functools.cache
def items(folder: str) -> Items:
    """The items of a folder."""
    return Items(folder)


def pieces(item: dict) -> list[bytes | None]:
    """Statement, certificate and result of an item, as bytes."""
    return maker().pieces(item)


# -- copies of the package, without one requirement -------------------------------------------------


class Sources:
    """The checker's sources as syntax trees; `load` makes a package of them under a name of its own."""

    def __init__(self, folder: Path = CHECK) -> None:
        self.texts = {
            path.relative_to(folder): path.read_text()
            for path in sorted(folder.rglob("*.py"))
            if path.name not in ("__main__.py", "command.py")
        }
        self.trees = {path: ast.parse(text) for path, text in self.texts.items()}
        self.codes = {path: self._compiled(path, None) for path in self.trees}

    def requirements(self) -> list[tuple[Path, int]]:
        """(file, line) of every statement `require(...)`."""
        return [
            (path, node.lineno) for path, tree in self.trees.items() for node in ast.walk(tree) if _is_requirement(node)
        ]

    def owner(self, path: Path, line: int) -> tuple[Path, int] | None:
        """The requirement that covers a line of a file, if there is one."""
        for node in ast.walk(self.trees[path]):
            if _is_requirement(node) and node.lineno <= line <= node.end_lineno:
                return path, node.lineno
        return None

    def load(self, without: tuple[Path, int] | None = None) -> types.ModuleType:
        """The package; without the requirement at `without`, if one is given."""
        codes = dict(self.codes)
        if without is not None:
            codes[without[0]] = self._compiled(*without)
        return _Loader(codes).package()

    def _compiled(self, path: Path, line: int | None) -> types.CodeType:
        tree = self.trees[path]
        if line is not None:
            tree = _Without(line).visit(ast.parse(self.texts[path]))
        return compile(tree, str(CHECK / path), "exec")


def _is_requirement(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "require"
    )


class _Without(ast.NodeTransformer):
    def __init__(self, line: int) -> None:
        self.line = line

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.copy_location(ast.Pass(), node) if _is_requirement(node) and node.lineno == self.line else node


class _Loader:
    """Runs the codes as modules of a package; a new name each time, taken out of sys.modules afterwards."""

    count = 0

    def __init__(self, codes: dict[Path, types.CodeType]) -> None:
        _Loader.count += 1
        self.name, self.codes = f"check_copy_{_Loader.count}", codes

    def package(self) -> types.ModuleType:
        sys.meta_path.insert(0, self)
        try:
            return importlib.import_module(self.name)
        finally:
            sys.meta_path.remove(self)
            for name in [n for n in sys.modules if n.partition(".")[0] == self.name]:
                del sys.modules[name]

    def find_spec(self, name, path=None, target=None):
        first, _, rest = name.partition(".")
        if first != self.name:
            return None
        base = Path(*rest.split(".")) if rest else Path()
        for file in (base / "__init__.py", base.with_suffix(".py") if rest else base):
            if file in self.codes:
                spec = importlib.util.spec_from_loader(name, self, is_package=file.name == "__init__.py")
                spec.loader_state = file
                return spec
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.codes[module.__spec__.loader_state], module.__dict__)
