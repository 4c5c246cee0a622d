"""HTML is made in pages and the registry; other rooms give results. Reading HTML is another thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from library_source import modules

MAKES = ("proband.pages", "proband.registry")

#: modules that read HTML and name its tags
READS = {
    "proband.exchange.fhir.narrative",
    "proband.exchange.fhir.structure",
}

#: modules whose HTML is still to be moved to pages; the list only shrinks
TO_MOVE = {
    "proband.showcase.report",
    "proband.trial.headline.table",
}

TAG = re.compile(
    r"(?<!\?P)</?(a|b|body|br|button|caption|circle|code|div|dl|em|fieldset|figure|form|g|h[1-6]|head|html|img|input|label|legend|"
    r"li|link|main|meta|nav|ol|option|p|path|pre|rect|script|section|select|small|span|strong|style|svg|table|tbody|td|"
    r"text|textarea|th|thead|title|tr|ul)(\s+[a-z-]+=[^>]*)?/?>"
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


def test_html_is_made_in_pages_only() -> None:
    makers = {
        module
        for module, tree in modules().items()
        if not module.startswith(MAKES)
        and module not in READS
        and any(TAG.search(text) for text in literals(tree))
    }
    assert makers <= TO_MOVE, makers - TO_MOVE


def test_the_tags_are_recognised() -> None:
    tree = ast.parse('"""A <p> in words."""\nx = f"<td class=\\"n\\">{y}</td>"\n')
    assert any(TAG.search(text) for text in literals(tree))
    assert not any(
        TAG.search(text) for text in literals(ast.parse('"""A <p> in words."""\nx = "a < b and c > d"'))
    )
