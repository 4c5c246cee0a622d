"""HTML is made in pages and the registry; other rooms give results. Reading HTML is another thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from library_source import modules

MAKES = ("proband.pages", "proband.registry")

#: modules that read HTML and name its tags, or carry the narrative of a file over as it was read
READS = {"proband.exchange.fhir.narrative", "proband.exchange.fhir.xml_form"}

#: what fills templates of other files than pages: YAML and plain text, which :func:`test_templates_elsewhere_hold_no_markup` holds
OTHER_TEMPLATES = {"proband.programme.beginning.folder"}

#: what is imported to make HTML or SVG; templates (jinja2, markupsafe) are held by the import contract
MAKING = {
    ("html", "escape"),
    ("markupsafe", "Markup"),
    ("jinja2", "Environment"),
    ("xml.sax.saxutils", "escape"),
    ("xml.sax.saxutils", "quoteattr"),
}

TAG = re.compile(
    r"(?<!\?P)</?(a|b|body|br|button|caption|circle|code|div|dl|em|fieldset|figure|form|g|h[1-6]|head|html|img|input|label|legend|"
    r"li|link|main|meta|nav|ol|option|p|path|pre|rect|script|section|select|small|span|strong|style|svg|table|tbody|td|"
    # a tag that is closed, or one whose first attribute begins: the rest may stand in another piece of the text
    r"text|textarea|th|thead|title|tr|ul)(\s+[a-z-]+=|\s*/?>)"
)


def literals(tree: ast.Module) -> Iterator[str]:
    """Every text of a module but its docstrings."""
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr):
                documentation.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def imported(tree: ast.Module) -> set[tuple[str, str]]:
    """Module and name of everything that is imported from somewhere; a module that is imported whole stands for all its names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            whole = {alias.name for alias in node.names}
            found |= {(module, name) for module, name in MAKING if module in whole}
    return found


def makes_html(tree: ast.Module) -> bool:
    """Whether a module holds a text with a tag in it, or imports what HTML is made with."""
    return any(TAG.search(text) for text in literals(tree)) or bool(imported(tree) & MAKING)


def test_html_is_made_in_pages_only() -> None:
    makers = {
        module
        for module, tree in modules().items()
        if not module.startswith(MAKES) and module not in READS | OTHER_TEMPLATES and makes_html(tree)
    }
    assert makers == set()


def test_templates_elsewhere_hold_no_markup() -> None:
    """A module that fills templates of another kind holds no tag itself, and neither does any of its templates."""
    trees = modules()
    for module in OTHER_TEMPLATES:
        assert ("jinja2", "Environment") in imported(trees[module])
        assert not any(TAG.search(text) for text in literals(trees[module]))
        package = resources.files(module.rpartition(".")[0])
        templates = list(Path(str(package)).rglob("*.j2"))
        assert templates
        assert [path.name for path in templates if TAG.search(path.read_text(encoding="utf-8"))] == []


def test_pages_really_are_seen_to_make_it() -> None:
    """Guards the search: the modules that write markup by hand are found."""
    makers = {module for module, tree in modules().items() if makes_html(tree)}
    assert {"proband.pages.charts.svg", "proband.pages.markup", "proband.pages.rendering"} <= makers
    assert makers >= READS, "a module that no longer reads HTML need not be excused"


def test_the_tags_are_recognised() -> None:
    tree = ast.parse('"""A <p> in words."""\nx = f"<td class=\\"n\\">{y}</td>"\n')
    assert any(TAG.search(text) for text in literals(tree))
    assert makes_html(ast.parse('x = f"<tr class={y}>"'))
    assert makes_html(ast.parse("import html\nx = html.escape(y)"))
    assert makes_html(ast.parse("from xml.sax.saxutils import quoteattr"))
    assert not makes_html(ast.parse("from html.parser import HTMLParser\nfrom rich.markup import escape"))
    assert not any(
        TAG.search(text) for text in literals(ast.parse('"""A <p> in words."""\nx = "a < b and c > d"'))
    )
