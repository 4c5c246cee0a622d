"""Every instrument says what it is, on whose authority, and can be asked: metadata, forms, dictionaries, pages."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from proband.instruments import (
    REGISTRY,
    Instrument,
    InstrumentError,
    Item,
    ItemKind,
    Limits,
    data_dictionary,
    form_layout,
    get,
    redcap_dictionary,
    score,
)
from proband.instruments.dictionaries import COLUMNS, REDCAP_COLUMNS
from proband.instruments.documentation import main, pages, stale
from proband.instruments.isncsci import Exam
from proband.terms import Level

ROOT = Path(__file__).resolve().parents[2]
EVERY = list(REGISTRY.values())
each = pytest.mark.parametrize("instrument", EVERY, ids=lambda one: one.id)

#: what the house promises to have
PROMISED = {
    *(
        "isncsci",
        "meld",
        "meld-na",
        "meld-3",
        "peld",
        "child-pugh",
        "albi",
        "fib-4",
        "apri",
        "maddrey",
        "lille",
        "gahs",
    ),
    *("clif-c-of", "aclf-grade", "clif-c-aclf", "clif-c-ad", "kings-college-paracetamol"),
    *(
        "kings-college-non-paracetamol",
        "elf",
        "ukeld",
        "ctcae-bilirubin",
        "ctcae-alt",
        "ctcae-ast",
        "ctcae-alp",
    ),
    *(
        "npmds",
        "nmdas",
        "sprs",
        "sara",
        "modified-tardieu",
        "modified-ashworth",
        "6mwt",
        "gmfm-88",
        "scim-iii",
    ),
    *("wisci-ii", "pain-nrs", "adverse-event", "pgi-change", "pgi-severity", "goal-attainment"),
}


def test_what_is_promised_is_there() -> None:
    assert set(REGISTRY) >= PROMISED


@each
def test_metadata_is_complete(instrument: Instrument) -> None:
    for text in (
        instrument.name,
        instrument.purpose,
        instrument.version,
        instrument.licence,
        instrument.population,
        instrument.formula,
        instrument.value_name,
    ):
        assert text.strip()
    assert instrument.items
    known = {source.id for source in instrument.sources}
    for variant in instrument.variants:
        assert variant.meaning
        assert variant.source in known, "each variant names the source it rests on"
        named = next(source for source in instrument.sources if source.id == variant.source)
        assert variant.level.rank >= named.level.rank, "a level never rises on the way"
    for item in instrument.items:
        assert item.label.strip()
        if item.kind is ItemKind.QUANTITY:
            assert item.limits.possible_low > -1e300
            assert item.limits.possible_high < 1e300
        if item.kind is ItemKind.CHOICE:
            assert len({option.code for option in item.options}) == len(item.options)
    for change in instrument.important_changes:
        assert change.source
        assert (change.value is None) == (change.level is Level.NOT_FOUND)
    json.dumps(instrument.metadata(), allow_nan=False)
    assert "compute" not in instrument.metadata()


@each
def test_licensed_texts_are_not_shipped(instrument: Instrument) -> None:
    sold = re.search(r"sold|proprietary|copyright|not included", instrument.licence)
    if sold and instrument.id not in {"elf"}:  # of ELF the assay is sold, not the formula
        assert instrument.item_texts == "structure only"
        assert all(len(item.label) < 60 for item in instrument.items)


@each
def test_the_example_is_scored(instrument: Instrument) -> None:
    if instrument.compute is None:
        Exam.from_dict(instrument.example)
        return
    result = score(instrument.id, variant=instrument.example_variant, **instrument.example)
    assert result.ok, result.reason
    json.dumps(result.as_dict(), allow_nan=False)


@each
def test_summed_scales_reach_both_ends(instrument: Instrument) -> None:
    points = [item for item in instrument.items if item.kind in {ItemKind.POINTS, ItemKind.CHOICE}]
    if instrument.compute is None or len(points) != len(instrument.items) or instrument.total_high is None:
        return
    ends = []
    for pick in (min, max):
        answers = {
            item.name: pick(option.code for option in item.options)
            if item.options
            else pick((item.limits.possible_low, item.limits.possible_high))
            for item in instrument.items
        }
        ends.append(score(instrument.id, **answers).value)
    assert ends == [instrument.total_low, instrument.total_high]


def test_unverified_rules_carry_their_level_into_every_result() -> None:
    result = score("clif-c-ad-mortality", clif_c_ad=59.2)
    assert result.level is Level.UNVERIFIED
    assert "[unverified]" in result.explain()
    assert result.as_dict()["level"] == "unverified"
    assert score("child-pugh", variant="pbc-psc-inr-2.3").level is Level.UNVERIFIED
    assert score("child-pugh").level is Level.READ


def test_models_refuse_contradictions() -> None:
    with pytest.raises(ValueError, match="needs its options"):
        Item(name="a", label="a", kind=ItemKind.CHOICE)
    with pytest.raises(ValueError, match="cannot become"):
        Item(name="a", label="a", kind=ItemKind.QUANTITY, unit="mg/dL", units=("s",))
    with pytest.raises(ValueError, match="lower bound"):
        Limits(possible_low=2, possible_high=1)
    with pytest.raises(ValueError, match="occurs twice"):
        Instrument.model_validate(get("meld").model_dump() | {"items": [get("meld").items[0]] * 2})


# forms -----------------------------------------------------------------------------------------------------------------


@each
def test_the_layout_asks_every_item_and_answers_none(instrument: Instrument) -> None:
    layout = form_layout(instrument)
    json.dumps(layout, allow_nan=False)
    fields = [field for section in layout["sections"] for field in section["fields"]]
    assert sorted(field["name"] for field in fields) == sorted(instrument.item_names)
    assert not any({"value", "default"} & set(field) for field in fields)


# dictionaries ----------------------------------------------------------------------------------------------------------


@each
def test_the_data_dictionary_has_a_row_per_item(instrument: Instrument) -> None:
    rows = list(csv.DictReader(io.StringIO(data_dictionary(instrument))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["name"] for row in rows] == list(instrument.item_names)


@each
def test_the_redcap_dictionary_can_be_imported(instrument: Instrument) -> None:
    rows = list(csv.DictReader(io.StringIO(redcap_dictionary(instrument))))
    assert tuple(rows[0]) == REDCAP_COLUMNS
    assert len(REDCAP_COLUMNS) == 18
    names = [row["Variable / Field Name"] for row in rows]
    assert names[0] == "record_id"
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", row["Form Name"]) for row in rows)
    for row in rows:
        kind = row["Field Type"]
        assert kind in {"text", "radio", "dropdown", "yesno"}
        choices = row["Choices, Calculations, OR Slider Labels"]
        assert bool(choices) == (kind in {"radio", "dropdown"})
        for choice in filter(None, choices.split(" | ")):
            assert re.fullmatch(r"-?\d+(\.\d+)?, .+", choice)
    assert len(rows) >= 1 + len(instrument.items)


# pages -----------------------------------------------------------------------------------------------------------------


def test_the_committed_pages_are_current() -> None:
    old = stale(ROOT / "docs/instruments")
    assert not old, f"run: python -m proband.instruments.documentation docs/instruments ({', '.join(old)})"


def test_no_page_is_left_of_an_instrument_that_is_gone() -> None:
    there = {path.name for path in (ROOT / "docs/instruments").glob("*.md")}
    assert there - set(pages()) <= {"isncsci_disagreements.md"}


@each
def test_the_page_says_what_the_metadata_say(instrument: Instrument) -> None:
    page = pages()[f"{instrument.id}.md"]
    for heading in ("## Rule", "## Items", "## Variants", "## No score", "## Worked example", "## Sources"):
        assert heading in page
    for variant in instrument.variants:
        assert f"`{variant.name}`" in page
    for source in instrument.sources:
        assert source.citation in page
    assert bool(instrument.disagreements) == ("## Known disagreements" in page)
    assert "no score:" not in page


def test_the_generator_writes_and_checks(tmp_path: Path) -> None:
    assert main([str(tmp_path), "--check"]) == 1
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "meld.md").write_text("old", encoding="utf-8")
    assert stale(tmp_path) == ["meld.md"]


def test_asking_for_what_is_not_there() -> None:
    with pytest.raises(InstrumentError, match="no instrument") as refused:
        get("meld-4")
    assert "meld-3" in refused.value.mend
    with pytest.raises(InstrumentError, match="no variant"):
        get("meld").variant("kim")
    with pytest.raises(InstrumentError, match="no default variant"):
        score("elf", hyaluronic_acid=50, piiinp=8, timp_1=250)
    with pytest.raises(InstrumentError, match="no item"):
        score("meld", bilirubine=2)
    with pytest.raises(InstrumentError, match="not scored from named answers"):
        score("isncsci")
