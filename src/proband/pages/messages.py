"""Every text that we say ourselves on a page: what a translator translates, and what the crawler of sentences knows as ours.

They stand in ``locale/messages.pot``. :func:`gathered` makes that file anew from the templates, the modules of this package and their tables of words;
a test holds the file to it. So a sentence that a template says and that goes through no catalogue is found on the first page that shows it.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from proband.pages.catalogue import read_pot
from proband.pages.wording import TIMES

#: how a template or a module asks for a text in the language of the page
_ASK = {"_", "words", "text"}
#: how many forms English has
_ONE_AND_MANY = ("one", "many")
#: tables of words of ours that are asked for by a key: module, name
_TABLES = (
    ("charts.forest", "HEADER"),
    ("charts.trajectory", "HEADER"),
    ("markup", "TIME_NOT_GIVEN MARKS SURE SHORT_SURE DESIGNS BLINDINGS SPECIES WEIGHT DOMAINS"),
    ("programme_page", "TITLES KINDS STAGES ALL_FORMS"),
    ("studies_page", "BLINDINGS REGISTERED CHART POOLED_BY"),
    ("articles_page", "VERDICT_WORDS"),
    ("findings_page", "DOSSIER"),
    ("gene_table", "GRADES"),
    ("check_page", "CHECK_TEXTS UNITS"),
    ("lay_summary", "TITLES LISTS"),
    ("wording", "NUMBERS MONTHS"),
    ("routes", "ROUTES"),
    ("visits_page", "ANCHORS ROUTE_WORDS TAKEN"),
    ("record_page", "_SYNTHETIC"),
    ("record_view", "_HAPPENED _UNIT"),
)


@cache
def messages() -> tuple[str | tuple[str, str], ...]:
    """The texts of ``locale/messages.pot``, in its order."""
    return tuple(read_pot(_read("locale/messages.pot")))


def declared_beside() -> set[str | tuple[str, str]]:
    """The texts of pages that somebody added with a file of their own: what their modules and templates ask the catalogue for."""
    from proband.pages.declaration import pages_of_programme, pages_of_site

    makers = {
        *(page.make.__module__ for page in pages_of_programme()),
        *(page.make.__module__ for page in pages_of_site()),
    }
    titles = {*(page.title for page in pages_of_programme()), *(page.title for page in pages_of_site())}
    return titles.union(*(_asked_by(inspect.getsource(sys.modules[name])) for name in makers))


@cache
def _asked_by(source: str) -> frozenset[str | tuple[str, str]]:
    """What a module asks for, with a number or without, and the templates that stand in it as a text."""
    tree = ast.parse(source)
    found: set[str | tuple[str, str]] = {*_asked(tree), *_counting(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("{%"):
            found |= set(_of_template(node.value))
    return frozenset(found)


def gathered() -> list[str | tuple[str, str]]:
    """The same from the code itself, each once, in the order of the alphabet; texts that count after those that do not."""
    modules = [ast.parse(_read(name)) for name in _below(files("proband.pages"), ".py")]
    counting = {*TIMES.values(), *(forms for tree in modules for forms in _counting(tree))}
    asked = (text for tree in modules for text in _asked(tree))
    known = {form for forms in counting for form in forms}
    found = {*_of_templates(), *asked, *_of_tables(), *_of_files()} - known
    return [*sorted(text for text in found if any(letter.isalpha() for letter in text)), *sorted(counting)]


def _of_templates() -> Iterator[str]:
    for name in _below(files("proband.pages"), ".j2"):
        yield from _of_template(_read(name))


def _of_template(text: str) -> Iterator[str]:
    """The texts that a template asks for."""
    from jinja2 import nodes

    from proband.pages.rendering import parsed

    for call in parsed(text).find_all(nodes.Call):
        asked = call.node
        named = getattr(asked, "name", None) or getattr(asked, "attr", None)
        if named in _ASK and call.args:
            yield from (one.value for one in _constants(call.args[0]) if isinstance(one.value, str))


def _constants(node: Any) -> Iterator[Any]:
    """The constants that a call may be given: of a choice both."""
    from jinja2 import nodes

    if isinstance(node, nodes.Const):
        yield node
    elif isinstance(node, nodes.CondExpr):
        yield from (one for part in (node.expr1, node.expr2) if part is not None for one in _constants(part))
    elif isinstance(node, nodes.Or):
        yield from (*_constants(node.left), *_constants(node.right))


def _below(folder: Traversable, end: str, before: str = "") -> Iterator[str]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _below(entry, end, f"{before}{entry.name}/")
        elif entry.name.endswith(end):
            yield before + entry.name


def _read(name: str) -> str:
    return (files("proband.pages") / name).read_text(encoding="utf-8")


def _asked(tree: ast.Module) -> Iterator[str]:
    """The texts that a module asks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in {*_ASK, "said"} and node.args:
            yield from _literal(node.args[0])


def _counting(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The texts that a module asks for with a number: for one, and for many."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) == "counted" and len(node.args) > 1:
            forms = [*_literal(node.args[0]), *_literal(node.args[1])]
            if len(forms) == len(_ONE_AND_MANY):
                yield forms[0], forms[1]


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_literal(node.body), *_literal(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in _literal(value))


def _of_tables() -> Iterator[str]:
    for module, names in _TABLES:
        for name in names.split():
            yield from texts_in(getattr(import_module(f"proband.pages.{module}"), name))


def texts_in(value: Any) -> Iterator[str]:
    """The texts of a table of words, without its keys; a member of an enumeration is a key."""
    if type(value) is str:
        yield value
    elif isinstance(value, dict):
        yield from texts_in(list(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for one in value:
            yield from texts_in(one)
    elif hasattr(value, "__slots__"):
        yield from (
            text for name in value.__slots__ if name != "id" for text in texts_in(getattr(value, name))
        )


def _of_files() -> Iterator[str]:
    """Words that stand in files: clinical words with what they say, our reading of the stories, levels, countries, names of pages."""
    from proband.pages.articles_page import articles
    from proband.pages.declaration import pages_of_programme, pages_of_site
    from proband.pages.tone import glossary
    from proband.programme.access import BANNERS
    from proband.programme.claims import ClaimKind
    from proband.terms import JURISDICTIONS, Level

    for term in glossary():
        yield from (term.term, term.says)
    for article in articles():
        yield from (article.title, article.about, article.publisher, article.link_is)
        for row in article.rows:
            yield from (row.says, row.why)
    yield from (level.meaning for level in Level)
    yield from (page.title for page in pages_of_programme())
    yield from (page.title for page in pages_of_site())
    yield from (name for name, _ in JURISDICTIONS.values())
    yield from BANNERS.values()
    yield from (kind.value.replace("-", " ") for kind in ClaimKind)
