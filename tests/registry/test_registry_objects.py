"""Whose is it: person × blind or not × address × object of each site, every cell by a request; the answer is worked out from the log alone.

The addresses are taken from the registry itself: one that is added tomorrow fails here until it is said what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest

from proband.record import COMMANDS
from proband.record.declare.gate import may
from record.synthetic import STAFF, Hospital, doctor

SITES = ("north", "south")
#: one person of each role and site
PEOPLE = sorted({held: person for person, held in STAFF.items()}.values())
#: address by name → kind of object in it, which command one must be able to do (``None``: any role), whether a blind role may open it
SHOWN: dict[str, tuple[str, str | None, bool]] = {
    "participant": ("participant", None, False),
    "screening": ("participant", None, False),
    "history": ("participant", None, False),
    "one-person": ("participant", None, False),
    "product": ("product", None, False),
    "batch-record": ("product", None, False),
    "family": ("coi", None, False),
    "event": ("event", None, False),
    "examine-index": ("participant", "outcome.record", True),
    "examine": ("participant", "outcome.record", True),
    "examine-result": ("participant", "outcome.record", True),
    "family-link": ("participant", "consent.give", False),
}
#: addresses whose part names nothing of a participant: a table, a command, a key, a secret, a drop of one's own (each has tests of its own)
OF_NO_OBJECT = {
    "listing", "do", "own-event", "sign", "key-enrol", "calendar", "family-entrance", "dropped", "study-open", "study-closed", "study-final", "study-lay", "token-end",
}  # fmt: skip
#: addresses that take an object behind the question mark
ASKED: dict[str, str] = {
    "/table/participants/?q={}": "participant",
    "/table/visits/?q={}": "participant",
    "/table/products/?as=csv&q={}": "product",
    "/table/doses/?as=csv&column=participant&value={}": "participant",
    "/audit/?subject={}": "participant",
    "/audit/?q={}": "participant",
    "/api/tables/participants?of={}": "participant",
    "/api/tables/outcomes?of={}": "participant",
    "/laboratory/?lot={}": "lot",
    "/reads/?subject={}": "participant",
}


@pytest.fixture(scope="module")
def objects(house: Hospital) -> dict[str, dict[str, str]]:
    """Somebody at each site with everything that hangs on them."""
    found = {}
    house.wait(days=20)
    for site in SITES:
        person = f"M-{len(house.record.state.participants) + 1}"
        house.admit(person, site=site)
        house.do(
            "visit.record", person, {"visit": "baseline", "on": house.now[:10]}, actor=doctor(site), site=site
        )
        event = house.record.state.seq
        things = {
            "participant": person,
            "event": str(event),
            "coi": "",
            "product": "",
            "lot": f"LOT-{person}",
        }
        if site == "north":
            house.collect(person, f"COI-{person}", f"DIN-{person}")
            house.make(f"BAG-{person}", f"COI-{person}", [f"DIN-{person}"], lots=[things["lot"]])
            things |= {"coi": f"COI-{person}", "product": f"BAG-{person}"}
        found[site] = things
    return found


@contextmanager
def masked(house: Hospital) -> Iterator[None]:
    """A programme that hides the arm from somebody, and nobody who is said to know it."""
    from django.test import override_settings

    state = house.record.state
    assert state.view is not None
    hidden = [mask.model_copy(update={"masked": mask.role == "assessor"}) for mask in state.view.masking]
    view = state.view.model_copy(update={"masking": hidden})
    with pytest.MonkeyPatch.context() as patch, override_settings(PROBAND_KNOW_ARMS=()):
        patch.setitem(state.programmes, state.programme, view)
        yield


def stands_in(word: str, page: str) -> bool:
    """Whether an identifier stands in a page, not as a part of another one."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", page) is not None


def filled(name: str, thing: str) -> str:
    from django.urls import reverse

    from proband.registry.addresses import urlpatterns

    (pattern,) = [one for one in urlpatterns if getattr(one, "name", None) == name]
    parts = {
        part: "albi" if part == "name" else int(thing) if part == "seq" else thing
        for part in pattern.pattern.converters
    }
    return str(reverse(name, kwargs=parts))


def test_every_address_that_names_something_is_in_the_matrix(house: Hospital) -> None:
    from proband.registry.addresses import urlpatterns

    named = {one.name for one in urlpatterns if getattr(one, "name", None) and one.pattern.converters}
    assert named == SHOWN.keys() | OF_NO_OBJECT


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("person", PEOPLE)
def test_every_cell_of_person_address_and_object(
    house: Hospital, browsing: Any, objects: dict[str, dict[str, str]], person: str, blind: bool
) -> None:
    client, (role, own), state = browsing(person), STAFF[person], house.record.state
    before, cells = state.seq, {}
    with masked(house) if blind else pytest.MonkeyPatch.context():
        for site, things in objects.items():
            here = own in ("*", site)
            secrets = [value for value in things.values() if value]
            for name, (kind, verb, blind_may) in SHOWN.items():
                thing = things[kind]
                if not thing:
                    continue
                permitted = verb is None or may(state.view, role, COMMANDS[verb].permission)
                for method in ("get", "post"):
                    if name == "family-link" and method == "post" and here and permitted and not blind:
                        continue  # that one makes a link, and has tests of its own
                    answer = getattr(client, method)(filled(name, thing))
                    page = unescape(answer.content.decode())
                    allowed = here and permitted and (blind_may or not blind)
                    # what one has done oneself one may read again; whoever is blind asks for it by its key, and for nothing by a number
                    allowed = allowed or (name == "event" and person == doctor(site) and not blind)
                    cells[name, site, method] = (allowed, answer.status_code)
                    if allowed:
                        assert answer.status_code in (200, 302, 404, 405), (name, site, method)
                        continue
                    assert answer.status_code in (403, 404, 405), (name, site, method, answer.status_code)
                    # the refusal may repeat what was asked for, and tells nothing else
                    told = [
                        one for one in secrets if one not in (thing, things["event"]) and stands_in(one, page)
                    ]
                    assert not told, (name, site, method, told)
            for address, kind in ASKED.items():
                thing = things[kind]
                if not thing:
                    continue
                answer = client.get(address.format(thing))
                page = unescape(answer.getvalue().decode())
                if here and not blind:
                    assert answer.status_code in (200, 403), address
                    continue
                others = [
                    one for one in secrets if one not in (thing, things["event"]) and stands_in(one, page)
                ]
                assert not others, (address, others)
                if answer.status_code == 200 and "/reads/" not in address:
                    assert f">{thing}<" not in page, address
    assert state.seq == before, "looking and guessing records nothing"
    assert any(not allowed for allowed, _ in cells.values()) or (own == "*" and not blind)
    assert any(allowed for allowed, _ in cells.values()) or blind


def test_somebody_who_may_open_it_is_shown_it(
    house: Hospital, browsing: Any, objects: dict[str, dict[str, str]]
) -> None:
    """The other half of the matrix: a refusal of everything would pass the test above."""
    for site, things in objects.items():
        client = browsing(doctor(site))
        for name, (kind, _, _) in SHOWN.items():
            if things[kind] and name not in ("examine-result", "family-link", "screening", "one-person"):
                answer = client.get(filled(name, things[kind]))
                assert answer.status_code == 200, (name, site)
                assert things[kind] in answer.content.decode(), (name, site)


@pytest.mark.parametrize("verb", ["visit.record", "milestone.record", "adverse-event.report", "outcome.record", "participant.screen", "query.open"])  # fmt: skip
def test_what_is_of_another_site_is_touched_by_nobody_by_form_or_api(
    house: Hospital, browsing: Any, objects: dict[str, dict[str, str]], verb: str
) -> None:
    """In one's own role at one's own site, about somebody of another site, with a form that is whole."""
    there, before = objects["south"]["participant"], house.record.state.seq
    data = {
        "visit.record": {"visit": "month-1", "on": house.now[:10]},
        "milestone.record": {"milestone": "first-step", "when": "2020", "reached": True},
        "adverse-event.report": {"event": "AE-M", "term": "x", "grade": 2, "serious": False, "onset": house.now[:10], "aware_on": house.now[:10]},
        "outcome.record": {"visit": "baseline", "on": house.now[:10], "instrument": "albi", "items": {"albumin": "30 g/L", "bilirubin": "1 mg/dL"}},
        "participant.screen": {"outcome": "eligible", "facts": {"through": "screening", "as_of": house.now[:10], "values": {}}, "reasons": []},
        "query.open": {"query": "Q-M", "about": "visit", "text": "x"},
    }[verb]  # fmt: skip
    client = browsing("dr-1")
    sent = client.post(
        "/api/do",
        {"verb": verb, "subject": there, "role": "physician", "site": "north", "data": data, "reason": "x"},
        content_type="application/json",
    )
    assert sent.status_code in (403, 404, 409, 422), (verb, sent.status_code, sent.content[:300])
    assert house.record.state.seq == before, verb


@pytest.mark.parametrize(("hidden_from", "status"), [("assessor", 403), ("participant", 200)])
def test_a_blind_role_makes_no_page_that_tells_an_arm(
    house: Hospital, browsing: Any, objects: dict[str, dict[str, str]], hidden_from: str, status: int
) -> None:
    """Whoever makes a link can open it: only where participants are kept from knowing does their page tell nothing."""
    from django.test import override_settings

    state = house.record.state
    assert state.view is not None
    hidden = [mask.model_copy(update={"masked": mask.role == hidden_from}) for mask in state.view.masking]
    view = state.view.model_copy(update={"masking": hidden})
    with pytest.MonkeyPatch.context() as patch, override_settings(PROBAND_KNOW_ARMS=()):
        patch.setitem(state.programmes, state.programme, view)
        answer = browsing("dr-1").post(f"/participant/{objects['north']['participant']}/link/")
    assert answer.status_code == status
    assert ("<code>" in answer.content.decode().replace("<code>registry", "")) == (status == 200)
