"""Doing in the browser: one event for each thing that is done, signed over what was shown, refused in the gates' own words."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from proband.record import COMMANDS, verify_record
from proband.record.declare.form import fields_of
from proband.record.errands import ERRANDS, form_of
from record.synthetic import STAFF, Hospital

from .conftest import PASSWORD

CONSENT = {
    "version": "text-1",
    "language": "en",
    "age_years": "40",
    "by": "participant",
    "capacity": "has",
    "teach_back": "yes\nyes",
}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_command_without_signature_is_one_event_also_when_it_is_sent_twice(
    house: Hospital, browsing: Any, newcomer: Any
) -> None:
    client, person = browsing("dr-1"), newcomer()
    form = text(client.get(f"/do/participant.refer/?subject={person}"))
    (key,) = re.findall(r'name="key" value="([0-9a-f]{32})"', form)
    said = {"subject": person, "as": "physician@north", "key": key, "f.language": "en"}
    before = house.record.state.seq
    first, second = client.post("/do/participant.refer/", said), client.post("/do/participant.refer/", said)
    assert first["Location"] == second["Location"] == f"/event/{before + 1}/"
    assert house.record.state.seq == before + 1
    again = client.post("/do/participant.refer/", said | {"f.language": "de"})
    assert again.status_code == 409
    assert "record.conflict.key" in text(again)


def test_a_page_that_has_served_tells_what_it_recorded_and_brings_a_new_key(
    house: Hospital, browsing: Any, doing: Any, newcomer: Any
) -> None:
    """By the back button, in a second tab: what is sent anew is refused once, with the way to what stands, and then recorded beside it."""
    client, person = browsing("dr-1"), newcomer()
    house.admit(person)
    day = house.now[:10]
    said = {
        "subject": person,
        "as": "physician@north",
        "key": uuid.uuid4().hex,
        "f.visit": "baseline",
        "f.on": day,
    }
    harm = {"subject": person, "as": "physician@north", "key": uuid.uuid4().hex, "f.term": "headache", "f.grade": "1", "f.serious": "no",
            "f.expected": "yes", "f.onset": day, "f.aware_on": day}  # fmt: skip
    consent = {"subject": person, "as": "physician@north", "key": uuid.uuid4().hex, "reason": "synthetic", "f.level": "contact", "f.said": "no more letters"}  # fmt: skip
    for verb, sent, other in (
        ("visit.record", said, {"f.visit": "month-1"}),
        ("adverse-event.report", harm | {"f.event": f"AE-{person}"}, {"f.event": f"AE-{person}-2"}),
        ("participant.withdraw", consent, {"f.level": "data"}),
    ):
        first = client.post(f"/do/{verb}/", sent)
        assert first.status_code == 302, (verb, text(first)[-1500:])
        if first["Location"].startswith("/sign/"):
            waits = first["Location"]
            first = client.post(waits, {"password": PASSWORD})
            assert client.get(waits)["Location"] == first["Location"], (
                "the back button on the page of the signature"
            )
            assert client.post(waits, {"password": PASSWORD})["Location"] == first["Location"], "struck twice"
        assert first["Location"].startswith("/event/"), verb
        before = house.record.state.seq
        again = client.post(f"/do/{verb}/", sent | other)
        page = text(again)
        assert again.status_code == 409, verb
        assert "registry.again" in page
        assert f'href="{first["Location"]}"' in page
        assert house.record.state.seq == before
        (key,) = re.findall(r'name="key" value="([0-9a-f]{32})"', page)
        assert key != sent["key"]
        anew = client.post(f"/do/{verb}/", sent | other | {"key": key})
        assert anew.status_code == 302, (verb, text(anew)[-1500:])


def test_what_is_signed_is_what_was_shown(house: Hospital, browsing: Any, newcomer: Any) -> None:
    client, person = browsing("dr-1"), newcomer()
    house.refer(person)
    house.screen(person)
    fields = {f"f.{name}": value for name, value in CONSENT.items()}
    sent = client.post(
        "/do/consent.give/", fields | {"subject": person, "as": "physician@north", "key": f"k-{person}"}
    )
    page = text(client.get(sent["Location"]))
    (seen,) = re.findall(r"<dt>content</dt><dd><code>([0-9a-f]{64})</code>", page)
    assert "dr-1" in page
    done = client.post(sent["Location"], {"password": PASSWORD})
    event = house.record.event(int(done["Location"].split("/")[2]))
    assert event is not None
    (signature,) = event.body["signatures"]
    assert signature["shown"] == seen, "the hash on the page is the hash that the key signed"
    assert (signature["signer"], signature["method"]) == ("dr-1", "password")
    twice = client.post(sent["Location"], {"password": PASSWORD})
    assert twice["Location"] == done["Location"]


def test_nothing_that_is_typed_waits_outside_the_vault(house: Hospital, browsing: Any, newcomer: Any) -> None:
    from django.contrib.sessions.models import Session

    client, person = browsing("dr-1"), newcomer()
    house.refer(person)
    secret = "somebody said something in their own words"
    fields = {"f.present": "dr-1\ndr-3", "f.options": "go on\nstop", "f.decision": secret, "f.dissent": "[]"}
    sent = client.post(
        "/do/decision.record/",
        fields | {"subject": person, "as": "physician@north", "key": f"d-{person}", "reason": secret},
    )
    assert sent.status_code == 302, text(sent)
    assert secret in text(client.get(sent["Location"])), "shown to the one who signs it"
    kept = [json.dumps(one.get_decoded()) for one in Session.objects.all()]
    assert not [one for one in kept if secret in one]
    assert [one for one in kept if "[vault:" in one]
    done = client.post(sent["Location"], {"password": PASSWORD})
    body = house.record.event(int(done["Location"].split("/")[2])).body
    assert secret not in json.dumps(body)
    assert secret in text(client.get(done["Location"]))


def test_faults_stand_beside_their_fields_and_nothing_is_lost(
    house: Hospital, browsing: Any, newcomer: Any
) -> None:
    client, person = browsing("dr-1"), newcomer()
    house.refer(person)
    before = house.record.state.seq
    fields = {
        "f.event": "AE-x",
        "f.term": "kept words",
        "f.grade": "9",
        "f.serious": "perhaps",
        "f.onset": "2026-03-01",
        "f.aware_on": "2026-02-30",
    }
    answer = client.post("/do/adverse-event.report/", fields | {"subject": person, "as": "physician@north"})
    page = text(answer)
    assert answer.status_code == 422
    assert house.record.state.seq == before
    assert "kept words" in page
    assert "Not recorded: see the fields that are marked." in page
    for name in ("grade", "serious", "aware_on"):
        (field,) = re.findall(rf'<div class="field( bad)?"><label for="f-{name}">', page)
        assert field == " bad", name
    (fine,) = re.findall(r'<div class="field( bad)?"><label for="f-term">', page)
    assert fine == ""


def test_a_refusal_is_the_gates_own_words_with_code_and_mend(
    house: Hospital, browsing: Any, newcomer: Any
) -> None:
    from proband.record import Command, Refused

    client, person = browsing("dr-1"), newcomer()
    house.refer(person)
    answer = client.post(
        "/do/participant.enrol/", {"subject": person, "as": "physician@north", "f.number": "1"}
    )
    assert answer.status_code == 409
    with pytest.raises(Refused) as refused:
        house.record.execute(
            Command("participant.enrol", person, {"number": 1}, "dr-1", "physician", "north")
        )
    for one in refused.value.refusals:
        for said in (one.code, one.mend):
            assert said.replace("'", "&#x27;") in text(answer)


def test_undo_is_a_correcting_event_that_begins_with_what_stands(
    house: Hospital, browsing: Any, doing: Any, newcomer: Any
) -> None:
    client, person = browsing("dr-1"), newcomer()
    house.admit(person)
    day = house.now[:10]
    wrong = house.do(
        "outcome.record",
        person,
        {"visit": "baseline", "on": day, "instrument": "pain-nrs", "items": {"pain": 7}},
    )
    page = text(client.get(f"/event/{wrong.seq}/"))
    (link,) = re.findall(r'href="(/do/event\.correct/[^"]+)"', page)
    form = text(client.get(link.replace("&amp;", "&")))
    assert f'value="{wrong.seq}"' in form
    assert "&quot;pain&quot;: 7" in form
    data = json.dumps({"visit": "baseline", "on": day, "instrument": "pain-nrs", "items": {"pain": 6}})
    done = doing(
        "dr-1",
        "physician@north",
        "event.correct",
        person,
        {"event": "outcome.recorded", "data": data},
        corrects=str(wrong.seq),
    )
    assert done.status_code == 302, text(done)
    assert house.record.event(wrong.seq) is not None, "the entry stays"
    history = text(client.get(f"/history/{person}/?field=items.pain"))
    assert re.search(r"<del>.*?7(\.0)?</del>.*?<ins>.*?6(\.0)?</ins>", history)


def test_the_bedside_stop_names_both_and_has_no_way_on(house: Hospital, browsing: Any, newcomer: Any) -> None:
    house.wait(days=20)
    one, other = newcomer(), ""
    house.admit(one)
    other = newcomer()
    house.admit(other)
    tag = one.replace("-", "")
    house.collect(other, f"COI-{tag}", f"DIN-{tag}")
    house.make(f"BAG-{tag}", f"COI-{tag}", [f"DIN-{tag}"])
    bag, before = f"BAG-{tag}", house.record.state.seq
    client = browsing("nurse-1")
    sent = client.post(
        "/bed/", {"participant": one, "wristband": one, "bag": bag, "label": "L1", "as": "nurse@north"}
    )
    assert sent.status_code == 302, text(sent)
    answer = client.post(
        sent["Location"],
        {
            "password": PASSWORD,
            "second.person": "nurse-2",
            "second.role": "nurse",
            "second.password": PASSWORD,
        },
    )
    page = text(answer)
    assert answer.status_code == 409
    assert '<div class="stop" role="alert">' in page
    plain = re.sub(r"</?mark>", "", page)
    for named in (one, bag, other, "gate.identity."):
        assert named in plain
    assert "<form" not in page
    assert re.findall(r'href="([^"]+)"', page.split("</head>")[1]) == ["#main", "/"], "no way on"
    kept = [attempt for seq, attempt in house.record.state.refused.items() if seq > before]
    assert kept, "the attempt is in the record"
    assert not list(house.record.state.participants[one].doses)


def test_two_people_are_two_passwords_and_two_keys(house: Hospital, doing: Any, newcomer: Any) -> None:
    house.wait(days=20)
    person = newcomer()
    house.admit(person)
    tag = f"T{person.replace('-', '')}"
    house.collect(person, f"COI-{tag}", f"DIN-{tag}")
    house.make(f"BAG-{tag}", f"COI-{tag}", [f"DIN-{tag}"])
    house.test(f"BAG-{tag}")
    label = house.label(f"BAG-{tag}", f"COI-{tag}")
    for quality in ("qa-1", "qa-2"):
        released = doing(quality, "quality@north", "product.release", f"BAG-{tag}", {"route": "intrathecal"})
        assert released.status_code == 302, text(released)
    check = {"participant": person, "dose": "8e7 {cells}", "inputs": "weight = 80 kg", "prepared_by": "lab-1"}
    assert doing("qa-1", "quality@north", "dose.check", f"BAG-{tag}", check).status_code == 302
    scans = {"participant": person, "wristband": person, "bag": f"BAG-{tag}", "label": label}

    def bedside(**more: Any) -> Any:
        return doing("nurse-1", "nurse@north", "bedside.verify", f"BAG-{tag}", scans, **more)

    alone = bedside()
    assert alone.status_code == 409
    assert "gate.bedside." in text(alone)
    herself = bedside(second=("nurse-1", "nurse"))
    assert herself.status_code == 409, "one person twice is one"
    wrong = bedside(second=("nobody", "nurse"))
    assert wrong.status_code == 422
    both = bedside(second=("nurse-2", "nurse"))
    assert both.status_code == 302, text(both)
    event = house.record.event(int(both["Location"].split("/")[2]))
    assert {one["signer"] for one in event.body["signatures"]} == {"nurse-1", "nurse-2"}
    assert len({one["key"] for one in event.body["signatures"]}) == 2
    give = {
        "participant": person,
        "coi": f"COI-{tag}",
        "wristband": person,
        "bag": f"BAG-{tag}",
        "route": "intrathecal",
        "dose": "8e7 {cells}",
        "inputs": "weight = 80 kg",
    }
    given = doing("dr-1", "physician@north", "product.administer", f"BAG-{tag}", give)
    assert given.status_code == 302, text(given)
    (dose,) = house.record.state.participants[person].doses
    assert dose.stands
    house.record.sign_head()
    assert verify_record(house.record.folder).ok


def test_personal_data_go_to_the_vault_and_come_back_once_and_logged(
    house: Hospital, doing: Any, newcomer: Any
) -> None:
    person = newcomer()
    house.refer(person)
    stored = doing(
        "sys-1", "custodian@*", "personal.store", person, {"values": "name = Ada Example\ntelephone = 0000"}
    )
    assert stored.status_code == 302, text(stored)
    before = house.record.state.seq
    read = doing("sys-1", "custodian@*", "personal.read", person, {"fields": "name"})
    assert "Ada Example" in text(read)
    body = house.record.event(before + 1).body
    assert (body["command"], body["actor"], body["data"]["fields"]) == ("personal.read", "sys-1", ["name"])
    for path in house.record.folder.rglob("*"):
        if path.is_file():
            assert b"Ada Example" not in path.read_bytes(), path


def test_every_form_opens_with_every_field_that_its_declaration_has(house: Hospital, browsing: Any) -> None:
    """Generated: each verb that somebody of the hospital may do."""
    from record.synthetic import STAFF

    opened = set()
    for person in STAFF:
        client = browsing(person)
        for verb in re.findall(r'href="/do/([a-z.-]+)/"', text(client.get("/do/"))):
            if verb in opened:
                continue
            page = client.get(f"/do/{verb}/")
            assert page.status_code == 200, (person, verb)
            declared = COMMANDS[verb]
            asked = [
                one
                for one in fields_of(form_of(declared))
                if not (declared.completion and "the record" in one.meaning)
            ]
            for field in asked:
                assert re.search(rf'name="f\.{field.name}["\.]', text(page)), (verb, field.name)
            opened.add(verb)
    assert len(opened) > 50


def test_no_form_reads_or_writes_a_file_of_the_machine(house: Hospital, browsing: Any) -> None:
    """Generated: an errand that uses a field as a path is not done in a browser, nor is any of which nobody has said that it does not."""
    import inspect

    from proband.registry.acting import FROM_ELSEWHERE

    paths = {verb for verb, errand in ERRANDS.items() if "Path(self." in inspect.getsource(errand)}
    elsewhere = ERRANDS.keys() - FROM_ELSEWHERE
    assert paths <= elsewhere
    assert len(paths) >= 3
    client = browsing("sys-1")
    for verb in elsewhere:
        fields = {f"f.{name}": "/etc/passwd" for name in ERRANDS[verb].model_fields}
        for answer in (client.get(f"/do/{verb}/"), client.post(f"/do/{verb}/", {"subject": "SYN", **fields})):
            assert answer.status_code == 422
            assert "registry.machine" in text(answer)
            assert "root:" not in text(answer)
    bundle = {
        "f.bundle": "/etc",
        "f.changes": "x",
        "subject": "SYN",
        "as": "custodian@*",
        "password": PASSWORD,
    }
    adopted = client.post("/do/programme.adopt/", bundle)
    assert adopted.status_code == 422
    assert "record.command.bundle" in text(adopted)


def test_an_address_can_bring_a_form_that_is_filled_in_and_never_does_anything(
    house: Hospital, browsing: Any
) -> None:
    before = house.record.state.seq
    said = {"subject": "X-77", "f.language": "de", "as": "physician@north", "key": "x"}
    page = text(browsing("dr-1").get(f"/do/participant.refer/?{urlencode(said)}"))
    assert 'value="X-77"' in page
    assert 'value="de"' in page
    assert 'name="key" value="x"' not in page, "a link of somebody else's sets no key"
    assert house.record.state.seq == before


def test_where_nobody_is_drawn_the_form_asks_for_the_arm(house: Hospital, doing: Any, newcomer: Any, browsing: Any) -> None:  # fmt: skip
    """The arm was left out of the form as something that the record gives: nobody could be allocated in a browser where a person says the arm."""
    person = newcomer()
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step(person)
    assert 'name="f.arm"' in browsing("dr-1").get(f"/do/participant.allocate/?subject={person}").content.decode()  # fmt: skip
    done = doing("dr-1", "physician@north", "participant.allocate", person, {"arm": "care"})
    assert done.status_code == 302, done.content.decode()[-1500:]
    assert house.record.state.participants[person].arm == "care"


def test_of_two_passwords_the_right_one_is_not_kept_with_the_wrong_one(house: Hospital, doing: Any) -> None:
    """A failed try was kept with the password of whoever signed beside, in clear."""
    from axes.models import AccessAttempt, AccessFailureLog
    from axes.utils import reset

    for person, second in (("qa-1", ("qa-2", "quality")), ("dr-1", ("nurse-2", "nurse"))):
        doing(person, f"{STAFF[person][0]}@north", "product.release", "nothing", {"route": "intrathecal"}, second=second, password="wrong and long enough")  # fmt: skip
    doing("nurse-1", "nurse@north", "bedside.verify", "B", {"participant": "P", "wristband": "P", "bag": "B", "label": "L"}, second=("nurse-2", "nurse"), password="wrong and long enough")  # fmt: skip
    kept = str([*AccessAttempt.objects.values(), *AccessFailureLog.objects.values()])
    assert "second.password" in kept
    assert PASSWORD not in kept
    reset()
