"""One identity for each resource over all files: versions, retractions, merged people, forms of reference. All people are synthetic."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from proband.exchange import read
from proband.exchange.fhir.requests import ConditionalRequests
from proband.facts.observation import Observation, Presence

Resource = dict[str, Any]
PATIENT: Resource = {"resourceType": "Patient", "id": "syn-1", "birthDate": "1970-01-01", "gender": "male",
                     "identifier": [{"system": "urn:example:mrn", "value": "M-1"}]}  # fmt: skip


def result(value: float, *, identity: str = "na", status: str = "final", **more: Any) -> Resource:
    """A sodium of the synthetic person."""
    return {"resourceType": "Observation", "id": identity, "status": status,
            "code": {"coding": [{"system": "http://loinc.org", "code": "2951-2"}]},
            "subject": {"reference": "Patient/syn-1"}, "effectiveDateTime": "2026-10-30",
            "valueQuantity": {"value": value, "unit": "mmol/L", "code": "mmol/L", "system": "http://unitsofmeasure.org"}, **more}  # fmt: skip


def version(number: int | None = None, updated: str | None = None) -> Resource:
    """Meta data of a version."""
    return {
        "meta": {
            name: value
            for name, value in (("versionId", number and str(number)), ("lastUpdated", updated))
            if value
        }
    }


def deletion(key: str, **entry: Any) -> Resource:
    """An entry that deletes."""
    return {"request": {"method": "DELETE", "url": key}, **entry}


def bundle(*entries: Resource, kind: str = "collection", **more: Any) -> Resource:
    """A bundle of resources or entries."""
    return {"resourceType": "Bundle", "type": kind, "entry": [
        each if "request" in each else {"fullUrl": f"http://example.org/fhir/{each['resourceType']}/{each['id']}", "resource": each}
        for each in entries], **more}  # fmt: skip


def given(
    folder: Path, documents: Sequence[Resource | str], order: Sequence[int] | None = None
) -> tuple[list[Observation], Any]:
    """Facts and report of documents, written as files in an order."""
    paths = []
    for place, index in enumerate(order or range(len(documents))):
        path = folder / f"{place}.json"
        document = documents[index]
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        paths.append(path)
    reading = read(paths)
    return list(reading), reading.report


def sodium(facts: Sequence[Observation]) -> list[tuple[float | None, bool]]:
    """The values of sodium that say something, and whether each can be scored."""
    return sorted((each.value, not each.problems) for each in facts
                  if each.code == "2951-2" and not each.presence.is_silent)  # fmt: skip


_OLD, _NEW = "2026-10-30T10:00:00Z", "2026-10-31T09:00:00+02:00"
#: each retracts or replaces the sodium of 136; what then stands
WITHDRAWALS: dict[str, tuple[list[Resource | str], list[tuple[float, bool]]]] = {
    "corrected by versionId": ([bundle(result(136, **version(9))), bundle(result(120, **version(10)))], [(120, True)]),
    "corrected by lastUpdated": ([bundle(result(136, **version(None, _OLD))), bundle(result(120, **version(None, _NEW)))], [(120, True)]),
    "corrected by status alone": ([result(136), result(120, status="corrected")], [(120, True)]),
    "preliminary, then final": ([result(136, status="preliminary"), result(120)], [(120, True)]),
    "entered in error in a later file": ([bundle(result(136, **version(1))), result(136, status="entered-in-error", **version(2))], []),
    "entered in error without a version": ([bundle(result(136)), result(136, status="entered-in-error")], []),
    "deleted in a history": ([bundle(deletion("Observation/na"), {"resource": result(136), "request": {"method": "PUT", "url": "Observation/na"}}, kind="history"), PATIENT], []),
    "deleted in a bulk list": ([json.dumps(bundle(result(136))) , json.dumps(bundle(deletion("Observation/na"), kind="transaction")) + "\n" + json.dumps(bundle(deletion("Observation/other"), kind="transaction")) + "\n"], []),
    "deleted by an absolute url": ([bundle(result(136)), bundle(deletion("http://example.org/fhir/Observation/na"), kind="transaction")], []),
    "deleted, then made again": ([bundle(result(136, **version(3, _NEW))), bundle(deletion("Observation/na", response={"status": "204", "lastModified": _OLD}), kind="history")], [(136, True)]),
    "given twice": ([bundle(result(136)), result(136), json.dumps(result(136)) + "\n" + json.dumps(PATIENT)], [(136, True)]),
    "two versions, nobody says which is newer": ([bundle(result(136)), result(120)], [(120, False), (136, False)]),
    "the signs of which is newer disagree": ([result(136, **version(1, _NEW)), result(120, **version(2, _OLD))], [(120, False), (136, False)]),
    "patched": ([result(136), bundle({"request": {"method": "PATCH", "url": "Observation/na"}}, kind="transaction")], [(136, False)]),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHDRAWALS)
def test_what_was_withdrawn_or_replaced_is_gone_in_every_order_of_files(name: str, tmp_path: Path) -> None:
    documents, stands = WITHDRAWALS[name]
    for order in itertools.permutations(range(len(documents))):
        facts, _ = given(tmp_path, documents, order)
        assert sodium(facts) == stands, order


def test_two_servers_may_use_one_id(tmp_path: Path) -> None:
    elsewhere = bundle(result(120))
    elsewhere["entry"][0]["fullUrl"] = "http://example.net/other/Observation/na"
    facts, _ = given(tmp_path, [bundle(result(136)), elsewhere])
    assert sodium(facts) == [(120, True), (136, True)]


@pytest.mark.parametrize("status", ["registered", "preliminary", "cancelled"])
def test_what_is_no_result_says_nothing(status: str, tmp_path: Path) -> None:
    facts, _ = given(tmp_path, [result(120), result(136, identity="later", status=status)])
    assert sodium(facts) == [(120, True)]
    assert {each.presence for each in facts} == {Presence.PRESENT, Presence.NOT_FINAL}


def test_a_result_of_which_nobody_knows_the_status_is_unknown_and_does_not_decide(tmp_path: Path) -> None:
    facts, _ = given(tmp_path, [result(136, status="unknown")])
    assert [each.presence for each in facts] == [Presence.UNKNOWN]


def _linked(kind: str, holder: str, other: str) -> list[Resource]:
    patients: list[Resource] = [{**PATIENT, "id": holder, "link": [{"other": {"reference": f"Patient/{other}"}, "type": kind}]}, {**PATIENT, "id": other}]  # fmt: skip
    return patients


@pytest.mark.parametrize(
    ("kind", "holder", "other"),
    [
        ("replaced-by", "old", "syn-1"),
        ("replaces", "syn-1", "old"),
        ("refer", "old", "syn-1"),
        ("seealso", "old", "syn-1"),
    ],
)
def test_merged_people_are_one_person_in_every_order(
    kind: str, holder: str, other: str, tmp_path: Path
) -> None:
    documents = [
        *_linked(kind, holder, other),
        result(136),
        {**result(120, identity="x"), "subject": {"reference": "Patient/old"}},
    ]
    subjects = set()
    for order in itertools.permutations(range(4)):
        facts, _ = given(tmp_path, documents, order)
        assert len({each.subject for each in facts}) == 1
        subjects |= {each.subject for each in facts}
        assert len(sodium(facts)) == 2
    assert len(subjects) == 1


@pytest.mark.parametrize("kind", ["seealso", "refer"])
def test_two_records_in_use_both_say_who_the_person_is(kind: str, tmp_path: Path) -> None:
    """Of two linked records neither is replaced: what they say differently stands side by side, silence adds nothing."""
    holder, other = _linked(kind, "old", "syn-1")
    facts, _ = given(tmp_path, [{**holder, "birthDate": "2016-02-02"}, {**other, "birthDate": "1970-01-01"}])
    assert len({str(each.when) for each in facts if each.code == "birth-date"}) == 2
    silent = {"resourceType": "Patient", "id": "old", "link": holder["link"]}
    facts, _ = given(tmp_path, [silent, other])
    known = [each.code for each in facts if each.presence is Presence.PRESENT]
    assert sorted(known) == ["birth-date", "sex"]


@pytest.mark.parametrize(
    ("kind", "holder", "other"), [("replaced-by", "old", "syn-1"), ("replaces", "syn-1", "old")]
)
@pytest.mark.parametrize("died", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-10-01"}])
def test_a_death_is_not_undone_by_a_merge(
    kind: str, holder: str, other: str, died: Resource, tmp_path: Path
) -> None:
    patients = [{**each, **died} if each["id"] == "old" else each for each in _linked(kind, holder, other)]
    facts, _ = given(tmp_path, patients)
    told = [each for each in facts if each.text == "deceased"]
    assert [each.subject for each in told] == ["syn-1"]
    assert told[0].problems


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    one, two = _linked("replaced-by", "a", "b")[0], _linked("replaced-by", "b", "a")[0]
    facts, _ = given(tmp_path, [one, two])
    assert len({each.subject for each in facts}) == 1


def test_a_record_that_is_not_in_use_gives_no_fact_that_counts(tmp_path: Path) -> None:
    facts, _ = given(tmp_path, [{**PATIENT, "active": False}, result(136)])
    assert facts
    assert all(each.problems for each in facts)
    facts, _ = given(tmp_path, [{**PATIENT, "active": True}, result(136)])
    assert not any(each.problems for each in facts)


REFERENCES: dict[str, Callable[[Resource], Resource]] = {
    "relative": lambda r: {"reference": "Patient/syn-1"},
    "versioned": lambda r: {"reference": "Patient/syn-1/_history/4"},
    "absolute": lambda r: {"reference": "https://example.org/fhir/Patient/syn-1"},
    "with a slash at its end": lambda r: {"reference": "Patient/syn-1/"},
    "urn": lambda r: {"reference": "urn:uuid:7f2c1f5e-0000-4000-8000-000000000001"},
    "conditional": lambda r: {"reference": "Patient?identifier=urn:example:mrn|M-1"},
    "conditional and quoted": lambda r: {"reference": "Patient?identifier=urn%3Aexample%3Amrn%7CM-1"},
    "conditional, by id": lambda r: {"reference": "Patient?_id=syn-1"},
    "logical": lambda r: {"identifier": {"system": "urn:example:mrn", "value": "M-1"}},
    "contained": lambda r: {"reference": "#p"},
}  # fmt: skip


@pytest.mark.parametrize("form", REFERENCES)
@pytest.mark.parametrize("together", [True, False])
def test_every_form_of_a_reference_names_one_person(form: str, together: bool, tmp_path: Path) -> None:
    about = result(136)
    about["subject"] = REFERENCES[form](about)
    if form == "contained":
        about["contained"] = [{"resourceType": "Patient", "id": "p", "identifier": PATIENT["identifier"]}]
    whole = bundle(PATIENT)
    whole["entry"][0]["fullUrl"] = "urn:uuid:7f2c1f5e-0000-4000-8000-000000000001"
    documents: list[Resource | str]
    if together:
        whole["entry"].append({"fullUrl": "urn:uuid:7f2c1f5e-0000-4000-8000-000000000002", "resource": about})
        documents = [whole]
    else:
        documents = [about, whole]
    facts, report = given(tmp_path, documents)
    assert {each.subject for each in facts} == {"syn-1"}
    assert not report.lacking


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient?identifier=urn:example:mrn|nobody"},
        {"reference": "Patient?name=Synthetic"},
        {"reference": "#none"},
        {},
    ],
)
def test_a_reference_that_names_nobody_is_lacking_and_said(subject: Resource, tmp_path: Path) -> None:
    facts, report = given(tmp_path, [{**result(136), "subject": subject}, PATIENT])
    assert not sodium(facts)
    assert report.lacking
    assert not report.complete


def test_two_contained_patients_of_one_local_name_are_not_one_person(tmp_path: Path) -> None:
    def about(number: str) -> Resource:
        held = {"resourceType": "Patient", "id": "p", "identifier": [{"value": number}]}
        return {**result(136, identity=f"o-{number}"), "subject": {"reference": "#p"}, "contained": [held]}

    facts, _ = given(tmp_path, [about("A"), about("B")])
    assert {each.subject for each in facts} == {"A", "B"}


def _page(url: str, following: str | None, *resources: Resource, total: int | None = None) -> Resource:
    links = [{"relation": "self", "url": url}] + (
        [{"relation": "next", "url": following}] if following else []
    )
    return bundle(*resources, kind="searchset", link=links, **({} if total is None else {"total": total}))


@pytest.mark.parametrize(
    ("pages", "complete"),
    [
        ([_page("http://x/1", None, PATIENT, total=1)], True),
        ([_page("http://x/1", None, PATIENT)], True),
        ([_page("http://x/1", "http://x/2", PATIENT)], False),
        ([_page("http://x/1", "http://x/2", PATIENT), _page("http://x/2", None, result(136))], True),
        ([_page("http://x/1", None, PATIENT, total=7)], False),
        (
            [
                _page("http://x/1?a", "http://x/2", PATIENT, total=2),
                _page("http://x/2?b", None, result(136), total=2),
            ],
            True,
        ),
        ([_page("http://x/1", None, total=3)], False),
    ],
)
def test_a_page_that_says_there_is_more_is_never_complete(
    pages: list[Resource | str], complete: bool, tmp_path: Path
) -> None:
    _, report = given(tmp_path, pages)
    assert report.complete is complete
    assert bool(report.lacking) is not complete


def test_a_medicine_is_found_in_another_file(tmp_path: Path) -> None:
    medicine = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"coding": [{"system": "http://www.whocc.no/atc", "code": "B01AA03"}]},
    }
    taken = {"resourceType": "MedicationStatement", "id": "s", "status": "active", "subject": {"reference": "Patient/syn-1"},
             "medicationReference": {"reference": "Medication/m"}}  # fmt: skip
    facts, _ = given(tmp_path, [taken, medicine])
    assert [each.code for each in facts if each.system == "ATC" and "same-as" not in each.attributes] == [
        "B01AA03"
    ]


@pytest.mark.parametrize(
    ("url", "met"),
    [
        ("Observation?identifier=urn:lab|7", "DELETE"),
        ("Observation?identifier=urn%3Alab%7C7", "DELETE"),
        ("https://a.example/fhir/Observation?_id=x,o-1", "DELETE"),
        ("Observation?identifier=urn:lab|8", None),
        ("Observation?identifier=urn:lab%257C7", None),
        ("Condition?code=x", None),
        ("Observation?identifier=urn:lab|8&identifier=urn:lab|7", "unclear"),
        ("Observation?_id=x&_id=o-1", "unclear"),
        ("Observation?_id=o-1&status=final", "unclear"),
    ],
)
def test_a_condition_reaches_what_it_names_and_no_more(url: str, met: str | None) -> None:
    """One parameter twice asks for both at once (FHIR R4, search: AND): what that meets a server alone knows."""
    requests = ConditionalRequests()
    requests.add("DELETE", url)
    resource = {
        "resourceType": "Observation",
        "id": "o-1",
        "identifier": [{"system": "urn:lab", "value": "7"}],
    }
    assert requests.of(resource) == met
    assert ConditionalRequests.can_be_told(url) is (met != "unclear" and "code" not in url)
