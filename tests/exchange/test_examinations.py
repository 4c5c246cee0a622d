"""ISNCSCI examinations inside FHIR and REDCap: the same classification as from the examination itself; gaps, stars and older revisions. Invented findings."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fhir_in_xml import document
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.exchange import read
from proband.exchange.examinations import exchange_key
from proband.facts.observation import Observation, Presence
from proband.instruments.isncsci import classify
from proband.instruments.isncsci.criteria import ais_grade, neurological_level
from proband.instruments.isncsci.model import REQUIRED_KEYS, Exam
from proband.instruments.isncsci.synthetic import KINDS, random_exams

_PARTS = {"Touch": "light_touch", "Prick": "pinprick", "Motor": "motor"}


def parts(key: str) -> tuple[str, str, str]:
    """Level, side and quality of an exchange key."""
    level, side = key, ""
    for each in ("Right", "Left"):
        if each in key:
            level, side, quality = *key.partition(each)[:2], key.partition(each)[2]
            return level, side, quality
    return level, side, ""


def redcap_name(key: str) -> str:
    """The name of a finding in the REDCap instrument."""
    if key == "analContraction":
        return "voluntary_anal_contraction"
    if key == "analSensation":
        return "deep_anal_pressure"
    level, side, quality = parts(key)
    return f"{side.lower()}_{_PARTS[quality]}_{level}_value"


def praxis_name(key: str) -> str:
    """The name of a finding in the form of Praxis."""
    if key.startswith("anal"):
        return {"analContraction": "voluntaryAnalContraction", "analSensation": "deepAnalPressure"}[key]
    level, side, quality = parts(key)
    return f"{side.lower()}{ {'Touch': 'LightTouch', 'Prick': 'PinPrick', 'Motor': 'Motor'}[quality] }{level.upper()}"


def short_name(key: str) -> str:
    """Level, side and quality as a laboratory of movement might write them."""
    if key.startswith("anal"):
        return {"analContraction": "VAC", "analSensation": "DAP"}[key]
    level, side, quality = parts(key)
    return f"{level.upper()}_{side[0]}_{ {'Touch': 'LT', 'Prick': 'PP', 'Motor': 'MOT'}[quality] }"


NAMES: dict[str, Callable[[str], str]] = {
    "exchange keys": str,
    "the REDCap instrument": redcap_name,
    "the form of Praxis": praxis_name,
    "short names": short_name,
}


@pytest.mark.parametrize("spelling", NAMES)
def test_a_finding_is_known_by_its_name_in_every_spelling(spelling: str) -> None:
    assert [exchange_key(NAMES[spelling](each)) for each in REQUIRED_KEYS] == list(REQUIRED_KEYS)


@pytest.mark.parametrize(
    "name",
    ["c5RightMotorComment", "right_light_touch_c2_considernormal", "c2RightMotor", "t13_right_touch", "s4_right_touch", "left", "lt", "c5", "rightTotal", "L5", "ltl1", "motor_l", "touch_c5", ""],
)  # fmt: skip
def test_what_is_no_finding_or_not_one_alone_is_none(name: str) -> None:
    assert exchange_key(name) is None


def findings(seed: int) -> dict[str, str]:
    """An examination."""
    return random_exams(np.random.default_rng(seed), 1, KINDS[seed % len(KINDS)]).exam(0).to_dict()


def as_observation(found: dict[str, Any], name: Callable[[str], str] = str, **more: Any) -> dict[str, Any]:
    """A panel with a component for each finding."""
    components = []
    for key, value in found.items():
        code = {
            "coding": [{"system": "https://clinic.example/isncsci", "code": name(key)}],
            "text": name(key),
        }
        if value is None:
            components.append(
                {
                    "code": code,
                    "dataAbsentReason": {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                                "code": "not-performed",
                            }
                        ]
                    },
                }
            )
        elif key.startswith("anal") and value in {"Yes", "No"}:
            components.append({"code": code, "valueBoolean": value == "Yes"})
        else:
            components.append(
                {
                    "code": code,
                    **({"valueInteger": int(value)} if value.isdigit() else {"valueString": value}),
                }
            )
    return {
        "resourceType": "Observation", "id": "exam", "status": "final", "code": {"text": "ISNCSCI"}, "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-10-30", "component": components, **more,
    }  # fmt: skip


def bundled(*resources: dict[str, Any]) -> dict[str, Any]:
    """A bundle with a patient."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in ({"resourceType": "Patient", "id": "p"}, *resources)],
    }


def read_fhir(folder: Path, resource: dict[str, Any], *, xml: bool = False) -> dict[str, Observation]:
    """Facts of the examination by their code."""
    path = folder / "a"
    path.write_bytes(document(bundled(resource)) if xml else json.dumps(bundled(resource)).encode())
    return {
        each.code: each for each in read(path) if each.system == "Proband" and each.code.startswith("isncsci")
    }


def read_rows(
    folder: Path, found: dict[str, Any], name: Callable[[str], str], **more: str
) -> dict[str, Observation]:
    """Facts of one row of an export."""
    row = {
        "record_id": "p",
        "exam_date": "2026-10-30",
        **{name(key): value or "" for key, value in found.items()},
        "exam_complete": "2",
        **more,
    }
    with (folder / "a.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)
    return {each.code: each for each in read(folder / "a.csv") if each.code.startswith("isncsci")}


def agrees(facts: dict[str, Observation], found: dict[str, str]) -> None:
    """The facts are what the classifier makes of the examination."""
    answer = classify(Exam.from_dict(found))
    for code, possible in (("isncsci-ais", ais_grade(answer)), ("isncsci-nli", neurological_level(answer))):
        distinct = set(possible)
        assert facts[code].text == (distinct.pop() if len(distinct) == 1 else None)
        assert (facts[code].presence is Presence.PRESENT) == (facts[code].text is not None)
    assert facts["isncsci-exam"].attributes["exam"] == found
    assert str(facts["isncsci-exam"].when) == "2026-10-30"


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(NAMES)), st.booleans())
def test_an_examination_as_components_of_an_observation(
    tmp_path_factory: pytest.TempPathFactory, seed: int, spelling: str, xml: bool
) -> None:
    found = findings(seed)
    agrees(
        read_fhir(
            tmp_path_factory.mktemp("x"),
            as_observation(found, NAMES[spelling] if "Lowest" not in str(found) else str),
            xml=xml,
        ),
        found,
    )


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["exchange keys", "short names"]))
def test_an_examination_as_fields_of_an_export(
    tmp_path_factory: pytest.TempPathFactory, seed: int, spelling: str
) -> None:
    found = {key: value for key, value in findings(seed).items() if "Lowest" not in key}
    agrees(read_rows(tmp_path_factory.mktemp("x"), found, NAMES[spelling]), found)


def test_a_mapping_names_findings_that_have_names_of_their_own(tmp_path: Path) -> None:
    found = Exam.uniform("1", "3", vac="Yes", dap="Yes").to_dict()
    named = {key: f"q{index}" for index, key in enumerate(found)}
    lines = [
        f"  {name}: {{code: 'Proband|isncsci.{'-'.join(each for each in parts(key) if each).lower().replace('_', '-')}'}}"
        for key, name in named.items()
    ]
    (tmp_path / "m.yaml").write_text("subject: record_id\ndate: exam_date\ncolumns:\n" + "\n".join(lines))
    row = {"record_id": "p", "exam_date": "2026-10-30", **{named[key]: value for key, value in found.items()}}
    (tmp_path / "a.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    facts = {
        each.code: each
        for each in read(tmp_path / "a.csv", mapping=tmp_path / "m.yaml")
        if each.code.startswith("isncsci-")
    }
    agrees(facts, found)


NORMAL = Exam.uniform().to_dict()


@pytest.mark.parametrize("way", ["fhir", "rows"])
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"c5RightMotor": None}, "c5RightMotor"),  # not examined is a gap, and neither NT nor zero
        ({"c5RightMotor": "6"}, "c5RightMotor"),
        ({"c5RightMotor": "5*"}, "5*"),
        ({"analContraction": None}, "analContraction"),
    ],
)  # fmt: skip
def test_a_gap_or_an_impossible_value_is_no_classification(
    way: str, change: dict[str, Any], why: str, tmp_path: Path
) -> None:
    found = {**NORMAL, **change}
    facts = read_fhir(tmp_path, as_observation(found)) if way == "fhir" else read_rows(tmp_path, found, str)
    assert facts["isncsci-ais"].presence is Presence.UNKNOWN
    assert facts["isncsci-ais"].text is None
    said = f"{facts['isncsci-ais'].attributes['why']} {facts['isncsci-exam'].problems}"
    assert why in said
    if "5*" in change.values():
        assert "before 2019" in said


@pytest.mark.parametrize("way", ["fhir", "rows"])
def test_not_testable_widens_the_answer_and_stars_are_taken_as_they_are_meant(
    way: str, tmp_path: Path
) -> None:
    for change in (
        {"s4_5LeftPrick": "NT"},
        {"c5RightMotor": "3**"},
        {"c5RightMotor": "NT*", "analContraction": "NT"},
    ):
        found = {**NORMAL, **change}
        agrees(
            read_fhir(tmp_path, as_observation(found)) if way == "fhir" else read_rows(tmp_path, found, str),
            found,
        )


@pytest.mark.parametrize("way", ["fhir", "rows"])
@pytest.mark.parametrize(
    ("revision", "scored"), [("2011", False), ("ISNCSCI 2015", False), ("2019", True), ("", True)]
)
def test_an_examination_of_another_revision_is_named_and_not_scored(
    way: str, revision: str, scored: bool, tmp_path: Path
) -> None:
    panel = as_observation(NORMAL)
    if revision:
        panel["component"].append({"code": {"text": "isncsci_revision"}, "valueString": revision})
    facts = (
        read_fhir(tmp_path, panel)
        if way == "fhir"
        else read_rows(tmp_path, NORMAL, str, isncsci_revision=revision)
    )
    assert (facts["isncsci-ais"].text == "E") == scored
    assert facts["isncsci-exam"].attributes.get("revision", "") == revision
    if not scored:
        assert revision[-4:] in facts["isncsci-ais"].attributes["why"]
        assert any(revision[-4:] in each for each in facts["isncsci-exam"].problems)


def test_withdrawn_and_other_peoples_examinations_are_none(tmp_path: Path) -> None:
    assert not read_fhir(tmp_path, as_observation(NORMAL, status="entered-in-error"))
    assert not read_fhir(tmp_path, as_observation(NORMAL, focus=[{"reference": "RelatedPerson/x"}]))
    preliminary = read_fhir(tmp_path, as_observation(NORMAL, status="preliminary"))
    assert (
        preliminary.get("isncsci-ais") is None or preliminary["isncsci-ais"].presence is not Presence.PRESENT
    )
    assert read_fhir(tmp_path, as_observation(NORMAL))["isncsci-ais"].text == "E"


def test_two_answers_to_one_finding_are_not_chosen_between(tmp_path: Path) -> None:
    panel = as_observation(NORMAL)
    panel["component"].append({"code": {"text": "rightMotorC5"}, "valueInteger": 2})
    assert read_fhir(tmp_path, panel)["isncsci-ais"].problems


def test_a_panel_of_other_things_is_no_examination(tmp_path: Path) -> None:
    panel = as_observation({key: value for index, (key, value) in enumerate(NORMAL.items()) if index < 60})
    assert not read_fhir(tmp_path, panel)


def as_members(found: dict[str, Any], way: str, **more: Any) -> list[dict[str, Any]]:
    """Each finding an Observation of its own, under a panel, under panels of the sides, or named by ``urn:uuid``."""
    whole = as_observation(found)
    members = [
        {**{key: value for key, value in whole.items() if key != "component"}, **part, "id": f"f{index}"}
        for index, part in enumerate(whole["component"])
    ]
    address = "urn:uuid:00000000-0000-4000-8000-{:012d}" if way == "urn" else "Observation/{}"
    names = [address.format(index if way == "urn" else each["id"]) for index, each in enumerate(members)]
    panel = {key: value for key, value in whole.items() if key != "component"} | more
    if way == "panels":
        halves = [
            {**panel, "id": f"half{n}", "hasMember": [{"reference": each} for each in names[n::2]]}
            for n in (0, 1)
        ]
        panel["hasMember"] = [{"reference": f"Observation/half{n}"} for n in (0, 1)]
        return [panel, *halves, *members]
    panel["hasMember"] = [{"reference": each} for each in names]
    return [*members, panel]


def read_members(folder: Path, resources: list[dict[str, Any]], way: str) -> dict[str, Observation]:
    """Facts of the examination from a bundle, or from lines."""
    folder.mkdir(exist_ok=True)
    path = folder / ("a.ndjson" if way == "lines" else "a.json")
    if way == "lines":
        path.write_text(
            "".join(json.dumps(each) + "\n" for each in ({"resourceType": "Patient", "id": "p"}, *resources))
        )
    else:
        whole = bundled(*resources)
        if way == "urn":
            for index, entry in enumerate(whole["entry"][1:-1]):
                entry["fullUrl"] = f"urn:uuid:00000000-0000-4000-8000-{index:012d}"
        path.write_text(json.dumps(whole))
    return {each.code: each for each in read(path) if each.code.startswith("isncsci")}


@pytest.mark.parametrize("way", ["one", "panels", "urn", "lines"])
def test_an_examination_whose_findings_are_members_of_a_panel(way: str, tmp_path: Path) -> None:
    for seed in (3, 4):
        found = findings(seed)
        agrees(read_members(tmp_path / str(seed), as_members(found, way), way), found)


def test_members_that_are_withdrawn_replaced_or_another_persons_are_not_among_the_findings(
    tmp_path: Path,
) -> None:
    well = as_members(NORMAL, "one")
    at = next(index for index, each in enumerate(well) if each["code"].get("text") == "c5RightMotor")
    for name, other in (
        ("withdrawn", {"status": "entered-in-error"}),
        ("another's", {"subject": {"reference": "Patient/q"}}),
    ):
        found = read_members(
            tmp_path / name, [{**each, **other} if n == at else each for n, each in enumerate(well)], "one"
        )
        assert found["isncsci-ais"].text is None
    newer = {**well[at], "valueInteger": 2, "meta": {"versionId": "2"}}
    older = {**well[at], "meta": {"versionId": "1"}}
    both = read_members(tmp_path / "replaced", [newer, *well[:at], older, *well[at + 1 :]], "one")
    assert both["isncsci-exam"].attributes["exam"]["c5RightMotor"] == "2"
    for status in ("entered-in-error", "preliminary"):
        assert not read_members(tmp_path / status, as_members(NORMAL, "one", status=status), "one")
