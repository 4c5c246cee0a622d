"""No file crashes a door: parts of valid files replaced, cut, doubled or made endless end in facts or in a refusal with its place, in bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from dataset_samples import FORMS, laboratory, person, transport
from exchange_samples import ONE_OF_EACH, bundle
from fhir_in_xml import document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbook_samples import Cell, workbook

from proband.exchange import FileStatus, load_mapping, read

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
EXAMPLES = settings(
    max_examples=2_000 if NIGHTLY else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_MUCH = (64 if NIGHTLY else 8) << 20
_OMOP = b"measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,operator_concept_id\n1,1,3019550,2026-10-30,136,4172704\n"


def _zip(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_dot_", "."), data)
    return held.getvalue()


SEEDS: dict[str, bytes] = {
    "SAS 5": transport({"DM": [person()], "LB": [laboratory()]}),
    "SAS 8": transport({"LB": [laboratory()]}, newer=True, labels={"LBTEST": "x" * 60}),
    **{
        form: make("LB", [laboratory(), laboratory(LBSEQ=2)])
        for form, (_, make) in FORMS.items()
        if "version" not in form
    },
    "FHIR XML": document(bundle(*ONE_OF_EACH[:4])),
    "workbook": workbook({"S": [["patient", "bili"], ["P-1", 1.5], ["P-2", Cell(0.5, "0%")]]}),
    "OMOP": _OMOP,
    "zip": _zip(a_dot_csv=_OMOP, b_dot_xml=document(ONE_OF_EACH[0])),
}
MAPPING = "subject: patient\ncolumns:\n  bili: {code: 'LOINC|1975-2', unit: mg/dL}\n"


def survives(folder: Path, data: bytes, *, mapped: bool = False) -> None:
    """The file is read or refused with reason and mend; nothing is a defect."""
    path = folder / "any"
    path.write_bytes(data)
    mapping = folder / "m.yaml"
    mapping.write_text(MAPPING)
    reading = read(path, mapping=load_mapping(mapping) if mapped else None)
    for fact in reading:
        assert fact.subject
        assert fact.code
    for file in reading.report:
        assert file.status is not FileStatus.DECLINED or file.declined is not None
        if file.declined is not None:
            assert file.declined.code != "exchange.defect", file.declined.message
            assert file.declined.mend


@EXAMPLES
@given(st.data())
def test_a_valid_file_with_a_piece_changed(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SEEDS)))
    seed = SEEDS[name]
    at = data.draw(st.integers(0, len(seed)))
    length = data.draw(st.integers(0, min(64, len(seed) - at)))
    put = data.draw(
        st.one_of(
            st.binary(max_size=24),
            st.sampled_from(
                [b"", b"\x00" * 8, b"9" * 30, b"<", b'"', b"\xff\xff\xff\xff", seed[: at // 2][:4096]]
            ),
        )
    )
    changed = seed[:at] + put + seed[at + length :]
    if data.draw(st.booleans()):
        changed = changed[: data.draw(st.integers(0, len(changed)))]
    survives(tmp_path, changed, mapped=name == "workbook")


ENDLESS: dict[str, bytes] = {
    "a line of CSV": b"person_id,death_date,cause_concept_id\n1," + b"x" * (40 << 20),
    "a line of a table": b"patient,bili\nP-1," + b"x" * (40 << 20),
    "a zip bomb": _zip(a_dot_csv=b"patient,bili\n" + b"x" * _MUCH),
    "a zip bomb of zeros": _zip(a_dot_xpt=SEEDS["SAS 5"] + b" " * _MUCH),
    "a gzip bomb": gzip.compress(b" " * _MUCH, mtime=0),
    "a zlib bomb": zlib.compress(b"\n" * _MUCH),
    "deep JSON": b'{"datasetJSONVersion": "1.1.0", "columns": ' + b"[" * 200_000,
    "deep XML": b'<Bundle xmlns="http://hl7.org/fhir">' + b"<entry>" * 200_000,
    "XML of one name": b"<" + b"a" * (40 << 20),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_endless_files_end_in_bounded_memory(what: str, tmp_path: Path) -> None:
    for mapped in (False, True) if NIGHTLY else (True,):
        tracemalloc.start()
        survives(tmp_path, ENDLESS[what], mapped=mapped)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 96 << 20, peak >> 20
