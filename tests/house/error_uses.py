"""Where the library takes an error from the catalogue: code and parameters of every raise, read from the syntax trees.

A *door* is what takes a code: the constructor of a subclass of ``ProbandError``, or a function with a parameter that is
annotated ``ErrorCode``. A door may hand its code on to another door, and add parameters of its own. A table at the top of a
module whose annotation names ``ErrorCode`` holds codes that are raised from there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from library_source import modules


@dataclass(frozen=True)
class Door:
    """Where the code stands among the arguments, which keywords are the door's own, and which parameters it adds itself."""

    name: str
    place: int
    code: str
    own: frozenset[str]
    adds: frozenset[str] = frozenset()
    module: str = ""

    def stands_in(self, module: str) -> bool:
        """Whether it can be called there: a private function is called in its own module only."""
        return not self.name.startswith("_") or self.module == module


@dataclass(frozen=True)
class Use:
    """One raise: where, with which code, and which parameters it gives; ``own``: what the door may add by itself.

    ``rest`` where more are handed on with ``**``.
    """

    where: str
    code: str
    given: frozenset[str]
    own: frozenset[str]
    rest: bool = False


@dataclass(frozen=True)
class FreeText:
    """A raise whose code is no literal: where, and what stands there instead."""

    where: str
    text: str


@dataclass
class Found:
    """Every use, and every raise whose code is no literal."""

    uses: list[Use] = field(default_factory=list)
    free: list[FreeText] = field(default_factory=list)


BASE = "ProbandError"


@cache
def error_classes() -> frozenset[str]:
    """The names of ``ProbandError`` and of everything that is one."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {BASE}
    while more := {name for name, over in bases.items() if over & found} - found:
        found |= more
    return frozenset(found)


def _is_code(argument: ast.arg) -> bool:
    """Whether a parameter is the code of an entry."""
    return isinstance(argument.annotation, ast.Name) and argument.annotation.id == "ErrorCode"


def _door(name: str, function: ast.FunctionDef, *, method: bool) -> Door | None:
    arguments = [*function.args.posonlyargs, *function.args.args]
    if method:
        arguments = arguments[1:]
    keywords = function.args.kwonlyargs
    for place, argument in enumerate([*arguments, *keywords]):
        if _is_code(argument):
            own = frozenset(each.arg for each in [*arguments, *keywords])
            return Door(name, place if place < len(arguments) else -1, argument.arg, own)
    return None


def _functions(tree: ast.AST) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None]]:
    for node in ast.walk(tree):
        inside = node if isinstance(node, ast.ClassDef) else None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield child, inside


@cache
def doors() -> dict[str, Door]:
    """Every door by the name that it is called with."""
    found: dict[str, Door] = {}
    bodies: dict[str, ast.FunctionDef] = {}
    for module, tree in modules().items():
        for function, inside in _functions(tree):
            static = any(ast.unparse(each) == "staticmethod" for each in function.decorator_list)
            name = inside.name if inside is not None and function.name == "__init__" else function.name
            if name in error_classes() or function.name != "__init__":
                door = _door(name, function, method=inside is not None and not static)
                if door is not None:
                    found[name], bodies[name] = replace(door, module=module), function
    base = found[BASE]
    own_constructor = {
        inside.name
        for tree in modules().values()
        for function, inside in _functions(tree)
        if inside is not None and function.name == "__init__"
    }
    for name in error_classes() - own_constructor:
        found[name] = Door(name, base.place, base.code, base.own)
    # what a door hands on together with its code
    for name, function in bodies.items():
        door = found[name]
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and any(
                isinstance(value, ast.Name) and value.id == door.code
                for value in [*call.args, *(each.value for each in call.keywords)]
            ):
                inner = found.get(_called(call)) if _called(call) != "__init__" else base
                if inner is not None and inner.name != name:
                    adds = {each.arg for each in call.keywords if each.arg is not None} - inner.own
                    found[name] = replace(door, adds=door.adds | adds | inner.adds)
    return found


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _literals(value: ast.expr) -> list[str] | None:
    """The codes that an argument may be: a literal, or one of several by a condition."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [value.value]
    if isinstance(value, ast.IfExp):
        first, second = _literals(value.body), _literals(value.orelse)
        return first + second if first is not None and second is not None else None
    return None


@cache
def found() -> Found:
    """Every raise of the library."""
    result = Found()
    for module, tree in modules().items():
        if module.startswith("proband.terms.errors"):
            continue
        tables = [
            node
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and "ErrorCode" in ast.unparse(node.annotation)
        ]
        for table in tables:
            for node in ast.walk(table.value or table):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    result.uses.append(
                        Use(f"{module}:{node.lineno}", node.value, frozenset(), frozenset(), rest=True)
                    )
        from_table = frozenset({"code"}) if tables else frozenset()
        _walk(module, tree, from_table, False, result)
    return result


def _walk(module: str, node: ast.AST, handed: frozenset[str], error_class: bool, result: Found) -> None:
    """``handed``: the parameters of the functions around that are codes, and so checked where they are called."""
    if isinstance(node, ast.ClassDef):
        error_class = node.name in error_classes()
    if isinstance(node, ast.FunctionDef):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        handed = handed | {each.arg for each in arguments if _is_code(each)}
    if isinstance(node, ast.Call):
        name = _called(node)
        door = doors().get(name)
        if name == "__init__" and error_class and ast.unparse(node.func).startswith("super()"):
            door = doors()[BASE]
        if door is not None and door.stands_in(module):
            _use(module, node, door, handed, result)
    for child in ast.iter_child_nodes(node):
        _walk(module, child, handed, error_class, result)


def _use(module: str, call: ast.Call, door: Door, handed: frozenset[str], result: Found) -> None:
    value = call.args[door.place] if 0 <= door.place < len(call.args) else None
    value = value or next((each.value for each in call.keywords if each.arg == door.code), None)
    where = f"{module}:{call.lineno}"
    if value is None:
        return
    if isinstance(value, ast.Name) and value.id in handed:
        return
    codes = _literals(value)
    if codes is None or any(" " in code or "." not in code for code in codes):
        result.free.append(FreeText(where, ast.unparse(value)[:80]))
        return
    given = frozenset(each.arg for each in call.keywords if each.arg is not None) - door.own | door.adds
    rest = any(each.arg is None for each in call.keywords)
    result.uses.extend(Use(where, code, given, door.own, rest) for code in codes)
