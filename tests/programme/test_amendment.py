"""Amendments: what changed, of which kind, who consents again; order and layout do not count."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proband.programme import Programme, diff, load
from proband.terms import ProbandError
from shipped import loaded

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"


def changed(tmp_path: Path, *edits: tuple[str, str, str], name: str = "after") -> Programme:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / name))
    for file, old, new in edits:
        text = (folder / file).read_text()
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new))
    return load(folder)


def test_no_change_is_no_amendment(tmp_path: Path) -> None:
    after = changed(tmp_path, ("safety.yaml", "surveillance: []", "surveillance:   []   # none"))
    amendment = diff(load(MINIMAL), after)
    assert amendment.changes == ()
    assert amendment.reconsent == "nobody"
    assert amendment.unresolved == ()
    assert not amendment.is_substantial


def test_kinds_and_reconsent(tmp_path: Path) -> None:
    after = changed(
        tmp_path,
        ("programme.yaml", "version: 1.0.0", 'version: 2.0.0'),
        ("programme.yaml", "    - {id: v1, document: consent/information.md, language: en, in_force: 2026-01-15, reconsent: none}\n",
         "    - {id: v1, document: consent/information.md, language: en, in_force: 2026-01-15, reconsent: none}\n"
         "    - {id: v2, document: consent/information.md, language: en, in_force: 2026-06-01, supersedes: v1, reconsent: active, what_changed: a higher dose}\n"),
        ("product.yaml", "amount: {value: 1000000, unit: cells/kg}", "amount: {value: 2000000, unit: cells/kg}"),
        ("schedule.yaml", "after: {value: 28, unit: d}", "after: {value: 21, unit: d}"),
        ("outcomes.yaml", "analysis: analysis of covariance with baseline strength", "analysis: a t test"),
    )  # fmt: skip
    amendment = diff(load(MINIMAL), after)
    paths = {change.path: change for change in amendment.changes}
    assert paths["product.regimens[cells-once].dose.amount.value"].kinds == ("safety",)
    assert paths["schedule.visits[week-12].late_window.after.value"].kinds == ("reliability",)
    assert paths["outcomes.estimands[strength-at-week-12].analysis"].kinds == ("robustness",)
    assert paths["programme.consent.versions[v2]"].kinds == ("rights",)
    assert paths["programme.consent.versions[v2]"].action == "added"
    assert amendment.reconsent == "participants in treatment"
    assert amendment.reconsent_because == ("consent version v2: a higher dose",)
    assert amendment.unresolved == ()
    assert amendment.is_substantial
    dose = paths["product.regimens[cells-once].dose.amount.value"]
    assert (dose.before, dose.after) == (1e6, 2e6)


def test_a_change_that_nobody_is_asked_about_is_unresolved(tmp_path: Path) -> None:
    after = changed(tmp_path, ("programme.yaml", "amount: 0, currency", "amount: 900, currency"))
    amendment = diff(load(MINIMAL), after)
    assert amendment.reconsent == "nobody"
    assert any("participant_charge" in line for line in amendment.unresolved)
    assert any("raise the version" in line for line in amendment.unresolved)
    assert any(banner.startswith("Participants are charged 900 GBP") for banner in after.banners)


def test_order_of_keyed_lists_does_not_count(tmp_path: Path) -> None:
    after = changed(
        tmp_path,
        ("programme.yaml",
         "  - {id: nothing, name: No treatment, kind: nothing, description: the course without any treatment}\n"
         "  - {id: care, name: Ordinary care, kind: ordinary-care, description: physiotherapy as usual}\n",
         "  - {id: care, name: Ordinary care, kind: ordinary-care, description: physiotherapy as usual}\n"
         "  - {id: nothing, name: No treatment, kind: nothing, description: the course without any treatment}\n"),
    )  # fmt: skip
    assert diff(load(MINIMAL), after).changes == ()


def test_a_consent_text_that_changed_without_a_version_is_unresolved(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "after"))
    with (folder / "consent" / "information.md").open("a") as file:
        file.write("One more risk.\n")
    amendment = diff(load(MINIMAL), load(folder))
    (change,) = amendment.changes
    assert change.path == "consent.consent/information.md"
    assert change.kinds == ("rights",)
    assert any("consent/information.md" in line for line in amendment.unresolved)


def test_two_programmes_are_not_two_versions_of_one() -> None:
    with pytest.raises(ProbandError) as refused:
        diff(load(MINIMAL), loaded("liver-cells"))
    assert refused.value.code == "diff.other-programme"
