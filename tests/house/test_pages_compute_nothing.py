"""No page computes: it imports results and words from the rooms that compute, and no estimator, test, model or replay."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from library_source import modules

#: the rooms that compute, and the libraries that they do it with
COMPUTE = ("proband.analysis", "proband.trial", "proband.natural_history", "proband.mechanism")
LIBRARIES = {"numpy", "scipy", "numba", "polars", "statistics", "random"}
#: what they hand over beside classes of results: what the counts of a claim and of controlled studies come to, and results in words
HANDED_OVER = {"proband.analysis.claimed", "proband.analysis.controlled", "proband.trial.headline.words"}


def computing(tree: ast.Module) -> Iterator[str]:
    """What a module imports that computes: at the top, inside a function, or for type checking."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in LIBRARIES or alias.name.startswith(COMPUTE):
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.partition(".")[0] in LIBRARIES:
                yield node.module
            elif node.module.startswith(COMPUTE) and node.module not in HANDED_OVER:
                yield from (
                    f"{node.module}.{alias.name}"
                    for alias in node.names
                    if alias.name not in _classes(node.module)
                )


def _classes(module: str) -> set[str]:
    """The classes that a module defines; of anything else nobody knows that it is a result."""
    tree = modules().get(module)
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef)} if tree else set()


def test_no_page_computes() -> None:
    pages = {name: tree for name, tree in modules().items() if name.startswith("proband.pages")}
    assert len(pages) > 40
    assert {name: found for name, tree in pages.items() if (found := list(computing(tree)))} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "from proband.analysis.proportions import Interval, newcombe",
            ["proband.analysis.proportions.newcombe"],
        ),
        ("from proband.analysis import kaplan_meier", ["proband.analysis.kaplan_meier"]),
        ("import proband.trial.headline", ["proband.trial.headline"]),
        ("def draw():\n    from numpy.random import default_rng", ["numpy.random"]),
        ("import scipy.stats as s", ["scipy.stats"]),
        (
            "from proband.natural_history.questions import ask as ClaimedHeadline",
            ["proband.natural_history.questions.ask"],
        ),
        ("from proband.analysis.kaplan_meier import KaplanMeier", []),
    ],
)
def test_what_computes_is_found(source: str, found: list[str]) -> None:
    assert list(computing(ast.parse(source))) == found
