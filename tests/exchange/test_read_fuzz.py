"""No file crashes a reader: arbitrary bytes, arbitrary JSON, and valid files with one part replaced by anything."""

from __future__ import annotations

import copy
import json
import math
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import ONE_OF_EACH, PACKET, bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proband.exchange import Declined, FileReport, FileStatus, Mapping, frame_of, read
from proband.exchange.fhir.reader import FhirReader
from proband.exchange.fhir.structure import table
from proband.exchange.mapping import ColumnRule
from proband.exchange.phenopackets.reader import read_document
from proband.exchange.plausibility import judged
from proband.exchange.readers import ReadingPass

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [
            "2024-05-01",
            "2024-02-30",
            "P3Y",
            "#x",
            "urn:uuid:1",
            "Patient/1",
            "HP:0001250",
            "<b>",
            "LOINC:1-1",
            "1e400",
        ]
    ),
)
NAMES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(sorted({name for each in table().types.values() for name in each.elements})),
    st.sampled_from(
        [
            "resourceType",
            "subject",
            "metaData",
            "phenotypicFeatures",
            "members",
            "proband",
            "record_id",
            "excluded",
        ]
    ),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _survives(data: bytes, mapping: Mapping | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        path.write_bytes(data)
        reading = read(path, mapping=mapping)
        facts = list(reading)
        report = reading.report
        assert report.finished
        (file,) = report.files
        assert file.facts == len(facts)
        if file.status is FileStatus.DECLINED:
            assert file.declined is not None
            assert file.declined.message
            assert file.declined.code != "exchange.defect", file.declined.message
        for fact in facts:
            assert fact.subject
            assert fact.code
            assert fact.value is None or math.isfinite(fact.value)
        assert frame_of(facts).height == len(facts)
        json.dumps(report.as_dict())


def _paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here]
    if isinstance(node, dict):
        found += [path for key, value in node.items() for path in _paths(value, (*here, key))]
    elif isinstance(node, list):
        found += [path for index, value in enumerate(node) for path in _paths(value, (*here, index))]
    return found


def _replaced(root: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(root)
    node = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return changed


@QUICK
@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    _survives(data)


@QUICK
@given(ANYTHING)
def test_arbitrary_json(value: Any) -> None:
    _survives(json.dumps(value).encode())


@QUICK
@given(st.sampled_from(sorted(table().resources)), st.dictionaries(NAMES, ANYTHING, max_size=6))
def test_arbitrary_resources(kind: str, content: dict[str, Any]) -> None:
    _survives(json.dumps(content | {"resourceType": kind}).encode())


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_part_of_a_bundle_replaced_by_anything(data: st.DataObject) -> None:
    resource = data.draw(st.sampled_from(ONE_OF_EACH))
    path = data.draw(st.sampled_from(_paths(resource)))
    _survives(json.dumps(bundle(_replaced(resource, path, data.draw(ANYTHING)))).encode())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_part_of_a_phenopacket_replaced_by_anything(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(_paths(PACKET)))
    _survives(json.dumps(_replaced(PACKET, path, data.draw(ANYTHING))).encode())


#: values that have tripped readers: of the wrong type, unhashable, huge, empty
STRANGE: list[Any] = [
    None,
    True,
    1e308,
    2**63,
    "",
    "x",
    [],
    {},
    [[]],
    [None],
    {"reference": []},
    {"coding": [{"code": [], "system": {}}]},
]


@pytest.mark.parametrize("resource", ONE_OF_EACH, ids=lambda each: each["resourceType"])
def test_every_part_of_every_resource_replaced_by_strange_values(resource: dict[str, Any]) -> None:
    for path in _paths(resource):
        for value in STRANGE:
            changed = _replaced(resource, path, value)
            root = (
                bundle(changed, kind="document") if isinstance(changed, dict) else {"resourceType": changed}
            )
            with suppress(Declined):  # a refusal is an answer; any other exception is a defect
                frame_of(
                    judged(fact) for fact in FhirReader("f", FileReport("f"), ReadingPass([])).document(root)
                )


def test_every_part_of_a_phenopacket_replaced_by_strange_values() -> None:
    family = {"id": "f", "proband": PACKET, "relatives": [PACKET], "metaData": PACKET["metaData"]}
    for root in (PACKET, family):
        for path in _paths(root):
            for value in STRANGE:
                with suppress(Declined):
                    frame_of(read_document(_replaced(root, path, value), "f", FileReport("f")))


@QUICK
@given(st.lists(st.lists(st.text(max_size=8), max_size=5), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_arbitrary_tables(rows: list[list[str]], delimiter: str) -> None:
    text = "\n".join(
        delimiter.join(row) for row in [["record_id", "redcap_event_name", "a", "b___1", "b_complete"], *rows]
    )
    _survives(text.encode("utf-8", "surrogatepass"))
    mapping = Mapping(
        subject="record_id",
        columns={
            "a": ColumnRule(code="LOINC|1975-2", unit="mg/dL", date="b___1"),
            "b___1": ColumnRule(code="HPO|HP:0001250", kind="presence"),
        },
    )
    _survives(text.encode("utf-8", "surrogatepass"), mapping)


def test_deep_nesting_is_refused_not_followed() -> None:
    _survives(b"[" * 5000)
    _survives(b'{"resourceType":"Observation","component":' + b'[{"x":' * 400 + b"1" + b"}]" * 400 + b"}")
    _survives(b'{"id":"a","subject":{},"metaData":' + b'{"x":' * 900 + b"1" + b"}" * 900 + b"}")
    deep: dict[str, Any] = {"linkId": "x"}
    for _ in range(300):
        deep = {"linkId": "x", "item": [deep]}
    _survives(
        json.dumps(
            {
                "resourceType": "QuestionnaireResponse",
                "status": "completed",
                "subject": {"reference": "Patient/1"},
                "item": [deep],
            }
        ).encode()
    )
