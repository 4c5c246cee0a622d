"""A masked trial through the browser: with two people's arms exchanged every answer to every role is the same, to the byte, in its status, its headers and its length."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proband.record import COMMANDS, TABLES
from proband.registry.acting import is_done_here
from record.synthetic import STAFF, WHY, Hospital
from record.test_masked import ARMS, UNIFORM, a_life

from .test_registry_entrance import addresses

#: what a form carries against forgery, drawn anew for each page; the handle of a passkey that is offered; when somebody looked
TOKEN = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}(?=")|(?<=&quot;id&quot;: &quot;)[\w-]{43}(?=&quot;)|(?<=&quot;challenge&quot;: &quot;)[\w-]{43}(?=&quot;)|(?<="When">)[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?=<)'
)
#: headers that say when an answer was made
OF_THE_CLOCK = ("Expires", "Last-Modified", "Date")
#: a key that is drawn for each form
UUID = re.compile(r"[0-9a-f]{32}")
NAMES = ("S-1", "S-2", "K-1", "K-2", "K-3", "AE-1", "Q-1", "C-S-1")


def every_address(house: Hospital, telling: bool) -> list[str]:
    """All that can be asked for: each page, each table, whatever has a page of its own, events, forms of commands; whoever is ``telling`` asks for every event."""
    fixed = [
        path
        for name, path in addresses()
        if name not in ("sign-out", "sheet", "key-script", "code-reader", "tablet-script", "verifier")
    ]
    tables = [
        one for name in (*TABLES, "visits") for one in (f"/table/{name}/?as=csv", f"/api/tables/{name}")
    ]
    own = [f"/{page}/{name}/" for page in ("participant", "product", "history", "screening", "laboratory") for name in NAMES]  # fmt: skip
    papers = [f"/table/{name}/" for name in ("products", "kits")] + [f"/product/{kit}/batch-record/" for kit in NAMES[2:4]]  # fmt: skip
    events = [f"/event/{seq}/" for seq in range(1, house.record.state.seq + 1, 1 if telling else 12)]
    forms = [f"/do/{verb}/?subject=S-1" for verb, one in COMMANDS.items() if is_done_here(one)][:: 2 if telling else 9]  # fmt: skip
    return [*fixed, *tables, *own, *papers, *events, *forms, "/api/commands"]


#: signed, and sent without a signature: what comes first is said to whoever tries
ABOUT_ARMS = ("kit.give", "kit.open", "allocation.unblind", "allocation.read")


def commands(house: Hospital) -> list[dict[str, Any]]:
    """What is sent as a command, with what the log says of each, of either of the two."""
    said = {event.body["command"]: event.body["data"] for event in house.record.events()}
    unsigned = [verb for verb, one in COMMANDS.items() if is_done_here(one) and one.signature is None]
    return [
        {"verb": verb, "subject": subject, "role": role, "site": "north", "reason": WHY, "data": said.get(verb, {})}
        for verb in (*unsigned, *ABOUT_ARMS)
        for subject in (("K-1", "K-2") if COMMANDS[verb].subject == "product" else ("S-1", "S-2"))
        for role in ("physician", "quality")
    ]  # fmt: skip


def answered(house: Hospital, browsing: Callable[[str], Any]) -> dict[str, str]:
    """Every answer to everybody."""
    from django.test import override_settings

    from proband.registry.models import PageRead

    PageRead.objects.all().delete()
    found: dict[str, str] = {}

    def note(name: str, answer: Any) -> None:
        body = answer.getvalue()
        kept = sorted(one for one in answer.headers.items() if one[0] not in OF_THE_CLOCK)
        found[name] = f"{answer.status_code} {kept} {TOKEN.sub('·', body.decode(errors='replace')).replace('%22', chr(34))}"  # fmt: skip

    # nobody is said to know an arm, one of each role; then those who are not masked
    one_of_each = {role: name for name, (role, _) in reversed(STAFF.items())}
    for know in ((), ("custodian", "board", "physician")):
        with override_settings(PROBAND_KNOW_ARMS=know):
            for role, person in one_of_each.items():
                if not know or role in know:
                    client = browsing(person)
                    for address in every_address(house, bool(know)):
                        note(f"{person} {bool(know)} {address}", client.get(address))
    for number, body in enumerate(commands(house)):
        actor = {"physician": "dr-1", "quality": "qa-1"}[body["role"]]
        key = uuid.UUID(int=number).hex
        sent = browsing(actor).post("/api/do", {**body, "key": key}, content_type="application/json")
        note(f"{number} {body['verb']} of {body['subject']} by {actor}", sent)
    return found


def where_they_differ(one: str, other: str, name: str) -> str:
    first, second = UNIFORM.sub("·", one), UNIFORM.sub("·", other)
    place = next(n for n, (left, right) in enumerate(zip(first, second, strict=False)) if left != right)
    return f"{name}: {first[place - 60 : place + 30]} | {second[place - 60 : place + 30]}"


def test_with_two_people_s_arms_exchanged_every_answer_is_the_same(
    house: Hospital, browsing: Callable[[str], Any], tmp_path: Path
) -> None:
    from proband.registry import opened

    worlds = []
    for arms in (ARMS, ARMS[::-1]):
        life = a_life(tmp_path / "-".join(arms), arms)
        opened.use(life.record)
        try:
            worlds.append(answered(life, browsing))
        finally:
            opened.use(house.record)
            life.record.close()
    one, other = worlds
    assert one.keys() == other.keys()
    assert len(one) > 1_500
    assert [name for name in one if len(one[name]) != len(other[name])] == []
    assert [where_they_differ(one[name], other[name], name) for name in one if UNIFORM.sub("·", one[name]) != UNIFORM.sub("·", other[name])] == []  # fmt: skip
    # the test sees something: pages are shown, rows are told, and not everything is refused
    statuses = [text[:3] for text in one.values()]
    assert statuses.count("200") > 500
    assert "S-1" in one["nurse-1 False /"]
    assert "K-1" in one["sys-1 True /table/kits/?as=csv"]
    assert not any(text.startswith("5") for text in statuses)


def test_nothing_that_a_masked_person_reads_grows_with_what_is_done_to_others(
    house: Hospital, browsing: Callable[[str], Any]
) -> None:
    """Events of somebody else (a bag is made, a step, a test) change no answer to whoever is masked: no page, no number, no event that can be asked for by one."""
    from .conftest import with_a_bag
    from .test_registry_objects import masked

    person = with_a_bag(house, "G")
    own = house.do("visit.record", person, {"visit": "baseline", "on": house.now[:10]}, actor="dr-3").body[
        "key"
    ]
    one_of_each = {role: name for name, (role, _) in reversed(STAFF.items())}
    asked = [
        address
        for name, address in addresses()
        if name not in ("sign-out", "sheet", "key-script", "code-reader", "tablet-script", "verifier")
    ]
    last = house.record.state.seq
    asked += [f"/event/{seq}/" for seq in (1, last - 1, last, last + 1, last + 40)] + [
        f"/participant/{person}/",
        "/api/commands",
        "/do/event.correct/",
    ]

    def told(actor: str) -> dict[str, str]:
        client = browsing(actor)
        return {
            address: UUID.sub("·", TOKEN.sub("·", (answer := client.get(address)).content.decode()))
            + str(answer.status_code)
            for address in asked
        }

    def sent() -> list[str]:
        """What is said to a masked person who does something, and to one who names the last event that they saw, or one to put right."""
        client = browsing("dr-3")
        of = {"subject": person, "role": "physician", "site": "north", "reason": WHY}
        done = client.post(
            "/api/do",
            {**of, "verb": "visit.record", "data": {"visit": "baseline", "on": house.now[:10]}, "key": own},
            content_type="application/json",
        )
        guessed = [
            client.post(
                "/api/do",
                {**of, "verb": "visit.record", "data": {}, "seen": seq},
                content_type="application/json",
            )
            for seq in (1, last, last + 40)
        ]
        right = {"event": "visit.recorded", "data": {"visit": "baseline", "on": house.now[:10]}}
        guessed += [
            client.post(
                "/api/do",
                {**of, "verb": "event.correct", "data": right, "corrects": seq},
                content_type="application/json",
            )
            for seq in (1, last, last + 40)
        ]
        return [f"{one.status_code} {UUID.sub('·', one.content.decode())}" for one in (done, *guessed)]

    with masked(house):
        before, said = {actor: told(actor) for actor in one_of_each.values()}, sent()
        assert browsing("dr-3").get(f"/own-event/{own}/").status_code == 200
        read = re.findall(r'data-l="Page">([^<]*)<', browsing("dr-3").get("/reads/").content.decode())
        assert read[0] == f"event:{own}", "and no list of what was read has its number"
        assert browsing("dr-1").get(f"/own-event/{own}/").status_code == 404, "by a key that is another's"
        house.collect(person, f"COI-{person}", f"DIN-{person}-2")
        house.make(f"BAG-{person}-2", f"COI-{person}", [f"DIN-{person}-2"])
        house.test(f"BAG-{person}-2")
        assert house.record.state.seq > last + 5
        after = {actor: told(actor) for actor in one_of_each.values()}
        for actor, answers in before.items():
            assert [address for address in asked if answers[address] != after[actor][address]] == [], actor
        assert sent() == said
        assert "Today" in before["dr-1"]["/"]
