"""An entry of a registry begins a programme: everything that it says is a note somewhere, or is listed as left; nothing of it decides about anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from proband.cli.app import app
from proband.programme import check
from proband.programme.beginning import read_entry
from proband.programme.beginning.registry_entry import criteria_in
from proband.terms import ProbandError

#: invented, in the form of the registry's API
ENTRY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000000", "briefTitle": "Invented cells in an invented weakness: a trial", "orgStudyIdInfo": {"id": "X-1"}},
        "statusModule": {"overallStatus": "RECRUITING", "startDateStruct": {"date": "2026-01"}},
        "descriptionModule": {"briefSummary": "Invented; \"quoted\", with: colons\nand lines."},
        "conditionsModule": {"conditions": ["Invented weakness", "Other weakness"]},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"], "enrollmentInfo": {"count": 40},
                         "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}}},
        "armsInterventionsModule": {
            "armGroups": [{"label": "Cells", "type": "EXPERIMENTAL", "interventionNames": ["Biological: Cells"]}, {"label": "Placebo", "type": "PLACEBO_COMPARATOR"}],
            "interventions": [{"type": "BIOLOGICAL", "name": "Cells", "description": "from marrow"}],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Walking", "timeFrame": "12 weeks"}], "secondaryOutcomes": [{"measure": "Falls"}]},
        "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* age \\> 12 years\n* able to walk\n  ten metres\n\nExclusion Criteria:\n\n1. pregnancy: any\n- {odd: [text}",
                              "minimumAge": "12 Years", "maximumAge": "65 Years", "sex": "FEMALE", "stdAges": ["CHILD", "ADULT"]},
    },
    "derivedSection": {"miscInfoModule": {"versionHolder": "2026-01-01"}},
}  # fmt: skip


def run(entry: Any, folder: Path, *more: str) -> tuple[int, str]:
    file = folder.parent / "entry.json"
    file.write_text(json.dumps(entry), encoding="utf-8")
    found = CliRunner().invoke(
        app, ["import-registry", str(file), str(folder), "--jurisdiction", "GB", *more]
    )
    return found.exit_code, found.output


def test_what_an_entry_says_is_a_note_where_it_belongs_and_the_rest_is_listed(tmp_path: Path) -> None:
    code, said = run(ENTRY, tmp_path / "weakness", "--json")
    assert code == 0, said
    told = json.loads(said)
    assert told["kind"] == "randomised-masked"
    assert told["entry"]["left"] == {
        "identificationModule.orgStudyIdInfo": 1, "statusModule.overallStatus": 1, "statusModule.startDateStruct": 1, "derivedSection": 1,
    }  # fmt: skip
    assert told["entry"]["notes"]["eligibility.yaml"] == [
        "make computable: age from 12 Years to 65 Years", "make computable: sex female", "make computable, include: age > 12 years",
        "make computable, include: able to walk ten metres", "make computable, exclude: pregnancy: any", "make computable, exclude: {odd: [text}",
    ]  # fmt: skip
    report = check(tmp_path / "weakness")
    assert [p for p in report.problems if p.severity == "error"] == []
    assert report.programme is not None
    # the notes are todos, each in its file, and none of them is part of the meaning
    for name, notes in told["entry"]["notes"].items():
        mine = [todo.message for todo in report.todos if todo.file == name]
        for text in notes:
            assert any(text in message for message in mine), (name, text)
    assert "NCT00000000" not in report.programme.canonical_bytes.decode()
    assert report.programme.head.consent.assent, "an entry that takes children asks them"


def test_criteria_stand_in_their_order_under_their_heading() -> None:
    assert criteria_in("first\n\nKey Inclusion Criteria:\n- a\nb\n\nc\nExclusion Criteria\n1) d\n") == [
        ("include or exclude", "first"), ("include", "a b"), ("include", "c"), ("exclude", "d"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line", ["Exclusion of other causes by a scan", "Inclusion in the natural-history study before"]
)
def test_a_criterion_that_begins_like_a_heading_is_a_criterion(line: str) -> None:
    text = f"Inclusion Criteria:\n* {line}\n* able to walk\nExclusion:\n* pregnancy"
    assert criteria_in(text) == [("include", line), ("include", "able to walk"), ("exclude", "pregnancy")]


@pytest.mark.parametrize(
    "heading", ["EXCLUSION CRITERIA", "**Exclusion Criterion:**", "Exclusion", "Main exclusion criteria for part B:", "Exclusion, part B:"]
)  # fmt: skip
def test_a_heading_is_known_however_it_is_written(heading: str) -> None:
    assert criteria_in(f"Inclusion Criteria:\n* a\n{heading}\n* b") == [("include", "a"), ("exclude", "b")]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1, max_size=40), max_size=6
    )
)
def test_no_word_of_the_criteria_is_lost(lines: list[str]) -> None:
    text = "\n".join(f"* {' '.join(line.split())}" for line in lines)
    got = " ".join(said for _, said in criteria_in(text))
    lost = {w for line in text.splitlines() for w in re.sub(r"^\* ", "", line).split()} - set(got.split())
    assert all(re.fullmatch(r"[*•\-–]|\d{1,2}[.)]|[a-z][.)]", word) or re.search("inclusion|exclusion", text, re.IGNORECASE) for word in lost), lost  # fmt: skip


WRONG = [
    ({}, "new.entry.form"),
    ([], "new.entry.form"),
    ({"protocolSection": {"identificationModule": {"nctId": "NCT00000000"}}}, "new.entry.form"),
    ({"protocolSection": ENTRY["protocolSection"] | {"designModule": {"studyType": "OBSERVATIONAL"}}}, "new.entry.observed"),
    ({"protocolSection": ENTRY["protocolSection"] | {"conditionsModule": {"conditions": "a text"}}}, "new.entry.form"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "code"), WRONG)
def test_what_is_no_entry_is_refused(entry: Any, code: str) -> None:
    with pytest.raises(ProbandError) as refused:
        read_entry(entry)
    assert refused.value.code == code


def test_an_entry_that_does_not_tell_its_kind_asks_for_it(tmp_path: Path) -> None:
    section = ENTRY["protocolSection"] | {
        "designModule": {"studyType": "INTERVENTIONAL"},
        "armsInterventionsModule": {},
    }
    code, said = run({"protocolSection": section}, tmp_path / "weakness")
    assert code != 0
    assert "--kind" in said
    assert not (tmp_path / "weakness").exists()
    assert run({"protocolSection": section}, tmp_path / "weakness", "--kind", "n-of-1")[0] == 0


def test_real_entries_begin_programmes_that_check_clean(tmp_path: Path, acceptance: Path) -> None:
    files = sorted(
        (acceptance / "09_protocols_forms" / "ctgov_aact_fixtures" / "json_data").glob("NCT*.json")
    )
    assert len(files) > 10
    entries = [
        data for file in files if "protocolSection" in (data := json.loads(file.read_text(encoding="utf-8")))
    ]
    treated = [
        one
        for one in entries
        if one["protocolSection"].get("designModule", {}).get("studyType") == "INTERVENTIONAL"
    ]
    assert len(treated) > 5
    assert all(read_entry(one).notes["eligibility.yaml"] for one in treated)
    for data in treated[:2]:
        read = read_entry(data)
        folder = tmp_path / read.id.lower()
        assert run(data, folder, "--kind", read.kind or "n-of-1")[0] == 0
        assert [p for p in check(folder).problems if p.severity == "error"] == []
