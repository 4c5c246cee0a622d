"""Forms: made from the declaration of a command alone, every field with its meaning, every fault beside its field."""

from __future__ import annotations

import pytest

from proband.record.commands import COMMANDS
from proband.record.declare.form import FormError, fields_of, filled, inner_models, meanings_of


@pytest.mark.parametrize("verb", sorted(verb for verb, one in COMMANDS.items() if not one.by_record))
def test_every_field_of_every_command_says_what_it_means(verb: str) -> None:
    for data in (COMMANDS[verb].data, *inner_models(COMMANDS[verb].data)):
        assert meanings_of(data).keys() == data.model_fields.keys(), data.__name__
    for field in fields_of(COMMANDS[verb].data):
        assert len(field.meaning) >= 3
        assert field.kind != "anything" or field.name in ("programme", "facts", "data")


def given(verb: str, *typed: tuple[str, str], **options: bool) -> dict[str, object]:
    return filled(verb, COMMANDS[verb].data, typed, **options)  # type: ignore[arg-type]


def test_what_is_typed_becomes_the_kind_of_value_that_the_field_asks_for() -> None:
    assert given(
        "product.administer", ("participant", "S-1"), ("coi", "C-1"), ("wristband", "S-1"), ("bag", "5"), ("route", "intrathecal"),
        ("dose", "8e7 {cells}"), ("inputs.weight", "80 kg"),
    ) == {
        "participant": "S-1", "coi": "C-1", "wristband": "S-1", "bag": "5", "route": "intrathecal", "dose": {"value": 8e7, "unit": "{cells}"},
        "inputs": {"weight": {"value": 80.0, "unit": "kg"}},
    }  # fmt: skip
    assert given(
        "product.split", ("into.0.id", "a"), ("into.0.amount", "1 mL"), ("into.1.id", "b"), ("into.1.amount.value", "2"), ("into.1.amount.unit", "mL")
    ) == {"into": [{"id": "a", "amount": {"value": 1.0, "unit": "mL"}}, {"id": "b", "amount": {"value": 2, "unit": "mL"}}]}  # fmt: skip
    assert given(
        "outcome.record", ("visit", "baseline"), ("on", "2026-03-02"), ("instrument", "meld"), ("items.bilirubin", "2.1 mg/dL"),
        ("items.inr.missing", "not-asked"), ("items.ascites", "none"), ("items.pain", "7"), ("items.dialysis", "true"), completed=True,
    )["items"] == {
        "bilirubin": {"value": 2.1, "unit": "mg/dL"}, "inr": {"missing": "not-asked"}, "ascites": "none", "pain": 7, "dialysis": True,
    }  # fmt: skip
    assert (
        given("milestone.record", ("milestone", "walked"), ("when", "2025"), ("reached", "no"))["reached"]
        is False
    )
    # a number that is a name stays a name, a list is given once for each or as JSON, hyphens stand for underscores
    assert given("site.open", ("jurisdiction", "GB"), ("offsets", "+00:00"), ("offsets", "+01:00"))[
        "offsets"
    ] == ["+00:00", "+01:00"]
    assert given("site.open", ("jurisdiction", "GB"), ("offsets", '["+00:00"]'))["offsets"] == ["+00:00"]
    assert (
        given("participant.lose", ("attempts", "3"), ("last-contact", "2026-03-02"))["last_contact"]
        == "2026-03-02"
    )
    # what a file gave is replaced by what is typed
    base = {"attempts": 2, "last_contact": "2026-03-01"}
    assert (
        filled("participant.lose", COMMANDS["participant.lose"].data, [("attempts", "3")], base)["attempts"]
        == 3
    )


WRONG = [
    ("adverse-event.report", [("grade", "9")], "grade", "1 to 5"),
    ("adverse-event.report", [("serious", "maybe")], "serious", "yes or no"),
    ("adverse-event.report", [("colour", "red")], "colour", "grade"),
    ("adverse-event.report", [("grade", "1"), ("grade", "2")], "grade", "once"),
    ("adverse-event.report", [], "term", "what happened"),
    ("adverse-event.report", [("term.en", "headache")], "term.en", "--term"),
    ("visit.record", [("on", "2026-02-30")], "on", "YYYY-MM-DD"),
    ("visit.record", [("occurrence", "-1")], "occurrence", "number"),
    ("consent.give", [("guardians.1.id", "G")], "guardians.1.id", "next is 0"),
    ("consent.give", [("guardians.0.id", "G 1")], "guardians.0.id", "id, relation"),
    ("product.split", [("into", "[{")], "into", "close every bracket"),
    ("product.finish", [("amount", "plenty")], "amount", "80 kg"),
    ("capacity.assess", [("result", "perhaps")], "result", "has or lacks"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "typed", "field", "mend"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_told_beside_its_field_with_the_mend(
    verb: str, typed: list[tuple[str, str]], field: str, mend: str
) -> None:
    with pytest.raises(FormError) as refused:
        filled(verb, COMMANDS[verb].data, typed)
    faults = {one.field: one for one in refused.value.faults}
    assert mend in faults[field].mend
    assert f"--{field}: " in refused.value.message
    # one fault for a field, and the required fields that are missing beside it
    assert len(faults) == len(refused.value.faults)
    missing = {one.name for one in fields_of(COMMANDS[verb].data) if one.required} - {
        name.partition(".")[0] for name, _ in typed
    }
    assert missing <= faults.keys()


def test_what_the_record_gives_is_said_by_the_declaration_and_by_no_word() -> None:
    """Of every command: what it gives or fills in is a field of it, and everything else is asked for, whatever its meaning says."""
    from proband.record import COMMANDS
    from proband.record.errands import asked_of, form_of

    for verb, declared in COMMANDS.items():
        fields = {one.name: one for one in fields_of(form_of(declared))}
        known = {*fields, *declared.data.model_fields}
        assert declared.gives | declared.fills <= known, verb
        assert not declared.gives & declared.fills, verb
        asked = {one.name: one for one in asked_of(declared)}
        assert asked.keys() == fields.keys() - declared.gives, verb
        for name, one in asked.items():
            assert one.required == (fields[name].required and name not in declared.fills), (verb, name)


def test_what_nothing_completes_gives_nothing() -> None:
    from proband.record.declare.command import command

    with pytest.raises(ValueError, match="nothing completes"):
        command("never.done", "never.was", subject="study", stage=(), withdrawal=None, hold=None, consent=None, current_version=False,
                watched=False, reason=False, signature=None, live=False, gates=(), gives=("number",))  # fmt: skip
