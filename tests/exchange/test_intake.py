"""Files of other systems into the record: whose they are, what is used, what is left and why, once and never twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import ONE_OF_EACH, PACKET, PATIENT, bundle, observation, write
from typer.testing import CliRunner

from proband.cli.app import app
from proband.exchange import ReadError, read
from proband.exchange.intake import Intake, carry_out, intake
from proband.exchange.intake.forms import fields, links
from proband.exchange.intake.persons import contradict
from proband.facts.observation import Observation, Origin, Presence
from proband.instruments import REGISTRY, get, redcap_dictionary, score
from proband.instruments.dictionaries import field_name
from proband.programme import load, locate
from proband.record import COMMANDS, Command, Record, Refused, Signature, view_of
from proband.record.events import Event
from proband.record.tables import table
from proband.terms import UncertainDate

DAY = date(2024, 5, 1)
TODAY = date(2024, 5, 2)
LABS = [
    observation("1975-2", 2.1, "mg/dL"),
    observation("2160-0", 1.9, "mg/dL"),
    observation("6301-6", 1.8, "{INR}"),
    observation("2951-2", 133, "mmol/L"),
    observation("1751-7", 2.9, "g/dL"),
]
SAMPLE = {"resourceType": "Patient", "id": "synthetic-1", "gender": "female", "birthDate": "1980-02-03"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record of the liver programme with one person referred."""
    place = tmp_path / "record"
    with Record.create(
        place, study="LIV", programme=view_of(load(locate("liver-cells"))), custodian="dm-1",
        clock=lambda: datetime(2024, 5, 2, 9, tzinfo=UTC),
    ) as record:  # fmt: skip
        do(record, "site.open", "north", {"jurisdiction": "GB"})
        for role in record.state.view.roles:
            do(record, "staff.grant", role.id, {"role": role.id, "sites": ["north"]})
            for training in role.training:
                do(record, "staff.train", role.id, {"training": training, "valid_until": "2040-01-01"})
        do(record, "participant.refer", "S-0001", {}, "investigator")
    return place


def do(record: Record, verb: str, subject: str, data: dict[str, Any], role: str = "") -> None:
    who = (
        {"actor": role, "role": role, "site": "north"}
        if role
        else {"actor": "dm-1", "role": "custodian", "site": "*"}
    )
    signed = [Signature(who["actor"], who["role"])] if COMMANDS[verb].signature else []
    record.execute(Command(verb, subject, data, signatures=signed, **who))


def log(folder: Path) -> list[Event]:
    with Record.open(folder) as record:
        return list(record.events())


def call(*arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["record", "intake", *arguments, "--json"])
    assert result.exit_code == code, result.output + str(result.exception)
    return json.loads(result.stdout)


BY = ("--actor", "investigator", "--role", "investigator", "--site", "north")
BY_ASSESSOR = ("--actor", "masked-assessor", "--role", "masked-assessor", "--site", "north")
ASKED = ("--participant", "S-0001", "--person", "synthetic-1", "--on", "2024-05-01")


def accounted(told: dict[str, Any], facts: int) -> None:
    """Every observation that was read stands in the account once: used, or left with a reason."""
    accounts = told["accounts"]
    assert told["observations"] == len(accounts) == facts
    assert all(bool(one["uses"]) != bool(one["left"]) for one in accounts)
    assert told["used"] == sum(bool(one["uses"]) for one in accounts)
    assert told["left"] == facts - told["used"]


# a verdict, from the command line


def test_a_bundle_becomes_the_verdict_that_screening_gives_and_a_dry_run_writes_nothing(
    folder: Path, tmp_path: Path
) -> None:
    file = write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS, *ONE_OF_EACH[2:]))
    facts = len(list(read([file])))
    before = {
        path: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "-" not in path.suffix
    }
    told = call(str(folder), str(file), *ASKED, "--dry-run")
    after = {
        path: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "-" not in path.suffix
    }
    assert before == after
    accounted(told, facts)
    (command,) = told["commands"]
    assert (command["verb"], command["subject"], told["sent"]) == ("participant.screen", "S-0001", [])
    # what is not here is said beside what would be recorded of it
    reading = read([file])
    assert list(reading)
    assert told["reading"]["lacking"] == dict(reading.report.lacking)
    assert told["reading"]["complete"] is reading.report.complete is False
    shown = CliRunner().invoke(app, ["record", "intake", str(folder), str(file), *ASKED, "--dry-run"])
    assert "not everything is here" in shown.output

    arguments = [
        "screen",
        "liver-cells",
        str(file),
        "--as-of",
        "2024-05-01",
        "--explain",
        "synthetic-1",
        "--json",
    ]
    explained = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert command["data"]["outcome"] == explained["outcome"]
    assert told["programme"] == explained["programme"]

    # what rests on something says on what, and what is left says why
    by_code = {one["code"]: one for one in told["accounts"]}
    assert "screening: INR" in by_code["6301-6"]["uses"]
    assert "screening: age" in by_code["birth-date"]["uses"]
    assert by_code["140"]["left"] == "nothing of the programme asks for it"  # a vaccination


def test_taken_in_twice_it_is_recorded_once_and_another_day_is_another_verdict(
    folder: Path, tmp_path: Path
) -> None:
    file = str(write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS)))
    began = len(log(folder))
    first = call(str(folder), file, *ASKED, *BY)
    again = call(str(folder), file, *ASKED, *BY)
    assert ([one["seq"] for one in first["sent"]], first["already_there"]) == ([began + 1], [])
    assert (again["sent"], [one["seq"] for one in again["already_there"]]) == ([], [began + 1])
    events = log(folder)
    assert len(events) == began + 1
    with Record.open(folder) as record:
        assert record.texts.revealed(events[-1].body["data"]) == first["commands"][0]["data"]
    call(str(folder), file, *ASKED[:-1], "2024-05-02", *BY)
    assert len(log(folder)) == began + 2
    shown = CliRunner().invoke(app, ["record", "intake", str(folder), file, *ASKED, *BY]).stdout
    assert f"already there, event {began + 1}" in " ".join(shown.split())
    assert "nothing was added" in shown
    assert "observations" in shown
    assert "sent: 1" not in shown


def test_files_of_another_person_are_refused_at_the_next_intake_too(folder: Path, tmp_path: Path) -> None:
    first = str(write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS)))
    call(str(folder), first, *ASKED, *BY)
    began = len(log(folder))
    later = (*ASKED[:-1], "2024-05-02")
    other = str(write(tmp_path, "other.json", bundle(SAMPLE | {"birthDate": "1961-07-09"}, *LABS)))
    for asked in ((*later, *BY), (*later, "--dry-run"), (*later, "--visit", "baseline", "--dry-run")):
        told = call(str(folder), other, *asked, code=3)
        assert told["error"]["code"] == "exchange.intake.another"
        assert f"event {began}" in told["error"]["message"]
    # the same person, whose birth date another file knows less exactly, or not at all
    for birth in ({"birthDate": "1980-02"}, {"birthDate": "1980"}, {"birthDate": None}):
        said = {key: value for key, value in (SAMPLE | birth).items() if value is not None}
        file = str(write(tmp_path, "same.json", bundle(said, *LABS)))
        call(str(folder), file, *later, "--dry-run")
    assert len(log(folder)) == began


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ({"low": 44, "high": 44}, {"low": 62, "high": 62}, True),
        ({"low": 43, "high": 44}, {"low": 44, "high": 44}, False),
        ({"low": 45}, {"high": 44}, True),
        ({"low": 45}, {}, False),
        ({}, {}, False),
        ({"code": "female"}, {"code": "male"}, True),
        ({"code": "female"}, {"code": "female"}, False),
        ({"truth": True}, {"truth": False}, True),
        ({"truth": True}, {"code": "female"}, False),
    ],
)
def test_only_what_cannot_be_one_value_contradicts(
    one: dict[str, Any], other: dict[str, Any], differ: bool
) -> None:
    assert contradict(one, other) is contradict(other, one) is differ


def test_a_gate_says_no_by_its_name(folder: Path, tmp_path: Path) -> None:
    file = str(write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS)))
    told = call(str(folder), file, *ASKED, *BY_ASSESSOR, code=3)
    assert told["error"]["code"] == "gate.authority.permission"
    assert call(str(folder), file, *ASKED, code=2)["error"]["mend"].startswith("give --actor")


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--participant", "S-0001"), "exchange.intake.person", 3),
        (("--participant", "S-0009", "--person", "synthetic-1"), "exchange.intake.participant", 2),
        (("--participant", "S-0001", "--person", "nobody"), "exchange.intake.person-absent", 2),
        ((*ASKED[:4], "--on", "2999-01-01"), "exchange.intake.future", 2),
        ((*ASKED, "--visit", "tea"), "exchange.intake.visit", 2),
        ((*ASKED, "--through", "tea"), "screening.visit", 2),
        ((*ASKED[:4], "--visit", "baseline"), "exchange.intake.day", 2),
        ((*ASKED[:4], "--on", "yesterday"), "cli.date", 2),
        ((*ASKED, "--variant", "npmds"), "cli.record.variant", 2),
    ],
)
def test_what_does_not_say_enough_is_refused_with_its_mend(
    folder: Path, tmp_path: Path, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    file = str(write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS)))
    error = call(str(folder), file, *arguments, "--dry-run", code=exit_code)["error"]
    assert error["code"] == code
    assert error["mend"]


def test_a_file_that_cannot_be_read_stops_everything(folder: Path, tmp_path: Path) -> None:
    good = str(write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS)))
    bad = str(write(tmp_path, "torn.json", '{"resourceType": "Bundle", "entry": ['))
    error = call(str(folder), good, bad, *ASKED, *BY, code=3)["error"]
    assert error["code"] == "exchange.intake.declined"
    assert "torn.json" in error["message"]
    empty = str(write(tmp_path, "empty.json", ""))
    assert call(str(folder), empty, *ASKED, *BY, code=2)["error"]["code"] == "exchange.intake.nothing"


# what is not there


TWO_CRITERIA = {
    "source": "synthetic", "level": "inference", "note": "for tests",
    "observables": [{"id": "platelets", "label": "platelets", "type": "number", "unit": "10*9/L", "codes": [{"system": "LOINC", "code": "777-3"}]},
                    {"id": "creatinine", "label": "creatinine", "type": "number", "unit": "mg/dL", "codes": [{"system": "LOINC", "code": "2160-0"}]}],
    "criteria": [{"id": "I1", "kind": "include", "purpose": "safety", "reason": "for tests", "when": "platelets >= 100"},
                 {"id": "I2", "kind": "include", "purpose": "safety", "reason": "for tests", "when": "creatinine <= 2"}],
}  # fmt: skip
ENOUGH = [observation("777-3", 250, "10*9/L"), observation("2160-0", 1.9, "mg/dL")]
#: a diagnosis in words alone: it might be one that excludes
IN_WORDS = {
    "resourceType": "Condition", "id": "c-1", "subject": {"reference": "Patient/synthetic-1"}, "code": {"text": "an old trouble"},
    "clinicalStatus": {"coding": [{"code": "active"}]}, "verificationStatus": {"coding": [{"code": "confirmed"}]},
}  # fmt: skip


@pytest.fixture
def two_criteria(tmp_path: Path) -> Path:
    """A record whose programme asks for two results, and one person referred."""
    place = tmp_path / "two"
    view = view_of(load(locate("liver-cells")))
    few = type(view).model_validate(view.model_dump(mode="json") | {"eligibility": TWO_CRITERIA})
    with Record.create(
        place, study="LIV", programme=few, custodian="dm-1", clock=lambda: datetime(2024, 5, 2, 9, tzinfo=UTC)
    ) as record:
        do(record, "site.open", "north", {"jurisdiction": "GB"})
        do(record, "staff.grant", "investigator", {"role": "investigator", "sites": ["north"]})
        for training in few.trainings["investigator"]:
            do(record, "staff.train", "investigator", {"training": training, "valid_until": "2040-01-01"})
        do(record, "participant.refer", "S-0001", {}, "investigator")
    return place


@pytest.mark.parametrize("complete", [True, False])
def test_nobody_is_found_eligible_by_a_reading_that_is_not_complete(
    two_criteria: Path, tmp_path: Path, complete: bool
) -> None:
    """What was read gives a yes; what was not read might say otherwise: unknown, by the command line and by the library."""
    file = write(tmp_path, "bundle.json", bundle(SAMPLE, *ENOUGH, *([] if complete else [IN_WORDS])))
    reading = read([file])
    assert list(reading)
    assert reading.report.complete is complete
    told = call(str(two_criteria), str(file), *ASKED, *BY)
    (command,) = told["commands"]
    with Record.open(two_criteria, clock=lambda: datetime(2024, 5, 2, 9, tzinfo=UTC)) as record:
        options: dict[str, Any] = {"persons": ["synthetic-1"], "on": DAY, "today": TODAY}
        (same,) = intake(record.state, read([file]), "S-0001", **options).commands
        held = record.state.participants["S-0001"].verdict
    assert same.data == command["data"]
    assert held is not None
    assert held.outcome == command["data"]["outcome"] == ("eligible" if complete else "needs-data")
    if not complete:
        (reason,) = command["data"]["reasons"]
        assert "not everything was read" in reason
        assert next(iter(reading.report.lacking)) in reason


def test_whoever_gives_observations_alone_says_what_they_lack(two_criteria: Path, tmp_path: Path) -> None:
    facts = list(read([write(tmp_path, "bundle.json", bundle(SAMPLE, *ENOUGH))]))
    with Record.open(two_criteria, clock=lambda: datetime(2024, 5, 2, 9, tzinfo=UTC)) as record:
        options: dict[str, Any] = {"persons": ["synthetic-1"], "on": DAY, "today": TODAY}
        (whole,) = intake(record.state, facts, "S-0001", **options).commands
        (part,) = intake(record.state, facts, "S-0001", lacking=["page 2 of 2"], **options).commands
    assert whole.data["outcome"] == "eligible"
    assert part.data["outcome"] == "needs-data"
    assert "page 2 of 2" in part.data["reasons"][0]
    assert part.data["facts"] == whole.data["facts"]
    assert part.key != whole.key


# whose data


def fact(
    code: str, system: str = "Proband", subject: str = "S-0001", day: date | None = DAY, **more: Any
) -> Observation:
    when = UncertainDate.on(day) if day else UncertainDate.unknown()
    return Observation(subject=subject, system=system, code=code, when=when, **more)


@pytest.fixture
def record(folder: Path) -> Record:
    opened = Record.open(folder, clock=lambda: datetime(2024, 5, 2, 9, tzinfo=UTC))
    yield opened
    opened.close()


def take(record: Record, facts: list[Observation], **options: Any) -> Intake:
    return intake(record.state, facts, "S-0001", **{"on": DAY, "today": TODAY} | options)


def test_several_people_are_taken_apart_only_by_name(record: Record) -> None:
    mine, other = (
        fact("777-3", "LOINC", value=80.0, unit="10*9/L"),
        fact("777-3", "LOINC", subject="S-0002", value=9.0, unit="10*9/L"),
    )
    with pytest.raises(ReadError) as error:
        take(record, [mine, other])
    assert error.value.code == "exchange.intake.people"
    assert "--person S-0001" in error.value.mend
    taken = take(record, [mine, other], persons=["S-0001"])
    assert [one.left for one in taken.accounts] == ["", "it is about S-0002"]
    values = taken.commands[0].data["facts"]["values"]
    assert values["platelets"] == {"low": 80.0, "high": 80.0}
    # one person under two names
    both = take(
        record, [mine, fact("sex", subject="hospital-7", text="female")], persons=["S-0001", "hospital-7"]
    )
    assert len(both.used) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (fact("sex", text="female"), fact("sex", text="male", subject="x-7")),
        (fact("birth-date", day=date(1980, 2, 3)), fact("birth-date", day=date(1980, 2, 4), subject="x-7")),
        (
            fact("birth-date", day=date(1980, 2, 3)),
            replace(fact("birth-date", subject="x-7"), when=UncertainDate.parse("1980-03")),
        ),
    ],
    ids=["sex", "birth", "birth-month"],
)
def test_who_differs_in_what_does_not_change_is_not_one_person(
    record: Record, one: Observation, other: Observation
) -> None:
    with pytest.raises(ReadError) as error:
        take(record, [one, other], persons=["S-0001", "x-7"])
    assert error.value.code == "exchange.intake.identity"
    assert error.value.exit_code == 3


def test_less_exact_is_not_another(record: Record) -> None:
    roughly = replace(fact("birth-date", subject="x-7"), when=UncertainDate.parse("1980"))
    taken = take(record, [fact("birth-date", day=date(1980, 2, 3)), roughly], persons=["S-0001", "x-7"])
    assert len(taken.used) == 2


def test_a_phenopacket_is_accounted_for_too(record: Record, tmp_path: Path) -> None:
    facts = list(read([write(tmp_path, "packet.json", PACKET)]))
    (person,) = {each.subject for each in facts}
    taken = take(record, facts, persons=[person])
    accounted(taken.as_dict(), len(facts))
    # born in 2010: the programme takes adults
    assert taken.commands[0].data["outcome"] == "not-eligible"


def test_what_is_not_taken_for_the_verdict_says_why(record: Record) -> None:
    old = fact("777-3", "LOINC", value=300.0, unit="10*9/L", day=date(2023, 1, 1))
    late = fact("777-3", "LOINC", value=90.0, unit="10*9/L", day=date(2024, 5, 2))
    wrong = fact("777-3", "LOINC", value=90.0, unit="kg")
    foreign = fact("9999-9", "LOINC", value=1.0)
    taken = take(record, [old, late, wrong, foreign])
    assert [one.left for one in taken.accounts] == [
        "another result stands for platelets, or it lies outside the window that is asked for",
        "it is dated after 2024-05-01",
        "it cannot be used for platelets: unit 'kg' cannot become 10*9/L",
        "nothing of the programme asks for it",
    ]


# outcomes


def screened(record: Record) -> None:
    carry_out(
        record,
        take(record, [fact("sex", text="female")]),
        actor="investigator",
        role="investigator",
        site="north",
    )


def test_results_of_the_day_become_the_score_that_the_programme_reads_from_them(
    folder: Path, tmp_path: Path
) -> None:
    with Record.open(folder) as record:
        screened(record)
    mapping = write(
        tmp_path,
        "columns.yaml",
        """
subject: person
date: day
columns:
  dialysis: {code: "Proband|dialysis-last-week"}
""",
    )
    table_of_dialysis = write(tmp_path, "dialysis.csv", "person,day,dialysis\nsynthetic-1,2024-05-01,no\n")
    older = observation("1975-2", 9.9, "mg/dL", effectiveDateTime="2024-04-20T08:00:00+02:00", id="old")
    file = write(tmp_path, "bundle.json", bundle(SAMPLE, *LABS, older))
    files = [str(file), str(table_of_dialysis), "--mapping", str(mapping)]
    told = call(str(folder), *files, *ASKED, "--visit", "baseline", *BY_ASSESSOR)
    accounted(told, len(list(read([file, table_of_dialysis], mapping=mapping))))
    found = {command["data"]["instrument"]: command["data"] for command in told["commands"]}
    expected = score("meld-3", bilirubin="2.1 mg/dL", creatinine="1.9 mg/dL", inr=1.8, sodium="133 mmol/L", albumin="2.9 g/dL",
                     sex="female", dialysis="no").value  # fmt: skip
    assert set(found) == {"meld-3"}
    assert found["meld-3"]["scores"]["meld-3"] == expected
    assert found["meld-3"]["items"]["bilirubin"] == {"value": 2.1, "unit": "mg/dL"}
    with Record.open(folder) as record:
        rows = {row["score"]: row["value"] for row in table(record.state, "outcomes")}
    assert rows["meld-3"] == expected
    by_code = {(one["code"], one["value"]): one for one in told["accounts"]}
    assert by_code["1975-2", "9.9 mg/dL"]["left"]
    assert "meld-3: bilirubin" in by_code["1975-2", "2.1 mg/dL"]["uses"]


def test_results_that_come_to_no_score_are_no_outcome(record: Record) -> None:
    bilirubin = fact("1975-2", "LOINC", value=2.1, unit="mg/dL")
    taken = take(record, [bilirubin, fact("sex", text="female")], visit="baseline")
    assert taken.commands == ()
    assert "cannot be scored with it: missing" in taken.accounts[0].left


def redcap_export(folder: Path, *ids: str, **cells: str) -> list[Path]:
    """A project made of the dictionaries of some instruments, and one row of its export."""
    whole = redcap_dictionary(get(ids[0]))
    for id in ids[1:]:
        whole += redcap_dictionary(get(id), with_record_id=False).partition("\n")[2]
    dictionary = write(folder, "project_DataDictionary.csv", whole)
    row = {"record_id": "S-0001", **cells}
    return [dictionary, write(folder, "project_DATA.csv", f"{','.join(row)}\n{','.join(row.values())}\n")]


def test_a_form_made_from_the_dictionary_comes_back_as_it_was_asked(record: Record, tmp_path: Path) -> None:
    files = redcap_export(
        tmp_path, "pgi-change", "meld", pgi_change_change="3", meld_bilirubin="2.1", meld_bilirubin_unit="1",
        meld_creatinine="168", meld_creatinine_unit="2", meld_inr="1.8", meld_dialysis="0",
    )  # fmt: skip
    facts = list(read(files))
    taken = take(record, facts, visit="baseline")
    found = {command.data["instrument"]: command.data for command in taken.commands}
    assert set(found) == {"pgi-change", "meld"}
    assert found["pgi-change"]["items"] == {"change": "minimally improved"}
    assert found["meld"]["items"] == {
        "bilirubin": {"value": 2.1, "unit": "mg/dL"}, "creatinine": {"value": 168.0, "unit": "umol/L"},
        "inr": {"value": 1.8, "unit": "{INR}"}, "dialysis": False,
    }  # fmt: skip
    assert (
        found["meld"]["scores"]["meld"]
        == score("meld", bilirubin="2.1 mg/dL", creatinine="168 umol/L", inr=1.8, dialysis="no").value
    )
    accounted(taken.as_dict(), len(facts))
    assert not taken.left
    screened(record)
    carry_out(record, taken, actor="masked-assessor", role="masked-assessor", site="north")
    assert record.state.invalid == {}


def test_a_table_with_a_mapping_answers_too(record: Record, tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        "columns.yaml",
        """
subject: person
date: day
columns:
  pain: {code: "Proband|pain-nrs-pain", unit: "{points}"}
  bili: {code: "Proband|meld-bilirubin", unit: umol/L}
""",
    )
    file = write(
        tmp_path, "visits.csv", "person,day,pain,bili\nS-0001,2024-05-01,7,36\nS-0001,2024-04-01,2,30\n"
    )
    facts = list(read([file], mapping=mapping))
    taken = take(record, facts, visit="baseline")
    found = {command.data["instrument"]: command.data for command in taken.commands}
    assert found["pain-nrs"]["scores"] == {"pain-nrs": 7.0}
    assert found["meld"]["items"] == {"bilirubin": {"value": 36.0, "unit": "umol/L"}}
    # a form that was begun is kept as it is, with why there is no score
    assert found["meld"]["no_score"].startswith("missing: creatinine")
    assert {one.left for one in taken.left} == {"it is of 2024-04-01, and baseline was held on 2024-05-01"}


def test_an_item_of_a_questionnaire_answers_by_its_link(record: Record, tmp_path: Path) -> None:
    response = {
        "resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "authored": "2024-05-01",
        "questionnaire": "https://example.org/Questionnaire/pain-nrs|1", "subject": {"reference": "Patient/synthetic-1"},
        "item": [{"linkId": "pain", "answer": [{"valueInteger": 4}]}],
    }  # fmt: skip
    facts = list(read([write(tmp_path, "q.json", bundle(SAMPLE, response))]))
    taken = take(record, facts, visit="baseline", persons=["synthetic-1"])
    (command,) = taken.commands
    assert command.data["items"] == {"pain": 4.0}


def test_an_examination_is_taken_whole(record: Record) -> None:
    exam = dict(get("isncsci").example)
    facts = [
        fact("isncsci-exam", attributes={"exam": exam}),
        fact("isncsci-ais", text="A", attributes={"derived-from": "isncsci-exam"}),
    ]
    taken = take(record, facts, visit="baseline", on=None)
    (command,) = taken.commands
    assert (command.data["on"], command.data["items"], command.data["scores"]["isncsci"]) == (
        "2024-05-01",
        exam,
        "A",
    )
    assert taken.accounts[1].left == "it was worked out from the examination, which is recorded itself"


def test_answers_that_cannot_be_taken_are_left_and_the_others_stand(record: Record) -> None:
    def at(row: str, code: str, **more: Any) -> Observation:
        return fact(code, origin=Origin("f.csv", f"{row}, column {code}"), **more)

    facts = [
        at("row 1", "meld-bilirubin", value=2.1),  # in which unit?
        at("row 1", "meld-creatinine", value=1.9, unit="kg"),
        at("row 1", "meld-inr", value=5.0, comparator="<"),
        at("row 1", "meld-dialysis", presence=Presence.NOT_ASKED),
        at("row 1", "pain-nrs-pain", value=7.0),
        at("row 2", "pain-nrs-pain", value=7.0),
        at("row 1", "pgi-change-change", text="minimally improved"),
        at("row 2", "pgi-change-change", text="much improved"),
        at("row 1", "wisci-ii-level", value=99.0),
        at("row 1", "i-6mwt-distance", value=420.0, unit="m", problems=("typed twice",)),
        fact("pgi-severity-severity", text="moderate", day=None, attributes={"event": "month_6_arm_1"}),
        fact("elf-piiinp", value=8.0, unit="ng/mL"),
    ]
    taken = take(record, facts, visit="baseline")
    found = {command.data["instrument"]: command.data for command in taken.commands}
    assert set(found) == {"meld", "pain-nrs"}
    assert found["meld"]["items"] == {"dialysis": {"missing": "not-asked"}}
    why = [one.left for one in taken.accounts]
    for place, words in enumerate((
        "without its unit", "instruments", "says only that the value is < 5", "", "", "says again", "differ", "differ", "not possible",
        "flagged: typed twice", "its form is of the visit month-6", "no default variant",
    )):  # fmt: skip
        if words == "instruments":
            assert "meld: creatinine" in why[place]
        else:
            assert (words in why[place]) if words else not why[place], why[place]
    named = take(record, facts[-1:], visit="baseline", variants={"elf": "xp"})
    assert named.commands[0].data["variant"] == "xp"


def test_another_version_in_force_stops_what_was_judged_under_the_old_one(record: Record) -> None:
    taken = take(record, [fact("sex", text="female")])
    other = Intake(taken.participant, "f" * 64, taken.day, None, taken.commands, taken.accounts)
    with pytest.raises(ReadError) as error:
        carry_out(record, other, actor="investigator", role="investigator", site="north")
    assert error.value.code == "exchange.intake.version"
    with pytest.raises(Refused):
        carry_out(record, taken, actor="data-manager", role="data-manager", site="north")


def test_no_two_items_share_a_field_and_every_item_has_one() -> None:
    assert len(fields()) == sum(len(one.items) for one in REGISTRY.values())
    assert len(links()) == len(fields())
    names = {field_name(one, item) for one in REGISTRY.values() for item in one.items}
    assert not {f"{name}_unit" for name in names} & names
    assert PATIENT["id"] == "synthetic-1"
