"""Until when identity is kept, and why: by the terms of the programme for tracing products; what no term asks for goes at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from proband.programme import load, locate
from proband.record import confidential, drafting, own_events, verify_record
from proband.record.commands import Command, Signature
from proband.record.compose import compose
from proband.record.errors import Refused
from proband.record.executing import Receipt
from proband.record.programme_view import view_of
from proband.record.record import Record
from proband.record.traceability import limits
from proband.record.vault import VaultError, is_contact

from .synthetic import Hospital, hospital, view

CUSTODIAN = {"actor": "sys-1", "role": "custodian", "site": "*"}


def terms(*changes: dict[str, Any]) -> Any:
    """The synthetic programme with these terms of tracing."""
    base = {
        "id": "term",
        "jurisdiction": "GB",
        "years": 30,
        "after": "expiry",
        "source": "synthetic",
        "level": "read",
    }
    safety = view().safety.model_dump(mode="json")
    return view(
        safety=safety | {"tracing": [base | {"id": f"term-{n}"} | one for n, one in enumerate(changes)]}
    )


def erase(house: Hospital, person: str, scope: str = "all") -> Receipt:
    command = Command("participant.erase", person, {"legal_basis": "GDPR art. 17", "scope": scope}, reason="asked in writing",
                      signatures=[Signature("sys-1", "custodian", "scripted")], **CUSTODIAN)  # fmt: skip
    return confidential.erase(house.record, command)


def refused(house: Hospital, person: str) -> tuple[str, str]:
    with pytest.raises(Refused) as error:
        erase(house, person)
    (one,) = error.value.refusals
    return one.code, str(one)


def treated(house: Hospital, person: str = "S-1") -> str:
    house.admit(person)
    product, coi, _ = house.ready(person, "1")
    house.give(product, person, coi)
    return product


def on(house: Hospital, day: str) -> None:
    """Let it be that day, at eight in the morning."""
    house._clock[0] = house._clock[0].replace(hour=8)
    house.wait(days=(date.fromisoformat(day) - date.fromisoformat(house.now[:10])).days)


def test_identity_is_kept_until_the_day_and_the_refusal_says_which() -> None:
    house = hospital(programme=terms({}))
    product = treated(house)
    expiry = house.record.state.products[product].expires_at
    assert expiry is not None
    day = f"{int(expiry[:4]) + 30}{expiry[4:10]}"
    code, words = refused(house, "S-1")
    assert code == "gate.traceability.until"
    for part in (day, "30 years", product, "GB", "synthetic", "scope texts"):
        assert part in words
    on(house, day)
    house.wait(days=-1)
    assert refused(house, "S-1")[0] == "gate.traceability.until"
    house.wait(days=1)
    assert erase(house, "S-1").body["data"]["scope"] == "all"
    assert house.record.state.participants["S-1"].erased


def test_of_several_terms_the_latest_counts() -> None:
    house = hospital(programme=terms({"after": "clinical-use"}, {"years": 31}, {"years": 5}))
    product = treated(house)
    found = limits(house.record.state, house.record.state.participants["S-1"])
    assert [limit.term.id for limit in found if limit.term] == ["term-1", "term-0", "term-2"]
    expiry = house.record.state.products[product].expires_at or ""
    assert f"{int(expiry[:4]) + 31}{expiry[4:10]}" in refused(house, "S-1")[1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"jurisdiction": "US"}, "gate.traceability.term"),
        ({"level": "secondary"}, "gate.traceability.level"),
        ({"level": "unverified"}, "gate.traceability.level"),
    ],
)
def test_where_nobody_can_say_that_the_law_lets_go_it_does_not(change: dict[str, Any], code: str) -> None:
    """No term for the place, or none that somebody read in the law: refused, also a hundred years later."""
    house = hospital(programme=terms(change))
    treated(house)
    assert refused(house, "S-1")[0] == code
    house.wait(days=100 * 365)
    assert refused(house, "S-1")[0] == code


def test_what_was_collected_and_has_become_nothing_has_no_day_yet() -> None:
    house = hospital(programme=terms({}))
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    assert refused(house, "S-1")[0] == "gate.traceability.date"
    house.make("BAG-1", "COI-1", ["DIN-1"])
    assert refused(house, "S-1")[0] == "gate.traceability.until"


def test_whoever_gave_and_got_nothing_is_erased_at_once() -> None:
    """The honest twin: no product, no term, whatever the programme names."""
    for programme in (terms({}), terms({"jurisdiction": "US"})):
        house = hospital(programme=programme)
        house.admit("S-1")
        erase(house, "S-1")
        assert house.record.state.participants["S-1"].erased


def test_the_terms_of_the_flagship_programmes_are_read_in_the_law() -> None:
    """The European terms: thirty years after use and after expiry, with sources that somebody read, and a site in Germany falls under them."""
    for name in ("liver-cells", "spinal-cord-autologous"):
        programme = load(locate(name))
        named = view_of(programme).safety.tracing
        assert {(term.jurisdiction, term.years, term.after, str(term.level)) for term in named} == {
            ("EU", 30, "clinical-use", "read"), ("EU", 30, "expiry", "read")}  # fmt: skip
        safety = view().safety.model_dump(mode="json") | {
            "tracing": [term.model_dump(mode="json") for term in named]
        }
        house = hospital(programme=view(safety=safety))
        treated(house)
        # of the United Kingdom the bundles name no term: nobody has read one
        assert refused(house, "S-1")[0] == "gate.traceability.term"
        for site in house.record.state.sites.values():
            site.jurisdiction = "DE"
        code, words = refused(house, "S-1")
        assert code == "gate.traceability.until"
        assert "DE" in words


def test_contact_data_go_with_the_texts_and_a_name_stays_until_the_day(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record", programme=terms({}))
    treated(house)
    fields = {
        "name": "Synthetic Somebody",
        "birth-date": "1980-02-03",
        "telephone": "000",
        "street": "1 Example Road",
    }
    store = Command("personal.store", "S-1", actor="dr-1", role="physician", site="north")
    confidential.store_personal(house.record, store, fields)
    erase(house, "S-1", "texts")
    read = Command(
        "personal.read",
        "S-1",
        {"fields": ["name", "birth-date"]},
        actor="dr-1",
        role="physician",
        site="north",
        reason="recall",
    )
    assert confidential.read_personal(house.record, read)[1] == {
        "name": "Synthetic Somebody",
        "birth-date": "1980-02-03",
    }
    for field in ("telephone", "street"):
        with pytest.raises(VaultError):
            confidential.read_personal(house.record, Command("personal.read", "S-1", {"fields": [field]}, actor="dr-1", role="physician",
                                       site="north", reason="call"))  # fmt: skip
    assert "S-1" in house.record.state.erased
    assert not house.record.state.participants["S-1"].erased
    # contact data given after it are kept again
    confidential.store_personal(house.record, store, {"telephone": "111"})
    house.record.close()
    assert verify_record(tmp_path / "record").ok


@pytest.mark.parametrize(
    ("field", "contact"),
    [("telephone", True), ("home-address", True), ("email", True), ("next-of-kin-phone", True), ("name", False), ("birth-date", False),
     ("hospital-number", False), ("anything-else", False), ("phone-of-anna", True), ("addressee", False)],
)  # fmt: skip
def test_a_field_that_nobody_knows_counts_as_identity(field: str, contact: bool) -> None:
    assert is_contact(field) is contact


def test_an_erasure_of_before_was_judged_by_no_term_and_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(drafting, "compose", lambda *args, sealer, **options: compose(*args, **options))
        before.setattr(own_events, "SCHEMA_VERSION", 2)
        house = hospital(folder=tmp_path / "record", programme=terms({"jurisdiction": "US"}))
        treated(house)
        erase(house, "S-1")
        house.record.close()
    report = verify_record(tmp_path / "record")
    assert report.ok, str(report)
    record = Record.open(tmp_path / "record", clock=house.record.clock)
    assert record.state.participants["S-1"].erased
    record.close()
