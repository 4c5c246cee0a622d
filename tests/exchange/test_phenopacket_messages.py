"""Our table of phenopacket messages against the generated classes of the published schema.

The table is kept (it costs nothing to load, and what it says of a field it does not know is a report, where protobuf's reader stops at
the first one or drops it); the classes are what it is held to.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import phenopackets.schema.v2 as published
import pytest
from exchange_samples import PACKET
from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from proband.exchange.phenopackets.schema import MESSAGES, camel_case
from proband.programme import load
from proband.showcase.people.folder import write_folder

#: what is taken beside the published fields
TOLERATED = {("Family", "consanguinousParent"), ("GenomicInterpretation", "geneDescriptor")}


def messages() -> dict[str, Descriptor]:
    """Every message below the three that a file can be, by name."""
    found: dict[str, Descriptor] = {}
    todo = [kind.DESCRIPTOR for kind in (published.Phenopacket, published.Family, published.Cohort)]
    while todo:
        message = todo.pop()
        if message.name not in found:
            found[message.name] = message
            todo += [field.message_type for field in message.fields if field.message_type is not None]
    return found


@pytest.mark.parametrize("name", MESSAGES)
def test_every_field_is_known_and_no_other(name: str) -> None:
    fields = {field.json_name: field for field in messages()[name].fields}
    ours = {field for field in MESSAGES[name] if (name, field) not in TOLERATED}
    assert ours == set(fields)
    for field, inside in MESSAGES[name].items():
        if inside:
            assert fields[field].message_type.name == inside


def test_what_tests_and_demonstration_write_are_phenopackets(tmp_path: Path) -> None:
    written: list[dict[str, Any]] = [PACKET]
    write_folder([load("mitochondria-hpdl")], tmp_path, each=9, as_of=date(2026, 7, 1))
    written += [
        json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.rglob("phenopackets/*.json")
    ]
    assert len(written) == 4
    for each in written:
        assert ParseDict(each, published.Phenopacket()).id == each["id"]


@given(st.recursive(st.sampled_from([None, "x_y", 1]), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "time_of_death", "timeOfDeath", "x_1", "_"]), inner, max_size=3)))  # fmt: skip
def test_a_document_in_camel_case_is_taken_as_it_is(node: Any) -> None:
    def copied(entry: Any) -> Any:
        if isinstance(entry, dict):
            return {re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), k): copied(v) for k, v in entry.items()}  # fmt: skip
        return [copied(each) for each in entry] if isinstance(entry, list) else entry

    assert camel_case(node) == copied(node)
