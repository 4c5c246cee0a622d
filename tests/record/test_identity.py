"""Identifiers, the batch record, recall at size, and the record of a product from end to end."""

from __future__ import annotations

import time
from io import BytesIO

import pytest
from pypdf import PdfReader

from proband.pages.product.batch_record import batch_record_page
from proband.pages.product.batch_record_pdf import write_batch_record
from proband.record.batch_record import batch_record
from proband.record.custody import chain_of
from proband.record.errors import RecordError
from proband.record.identity import check_character, is_whole, new_identifier
from proband.record.participant import Participant
from proband.record.product import Container
from proband.record.recall import recall
from proband.record.state import State

from .synthetic import hospital


def test_check_characters_are_those_of_the_standard() -> None:
    # ISO/IEC 7064 MOD 37-2; worked examples of python-stdnum's module iso7064.mod_37_2 and of the ISBT 128 specification
    assert check_character("G123489654321") == "Y"
    assert check_character("G123498654321") == "H"
    with pytest.raises(RecordError):
        check_character("g*")


def test_new_identifiers_are_opaque_whole_and_never_the_same() -> None:
    names = {new_identifier("COI") for _ in range(2000)}
    assert len(names) == 2000
    assert all(is_whole(name) for name in names)
    one = names.pop()
    wrong = one[:5] + ("A" if one[5] != "A" else "B") + one[6:]
    assert not is_whole(wrong)
    # neighbours that are swapped by a tired hand
    for place in range(3, 13):
        if one[place] != one[place + 1]:
            assert not is_whole(one[:place] + one[place + 1] + one[place] + one[place + 2 :])


def test_the_batch_record_is_complete_on_screen_and_on_paper(tmp_path) -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    batch = batch_record(house.record, product)
    assert batch.complete
    html = batch_record_page(batch)
    write_batch_record(batch, tmp_path / "b.pdf")
    text = " ".join(
        page.extract_text() for page in PdfReader(BytesIO((tmp_path / "b.pdf").read_bytes())).pages
    )
    words = " ".join(text.split())
    for expected in ("BAG-1", "COI-1", "DIN-1", "LOT-1", "viability", "sterility", "qa-1", "qa-2", "expand"):
        assert expected in html, expected
        assert expected in words, expected
    assert "DEMONSTRATION" in html
    with pytest.raises(RecordError):
        batch_record(house.record, "BAG-9")


def test_an_incomplete_batch_record_says_what_is_missing_and_escapes_what_it_shows(tmp_path) -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.do("product.step", "BAG-1", {"step": "expand", "operators": ["lab-1"], "start": house.now, "end": house.now,
                                       "deviation": "<script>alert(1)</script> & more"}, actor="lab-1")  # fmt: skip
    house.do("label.print", "BAG-1", {"labels": ["L-a"], "coi": "COI-1"}, actor="lab-1")
    batch = batch_record(house.record, "BAG-1")
    assert not batch.complete
    assert any("sterility" in missing for missing in batch.missing)
    assert any("unaccounted" in missing for missing in batch.missing)
    html = batch_record_page(batch)
    assert "<script>" not in html
    write_batch_record(batch, tmp_path / "b.pdf")


def test_custody_shows_every_hand_and_every_refusal() -> None:
    house = hospital()
    house.admit("S-1")
    house.admit("S-2")
    product, coi, label = house.ready("S-1", "1")
    with pytest.raises(Exception, match="STOP"):
        house.bedside(product, "S-2", label)
    links = chain_of(house.record, coi)
    assert links[0].what == "identifier allocated"
    assert links[-1].what == "REFUSED"
    assert links[-1].actor == "nurse-1"
    assert [link.seq for link in links] == sorted(link.seq for link in links)


def test_recall_at_ten_thousand_products_takes_less_than_a_second() -> None:
    state = State(study="s")
    for n in range(10_000):
        person = f"S-{n}"
        state.participants[person] = Participant(
            person, "north", "referral", "2026-01-01T00:00:00.000Z", "2026-01-01", "p", number=n + 1
        )
        state.products[f"B-{n}"] = Container(
            f"B-{n}",
            "cells",
            f"C-{n}",
            person,
            "2026-01-01T00:00:00.000Z",
            [],
            [],
            "r",
            lots=[f"LOT-{n % 50}"],
        )
        state.lots.setdefault(f"LOT-{n % 50}", []).append(f"B-{n}")
    started = time.perf_counter()
    rows = recall(state, "LOT-7")
    assert time.perf_counter() - started < 1.0
    assert len(rows) == 200
    assert {row.number for row in rows} == {n + 1 for n in range(10_000) if n % 50 == 7}
