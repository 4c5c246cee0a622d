"""One coin: below the doors a bundle is a loaded Programme; nothing there takes its path or name, or reads its files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest
from library_source import modules

from proband.programme.files import REQUIRED, SEAL_FILE

#: they turn names and folders into programmes, and hand those on
DOORS = ("proband.cli", "proband.showcase", "proband.registry")
#: the one reader of bundle files
READER = "proband.programme"
#: what only a door may ask of it
RESOLVES = {"bundled", "check", "load", "locate", "seal", "verify", "read_folder", "read_yaml"}
#: the modules of the reader whose functions are given a folder, and what for
TAKES_A_FOLDER = {
    "proband.programme.documents": "reads one file",
    "proband.programme.folder": "reads the files of a folder",
    "proband.programme.loading": "finds and reads a bundle",
    "proband.programme.sealing": "seals and verifies a folder",
    "proband.programme.writing": "writes a bundle",
}
#: rooms that get what they know from a programme, facts or results: they read no file but those of their own package
READS_NOTHING = tuple(
    f"proband.{room}"
    for room in ("analysis", "facts", "mechanism", "natural_history", "pages", "screening", "trial")
)
#: a page's translations are files of the deployment; the names of laboratory tests lie in the package, and a reader of CSV is given them
READS_ITS_OWN = {"proband.facts.result_names", "proband.pages.catalogue"}

NAMES_OF_BUNDLES = {"programme", "programmes", "bundle", "bundles", "bundle_folder", "programme_folder"}
MANY = {"Iterable", "Collection", "Sequence", "list", "tuple", "set", "frozenset", "Optional"}
#: a parameter that bears the name and means another thing
MEANS = {"proband.record.compose:compose": "the hash of the programme in force, as the event holds it"}
#: modules that read YAML with its lines by the reader's function, and no bundle
ANOTHER_FILE = {"proband.exchange.mapping": "a mapping of columns"}
OPENS = {"open", "read_text", "read_bytes"}
READERS = {"csv.reader", "csv.DictReader", "YAML", "read_folder", "read_yaml", "yaml.load", "yaml.safe_load"}

Rule = Callable[[str, ast.Module], Iterator[str]]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """Every named parameter."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def is_text_or_path(annotation: ast.expr | None) -> bool:
    """Whether a value of that annotation, or one of several, may be a text or a path; without any annotation it may."""
    match annotation:
        case None:
            return True
        case ast.Name(id=name):
            return name in {"str", "Path", "PathLike"}
        case ast.BinOp(left=left, right=right):
            return is_text_or_path(left) or is_text_or_path(right)
        case ast.Subscript(value=ast.Name(id=name), slice=inside) if name in MANY:
            each = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            return any(is_text_or_path(one) for one in each)
    return False


def a_programme_is_a_programme(module: str, tree: ast.Module) -> Iterator[str]:
    """No parameter that means a bundle is a name or a folder."""
    if module in TAKES_A_FOLDER:
        return
    for function in functions(tree):
        for each in parameters(function):
            if f"{module}:{function.name}" in MEANS:
                continue
            if each.arg in NAMES_OF_BUNDLES and is_text_or_path(each.annotation):
                yield f"{module}:{function.lineno}: {function.name}({each.arg})"


def only_doors_resolve(module: str, tree: ast.Module) -> Iterator[str]:
    """No room but the reader itself finds, loads, checks or seals a bundle."""
    if module.startswith(READER) or module in ANOTHER_FILE:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(READER):
            for each in node.names:
                if each.name in RESOLVES | {"loading", "sealing", "documents"}:
                    yield f"{module}:{node.lineno}: imports {node.module}.{each.name}"
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name.startswith(READER):
                    yield f"{module}:{node.lineno}: imports {each.name}"


def opens_no_file(module: str, tree: ast.Module) -> Iterator[str]:
    """No file is read in these rooms, but what lies in the package itself (``files("proband.room")``)."""
    if not module.startswith(READS_NOTHING) or module in READS_ITS_OWN:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        reads = called == "open" or called in READERS
        if isinstance(node.func, ast.Attribute) and node.func.attr in OPENS:
            reads = "files(" not in ast.unparse(node.func.value)
        if reads:
            yield f"{module}:{node.lineno}: {called}(…)"


def names_no_bundle_file(module: str, tree: ast.Module) -> Iterator[str]:
    """No room but the reader says the name of a bundle's file beside a call that opens one."""
    if module.startswith((READER, *READS_NOTHING)):
        return
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    opens = any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in OPENS
        for n in ast.walk(tree)
    )
    for name in sorted(texts & {*REQUIRED, SEAL_FILE}):
        if opens:
            yield f"{module}: {name}"


def what_is_kept_is_kept_by_content(module: str, tree: ast.Module) -> Iterator[str]:
    """Whatever is kept from call to call for a bundle is kept for the programme, which is known by its hash."""
    if module.startswith(READER):
        return
    for function in functions(tree):
        kept = any("cache" in ast.unparse(decorator) for decorator in function.decorator_list)
        for each in parameters(function):
            is_path = each.annotation is not None and "Path" in ast.unparse(each.annotation)
            if kept and (is_path or (each.arg in NAMES_OF_BUNDLES and is_text_or_path(each.annotation))):
                yield f"{module}:{function.lineno}: {function.name}({each.arg}) is kept by a name"


RULES: dict[Rule, str] = {
    a_programme_is_a_programme: "def headline(text: str, *, programme: str | Path) -> None: ...",
    only_doors_resolve: "def ask(name):\n    from proband.programme import load\n    return load(name)",
    opens_no_file: "def rows(where):\n    with (where / 'survival.csv').open() as stream:\n        return list(stream)",
    names_no_bundle_file: "def criteria(where):\n    return (where / 'eligibility.yaml').read_text()",
    what_is_kept_is_kept_by_content: "@lru_cache\ndef _fitted(programme: str, grade: str) -> None: ...",
}
#: the room that the faulty example is put into
ROOM = {names_no_bundle_file: "proband.exchange.example"}


def below_the_doors() -> dict[str, ast.Module]:
    """Every module that is no door."""
    return {module: tree for module, tree in modules().items() if not module.startswith(DOORS)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_it(rule: Rule) -> None:
    broken = [each for module, tree in below_the_doors().items() for each in rule(module, tree)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_breach_is_found(rule: Rule) -> None:
    assert list(rule(ROOM.get(rule, "proband.natural_history.example"), ast.parse(RULES[rule])))


def test_every_exception_is_needed() -> None:
    """A module that needs no exception any more leaves the list."""
    there = modules()
    for module in ANOTHER_FILE:
        assert list(only_doors_resolve(f"{module}_", there[module])), module
    for where in MEANS:
        module, _, name = where.partition(":")
        assert any(
            each.split(": ")[1].startswith(name)
            for each in a_programme_is_a_programme(f"{module}_", there[module])
        )
    assert set(TAKES_A_FOLDER) | READS_ITS_OWN <= set(there)
    for module in READS_ITS_OWN:
        assert list(opens_no_file(f"{module}_", there[module])), module
    with_paths = {
        module
        for module in TAKES_A_FOLDER
        for function in functions(there[module])
        if any(
            is_text_or_path(each.annotation)
            for each in parameters(function)
            if each.arg in {"name", "path", "folder"}
        )
    }
    assert with_paths == set(TAKES_A_FOLDER)
