"""What a file is, its content says; what it is not is said with a reason. And the builder of the R4 element table."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import PATIENT, observation, write
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proband.exchange import FileStatus, read
from proband.exchange.content import load_json
from proband.exchange.fhir import structure
from proband.exchange.fhir.build_structure import build
from proband.exchange.fhir.structure import StructureCheck
from proband.exchange.report import FileReport, Finding


def _declined(path: Path) -> tuple[str, str]:
    reading = read(path)
    assert list(reading) == []
    declined = reading.report.files[0].declined
    assert declined is not None
    return declined.code, declined.message


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        ('<?xml version="1.0"?><Bundel xmlns="http://hl7.org/fhir"/>', "fhir.resource-type", "Bundel"),
        ('<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>', "odm.not-read", "ODM"),
        ("<html><body>x</body></html>", "exchange.foreign", "a web page"),
        ("<invoice><body>x</body></invoice>", "exchange.unknown-xml", "invoice"),
        ('{"usdmVersion": "4.0.0", "study": {}}', "exchange.usdm", "USDM"),
        ('{"graphs": []}', "exchange.ontology", "ontology"),
        ('{"$schema": "x", "properties": {}}', "exchange.schema", "schema"),
        ('{"a": 1, "b": 2}', "exchange.unknown-object", "'a', 'b'"),
        ("[1, 2]", "exchange.array", "array"),
        ("[]", "exchange.array", "array"),
        ('[{"resourceType": "Patient"}]', "fhir.array", "no Bundle"),
        ('[{"record_id": "1", "error": "x"}]', "exchange.log", "log"),
        ('[{"record_id": "1", "form": {"a": 1}}]', "redcap.nested", "objects inside"),
        ('[{"a": "1", "b": "x"}]', "table.no-mapping.json", "a, b"),
        ('{"resourceType": "Patiend"}', "fhir.resource-type", "Patiend"),
        ('{"resourceType": "Patient", "id": NaN}', "json.malformed", "not JSON"),
        ('{"resourceType": "Patient",}', "json.malformed", "not JSON"),
        ('{"resourceType": "Patient"', "json.malformed", "not JSON"),
        ("event_name,arm_num,unique_event_name\na,1,b\n", "redcap.events", "events"),
        ("just some words\nand more\n", "exchange.plain-text", "plain text"),
        ("id: x\nsubject:\n\tid: y\n", "yaml.malformed", "not YAML"),
        (
            "id: x\nsubject: {id: y}\nmetaData: {phenopacketSchemaVersion: 1.0}\n",
            "phenopacket.version",
            "schema 1",
        ),
    ],
)
def test_declined_with_a_reason(tmp_path: Path, content: str, code: str, word: str) -> None:
    found, message = _declined(write(tmp_path, "misleading.csv", content))
    assert found == code
    assert word in message


def test_archives_binaries_and_damage(tmp_path: Path) -> None:
    archive = tmp_path / "a.json"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("x", "y")
    assert _declined(archive)[0] == "exchange.plain-text"  # the member is what is declined
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("[Content_Types].xml", "<x/>")
    assert _declined(archive)[0] == "exchange.archive"
    with zipfile.ZipFile(archive, "w"):
        pass
    assert _declined(archive) == ("exchange.foreign", "an empty zip archive: not a format that Proband reads")
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\x00\x01\x02" * 50)
    assert _declined(binary)[0] == "exchange.binary"
    whole = gzip.compress(json.dumps(PATIENT | {"name": [{"text": "x" * 5000}]}).encode())
    cut = tmp_path / "c.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    assert _declined(cut)[0] == "exchange.unopened"
    latin = tmp_path / "d.json"
    latin.write_bytes('{"resourceType": "Patient", "id": "\xfc"}'.encode("latin-1"))
    assert _declined(latin)[0] == "json.encoding"


def test_utf16_tables_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes("id;x\nA;ü\n".encode("utf-16"))
    mapping = write(tmp_path, "m.yaml", 'subject: id\ncolumns:\n  x: {code: "Proband|x"}\n')
    reading = read(path, mapping=mapping)
    assert [fact.text for fact in reading] == ["ü"]
    assert reading.report.files[0].status is FileStatus.READ


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "a", "{")
    write(tmp_path, "b", observation())
    reading = read(tmp_path)
    assert [fact.code for fact in reading] == ["1975-2"]
    assert [file.status for file in reading.report] == [FileStatus.DECLINED, FileStatus.READ]
    assert reading.report.finished


def test_an_alias_bomb_in_yaml_is_refused(tmp_path: Path) -> None:
    lines = ["id: x", "subject: {id: y}", "a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join(['*a' + str(n - 1)] * 10)}]" for n in range(1, 9)]
    assert _declined(write(tmp_path, "y", "\n".join(lines) + "\n"))[0] == "yaml.aliases"


def test_the_builder_of_the_element_table(tmp_path: Path) -> None:
    """Cardinality, choice types, backbones, required codes and unevaluated invariants, from a definition of a few lines."""

    def element(path: str, least: int = 0, most: str = "1", *kinds: str, **more: Any) -> dict[str, Any]:
        return {"path": path, "min": least, "max": most, "type": [{"code": kind} for kind in kinds], **more}

    definition = {
        "resourceType": "StructureDefinition",
        "type": "Thing",
        "kind": "resource",
        "derivation": "specialization",
        "snapshot": {
            "element": [
                element(
                    "Thing",
                    constraint=[{"key": "thg-1", "severity": "error"}, {"key": "dom-2", "severity": "error"}],
                ),
                element(
                    "Thing.status",
                    1,
                    "1",
                    "code",
                    binding={"strength": "required", "valueSet": "urn:set|4.0.1"},
                ),
                element("Thing.value[x]", 0, "1", "string", "Quantity"),
                element("Thing.part", 0, "*", "BackboneElement"),
                element("Thing.part.name", 1, "1", "string"),
                {"path": "Thing.part.part", "min": 0, "max": "*", "contentReference": "#Thing.part"},
            ]
        },
    }
    codes = {
        "resourceType": "CodeSystem",
        "url": "urn:codes",
        "content": "complete",
        "concept": [{"code": "a", "concept": [{"code": "b"}]}, {"code": "c"}],
    }
    chosen = {
        "resourceType": "ValueSet",
        "url": "urn:set",
        "compose": {
            "include": [
                {"system": "urn:codes", "filter": [{"property": "concept", "op": "is-a", "value": "a"}]}
            ]
        },
    }
    for name, entries in {
        "profiles-types": [],
        "profiles-resources": [definition],
        "valuesets": [codes, chosen],
        "v2-tables": [],
        "v3-codesystems": [],
    }.items():
        write(tmp_path, f"{name}.json", {"entry": [{"resource": each} for each in entries]})
    table = build(tmp_path)
    assert table["resources"] == ["Thing"]
    assert table["types"]["Thing"]["status"] == [1, 1, ["code"], "urn:set"]
    assert table["types"]["Thing"]["value[x]"] == [0, 1, ["string", "Quantity"]]
    assert table["types"]["Thing"]["part"] == [0, -1, ["Thing.part"]]
    assert table["types"]["Thing.part"]["part"] == [0, -1, ["Thing.part"]]
    assert {system: sorted(codes) for system, codes in table["sets"]["urn:set"].items()} == {
        "urn:codes": ["a", "b"]
    }
    assert table["invariants"] == {"Thing": {"": ["thg-1"]}}


_KEYS = st.sampled_from(["a", "b", "c:d", 'e":', "f"])
_TEXTS = st.sampled_from(["", ":", '":', '\\":', " : ", "\\u003a", "x"])


@st.composite
def _written(draw: st.DrawFn, depth: int = 2) -> tuple[str, bool]:
    """JSON as somebody may write it, and whether an object of it has a key twice."""
    if depth == 0 or draw(st.booleans()):
        found = draw(_TEXTS)
        return f'"{found}"' if draw(st.booleans()) else json.dumps(found), False
    names = draw(st.lists(_KEYS, max_size=4))
    inner = [draw(_written(depth - 1)) for _ in names]
    colon = draw(st.sampled_from([":", " :", ": ", "\n:\t"]))
    pairs = ",".join(json.dumps(name) + colon + value for name, (value, _) in zip(names, inner, strict=True))
    return "{" + pairs + "}", len(set(names)) < len(names) or any(twice for _, twice in inner)


@given(_written())
def test_a_key_twice_is_found_however_it_is_written(given_: tuple[str, bool]) -> None:
    written, twice = given_
    try:
        json.loads(written)
    except ValueError:
        assume(False)
    report = FileReport("x.json")
    load_json(written.encode(), report)
    assert bool(report.lacking) is twice


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([
    {"reference": "Patient/1"}, {"reference": "#x"}, {"reference": ""}, {"reference": "Patiend/1"}, {"reference": 1}, {"display": "<b>x</b>"},
    {"id": "q", "reference": "Patient/1"}, {"extension": [{"url": "x", "valueString": "y"}]}, {"extension": [{"url": "http://x.org/y", "valueString": "<"}]}, {},
]), min_size=1, max_size=8), st.integers(0, 120))  # fmt: skip
def test_what_was_found_sound_before_changes_no_finding(subjects: list[dict[str, Any]], many: int) -> None:
    """An object that is known by its text is judged as one that nobody saw, wherever it stands and however many came before."""
    nodes = [
        {
            "resourceType": "Observation", "status": "final", "code": {"text": "x", "extension": [{"url": "http://x.org/y", "extension": [{"url": "z", "valueReference": each}]}]},
            "subject": each, "performer": [each, each], "component": [{"code": {"text": "y"}, "valueCodeableConcept": {"text": "z"}}],
        }
        for each in subjects
    ]  # fmt: skip

    def found(node: dict[str, Any]) -> tuple[list[Finding], set[str]]:
        findings: list[Finding] = []
        check = StructureCheck(findings.append)
        check.resource(node, "Observation")
        return findings, check.unchecked

    alone = []
    for node in nodes:
        structure.forget()
        alone.append(found(node))
    structure.forget()
    for n in range(many):  # so many that a source is known never to repeat itself
        found(
            nodes[0] | {"subject": {"reference": f"Patient/{n}"}, "performer": [{"reference": f"Group/{n}"}]}
        )
    assert [found(node) for node in nodes] == alone
