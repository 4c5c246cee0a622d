"""Who reads each field of a bundle, by the types that mypy finds: written to ``tests/programme/fields_read.json``.

A field counts as read by a package of ``proband`` where an attribute of that name is read from a value of its type there, or in a function of
``proband.programme`` or ``proband.terms`` that the package uses, directly or through others. Lints count as ``check``. What types do not reach
(templates, the view that the record makes of the written bundle) is said by hand in ``tests/programme/test_fields_read.py``.

    python scripts/fields_read.py          # about a minute of processor time
"""

from __future__ import annotations

import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from mypy import build, nodes, types
from mypy.main import process_options

from proband.programme.documentation import pieces
from proband.programme.json_schema import FILES

HOME = Path(__file__).resolve().parent.parent
TABLE = HOME / "tests" / "programme" / "fields_read.json"
#: what a node of the syntax tree holds beside its own parts: going there would leave the function
_BESIDE = {"node", "info", "type", "unanalyzed_type", "original_def", "analyzed", "def_var", "names", "mro", "defn", "fullname", "imports", "type_vars", "var", "alias_deps", "ctx"}  # fmt: skip
_PARTS: dict[type, list[str]] = {}


def classes(found: types.Type | None) -> Iterator[nodes.TypeInfo]:
    """The classes that a value of a type can be of."""
    proper = types.get_proper_type(found)
    if isinstance(proper, types.Instance):
        yield proper.type
    elif isinstance(proper, types.UnionType):
        for item in proper.items:
            yield from classes(item)
    elif isinstance(proper, types.TypeVarType):
        yield from classes(proper.upper_bound)


def parts(node: nodes.Node) -> Iterator[nodes.Node]:
    """The parts of a node of the syntax tree; mypy's own visitors are compiled and take no new class."""
    kind = type(node)
    if kind not in _PARTS:
        _PARTS[kind] = [
            name for name in dir(kind)
            if not name.startswith("_") and name not in _BESIDE and type(getattr(kind, name, None)).__name__ in ("getset_descriptor", "member_descriptor")
        ]  # fmt: skip
    todo: list[Any] = []
    for name in _PARTS[kind]:
        with suppress(AssertionError):  # a part that this node does not have
            todo.append(getattr(node, name, None))
    while todo:
        value = todo.pop()
        if isinstance(value, nodes.Node):
            yield value
        elif isinstance(value, list | tuple):
            todo += value


class Reading:
    """Which function reads which attribute of which class, and which function uses which."""

    def __init__(self, of: dict[nodes.Expression, types.Type]) -> None:
        self.types = of
        self.reads: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.uses: dict[str, set[str]] = defaultdict(set)
        self._seen: set[int] = set()

    def walk(self, tree: nodes.MypyFile) -> None:
        """Read one module."""
        todo: list[tuple[nodes.Node, str]] = [(tree, tree.fullname)]
        while todo:
            node, here = todo.pop()
            if id(node) in self._seen or isinstance(node, nodes.Var | nodes.TypeInfo):
                continue
            self._seen.add(id(node))
            if isinstance(node, nodes.FuncDef):
                here = node.fullname or here
            if isinstance(node, nodes.RefExpr) and isinstance(node.node, nodes.FuncDef | nodes.OverloadedFuncDef | nodes.Decorator):  # fmt: skip
                self.uses[node.node.fullname].add(here)
            if isinstance(node, nodes.MemberExpr):
                self._member(node, here)
            todo += [(part, here) for part in parts(node)]

    def _member(self, node: nodes.MemberExpr, here: str) -> None:
        for info in classes(self.types.get(node.expr)):
            base = next((one for one in info.mro if node.name in one.names), None)
            if base is None:
                continue
            found = base.names[node.name].node
            if isinstance(found, nodes.Var):
                self.reads[base.fullname, node.name].add(here)
            elif found is not None:
                self.uses[found.fullname].add(here)

    def rooms(self, functions: set[str]) -> list[str]:
        """The packages that some functions are used by, in the end."""
        seen: set[str] = set()
        todo, found = list(functions), set()
        while todo:
            one = todo.pop()
            if one in seen:
                continue
            seen.add(one)
            room = one.split(".")[1] if one.startswith("proband.") else ""
            if room not in ("programme", "terms"):
                found.add(room)
            elif one.startswith("proband.programme.lint."):
                found.add("check")
            else:
                todo += self.uses.get(one, ())
        return sorted(found - {"", "cli", "showcase"})


def definer(piece: type, name: str) -> type:
    """The class that a field was first written in."""
    return [one for one in piece.__mro__ if name in inspect.get_annotations(one)][-1]


def main() -> int:
    """Run mypy over the project, and write the table."""
    sources, options = process_options(
        ["--config-file", str(HOME / "pyproject.toml"), "--no-incremental", str(HOME / "src")]
    )
    options.export_types = options.preserve_asts = True
    built = build.build(sources=sources, options=options)
    if built.errors:
        print("\n".join(built.errors))
        return 1
    reading = Reading(built.types)
    for name, tree in built.files.items():
        if name.startswith("proband"):
            reading.walk(tree)
    table: dict[str, list[str]] = {}
    for model in FILES.values():
        for piece in pieces(model):
            for name in piece.model_fields:
                owner = definer(piece, name)
                table[f"{owner.__name__}.{name}"] = reading.rooms(
                    reading.reads[f"{owner.__module__}.{owner.__qualname__}", name]
                )
    TABLE.write_text(json.dumps(dict(sorted(table.items())), indent=0) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
