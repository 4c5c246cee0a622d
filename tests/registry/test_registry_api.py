"""The API: the same commands, authority and gates as the pages; and the record's hostile moves, played through it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from proband.record import COMMANDS, Command, RecordError, Refused
from proband.record.errands import ERRANDS
from record.hostile_time import ATTACKS, World
from record.synthetic import Hospital

from .conftest import PASSWORD

#: every attack in a nightly run, else one in twelve
CASES = [(gate, attack) for gate, attacks in sorted(ATTACKS.items()) for attack in attacks]
PLAYED = CASES if os.environ.get("PROBAND_NIGHTLY") else CASES[3::12]


def sent(client: Any, address: str, body: dict[str, Any]) -> Any:
    return client.post(address, body, content_type="application/json")


def test_what_one_may_do_has_the_schema_of_its_form(browsing: Any) -> None:
    found = {one["verb"]: one for one in browsing("nurse-1").get("/api/commands").json()}
    assert found["bedside.verify"]["signed"] == "bedside check"
    assert set(found["bedside.verify"]["schema"]["required"]) == {"participant", "wristband", "bag", "label"}
    assert "product.release" not in found
    custodian = {one["verb"] for one in browsing("sys-1").get("/api/commands").json()}
    assert not custodian & {"forecast.seal", "capsule.issue", "capsule.return"}


def test_a_command_is_one_event_and_a_refusal_has_code_and_mend(
    house: Hospital, browsing: Any, newcomer: Any
) -> None:
    client, person = browsing("dr-1"), newcomer()
    asked = {
        "verb": "participant.refer",
        "subject": person,
        "role": "physician",
        "site": "north",
        "key": f"api-{person}",
    }
    before = house.record.state.seq
    first, again = sent(client, "/api/do", asked).json(), sent(client, "/api/do", asked).json()
    assert (first["seq"], first["repeated"]) == (before + 1, False)
    assert (again["seq"], again["repeated"]) == (before + 1, True)
    refused = sent(
        client, "/api/do", asked | {"verb": "participant.enrol", "key": None, "data": {"number": 1}}
    )
    assert refused.status_code == 409
    assert all(one["code"].startswith("gate.") and one["mend"] for one in refused.json()["reasons"])
    elsewhere = sent(client, "/api/do", asked | {"site": "south", "key": None})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "gate.authority.site")
    unsigned = sent(client, "/api/do", asked | {"verb": "participant.sign", "key": None, "data": {}})
    assert unsigned.status_code in (409, 422)
    wrong = sent(client, "/api/do", asked | {"verb": "participant.sign", "key": None, "password": "no"})
    assert wrong.json()["fields"][0]["field"] == "password"
    machine = sent(
        browsing("sys-1"), "/api/do", asked | {"verb": "forecast.seal", "data": {"file": "/etc/passwd"}}
    )
    assert machine.json()["code"] == "registry.machine"
    assert sent(client, "/api/do", {"verb": "x"}).status_code == 422
    rows = client.get(f"/api/tables/participants?of={person}").json()
    assert [row["participant"] for row in rows] == [person]


def test_whoever_is_given_a_first_role_gets_an_account_by_every_way(house: Hospital, browsing: Any) -> None:
    grant = {
        "verb": "staff.grant",
        "subject": "api-1",
        "role": "custodian",
        "site": "*",
        "password": PASSWORD,
        "key": "grant-api-1",
    }
    grant["data"] = {"role": "nurse", "sites": ["north"]}
    client = browsing("sys-1")
    done = sent(client, "/api/do", grant).json()
    once = done["told"]["one-time password"]
    assert len(once) == 19
    key = house.record.folder / "keys" / "persons" / f"{b'api-1'.hex()}.key"
    assert key.read_bytes().startswith(b"-----BEGIN ENCRYPTED")
    again = sent(client, "/api/do", grant).json()
    assert (again["seq"], again["repeated"], again["told"]) == (done["seq"], True, {}), "told once"
    from django.test import Client

    entered = Client(SERVER_NAME="localhost").post("/sign-in/", {"username": "api-1", "password": once})
    assert entered.status_code == 302


def test_a_stranger_and_a_form_from_elsewhere_get_nothing(house: Hospital) -> None:
    from django.test import Client

    from proband.registry.models import Account

    before = house.record.state.seq
    asked = {"verb": "participant.refer", "subject": "X-9", "role": "physician", "site": "north"}
    stranger = Client(SERVER_NAME="localhost")
    for address in ("/api/commands", "/api/tables/participants", "/api/openapi.json"):
        assert stranger.get(address).status_code in (302, 401), address
    assert sent(stranger, "/api/do", asked).status_code in (302, 401)
    forged = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    forged.force_login(
        Account.objects.get(username="dr-1"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert sent(forged, "/api/do", asked).status_code == 403
    assert house.record.state.seq == before


class ThroughTheDoor:
    """A record of whose commands each is sent by HTTP, as far as a browser can say it; what it cannot say is counted."""

    def __init__(self, record: Any, browsing: Any) -> None:
        self._record, self._browsing = record, browsing
        self.sent, self.unsayable = 0, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._record, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("_record", "_browsing", "sent", "unsayable"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._record, name, value)

    def execute(self, command: Command) -> Any:
        """By HTTP; what a browser cannot say goes to the record itself, as what others have set up."""
        own = [one for one in command.signatures if (one.signer, one.role) == (command.actor, command.role)]
        beside = [one for one in command.signatures if one not in own]
        plain = all(
            one.by is None and one.value is None and one.key is None and one.at is None
            for one in command.signatures
        )
        sayable = (
            command.source == "online"
            and command.verb not in ERRANDS
            and not COMMANDS[command.verb].by_record
            and plain
            and bool(own) == bool(command.signatures)
            and len(own) < 2
        )
        if not sayable:
            self.unsayable.append(command.verb)
            return self._record.execute(command)
        self._account(command.actor)
        for one in beside:
            self._account(one.signer)
        said = {
            name: getattr(command, name)
            for name in (
                "verb",
                "subject",
                "data",
                "role",
                "site",
                "at",
                "offset",
                "reason",
                "key",
                "seen",
                "corrects",
            )
        }
        said["beside"] = [{"person": one.signer, "role": one.role, "password": PASSWORD} for one in beside]
        if own:
            said["password"] = PASSWORD
        self.sent += 1
        answer = sent(self._browsing(command.actor), "/api/do", said)
        assert answer.status_code in (200, 403, 409, 422), answer.content
        body = answer.json()
        if answer.status_code == 200:
            event = self._record.event(body["seq"])
            from proband.record import Receipt

            return Receipt(body["seq"], event.body, body["repeated"], tuple(body["consequences"]))
        if all(one["code"].startswith("gate.") for one in body["reasons"]):
            refused = Refused.__new__(Refused)
            RecordError.__init__(
                refused,
                "record.refused",
                verb=command.verb,
                messages=[one["message"] for one in body["reasons"]],
                mends=[],
            )
            from proband.record import Refusal

            refused.refusals = []
            for one in body["reasons"]:
                refusal = Refusal.__new__(Refusal)
                refusal.code, refusal.gate = one["code"], one["code"].split(".")[1]
                refused.refusals.append(refusal)
            raise refused
        raise AssertionError(body)

    def _account(self, person: str) -> None:
        from proband.registry.models import Account

        # a first role brings an account, whose password is one that its holder must change first
        made = Account.objects.filter(username=person).first() or Account.objects.make(person, PASSWORD)
        made.one_time = False
        made.save()


@pytest.mark.parametrize(
    ("gate", "attack"), PLAYED, ids=[f"{gate}-{attack.__name__}" for gate, attack in PLAYED]
)
def test_a_hostile_move_is_refused_through_the_browser_by_the_same_gate(
    house: Hospital, browsing: Any, gate: str, attack: Any
) -> None:
    from proband.registry import opened

    world = World(forecast=gate != "forecast")
    door = ThroughTheDoor(world.house.record, browsing)
    opened.use(world.house.record)
    try:
        world.house.record = door
        with pytest.raises(Refused) as refused:
            attack(world)
        assert refused.value.gates == [gate]
        world.house.record = world.house.record._record
        assert world.audit() == [], "an independent checker reads the log"
        assert world.state.invalid == {}
    finally:
        opened.use(house.record)
