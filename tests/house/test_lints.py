"""One kernel for the lints of bundles and of pages: a file in the folder is all that a new one takes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from proband.pages import lint as page_lints
from proband.pages.ledger import Ledger
from proband.programme import check, load
from proband.programme import lint as bundle_lints
from proband.programme.linting import LintSet, lints_page
from proband.programme.problems import Problem

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"

BUNDLE_LINT = '''
"""The id is not minimal."""
from proband.programme.lint import declare
from proband.programme.linting import LintFinding

@declare("not-minimal", "a bundle has an id of its own", severity="warning")
def find(programme, on):
    if programme.id == "minimal":
        yield LintFinding("programme.yaml", ("id",), f"the id is {programme.id}.", "choose another", programme.id)
'''
PAGE_LINT = '''
"""The first claim is not the first."""
from proband.pages.lint import declare
from proband.programme.linting import LintFinding

@declare("first-claim", "nothing stands first")
def find(ledger):
    yield LintFinding("claims.yaml", ("claims", 0, "id"), "this claim stands first.", "put it last", ledger.claims.claims[0].id)
'''


def bundle_problems() -> list[Problem]:
    return list(check(MINIMAL).problems)


def page_problems() -> list[Problem]:
    return page_lints.lint(Ledger.of(load(MINIMAL)))


@pytest.mark.parametrize(
    ("package", "source", "code", "problems", "expected"),
    [
        (bundle_lints, BUNDLE_LINT, "lint.not-minimal", bundle_problems, ("programme.yaml", "id", "warning", "minimal")),
        (page_lints, PAGE_LINT, "page.first-claim", page_problems, ("claims.yaml", "claims[0].id", "error", "nobody-treated")),
    ],
)  # fmt: skip
def test_a_lint_in_a_file_of_its_own_is_found(
    package: ModuleType, source: str, code: str, problems: Callable[[], list[Problem]], expected: tuple[str, ...],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = problems()
    assert code not in {problem.code for problem in before}
    (tmp_path / f"{tmp_path.name.replace('-', '_')}_added.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    after = problems()
    (problem,) = [problem for problem in after if problem.code == code]
    assert (problem.file, problem.key, problem.severity, problem.value) == expected
    assert problem.line > 1
    assert len(after) == len(before) + 1
    assert f"`{code}`" in lints_page(package.LINTS)
    monkeypatch.undo()
    assert problems() == before
    assert f"`{code}`" not in lints_page(package.LINTS)


@pytest.mark.parametrize("package", [bundle_lints, page_lints])
def test_every_file_holds_one_lint_and_every_lint_says_what_it_looks_for(package: ModuleType) -> None:
    lints: LintSet[Any] = package.LINTS
    files = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
    homes = [lint.find.__module__.rpartition(".")[2] for lint in lints.all().values()]
    assert sorted(homes) == sorted(files)
    assert all(len(lint.text) > 15 and not lint.text.endswith(".") for lint in lints.all().values())


def test_two_lints_of_one_code_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("twin_one", "twin_two"):
        (tmp_path / f"{name}.py").write_text(BUNDLE_LINT, encoding="utf-8")
    monkeypatch.setattr(bundle_lints, "__path__", [*bundle_lints.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"lint\.not-minimal is declared twice"):
        bundle_lints.LINTS.all()


def test_a_finding_in_a_table_has_the_line_of_its_row(tmp_path: Path) -> None:
    """The rows of tables are no YAML: the lint itself knows their lines."""
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    sources = folder / "evidence" / "sources.yaml"
    sources.write_text(sources.read_text().replace("conflict_of_interest: none declared", "conflict_of_interest: none declared\n    retraction: retracted"))  # fmt: skip
    found = [problem for problem in check(folder).problems if problem.code == "lint.retracted"]
    in_tables = [problem for problem in found if problem.file.endswith(".csv")]
    assert in_tables
    assert all(problem.line > 1 and problem.key == "source" for problem in in_tables)
