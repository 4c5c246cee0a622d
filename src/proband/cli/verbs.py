"""Verbs: each declared once, where it is written, and found without importing its module.

``proband --help``, completion and a slip in a verb's name need names, summaries and examples of all verbs, and none of the
libraries behind them. So they read the *source* of this package: a function decorated with ``@verb("name")`` is a verb, its
docstring says what it does and gives an example. A verb's module is imported when the verb is run or asked for its options.

A new verb is a new function in any file of this package::

    @verb("greet")
    def greet(name: str = typer.Argument(..., help="Whom.")) -> None:
        \"\"\"Greet somebody.

        Example: proband greet Ada
        \"\"\"

``@verb("record greet")`` puts it into the group that ``group("record", "…")`` declares.
"""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

import proband.cli

#: modules whose verbs the help lists first, in this order; the others follow by name
FIRST = (
    "bundle", "headline", "natural_history", "therapies", "screen", "read", "instruments", "score",
    "record.sending", "record.doing", "record.showing", "record.papers", "record.keeping", "record.verifying", "record", "page", "demo",
)  # fmt: skip

AnyVerb = TypeVar("AnyVerb", bound=Callable[..., None])

_WRITTEN: dict[str, tuple[Callable[..., None], Mapping[str, Any]]] = {}


def verb(name: str, **settings: Any) -> Callable[[AnyVerb], AnyVerb]:
    """Declare a function as the verb ``name``; ``settings`` are those of :meth:`typer.Typer.command`.

    The name stands as a literal, so that it is found in the source: ``"check"``, or ``"record init"`` in a group.
    """

    def declare(function: AnyVerb) -> AnyVerb:
        _WRITTEN[name] = function, settings
        return function

    return declare


def group(name: str, help: str) -> None:
    """Declare a group of verbs, and what its help says; both stand as literals, at the top level of a module."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A verb or a group as its source declares it.

    Attributes
    ----------
    name
        What is typed after ``proband``: ``check``, ``record init``.
    module
        The module that holds it.
    help
        The whole docstring.
    is_group
        Whether it is a group.
    """

    name: str
    module: str
    help: str
    is_group: bool = False

    @property
    def example(self) -> str | None:
        """The first example of the docstring in one line, or None where there is none."""
        found = re.search(r"Example: (.+?)(?:\n\s*\n|$)", self.help, flags=re.DOTALL)
        if not found:
            return None
        return re.split(r" · |   \(", " ".join(found[1].split()).replace("  ", " "))[0].split(" (then")[0]


@cache
def declared() -> tuple[Declared, ...]:
    """Every verb and group of this package, in the order of the help, from the source alone."""
    return tuple(found for module, path in _modules() for found in _declared_in(module, path))


def _modules() -> Iterator[tuple[str, Path]]:
    def place(module: str) -> tuple[int, str]:
        tail = f"{module.removeprefix('proband.cli.')}."
        return next((i for i, first in enumerate(FIRST) if tail.startswith(f"{first}.")), len(FIRST)), module

    found: dict[str, Path] = {}
    for folder in map(Path, proband.cli.__path__):
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(("proband.cli", *(part for part in parts if part != "__init__")))
            if name not in {"proband.cli", __name__}:
                found[name] = path
    yield from sorted(found.items(), key=lambda item: place(item[0]))


def _declared_in(module: str, path: Path) -> Iterator[Declared]:
    source = path.read_text(encoding="utf-8")
    if "@verb(" not in source and "group(" not in source:
        return
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "verb":
                    (name,) = map(ast.literal_eval, decorator.args)
                    yield Declared(name, module, ast.get_docstring(node) or "")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if ast.unparse(node.value.func) != "group":
                continue
            name, help = map(ast.literal_eval, node.value.args)
            yield Declared(name, module, help, is_group=True)


class Deferred(TyperCommand):
    """Stands for a verb until it is run: bears its name and help, and knows how to load it."""

    def __init__(self, one: Declared) -> None:
        super().__init__(name=one.name.split()[-1], help=one.help, callback=None)
        self.declared = one

    def load(self) -> Any:
        """The verb itself with its options (imports its module)."""
        import_module(self.declared.module)
        if not gc.isenabled():
            # the start of the program: what is there stays, and what comes now is looked through again
            gc.freeze()
            gc.enable()
        function, settings = _WRITTEN[self.declared.name]
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(self.name, **settings)(function)
        return typer.main.get_command(alone)


class VerbGroup(TyperGroup):
    """A group of verbs that are loaded when they are needed: the root, or a group within it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        within = () if self.name in (None, "proband") else (self.name,)
        for one in declared():
            *outer, name = one.name.split()
            if tuple(outer) == within:
                command = (
                    VerbGroup(name=name, help=one.help, no_args_is_help=True, rich_markup_mode=None)
                    if one.is_group
                    else Deferred(one)
                )
                self.add_command(command, name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that the arguments name, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, Deferred) else command, rest

    def load(self) -> VerbGroup:
        """This group with every verb loaded: for documentation and tests."""
        for name, command in self.commands.items():
            self.commands[name] = command.load()  # type: ignore[attr-defined]
        return self

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """One example for every verb, taken from the verb's own help so that the two cannot differ."""
        if ctx.parent is None:
            examples = [one.example for one in declared() if one.example and not one.is_group]
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in examples))
