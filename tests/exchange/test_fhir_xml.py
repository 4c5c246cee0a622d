"""FHIR in XML: the same facts as from the JSON form of the same resources, whatever stands in them; hostile XML is refused with its place."""

from __future__ import annotations

import json
import re
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import ONE_OF_EACH, PATIENT, bundle, observation
from fhir_in_xml import document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proband.exchange import FileStatus, read
from proband.exchange.content import look, xml_root
from proband.exchange.fhir.structure import table
from proband.exchange.fhir.xml_form import document as json_form
from proband.facts.observation import Observation

EXTENSION = {"url": "urn:example:why", "valueString": "a & b < c"}
REASON = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
#: what XML writes otherwise than JSON
PECULIAR: dict[str, dict[str, Any]] = {
    "arrays of one": {**PATIENT, "name": [{"given": ["Ada"], "family": "Example"}]},
    "values with ids and extensions": {**PATIENT, "_birthDate": {"id": "b", "extension": [EXTENSION]}, "_gender": {"extension": [EXTENSION, EXTENSION]}},
    "an extension instead of a value": {**{k: v for k, v in PATIENT.items() if k != "birthDate"}, "_birthDate": {"extension": [REASON]}},
    "arrays with gaps": {**PATIENT, "name": [{"given": ["Ada", None, "Byron"], "_given": [None, {"extension": [REASON]}, None]}]},
    "an array of gaps": {**PATIENT, "name": [{"_given": [{"extension": [REASON]}]}]},
    "decimals": observation(value=2.10),
    "large and small decimals": observation(value=1e-7),
    "whole numbers and booleans": {**PATIENT, "multipleBirthInteger": 2, "active": True, "contact": [{"name": {"text": "x"}}]},
    "resources within": {**ONE_OF_EACH[4]},
    "nested extensions": {**PATIENT, "extension": [{"url": "urn:x", "extension": [{"url": "y", "valueDecimal": 1.5}, {"url": "z", "valueBoolean": False}]}]},
    "a bundle": bundle(*ONE_OF_EACH),
    "a bundle in a bundle": bundle(bundle(PATIENT, observation())),
    "unknown elements": {**PATIENT, "shoeSize": "42", "pet": {"name": "Rex"}},
}  # fmt: skip


def in_xml(folder: Path, resource: dict[str, Any], name: str = "a.xml") -> Path:
    """A file with a resource in XML."""
    path = folder / name
    path.write_bytes(document(resource))
    return path


def plain(facts: list[Observation]) -> list[str]:
    """Facts without the file in which they stand."""
    return [repr(replace(each, origin=None)) for each in facts]


@pytest.mark.parametrize("what", PECULIAR)
def test_the_json_form_of_a_resource_comes_back(what: str, tmp_path: Path) -> None:
    assert json_form(look(in_xml(tmp_path, PECULIAR[what]))) == json.loads(json.dumps(PECULIAR[what]))


@pytest.mark.parametrize("resource", ONE_OF_EACH, ids=lambda each: each["resourceType"])
def test_the_same_facts_and_findings_from_both_forms(resource: dict[str, Any], tmp_path: Path) -> None:
    whole = bundle(PATIENT, resource) if resource is not PATIENT else bundle(PATIENT)
    (tmp_path / "a.json").write_text(json.dumps(whole))
    in_xml(tmp_path, whole)
    from_json, from_xml = read(tmp_path / "a.json"), read(tmp_path / "a.xml")
    assert plain(list(from_xml)) == plain(list(from_json))
    assert list(from_json)
    one, other = (each.report.as_dict() for each in (from_json, from_xml))
    for key in ("read", "unchecked", "lacking", "complete", "facts"):
        assert one[key] == other[key], key
    findings = [
        [(each["code"], each["message"], each["position"]) for each in report["reports"][0]["findings"]]
        for report in (one, other)
    ]
    assert findings[0] == findings[1]


_KINDS = sorted(
    name
    for name, kind in table().types.items()
    if "." not in name and name in {"Observation", "Patient", "Condition", "Period", "Quantity", "Encounter"}
)
_PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "positiveInt": st.integers(1, 2**31 - 1),
    "unsignedInt": st.integers(0, 2**31 - 1),
    "decimal": st.decimals(-(10**6), 10**6, places=3).map(float) | st.integers(-(10**9), 10**9),
}
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=8)


def resources(kind: str, depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of an R4 type with some of its elements filled at random."""

    @st.composite
    def made(draw: st.DrawFn) -> dict[str, Any]:
        elements = table().types[kind].elements
        found: dict[str, Any] = {}
        for name in draw(st.lists(st.sampled_from(sorted(elements)), max_size=5, unique=True)):
            each = elements[name]
            if each.kind in {"xhtml", "Resource"} or (each.kind in table().types and not depth):
                continue
            inner = (
                resources(each.kind, depth - 1)
                if each.kind in table().types
                else _PRIMITIVES.get(each.kind, _TEXT)
            )
            value = draw(st.lists(inner, min_size=1, max_size=3) if each.many else inner)
            if value and not (isinstance(value, list) and {} in value):
                found[name] = value
        return found

    return made()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(["Observation", "Patient", "Condition", "Encounter", "MedicationStatement"]).flatmap(
        lambda kind: resources(kind).map(lambda found: {"resourceType": kind, **found})
    )
)
def test_any_resource_comes_back(tmp_path: Path, resource: dict[str, Any]) -> None:
    assert json_form(look(in_xml(tmp_path, resource))) == resource


def test_a_narrative_is_carried_over_and_nothing_in_it_resolved(tmp_path: Path) -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><p title="a &amp; b">5 &lt; 6<br/>x</p></div>'
    found = json_form(look(in_xml(tmp_path, {**PATIENT, "text": {"status": "generated", "div": div}})))
    assert found["text"] == {"status": "generated", "div": div}


def test_a_bundle_in_every_encoding_and_spelling_of_the_namespace(tmp_path: Path) -> None:
    resource = {**PATIENT, "name": [{"family": "Müller"}]}
    plainly = document(resource).decode()
    prefixed = re.sub(r"<(/?)([A-Za-z])", r"<\1f:\2", plainly.partition("\n")[2]).replace(
        "xmlns=", "xmlns:f="
    )
    for name, data in {
        "utf-16.xml": plainly.replace("UTF-8", "UTF-16").encode("utf-16"),
        "latin.xml": plainly.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        "mark.xml": b"\xef\xbb\xbf" + plainly.encode(),
        "prefix.xml": b"<!-- an export -->" + prefixed.encode(),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert json_form(look(tmp_path / name)) == resource, name
        assert list(read(tmp_path / name))


def test_zip_archives_of_xml_and_of_lines(tmp_path: Path) -> None:
    resources = [PATIENT, observation(), observation(code="777-3", value=88, unit="10*9/L")]
    with zipfile.ZipFile(tmp_path / "xml.zip", "w") as archive:
        for index, each in enumerate(resources):
            archive.writestr(f"export/{index}.xml", document(each))
    with zipfile.ZipFile(tmp_path / "lines.zip", "w") as archive:
        archive.writestr("bulk/all.ndjson", "\n".join(json.dumps(each) for each in resources))
    from_xml, from_lines = read(tmp_path / "xml.zip"), read(tmp_path / "lines.zip")
    assert sorted(plain(list(from_xml))) == sorted(plain(list(from_lines)))
    assert len(list(from_xml)) == 5
    assert from_xml.report.complete
    assert from_lines.report.complete


def test_a_withdrawal_in_xml_reaches_a_result_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(bundle(PATIENT, observation())))
    assert [each.code for each in read(tmp_path) if each.system == "LOINC"]
    in_xml(tmp_path, {**observation(), "status": "entered-in-error", "meta": {"versionId": "2"}}, "z.xml")
    assert not [each.code for each in read(tmp_path) if each.system == "LOINC"]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "&a{n - 1 if n else ""};&a{n - 1 if n else ""};">' for n in range(1, 40))
    + ']><Patient xmlns="http://hl7.org/fhir"><id value="&a39;"/></Patient>'
)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "a billion laughs": (BOMB.encode(), "xml.doctype"),
    "an outer entity": (b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir"><id value="&x;"/></Patient>', "xml.doctype"),
    "an outer document type": (b'<!DOCTYPE b SYSTEM "http://example.org/b.dtd"><Patient xmlns="http://hl7.org/fhir"/>', "xml.doctype"),
    "deep nesting": (b'<Patient xmlns="http://hl7.org/fhir">' + b"<extension>" * 100_000, "xml.too-deep"),
    "a huge attribute": (b'<Patient xmlns="http://hl7.org/fhir"><id value="' + b"x" * (20 << 20) + b'"/></Patient>', "xml.too-large"),
    "cut off": (document(PATIENT)[:-20], "xml.malformed"),
    "an unknown entity": (b'<Patient xmlns="http://hl7.org/fhir"><id value="&nbsp;"/></Patient>', "xml.malformed"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="x-none"?><Patient xmlns="http://hl7.org/fhir"/>', "xml.malformed"),
    "a resource of none": (b'<Patiend xmlns="http://hl7.org/fhir"/>', "fhir.resource-type"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_with_their_place_in_bounded_memory(what: str, tmp_path: Path) -> None:
    data, code = HOSTILE[what]
    path = tmp_path / "x.xml"
    path.write_bytes(data)
    tracemalloc.start()
    reading = read(path)
    assert not list(reading)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (file,) = reading.report
    assert file.status is FileStatus.DECLINED
    assert file.declined is not None
    assert (file.declined.code, bool(file.declined.position)) == (code, True)
    assert peak < 128 << 20


def test_text_where_an_attribute_should_be_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(
        document(observation()).replace(b'<status value="final"></status>', b"<status>final</status>")
    )
    (fact,) = [each for each in read(path) if each.system == "LOINC"]
    assert fact.problems


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (b"<a/>", "a"), (b'<?xml version="1.0"?>\n<!-- <b/> -->\n<a x="1">', "a"), (b"<!DOCTYPE a [<!ENTITY x '<b>'>]><a/>", "a"), (b"<!-- never ends", ""),
        (b"<!DOCTYPE a" + b"[" * 60_000, ""), (b"<Patient xmlns='http://hl7.org/fhir'>", "FHIR Patient"), (b"<!DOCTYPE " * 6_000, ""),
        (b'<Patient xmlns="http://hl7.org/fhir/us">', "Patient"),
    ],
)  # fmt: skip
def test_the_root_of_a_document(head: bytes, root: str) -> None:
    assert xml_root(head) == root


@pytest.mark.acceptance
def test_published_examples_come_back(acceptance: Path, tmp_path: Path) -> None:
    done = 0
    for path in (
        sorted((acceptance / "03_fhir").glob("bundles*/**/*.json"))[:40]
        or sorted((acceptance / "03_fhir").rglob("*.json"))[:80]
    ):
        try:
            root = json.loads(path.read_bytes())
        except ValueError:
            continue
        if not isinstance(root, dict) or "resourceType" not in root or "fhir_comments" in str(root):
            continue
        try:
            found = json_form(look(in_xml(tmp_path, _without_narratives(root))))
        except (TypeError, AttributeError):  # no resource of R4's shape: its XML form is not defined
            continue
        done += found == json.loads(json.dumps(_without_narratives(root)))
    assert done > 20


def _without_narratives(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_narratives(value) for key, value in node.items() if key != "div"}
    return [_without_narratives(each) for each in node] if isinstance(node, list) else node
