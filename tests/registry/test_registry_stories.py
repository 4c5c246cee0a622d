"""The page of the five stories names tests that are there, and hides none of what is not held."""

from __future__ import annotations

import re
from pathlib import Path

from named_tests import names_of_tests

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "stories.md"
#: conditions of each story, in the order in which they are told
CONDITIONS = (4, 5, 5, 4, 5)


def test_every_condition_names_a_test_that_is_there_or_says_what_is_not_held() -> None:
    there = names_of_tests()
    stories = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    assert len(stories) == len(CONDITIONS)
    for story, conditions in zip(stories, CONDITIONS, strict=True):
        assert set(re.findall(r"`(test_\w+)`", story)) <= there
        rows = [line for line in story.splitlines() if line.startswith("|")][2:]
        assert len(rows) == conditions, story[:40]
        for row in rows:
            held = row.split("|")[2]
            assert "`test_" in held or "**" in held, row
