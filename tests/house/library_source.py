"""The source of the library as syntax trees, read once for all tests of the house."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "proband"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the library by its dotted name."""
    return {
        dotted(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))
    }


def dotted(path: Path) -> str:
    """The name under which a file of the library is imported."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def packages() -> frozenset[str]:
    """The dotted names that are packages."""
    return frozenset(dotted(path) for path in SOURCE.rglob("__init__.py"))


def package_of(module: str) -> str:
    """The package that a module lies in; a package lies in itself."""
    return module if module in packages() else module.rpartition(".")[0]
