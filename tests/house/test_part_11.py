"""The pack of Part 11: every clause names tests that are there, and what did not pass is not met."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from named_tests import names_of_tests

ROOT = Path(__file__).parent.parent.parent
#: the clauses of 21 CFR Part 11 that ask something of a system or of its users (11.1 to 11.3 are scope and definitions)
ASKED = {
    *(f"11.10({letter})" for letter in "abcdefghijk"), "11.30", "11.50", "11.70", "11.100(a)", "11.100(b)", "11.100(c)", "11.200", "11.300",
}  # fmt: skip


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_part_11", ROOT / "scripts" / "write_part_11.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_every_clause_is_there_and_names_tests_that_are(writer: ModuleType) -> None:
    found = writer.clauses()
    assert {one["id"] for one in found} == ASKED
    assert len(found) == len(ASKED)
    for one in found:
        assert one["asks"]
        assert one["risk"]
        assert one["site"]
        assert bool(one["tests"]) != bool(one.get("why_none")), one["id"]
        for test in one["tests"]:
            file, _, name = test.partition("::")
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert not name or name in there, test


def test_what_failed_was_skipped_or_did_not_run_is_not_met(writer: ModuleType, tmp_path: Path) -> None:
    tests = sorted({test for one in writer.clauses() for test in one["tests"]})

    def ran(bent: str, how: str) -> tuple[str, list[str]]:
        cases = []
        for test in tests:
            file, _, name = test.partition("::")
            inner = how if test == bent and how != "absent" else ""
            if test == bent and how == "absent":
                continue
            cases.append(
                f'<testcase classname="{file.removesuffix(".py").replace("/", ".")}" name="{name or "test_x"}[a]">{inner}</testcase>'
            )
            cases.append(
                f'<testcase classname="{file.removesuffix(".py").replace("/", ".")}" name="{name or "test_x"}[b]"></testcase>'
            )
        path = tmp_path / "run.xml"
        path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>", encoding="utf-8")
        found: tuple[str, list[str]] = writer.pack(writer.results(path))
        return found

    text, open_still = ran("", "")
    assert open_still == []
    assert "Not met in this run: none." in text
    bent = "tests/record/test_verify.py::test_one_flipped_byte_is_named"
    for how in ("<failure/>", "<error/>", "<skipped/>", "absent"):
        text, open_still = ran(bent, how)
        assert open_still == ["11.10(a)"], how
        assert "| no |" in text


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")))
    assert len(named) > 15
    assert named <= names_of_tests(ROOT / "tests" / "registry")
