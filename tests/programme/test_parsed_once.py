"""A criterion's text is read once, when its bundle is loaded; whatever is asked of it later reads the kept tree."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from proband.facts.table import to_frame
from proband.programme import load
from proband.programme.expression import checking, words
from proband.programme.lint import run_all
from proband.programme.loading import forget
from proband.screening.sql.criteria import readable
from proband.screening.sql.dialects import DIALECTS, dialect
from proband.screening.sql.engines import DuckDBEngine, SQLiteEngine
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening

ON = date(2026, 11, 1)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed or typed, as they come: ``parsed: (age >= 18)``, ``typed: age >= 18``."""
    found: list[str] = []
    parse: Callable[..., Any] = ast.parse
    start = checking._Checker.__init__

    def parsing(source: Any, *arguments: Any, **more: Any) -> Any:
        if more.get("mode") == "eval":
            found.append(f"parsed: {source}")
        return parse(source, *arguments, **more)

    def typing(self: Any, sides: Any) -> None:
        found.append(f"typed: {sides.source.text}")
        start(self, sides)

    monkeypatch.setattr(ast, "parse", parsing)
    monkeypatch.setattr(checking._Checker, "__init__", typing)
    return found


def test_a_criterion_is_parsed_and_typed_once_and_only_on_loading(reads: list[str]) -> None:
    forget()
    programme = load("liver-cells", on=ON)
    eligibility = programme.eligibility
    assert len(eligibility.criteria) > 20
    texts = [criterion.when for criterion in eligibility.criteria]
    assert sorted(reads) == sorted([f"parsed: ({t}\n)" for t in texts] + [f"typed: {t}" for t in texts])
    reads.clear()

    run_all(programme, ON)
    assert all(words(eligibility.expressions[c.id], eligibility.signatures) for c in eligibility.criteria)
    for through in (None, "screening"):
        assert Screening(eligibility, through).verdict([], ON).outcome
    for database in (DuckDBEngine(), SQLiteEngine()):
        screen(eligibility, to_frame([]), ON, on=database)
    assert all(readable(Screening(eligibility).rules, dialect(name)) for name in DIALECTS)
    assert eligibility.criterion(eligibility.criteria[0].id).has_limit in {True, False}
    assert reads == []
