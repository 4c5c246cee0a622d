"""Who may do what where: every role × every command × every site, cells by requests; and what nobody may by any address."""

from __future__ import annotations

import os
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from proband.record import COMMANDS
from proband.record.declare.gate import may
from record.synthetic import STAFF, Hospital

SITES = ("north", "south", "*")
#: every cell in a nightly run; else every command at one's own site, and one in six elsewhere
WHOLE = bool(os.environ.get("PROBAND_NIGHTLY"))
VERBS = [verb for verb, one in COMMANDS.items() if not one.by_record]


@pytest.mark.parametrize("person", sorted({role: name for name, (role, _) in STAFF.items()}.values()))
def test_every_cell_of_role_command_and_site(house: Hospital, browsing: Any, person: str) -> None:
    """A cell is refused by the gate of authority, in its words, unless the role may do it there; and nothing is recorded by trying.

    The form is empty, so that whoever may do it is told what is missing and nobody does anything.
    """
    client, (role, own) = browsing(person), STAFF[person]
    state, before = house.record.state, house.record.state.seq
    cells = {}
    for place, verb in enumerate(VERBS):
        permitted = may(state.view, role, COMMANDS[verb].permission)
        for turn, site in enumerate(SITES):
            here = own == "*" or site == own
            if not WHOLE and site != own and (place + turn) % 6:
                continue
            answer = client.post(
                f"/do/{verb}/", {"subject": "", "as": f"{role}@{site}", "key": uuid.uuid4().hex}
            )
            page = answer.content.decode()
            if "registry.machine" in page:
                continue
            if not here:
                wanted = (403, "gate.authority.site")
            elif not permitted:
                wanted = (403, "gate.authority.permission")
            else:
                wanted = (422, "is missing")
            assert answer.status_code == wanted[0], (verb, site)
            assert wanted[1] in page, (verb, site)
            cells[verb, site] = wanted[0]
    assert house.record.state.seq == before
    assert len(cells) > 90
    assert 403 in cells.values()


def test_nobody_acts_in_a_role_of_somebody_else(house: Hospital, browsing: Any) -> None:
    """Generated: every other role of the hospital, claimed by a person who does not hold it."""
    before = house.record.state.seq
    for person, (own, _) in STAFF.items():
        client = browsing(person)
        for role, site in {*STAFF.values()} - {STAFF[person]}:
            if role == own:
                continue
            answer = client.post(
                "/do/participant.refer/", {"subject": "X-1", "as": f"{role}@{site}", "key": uuid.uuid4().hex}
            )
            assert answer.status_code == 403, (person, role)
            assert "gate.authority.role" in answer.content.decode()
    assert house.record.state.seq == before


def test_a_role_that_was_taken_is_gone_at_the_next_click(
    house: Hospital, browsing: Any, doing: Any, newcomer: Any
) -> None:
    granted = doing("sys-1", "custodian@*", "staff.grant", "gone-1", {"role": "physician", "sites": "north"})
    assert granted.status_code == 200
    from proband.registry.models import Account

    Account.objects.filter(username="gone-1").update(one_time=False)
    trained = doing(
        "sys-1", "custodian@*", "staff.train", "gone-1", {"training": "gcp", "valid_until": "2030-01-01"}
    )
    assert trained.status_code == 302
    client = browsing("gone-1")
    assert client.get("/table/participants/").status_code == 200
    assert (
        client.post("/do/participant.refer/", {"subject": newcomer(), "as": "physician@north"}).status_code
        == 302
    )
    house.wait(minutes=1)
    taken = doing("sys-1", "custodian@*", "staff.revoke", "gone-1", {"role": "physician"})
    assert taken.status_code == 302, taken.content.decode()
    house.wait(minutes=1)
    assert client.get("/table/participants/").status_code == 403
    assert (
        client.post("/do/participant.refer/", {"subject": newcomer(), "as": "physician@north"}).status_code
        == 403
    )


def test_what_waits_for_one_is_signed_by_nobody_else(house: Hospital, browsing: Any, newcomer: Any) -> None:
    from .conftest import PASSWORD
    from .test_registry_doing import CONSENT

    person = newcomer()
    house.refer(person)
    house.screen(person)
    fields = {f"f.{name}": value for name, value in CONSENT.items()}
    sent = browsing("dr-1").post(
        "/do/consent.give/", fields | {"subject": person, "as": "physician@north", "key": f"w-{person}"}
    )
    other = browsing("dr-3").post(sent["Location"], {"password": PASSWORD})
    assert other.status_code == 404
    assert house.record.state.participants[person].consented_at is None


def test_hostile_forms_are_refused_and_never_break(house: Hospital, browsing: Any) -> None:
    """Generated: each kind of odd value in each field of the envelope and of a form; no fault of the server, no event."""
    odd = ["", " ", "\x00", "\n", "../../etc/passwd", "'; DROP TABLE events; --", "<script>alert(1)</script>", "{" * 50, "[" * 3000, "9" * 400,
           "NaN", "\u202e", "\U0001f600" * 10, "A" * 200_000, '{"a": {"b": 1}}', "nan", "-1", "1e999", "as", "@", "physician@", "@north", "*@*"]  # fmt: skip
    client, before = browsing("dr-1"), house.record.state.seq
    names = (
        "subject",
        "as",
        "key",
        "corrects",
        "seen",
        "at",
        "reason",
        "f.event",
        "f.grade",
        "f.serious",
        "f.nothing",
        "f.event.x.y",
        "password",
    )
    sound = {
        "subject": "",
        "as": "physician@north",
        "f.event": "AE-odd",
        "f.term": "x",
        "f.grade": "3",
        "f.serious": "yes",
    }
    verbs = ("adverse-event.report", "event.correct", "consent.give")
    for turn, name in enumerate(names):
        for place, value in enumerate(odd):
            for verb in verbs if WHOLE else verbs[(turn + place) % 3 :][:1]:
                answer = client.post(f"/do/{verb}/", sound | {name: value})
                assert answer.status_code in (400, 403, 409, 422), (
                    name,
                    value[:30],
                    verb,
                    answer.status_code,
                )
                assert "<script>alert" not in answer.content.decode()
    for value in odd:
        for address in (f"/participant/{quote(value or 'x', safe='')}/", f"/audit/?q={quote(value)}&since={quote(value)}&subject={quote(value)}",
                        f"/table/participants/?sort={quote(value)}&column={quote(value)}&page={quote(value)}", f"/sign/{quote(value or 'x', safe='')}/",
                        f"/history/{quote(value or 'x', safe='')}/?field={quote(value)}"):  # fmt: skip
            if len(address) < 4000:
                answer = client.get(address)
                assert answer.status_code in (200, 301, 302, 400, 403, 404, 422), (
                    address,
                    answer.status_code,
                )
                assert "<script>alert" not in answer.content.decode()
    assert house.record.state.seq == before
