"""What mutation testing found that no test noticed, third part: each condition of a gate by its table of truth, each bound at its edge.

A gate is a function of what it sees. So it is shown every combination of what it asks, beside what the rule says in plain words; whole hospitals stand elsewhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product as combined
from types import SimpleNamespace
from typing import Any

import pytest

from proband.record.declare.gate import CUSTODIAN
from proband.record.doses import ENTRY
from proband.record.events import stamp
from proband.record.gates import (  # fmt: skip
    bedside,
    conduct,
    course,
    derived,
    keys,
    locked,
    making,
    offline,
    person,
    signature,
    versions,
)
from proband.record.gates import product as of_product

START = datetime.fromisoformat("2026-03-02T08:00:00+00:00")


def at(**later: float) -> str:
    return stamp(START + timedelta(**later))


def each(*values: Any, repeat: int = 1) -> list[Any]:
    """Every combination."""
    return list(combined(*values, repeat=repeat))


def seen(**given: Any) -> Any:
    """What a gate sees, as far as it is asked about."""
    return SimpleNamespace(**given)


def code(refusal: Any) -> str | None:
    return None if refusal is None else refusal.code.removeprefix("gate.")


def signed(*signers: tuple[str, str], actor: str = "a", **more: Any) -> dict[str, Any]:
    return {"actor": actor, "signatures": [{"signer": who, "role": role} for who, role in signers], **more}


# versions


@pytest.mark.parametrize("kind", ["substantial", "non-substantial", "editorial"])
def test_who_signs_an_amendment_beside_its_actor(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "may", lambda view, role, permission: role in ("physician", CUSTODIAN) and permission == versions.ANSWERS)  # fmt: skip
    others: dict[tuple[tuple[str, str], ...], bool | None] = {
        (): None, (("a", "physician"),): None, (("b", "nurse"),): None, (("b", CUSTODIAN),): False, (("b", "physician"),): True, (("b", "nurse"), ("c", "physician")): True,
    }  # fmt: skip
    for others_signed, answers in others.items():
        found = code(versions._unsigned(seen(body=signed(*others_signed), view=None), kind))
        wanted = {
            "substantial": None if answers else "amendment.answering",
            "non-substantial": None if answers is not None else "amendment.second",
            "editorial": None,
        }[kind]
        assert found == wanted, others_signed


@pytest.mark.parametrize(
    ("version", "late"),
    [("1.0.0", True), ("1.9.0", True), ("1.10.0", True), ("1.10.1", False), ("2.0", False)],
)
def test_an_amendment_is_of_a_later_version_than_every_one_before(
    version: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, now = seen(version=version, hash="n", status="approved"), seen(version="1.10.0", status="approved")
    monkeypatch.setattr(versions, "view_told", lambda c: new)
    monkeypatch.setattr(versions, "kind_and_difference", lambda *_: ("editorial", []))
    programmes = {"o": seen(version="1.0.0"), "p": now}
    c = seen(view=now, state=seen(programmes=programmes, begun_as_draft=False), data={"kind": "editorial", "difference": []}, body=signed())  # fmt: skip
    assert code(versions.amendment(c)) == ("amendment.version" if late else None)


@pytest.mark.parametrize(("before", "after", "draft"), each(["approved", "draft", "demonstration"], ["approved", "draft", "demonstration"], [False, True]))  # fmt: skip
def test_an_amendment_keeps_the_standing_of_the_study(
    before: str, after: str, draft: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "view_told", lambda c: seen(version="2", hash="n", status=after))
    monkeypatch.setattr(versions, "kind_and_difference", lambda *_: ("editorial", ["x"]))
    state = seen(programmes={"o": seen(version="1")}, begun_as_draft=draft)
    told = {"kind": "editorial", "difference": ["x"]}
    found = code(
        versions.amendment(seen(view=seen(version="1", status=before), state=state, data=told, body=signed()))
    )
    mixed = "demonstration" in (before, after) and before != after
    assert found == ("amendment.status" if mixed or (after == "draft" and not draft) else None)
    if found is None:
        monkeypatch.setattr(versions, "kind_and_difference", lambda *_: ("editorial", list("abcde")))
        for changes in ({"kind": "substantial"}, {"difference": []}):
            c = seen(view=seen(version="1", status=before), state=state, data=told | changes, body=signed())
            refusal = versions.amendment(c)
            assert refusal is not None
            assert refusal.details["difference"] == list("abc")
        monkeypatch.setattr(versions, "kind_and_difference", lambda *_: ("editorial", ["x"]))
        for changes, wanted in (({"kind": "substantial"}, "amendment.kind"), ({"difference": []}, "amendment.difference")):  # fmt: skip
            c = seen(view=seen(version="1", status=before), state=state, data=told | changes, body=signed())
            assert code(versions.amendment(c)) == wanted
        state.programmes["n"] = seen(version="2")
        # the version is there already: the gate on what there is once says so
        assert versions.amendment(seen(view=seen(version="1", status=before), state=state, data={}, body=signed())) is None  # fmt: skip


@pytest.mark.parametrize(("lines", "kept", "fault"), each([None, ["x"]], [{}, {"h": 1}], ["", "torn"]))
def test_a_bundle_is_kept_whole_where_bundles_are_kept(
    lines: Any, kept: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "view_told", lambda c: seen(version="2", hash="0123456789abcdef"))
    monkeypatch.setattr(versions, "bundle_fault", lambda *_: fault)
    found = versions.bundle(seen(data={"bundle": lines}, state=seen(bundles=kept)))
    assert code(found) == (("bundle.absent" if kept else None) if lines is None else ("bundle.other" if fault else None))  # fmt: skip
    if code(found) == "bundle.other":
        assert found is not None
        assert found.details["hash"] == "0123456789ab"
    monkeypatch.setattr(versions, "view_told", lambda c: None)
    assert code(versions.bundle(seen(data={"bundle": lines}, state=seen(bundles=kept)))) == "bundle.view"
    for now in (None, seen(version="1")):
        assert code(versions.amendment(seen(view=now, data={}, state=seen(programmes={})))) == "bundle.view"


# keys


def test_a_second_person_is_another_one_whose_role_may_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "may", lambda view, role, permission: role == "physician")
    for signers, enough in (
        ((), False), ((("a", "physician"),), False), ((("b", "nurse"),), False), ((("b", "physician"),), True), ((("a", "physician"), ("b", "nurse")), False),
    ):  # fmt: skip
        c = seen(body=signed(*signers), view=None, command=seen(permission="x"), verb="v")
        assert code(keys.second_person(c)) == (None if enough else "second-person.missing")


@pytest.mark.parametrize(("verb", "subject", "shared"), each(["person.enrol", "staff.grant"], ["b", "x"], [False, True]))  # fmt: skip
def test_two_custodians_decide_and_whoever_enrols_a_further_key_counts_with_the_one_they_have(
    verb: str, subject: str, shared: bool
) -> None:
    for signers in each(
        [("a", CUSTODIAN), ("a", "nurse")], [("b", CUSTODIAN), ("b", "nurse"), ("a", CUSTODIAN)]
    ):
        counted = {
            who for who, role in signers if role == CUSTODIAN or (verb == "person.enrol" and who == subject)
        }
        c = seen(state=seen(shared=shared), body=signed(*signers), verb=verb, subject=subject)
        assert code(keys.second_key(c)) == ("second-key.missing" if shared and len(counted) < 2 else None), signers  # fmt: skip


@pytest.mark.parametrize(("held", "role"), each([(), ("nurse",), (CUSTODIAN,), ("nurse", "lab")], ["nurse", "lab", CUSTODIAN]))  # fmt: skip
def test_a_custodian_holds_no_other_role(held: tuple[str, ...], role: str) -> None:
    c = seen(state=seen(persons={"p": seen(roles=dict.fromkeys(held))}), subject="p", data={"role": role})
    both = {*held, role}
    assert code(keys.apart(c)) == ("apart.both" if held and CUSTODIAN in both and len(both) > 1 else None)
    assert keys.apart(seen(state=seen(persons={}), subject="p", data={"role": role})) is None


def test_the_last_custodian_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(holder: str, until: int | None = None) -> Any:
        return seen(holder=holder, until=until)

    for custodians in (["a"], ["a", "b"]):
        for subject, role in each(["a", "b"], [CUSTODIAN, "nurse"]):
            c = seen(state=seen(custodians=lambda found=custodians: found, keys={}), verb="staff.revoke", subject=subject, data={"role": role})  # fmt: skip
            assert code(keys.stays(c)) == (
                "stays.last" if custodians == [subject] and role == CUSTODIAN else None
            )
        for known, last in (
            ({"k": key("a")}, True), ({"k": key("a"), "l": key("a")}, False), ({"k": key("a"), "l": key("a", 3)}, True), ({"k": key("a"), "l": key("b")}, True),
            ({"k": key("a", 3)}, False), ({"k": key("b")}, False), ({}, False), ({"k": key("a", 3), "l": key("a")}, False), ({"l": key("a")}, False),
        ):  # fmt: skip
            c = seen(state=seen(custodians=lambda found=custodians: found, keys=known), verb="key.revoke", subject="k", data={})  # fmt: skip
            assert code(keys.stays(c)) == ("stays.last" if last and custodians == ["a"] else None), known


@pytest.mark.parametrize(("fault", "taken"), each([None, "forged"], [False, True]))
def test_a_key_is_enrolled_once_by_whoever_shows_that_they_hold_it(
    fault: str | None, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "offer_fault", lambda *_: fault)
    monkeypatch.setattr(keys, "fingerprint", lambda public: "new")
    mine, ended, others = (
        seen(holder="p", until=None),
        seen(holder="p", until=3),
        seen(holder="q", until=None),
    )
    known = {"mine": mine, "ended": ended, "others": others, **({"new": others} if taken else {})}
    says = {"enrolment": lambda c: [("i", "p", {"public": "00"})]}
    for replaces in ((), ("mine",), ("ended",), ("others",), ("none",), ("mine", "others")):
        c = seen(state=seen(keys=known), command=seen(says=says), data={"replaces": replaces} if replaces else {}, subject="p")  # fmt: skip
        wanted = "enrolment.proof" if fault else "enrolment.taken" if taken else None if set(replaces) <= {"mine"} else "enrolment.replaces"  # fmt: skip
        assert code(keys.enrolment(c)) == wanted, replaces


# signatures

ENTRY_OF = {
    "signer": "a",
    "role": "nurse",
    "meaning": "m",
    "key": "k",
    "method": "password",
    "shown": "seen",
    "at": at(),
}
KEY = seen(
    id="k",
    holder="a",
    kind="person",
    until=None,
    algorithm="ed25519",
    public="00",
    relying_party=None,
    origins=(),
)


def looked_at(monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any], key: Any = KEY, fault: str | None = None, status: str | None = "approved",
              permission: str = "x", standing: Any = None) -> str | None:  # fmt: skip
    monkeypatch.setattr(signature, "signature_fault", lambda *_: fault)
    monkeypatch.setattr(signature, "_standing", lambda *_: standing)
    monkeypatch.setattr(signature, "PublicKey", lambda *_: None)
    monkeypatch.setattr(signature, "party_of", lambda *_: None)
    c = seen(body={"at": at(), "recorded": at()}, view=None if status is None else seen(status=status), state=seen(keys={} if key is None else {"k": key}), command=seen(permission=permission))  # fmt: skip
    return code(signature._fault(c, ENTRY_OF | entry, "seen"))


def test_what_is_wrong_with_a_signature_is_said_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(**changes: Any) -> Any:
        return seen(**vars(KEY) | changes)

    for entry, more, wanted in (
        ({}, {}, None), ({"shown": "other"}, {}, "signature.void"), ({"method": "wax"}, {}, "signature.method"),
        ({"method": "scripted"}, {}, "signature.script"), ({"method": "scripted"}, {"status": "demonstration"}, None), ({"method": "scripted"}, {"status": None}, None),
        ({"at": "yesterday"}, {}, "signature.time"), ({"at": at(seconds=conduct.AHEAD_SECONDS)}, {}, None), ({"at": at(seconds=-conduct.AHEAD_SECONDS)}, {}, None),
        ({"at": at(seconds=conduct.AHEAD_SECONDS + 1)}, {}, "signature.time"), ({"at": at(seconds=-conduct.AHEAD_SECONDS - 1)}, {}, "signature.time"),
        ({}, {"key": None}, "signature.key"), ({}, {"key": key(holder="b")}, "signature.key"), ({}, {"key": key(kind="device")}, "signature.key"),
        ({}, {"key": key(until=3)}, "signature.revoked"), ({}, {"fault": "forged"}, "signature.forged"),
        ({}, {"key": key(kind="recovery")}, "signature.recovery"), ({}, {"key": key(kind="recovery"), "permission": "recovery.use"}, None),
    ):  # fmt: skip
        assert looked_at(monkeypatch, entry, **more) == wanted, (entry, more)


@pytest.mark.parametrize(("meaning", "source"), each([None, "m"], ["online", "capsule:C"]))
def test_the_actor_signs_in_their_role_with_the_meaning_that_is_asked_and_nobody_twice(
    meaning: str | None, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "shown", lambda *_: "seen")
    monkeypatch.setattr(
        signature, "_fault", lambda c, entry, seen: seen_fault if entry["signer"] == "bad" else None
    )
    seen_fault = seen(code="gate.signature.void")
    own = {"signer": "a", "role": "nurse", "meaning": "m"}
    for entries, right, wrong in (
        ([], False, None), ([own], True, None), ([own | {"role": "lab"}], False, None), ([own | {"meaning": "n"}], False, None), ([own | {"signer": "b"}], False, None),
        ([own, own | {"signer": "b"}], True, None), ([own, own], None, "signature.twice"), ([own | {"signer": "bad"}, own], None, "signature.void"),
        ([own | {"signer": "b"}, own | {"signer": "b"}], None, "signature.twice"), ([own, own | {"signer": "b", "role": "lab", "meaning": "n"}], True, None),
    ):  # fmt: skip
        c = seen(command=seen(signature=meaning), body={"signatures": entries, "source": source, "actor": "a", "role": "nurse"}, state=seen(instance="i"), verb="v")  # fmt: skip
        wanted = wrong or (None if right or meaning is None else "signature.missing")
        assert code(signature.signature(c)) == wanted, entries
    device = {"signer": "bad", "role": offline.DEVICE, "meaning": offline.DEVICE}
    c = seen(command=seen(signature=meaning), body={"signatures": [device, own], "source": source, "actor": "a", "role": "nurse"}, state=seen(instance="i"), verb="v")  # fmt: skip
    # what a device means by its own is another gate's, where there is a device
    assert code(signature.signature(c)) == ("signature.void" if source == "online" else None)


@pytest.mark.parametrize(("site", "anywhere", "missing"), each(["north", "south", "*"], [False, True], [None, ("gcp", None)]))  # fmt: skip
def test_whoever_signs_holds_the_role_at_the_site_with_its_trainings(
    site: str, anywhere: bool, missing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "moments_of_acting", lambda c, role: (at(), at(hours=1)))
    monkeypatch.setattr(signature, "untrained", lambda *_: missing)
    for sites in (["north"], ["*"], None):
        for lost_later in (False, True):

            def held(role: str, when: str, offset: str, sites: Any = sites, lost: bool = lost_later) -> Any:
                return None if sites is None or (lost and when > at()) else seen(value=sites)

            persons = {"a": seen(held=held)}
            c = seen(body={"site": site, "offset": "+00:00"}, state=seen(persons=persons), command=seen(signed_at_any_site=anywhere))  # fmt: skip
            right_place = sites is not None and (site in sites or "*" in sites or (site == "*" and anywhere))
            wanted = "signature.role" if sites is None or (lost_later and right_place) else "signature.site" if not right_place else "signature.training" if missing else None  # fmt: skip
            found = signature._standing(c, ENTRY_OF)
            assert code(found) == wanted, (sites, lost_later)
            assert wanted != "signature.training" or (
                found is not None and found.details["training"] == "gcp"
            )
    nobody = seen(body={"site": site, "offset": "+00:00"}, state=seen(persons={}), command=seen(signed_at_any_site=anywhere))  # fmt: skip
    assert code(signature._standing(nobody, ENTRY_OF)) == "signature.role"


# offline


def test_what_a_capsule_brings_is_asked_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    well: dict[str, Any] = {"source": "capsule:C", "returned": False, "counter": "", "within": True, "at": at(), "online_only": False, "person": "S-1", "device": None, "known": True}  # fmt: skip
    for changes, wanted in (
        ({}, None), ({"source": "online", "known": False}, None), ({"known": False}, "capsule.unknown"), ({"source": "C"}, "capsule.unknown"), ({"returned": True}, "capsule.returned"),
        ({"counter": "hole"}, "capsule.counter"), ({"within": False}, "capsule.bounds"), ({"at": at(hours=10)}, None), ({"at": at(hours=10, seconds=1)}, "capsule.outside"),
        ({"at": at(hours=-1, seconds=-conduct.AHEAD_SECONDS)}, None), ({"at": at(hours=-1, seconds=-conduct.AHEAD_SECONDS - 1)}, "capsule.outside"),
        ({"online_only": True}, "capsule.online"), ({"person": None}, "capsule.participant"), ({"person": "S-2"}, "capsule.participant"), ({"device": "content"}, "capsule.device"),
    ):  # fmt: skip
        case = well | changes
        held = seen(id="C", returned=case["returned"], count=1, issued_at=at(hours=-1), until=at(hours=10), participants=["S-1"], device="d") if case["known"] else None  # fmt: skip
        monkeypatch.setattr(offline, "counter_fault", lambda held, body, case=case: case["counter"])
        monkeypatch.setattr(offline, "_within", lambda at, held, body, case=case: case["within"])
        monkeypatch.setattr(offline, "bounds", lambda held, body: (at(), at()))
        monkeypatch.setattr(offline, "device_fault", lambda *_, case=case: case["device"])
        who = None if case["person"] is None else seen(id=case["person"])
        c = seen(body={"source": case["source"], "at": case["at"]}, at=case["at"], verb="v", participant=who, command=seen(offline=not case["online_only"]),
                 state=seen(capsule_of=lambda source, held=held: held, instance="i"))  # fmt: skip
        assert code(offline.capsule(c)) == wanted, changes


def test_a_device_s_clock_is_believed_between_the_bounds_and_as_little_beside_them_as_clocks_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offline, "earliest", lambda held, body: at(hours=1))
    little = conduct.AHEAD_SECONDS
    for late, when, fits in (
        (2, {"hours": 1}, True), (2, {"hours": 1, "seconds": -little}, True), (2, {"hours": 1, "seconds": -little - 1}, False),
        (2, {"hours": 2, "seconds": little}, True), (2, {"hours": 2, "seconds": little + 1}, False), (0, {"hours": 1}, False),
    ):  # fmt: skip
        monkeypatch.setattr(offline, "latest", lambda body, late=late: at(hours=late))
        assert offline._within(at(**when), None, {}) is fits, when  # type: ignore[arg-type]


# what the record adds


def test_a_refusal_that_is_kept_is_of_a_verb_that_keeps_it_and_is_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(derived, "is_envelope", lambda body: body.get("whole", True))
    monkeypatch.setattr(
        derived, "COMMANDS", {"keeps": seen(keeps_refusal=True), "forgets": seen(keeps_refusal=False)}
    )
    body = {"command": "keeps", "subject": "S-1"}
    told = {"verb": "keeps", "about": "S-1", "gates": ["dose"]}
    for attempt, data, again, follows in (
        (body, told, ["dose"], True), (body, told, ["dose", "hold"], False), (body, told, [], False), (body, told, None, False),
        (body | {"whole": False}, told, ["dose"], False), (body, told | {"verb": "forgets"}, ["dose"], False), (body, told | {"about": "S-2"}, ["dose"], False),
        (body | {"command": "forgets"}, told | {"verb": "forgets"}, ["dose"], False), (body | {"command": "none"}, told | {"verb": "none"}, ["dose"], False),
        (None, told, ["dose"], False), (None, told | {"gates": ["form"]}, ["dose"], True), (None, told | {"gates": []}, None, True), (body, told | {"gates": ["form"]}, [], True),
    ):  # fmt: skip
        asked_again = None if again is None else (lambda attempt, again=again: again)
        c = seen(data={**data, "body": attempt}, again=asked_again)
        assert bool(derived.refused_again(c)) is follows, (attempt, data, again)


def test_what_the_record_adds_follows_and_is_its_own() -> None:
    own = {"actor": "record", "role": "record", "source": "online", "signatures": []}
    for changes, follows in each(
        [{}, {"actor": "dr-1"}, {"role": "nurse"}, {"source": "capsule:C"}, {"signatures": [1]}],
        [False, True],
    ):
        c = seen(body=own | changes, command=seen(says={"derived": lambda c, follows=follows: follows}), verb="v", subject="s")  # fmt: skip
        assert code(derived.derived(c)) == (None if follows and not changes else "derived.foreign"), changes


@pytest.mark.parametrize(("there", "same", "fault"), each([False, True], [False, True], [None, "forged"]))
def test_what_is_wrong_with_a_device_s_signature(there: bool, same: bool, fault: str | None, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(offline, "device_entry", lambda body: {"shown": "x"} if there else None)
    monkeypatch.setattr(offline, "shown", lambda body, instance: "x" if same else "y")
    monkeypatch.setattr(offline, "signature_fault", lambda *_: fault)
    wanted = "form" if not there else "content" if not same else fault
    assert offline.device_fault("i", "00", {}) == wanted


def test_a_hold_of_the_record_s_own_is_the_one_that_a_rule_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {"rule": "r", "hold": "h", "target": "t", "counted": 2}
    monkeypatch.setattr(derived.safety, "crossed", lambda state: [seen(**rule), seen(**rule | {"rule": "s"})])
    assert derived.crossed(seen(data=rule, state=None))
    for name in rule:
        assert not derived.crossed(seen(data=rule | {name: "x"}, state=None))


def test_a_conflict_is_what_the_device_of_that_capsule_signed_and_nobody_has_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for whole, source, entry, fault, known, follows in (
        (True, "capsule:C", "v", None, True, True), (False, "capsule:C", "v", None, True, False), (True, "capsule:D", "v", None, True, False), (True, "online", "v", None, True, False),
        (True, "capsule:C", "old", None, True, False), (True, "capsule:C", None, None, True, True), (True, "capsule:C", "v", "content", True, False), (True, "capsule:C", "v", None, False, False),
    ):  # fmt: skip
        monkeypatch.setattr(derived, "is_envelope", lambda body, whole=whole: whole)
        monkeypatch.setattr(derived, "device_entry", lambda body, entry=entry: None if entry is None else {"value": entry})  # fmt: skip
        monkeypatch.setattr(derived, "device_fault", lambda *_, fault=fault: fault)
        held = {"C": seen(id="C", brought={"old": []}, device="d")} if known else {}
        c = seen(state=seen(capsules=held, instance="i"), subject="C", data={"event": {"source": source}})
        assert bool(derived.brought_by_device(c)) is follows, (source, entry, fault)


# the person and the course


def test_a_verdict_counts_by_its_kind_its_version_its_age_and_since_the_dose_before() -> None:
    for kind, said, last, wanted in (
        (ENTRY, None, None, "verdict.none"), ("dose", None, None, "verdict.unasked"), (ENTRY, {"outcome": "unknown"}, None, "verdict.outcome"), (ENTRY, {"programme": "o"}, None, "verdict.version"),
        (ENTRY, {}, None, None), ("dose", {}, None, None), ("dose", {"said": at(hours=2)}, at(hours=1), None), ("dose", {"said": at(hours=1)}, at(hours=1), "verdict.unasked"),
        ("dose", {"said": at()}, at(hours=1), "verdict.unasked"), (ENTRY, {"said": at()}, at(hours=1), None), (ENTRY, {"found": at(days=-30)}, None, None), (ENTRY, {"found": at(days=-31)}, None, "verdict.age"),
    ):  # fmt: skip
        verdict = None if said is None else seen(at=said.get("said", at()), value=seen(outcome=said.get("outcome", "eligible"), programme=said.get("programme", "p"), at=said.get("found", at())))  # fmt: skip
        who = seen(id="S-1", true=lambda name, when, verdict=verdict: verdict)
        c = seen(at=at(), version="p", subject="S-1")
        found = person._verdict_stands(c, seen(verdict_days=30), who, kind if kind == ENTRY else ENTRY + "/" + kind, None if last is None else seen(at=last))  # type: ignore[arg-type]  # fmt: skip
        assert code(found) == wanted, (kind, said, last)


@pytest.mark.parametrize(("assessed", "consent", "late"), each([None, "has", "lacks", "uncertain"], [None, False, True], [False, True]))  # fmt: skip
def test_whoever_lacks_capacity_is_treated_on_others_word_alone(
    assessed: str | None, consent: bool | None, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    overdue = seen(code="gate.capacity.again")
    monkeypatch.setattr(person, "too_long_ago", lambda *_: overdue if late else None)
    said = {"capacity": None if assessed is None else seen(value=assessed), "consent": None if consent is None else seen(value=seen(by_others=consent))}  # fmt: skip
    who = seen(id="S-1", true=lambda name, when: said[name])
    for view in (None, seen()):
        found = code(person.capacity(seen(participant=who, at=at(), view=view, day="", body={"offset": ""})))
        assert found == ("capacity.lacking" if assessed == "lacks" and not consent else "capacity.again" if late and view else None)  # fmt: skip
    assert person.capacity(seen(participant=None)) is None


@pytest.mark.parametrize(("end", "value"), [(None, ""), (at(), ""), (at(), "died")])
def test_whoever_has_left_the_programme_has(end: str | None, value: str) -> None:
    said = None if end is None else seen(value=value, at=end)
    assert code(person.alive(seen(participant=None, subject="S-1"))) == "alive.unknown"
    found = person.alive(seen(participant=seen(id="S-1", true=lambda *_: said), at=at()))
    assert code(found) == ("alive.ended" if value else None)
    if found is not None:
        assert found.details["since"] == at()[:10]


def test_a_withdrawal_blocks_its_own_kinds_from_its_moment_on() -> None:
    for since, kind, blocked in ((at(), "treatment", True), (at(hours=1), "treatment", False), (at(hours=-1), "contact", False), (at(hours=-1), "treatment", True)):  # fmt: skip
        who = seen(id="S-1", withdrawn={"l": since})
        c = seen(
            participant=who,
            view=seen(blocks_of=lambda level: {"treatment"}),
            command=seen(withdrawal=kind),
            at=at(),
        )
        found = person.withdrawal(c)
        assert code(found) == ("withdrawal.blocked" if blocked else None)
        assert found is None or found.details["since"] == at()[:10]
    for who, view in ((None, seen()), (seen(withdrawn={}), seen()), (seen(withdrawn={"l": at()}), None)):
        assert person.withdrawal(seen(participant=who, view=view)) is None


@pytest.mark.parametrize(("days", "most", "typed"), each([0.0, 7.0, 7.5, None], [None, 7.0], [None, True, False]))  # fmt: skip
def test_what_a_dose_is_worked_out_from_is_on_record_young_enough_and_as_typed(
    days: float | None, most: float | None, typed: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = None if days is None else seen(days=days, value="measured")
    monkeypatch.setattr(course, "input_of", lambda *_: found)
    monkeypatch.setattr(course, "most_days", lambda *_: most)
    monkeypatch.setattr(course, "as_quantity", lambda one: one)
    monkeypatch.setattr(course, "agrees", lambda name, one, other: one)
    c = seen(data={"inputs": {} if typed is None else {"weight": typed}}, participant=seen(id="S-1"), at=at(), written_since=lambda version: True)  # fmt: skip
    said = course.inputs_of(c, seen(needs=["weight"]))  # type: ignore[arg-type]
    if days is None:
        wanted: Any = "dose.unrecorded" if most is not None else None
    else:
        wanted = (
            "dose.old" if most is not None and days > most else "dose.recorded" if typed is False else None
        )
    assert (code(said) if not isinstance(said, dict) else None) == wanted
    if isinstance(said, dict) and days is not None:
        assert said == {"weight": "measured"}
    # of nobody, of what is withheld, and in logs of before, what is typed is what there is
    for changes in ({"participant": None}, {"written_since": lambda version: False}):
        assert course.inputs_of(seen(**vars(c) | changes), seen(needs=["weight"])) == c.data["inputs"]  # type: ignore[arg-type]


@pytest.mark.parametrize(("obligatory", "before", "given"), each([False, True], [False, True], [None, "x"]))
def test_a_companion_is_asked_for_that_is_obliged_before_the_dose(
    obligatory: bool, before: bool, given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "companion_given", lambda *_: given)
    one = seen(
        obligatory=obligatory, before=before, hours=(-2, -0.5), id="c", name="c", earliest="", latest=""
    )
    c = seen(
        participant=seen(id="S-1"),
        regimen=seen(companions=[one]),
        at=at(),
        written_since=lambda version: True,
    )
    assert code(course.companions(c)) == ("companions.missing" if obligatory and before and given is None else None)  # fmt: skip
    for changes in ({"participant": None}, {"regimen": None}, {"written_since": lambda version: False}):
        assert course.companions(seen(**vars(c) | changes)) is None


@pytest.mark.parametrize(("fault", "wanted"), each(["", "undecided", "too-soon", "skips"], [False, True]))
def test_a_step_is_refused_for_what_is_wrong_with_it(fault: str, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    step = seen(id="s", condition="", decided_by="physician")
    for needs in (3.0, float("inf")):
        found = seen(fault=fault, wanted=step if wanted else None, step=step, needs=needs)
        monkeypatch.setattr(course, "at_step", lambda *_, found=found: found)
        said = course.course(seen(participant=seen(id="S-1"), course=seen()))
        assert code(said) == (f"course.{fault}" if fault and wanted else None)
        if said is not None and fault == "too-soon":
            assert said.details["days"] == (3.0 if needs == 3.0 else None)
    monkeypatch.setattr(course, "at_step", lambda *_: None)
    assert course.course(seen(participant=seen(id="S-1"), course=seen())) is None
    for changes in ({"participant": None}, {"course": None}):
        assert course.course(seen(**{"participant": seen(), "course": seen()} | changes)) is None


# conduct


@pytest.mark.parametrize(("asks", "said"), each([False, True], [None, "", "  ab  ", "   ", "abc", " abc "]))
def test_a_reason_is_three_letters_where_one_is_asked(asks: bool, said: str | None) -> None:
    c = seen(command=seen(reason=asks), body={"reason": said}, verb="v")
    assert code(conduct.reason(c)) == ("reason.missing" if asks and "abc" not in (said or "") else None)


@pytest.mark.parametrize(
    ("told", "missing"), each([True, False], [None, ("gcp", None), ("gcp", "2026-01-01")])
)
def test_a_training_that_is_missing_is_told_from_one_that_ran_out(
    told: bool, missing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conduct, "untrained", lambda *_: missing)
    c = seen(body={"role": "nurse", "actor": "a"}, state=seen(persons={"a": 1} if told else {}))
    wanted = None if missing is None else "training.missing" if missing[1] is None else "training.expired"
    assert code(conduct.training(c)) == wanted


def test_an_actor_holds_their_role_at_each_moment_at_the_site_and_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conduct, "moments_of_acting", lambda c, role: (at(), at(hours=1)))
    monkeypatch.setattr(conduct, "_stranger", lambda c: seen(code="gate.authority.staff") if c.data else None)
    for sites, lost, ever, allowed, stranger in each((["north"], ["south"], ["*"], None), (False, True), (False, True), (False, True), (False, True)):  # fmt: skip
        monkeypatch.setattr(conduct, "may", lambda *_, allowed=allowed: allowed)

        def held(role: str, when: str | None = None, offset: str = "", sites: Any = sites, lost: bool = lost, ever: bool = ever) -> Any:  # fmt: skip
            if when is None:
                return seen(value=[]) if ever else None
            return None if sites is None or (lost and when > at()) else seen(value=sites)

        c = seen(body={"actor": "a", "role": "nurse", "site": "north", "offset": ""}, state=seen(persons={"a": seen(held=held)}), command=seen(permission="x"), view=None, data=stranger)  # fmt: skip
        if sites is None or (lost and sites != ["south"]):
            wanted: str | None = "authority.then" if ever else "authority.role"
        elif sites == ["south"]:
            wanted = "authority.site"
        else:
            wanted = "authority.permission" if not allowed else "authority.staff" if stranger else None
        assert code(conduct.authority(c)) == wanted, (sites, lost, ever, allowed, stranger)
    c = seen(body={"actor": "a", "role": "nurse", "site": "north", "offset": ""}, state=seen(persons={}), command=seen(permission="x"), view=None, data=False)  # fmt: skip
    assert code(conduct.authority(c)) == "authority.role"


def test_whoever_is_named_works_here_and_grants_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "works_here", lambda c, who, role, when: role in ("nurse", CUSTODIAN))
    people = {"n": seen(roles_ever=lambda: ["nurse"]), "c": seen(roles_ever=lambda: [CUSTODIAN]), "g": seen(roles_ever=lambda: ["lab"]), "x": seen(roles_ever=lambda: ["lab", "nurse"])}  # fmt: skip
    for said, named in (("n", None), ("x", None), ("c", "c"), ("g", "g"), ("none", "none"), (["n", "x"], None), (["n", "g"], "g"), ([], None), (None, None)):  # fmt: skip
        c = seen(command=seen(staff=("other", "by")), data={"by": said}, state=seen(persons=people), body={"site": "north"}, day="", at=at())  # fmt: skip
        found = conduct._stranger(c)
        assert code(found) == (None if named is None else "authority.staff")
        if found is not None:
            assert (found.details["field"], found.details["name"]) == ("by", named)


def test_a_site_is_open_and_the_participant_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for here, opened, custodian, subject, own, own_site, at_closed in each(
        ("north", "*", "none"), (False, True), (False, True), ("participant", "product"), ("north", "south", None), (False, True), (False, True)
    ):  # fmt: skip
        monkeypatch.setattr(conduct, "_open", lambda c, place, opened=opened: opened)
        who = None if own is None else seen(id="S-1", site_at=lambda when, own=own: own)
        c = seen(body={"site": here, "role": CUSTODIAN if custodian else "nurse"}, command=seen(subject=subject, own_site=own_site, at_closed_site=at_closed),
                 state=seen(sites={"north": seen(), "south": seen()}), participant=who, subject="S-1", at=at())  # fmt: skip
        if here == "none" or (here == "north" and not (opened or at_closed)):
            wanted: str | None = "site.closed"
        elif here == "*" and not custodian:
            wanted = "site.all"
        elif own is not None and own_site and own != here and not (here == "*" and subject != "product"):
            wanted = "site.other"
        else:
            wanted = None
        assert code(conduct.site(c)) == wanted, (here, opened, custodian, subject, own, own_site, at_closed)


@pytest.mark.parametrize(("version", "asks", "brought"), each(["p", "o"], [False, True], ["p", "o", None]))
def test_a_command_is_of_the_version_in_force_and_so_is_the_participant(
    version: str, asks: bool, brought: str | None
) -> None:
    who = None if brought is None else seen(id="S-1", programme_at=lambda when: brought)
    c = seen(body={"programme": version}, version="p", participant=who, command=seen(current_version=asks), at=at())  # fmt: skip
    wanted = (
        "programme.version" if version == "o" else "programme.migration" if asks and brought == "o" else None
    )
    assert code(conduct.programme(c)) == wanted
    if version == "o":
        long = seen(body={"programme": "0123456789abcdef"}, version="fedcba9876543210", participant=who)
        refusal = conduct.programme(long)
        assert refusal is not None
        assert (refusal.details["version"], refusal.details["programme"]) == ("0123456789ab", "fedcba987654")


# the container, the bed, locks


@pytest.mark.parametrize("value", [-1.0, 0.0, 1e-9, 1.0])
def test_an_amount_is_more_than_nothing(value: float) -> None:
    said = making.not_positive([{"value": 1.0, "unit": "mL"}, {"value": value, "unit": "mL"}])
    assert code(said) == (None if value > 0 else "balance.positive")


@pytest.mark.parametrize(("container", "regimen"), each([None, "x"], [None, "x"]))
def test_what_is_done_at_the_bed_is_about_a_container_and_its_regimen(container: Any, regimen: Any) -> None:
    c = seen(product=container, regimen=regimen, told=lambda gate: seen(code=f"gate.{gate}.told"))
    both = container is not None and regimen is not None
    assert code(bedside.second_check(c)) == f"second-check.{'told' if both else 'product'}"
    assert code(bedside.bedside(c)) == f"bedside.{'told' if both else 'product'}"


def test_custody_is_here_since_and_in_range() -> None:
    well = {"id": "B", "sent_to": None, "place": "north", "received_at": None, "excursion": False}
    for changes, wanted in (
        ({}, None), ({"sent_to": "south"}, "custody.sent"), ({"place": "south"}, "custody.place"), ({"received_at": at()}, None), ({"received_at": at(seconds=1)}, "custody.then"),
        ({"received_at": at(seconds=-1)}, None), ({"excursion": True}, "custody.temperature"),
    ):  # fmt: skip
        c = seen(product=seen(**well | changes), body={"site": "north"}, early=at(), subject="B")
        assert code(of_product.custody(c)) == wanted, changes
    assert code(of_product.custody(seen(product=None, subject="B"))) == "custody.unknown"


def test_a_container_is_good_until_the_moment_of_its_expiry() -> None:
    for expires, wanted in ((None, "expiry.unknown"), (at(), "expiry.passed"), (at(seconds=-1), "expiry.passed"), (at(seconds=1), None)):  # fmt: skip
        assert (
            code(of_product.expiry(seen(product=seen(id="B", expires_at=expires), now=at(), subject="B")))
            == wanted
        )
    assert code(of_product.expiry(seen(product=None, now=at(), subject="B"))) == "expiry.unknown"


@pytest.mark.parametrize("fates", each(["printed", "applied", "spoiled"], repeat=2))
def test_a_container_bears_a_label_and_no_other_is_loose(fates: tuple[str, ...]) -> None:
    printed = {f"L-{n}": seen(id=f"L-{n}", fate=fate) for n, fate in enumerate(fates)}
    c = seen(product=seen(labels=list(printed)), state=seen(labels=printed), subject="B")
    assert code(of_product.labels(c)) == ("labels.loose" if "printed" in fates else None if "applied" in fates else "labels.none")  # fmt: skip


@pytest.mark.parametrize(("visit", "occurrence", "subject"), each([None, "yearly"], [None, 0, 2], ["participant", "study"]))  # fmt: skip
def test_a_lock_is_named_for_what_it_covers(visit: str | None, occurrence: int | None, subject: str) -> None:
    data = {key: one for key, one in (("visit", visit), ("occurrence", occurrence)) if one is not None}
    scope = locked.scope_here(seen(command=seen(subject=subject), subject="S-1", data=data))
    number = f"#{occurrence}" if occurrence else ""
    assert scope == ("study" if subject == "study" else f"S-1/yearly{number}" if visit else "S-1")


@pytest.mark.parametrize(("lock", "voided", "digest"), each([False, True], [None, 7], ["right", "wrong"]))
def test_what_is_signed_is_the_hash_of_a_lock_that_stands(
    lock: bool, voided: int | None, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = seen(scope="S-1", voided=voided, digest="right") if lock else None
    monkeypatch.setattr(locked, "standing_lock", lambda *_: there)
    c = seen(command=seen(subject="participant"), subject="S-1", data={"digest": digest}, state=None)
    fits = lock and voided is None and digest == "right"
    long = locked.attested(seen(**vars(c) | {"data": {"digest": "0123456789abcdef"}}))
    assert long is not None
    assert long.details["digest"] == "0123456789ab"
    assert code(locked.attested(c)) == (None if fits else "attested.other")


@pytest.mark.parametrize(("any_lock", "voids", "hit"), each([False, True], repeat=3))
def test_what_is_locked_takes_nothing_in(any_lock: bool, voids: bool, hit: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(
        locked, "changed_by", lambda *_: seen(scope="S-1", at=at(), by="dm-1") if hit else None
    )
    found = locked.locked(seen(state=seen(locked={"S-1": 1} if any_lock else {}), command=seen(voids_locks=voids), body={}))  # fmt: skip
    assert code(found) == ("locked.closed" if any_lock and not voids and hit else None)
    if found is not None:
        assert found.details["since"] == at()[:10]
