"""Unanswered is never "no" in REDCap exports, with a mapping or without one. Synthetic records."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from proband.exchange import read
from proband.facts.observation import Observation, Presence

MAPPING = """
subject: record_id
date: visit_date
columns:
  {one}: {{code: "Proband|cancer-diagnosis", {rule}}}
  {two}: {{code: "ICD-10|Z94.4", {rule}}}
"""
#: how the two boxes may be mapped: each says that 0 is a "no"
RULES = [
    "kind: presence",
    'kind: presence, values: {"1": present, "0": absent, Checked: present, Unchecked: absent}',
    'values: {"1": "yes", "0": "no", Checked: "yes", Unchecked: "no"}',
]
DICTIONARY = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label","Choices, Calculations, OR Slider Labels",'
    '"Field Note","Text Validation Type OR Show Slider Number","Text Validation Min","Text Validation Max",Identifier?\n'
    "record_id,history,,text,Record,,,,,,\n"
    'visit_date,history,,text,Day,,,date_ymd,,,\n'
    'hx,history,,checkbox,History,"1, Cancer | 2, Transplant | 3, Other | 7, {other}",,,,,\n'
    'sex,history,,radio,Sex,"1, Male | 2, Female",,,,,\n'
    'weight,history,,text,Weight,,,number,,,\n'
    'notes,history,,notes,Notes,,,,,,\n'
)  # fmt: skip
BOXES = ("hx___1", "hx___2", "hx___3")


def facts_of(folder: Path, header: list[str], cells: list[str], *, rule: str | None, as_json: bool = False,
             dictionary: str | None = None) -> list[Observation]:  # fmt: skip
    """The facts of one row of an export."""
    if as_json:
        (folder / "export.json").write_text(json.dumps([dict(zip(header, cells, strict=True))]))
    else:
        (folder / "export.csv").write_text(
            ",".join(f'"{each}"' for each in header) + "\n" + ",".join(cells) + "\n"
        )
    mapping = None
    if rule is not None:
        mapping = folder / "mapping.yaml"
        mapping.write_text(MAPPING.format(one=json.dumps(header[2]), two=json.dumps(header[3]), rule=rule))
    if dictionary:
        (folder / "dictionary.csv").write_text(DICTIONARY.format(other=dictionary))
    return list(read(folder / ("export.json" if as_json else "export.csv"), mapping=mapping))


def said(facts: list[Observation]) -> set[Presence]:
    """What the facts about the two boxes say, a word for "no" included."""
    words = {"no": Presence.ABSENT, "0": Presence.ABSENT}
    about = [
        each
        for each in facts
        if each.code in {"cancer-diagnosis", "Z94.4"} or each.value_code in {"1", "2", "Cancer", "Transplant"}
    ]
    return {
        words.get(each.text or "", each.presence) if each.presence is Presence.PRESENT else each.presence
        for each in about
    }


@pytest.mark.parametrize("rule", [None, *RULES])
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize(
    ("other", "states", "expected"),
    [
        ("hx___3", "000", Presence.UNKNOWN),
        ("hx___3", "001", Presence.ABSENT),
        ("hx___nask", "001", Presence.NOT_ASKED),
        ("hx___unk", "001", Presence.UNKNOWN),
        ("hx___dk", "001", Presence.UNKNOWN),
        ("hx___prefer_not", "001", Presence.UNKNOWN),
        ("hx___weiss_nicht", "001", Presence.UNKNOWN),
        ("hx___kidney", "001", Presence.ABSENT),
        ("hx____99", "001", Presence.UNKNOWN),
        ("hx___999", "001", Presence.UNKNOWN),
        ("hx___na", "001", Presence.NOT_APPLICABLE),
        ("hx___nask", "000", Presence.UNKNOWN),
    ],
)
def test_an_empty_box_is_a_no_only_where_the_group_was_answered(
    rule: str | None, as_json: bool, labels: bool, other: str, states: str, expected: Presence, tmp_path: Path
) -> None:
    shown = {"1": "Checked", "0": "Unchecked"} if labels else {"1": "1", "0": "0"}
    header = ["record_id", "visit_date", "hx___1", "hx___2", other, "history_complete"]
    cells = ["syn-1", "2026-10-31", *(shown[each] for each in states), "2"]
    assert said(facts_of(tmp_path, header, cells, rule=rule, as_json=as_json)) == {expected}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("other", "expected"), [("Other", Presence.ABSENT), ("Not asked", Presence.NOT_ASKED), ("Don't know", Presence.UNKNOWN)])  # fmt: skip
def test_the_dictionary_says_which_choice_stands_for_missing(
    rule: str, other: str, expected: Presence, tmp_path: Path
) -> None:
    header = ["record_id", "visit_date", "hx___1", "hx___2", "hx___7", "history_complete"]
    facts = facts_of(
        tmp_path, header, ["syn-1", "2026-10-31", "0", "0", "1", "2"], rule=rule, dictionary=other
    )
    assert said(facts) == {expected}


def test_boxes_whose_columns_bear_labels_are_a_group(tmp_path: Path) -> None:
    header = ["record_id", "visit_date", "History (choice=Cancer)", "History (choice=Transplant)", "History (choice=Not asked)", "history_complete"]  # fmt: skip
    for states, expected in (("000", Presence.UNKNOWN), ("001", Presence.NOT_ASKED)):
        cells = [
            "syn-1",
            "2026-10-31",
            *("Checked" if each == "1" else "Unchecked" for each in states),
            "Complete",
        ]
        assert said(facts_of(tmp_path, header, cells, rule="kind: presence")) == {expected}


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize(
    ("column", "code"),
    list(itertools.product(["sex", "weight", "notes", "visit_date"], ["NASK", "UNK", "MSK"])),
)
def test_missing_codes_count_in_every_type_of_field(
    mapped: bool, column: str, code: str, tmp_path: Path
) -> None:
    row = {"record_id": "syn-1", "visit_date": "2026-10-31", "sex": "2", "weight": "70", "notes": "x", "history_complete": "2", column: code}  # fmt: skip
    (tmp_path / "export.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    (tmp_path / "dictionary.csv").write_text(DICTIONARY.format(other="Other"))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "subject: record_id\ndate: visit_date\ncolumns:\n"
        '  sex: {code: "Proband|sex", kind: code}\n  weight: {code: "LOINC|29463-7", unit: kg}\n'
        '  notes: {code: "Proband|notes", kind: text}\n'
    )
    facts = list(read(tmp_path / "export.csv", mapping=mapping if mapped else None))
    if column == "visit_date":
        assert all(each.when.earliest is None for each in facts)
    else:
        wanted = {"sex": {"sex", "field.sex"}, "weight": {"29463-7", "weight"}, "notes": {"notes"}}[column]
        (fact,) = [each for each in facts if each.code in wanted]
        assert not fact.presence.is_known
        assert fact.value is fact.value_code is None


@pytest.mark.parametrize("mapped", [False, True])
def test_labels_instead_of_codes_are_read_by_the_dictionary(mapped: bool, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(
        "record_id,visit_date,sex,history_complete\nsyn-1,2026-10-31,Female,Complete\n"
    )
    (tmp_path / "dictionary.csv").write_text(DICTIONARY.format(other="Other"))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        'subject: record_id\ncolumns:\n  sex: {code: "Proband|sex", values: {"1": male, "2": female}}\n'
    )
    facts = list(read(tmp_path / "export.csv", mapping=mapping if mapped else None))
    (sex,) = [each for each in facts if each.code in {"sex", "field.sex"}]
    assert (sex.text or "").lower() == "female"
    assert not sex.problems
