"""The record allocates: whoever asks names a participant and gets a place; nobody else says an arm, and nobody can look at the next one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from proband.record import Record, verify_record
from proband.record.commands import Command, Signature
from proband.record.confidential import arms_by_list, erase, list_of
from proband.record.errands import carry_out
from proband.record.errors import RecordError, Refused
from proband.record.events import canonical
from proband.record.places import arms_of, places_of, plan_sealed
from proband.record.verify import verify_store
from proband.trial.allocation import commitment, plan_of
from proband.trial.allocation.lists import place_commitment, place_salt, read_list

from .masked import MASKED, admitted, alike, drawn, given, seal_list, stocked, trial
from .synthetic import WHY, Hospital, hospital, view
from .synthetic import by as sent_by

SEED = bytes(range(32))
GRADE = {"stratum": {"grade": "grade A"}}


@pytest.fixture
def house(where: str) -> Any:
    """A masked trial, on SQLite and on PostgreSQL."""
    made = hospital(where, programme=view(**alike(), allocation=drawn(), masking=MASKED))
    seal_list(made, SEED)
    return made


def enrolled(house: Hospital, person: str) -> None:
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step(person)


@pytest.mark.parametrize(
    "told", [{"index": 1}, {"index": 7}, {"arm": "cells"}, {"arm": "vehicle"}, {"scheme": "f" * 64}, {"place": "a" * 64}, {"sealed_arm": "AAAA"}]
)  # fmt: skip
@pytest.mark.parametrize("masked", [True, False])
def test_a_caller_says_neither_place_nor_arm(told: dict[str, Any], masked: bool) -> None:
    """The refusal is the same whatever the next arm is: by trying, nobody learns it."""
    house = trial(masked=masked, seed=SEED)
    enrolled(house, "S-1")
    for data in (told, told | GRADE):
        for do in (house.record.execute, lambda one: house.record.rehearse([one])[0]):
            command = Command(
                "participant.allocate", "S-1", data, actor="dr-1", role="physician", site="north"
            )
            try:
                answer = do(command)
            except RecordError as error:
                code = error.code
            else:
                code = answer.error.code
            assert code == "record.allocation.given"
    assert house.record.state.participants["S-1"].allocated_at is None


def test_on_either_engine_what_a_caller_says_of_a_place_is_refused(house: Hospital) -> None:
    enrolled(house, "S-1")
    for told in ({"index": 1}, {"arm": "cells"}, {"arm": "vehicle"}, {"scheme": "f" * 64}, {"place": "a" * 64}, {"sealed_arm": "AAAA"}):  # fmt: skip
        with pytest.raises(RecordError) as refused:
            house.do("participant.allocate", "S-1", {**told, **GRADE})
        assert refused.value.code == "record.allocation.given"
    assert house.record.state.participants["S-1"].allocated_at is None


def test_what_would_follow_an_allocation_is_not_tried_and_no_prompt_opens_a_place() -> None:
    """In an open trial the refusal of a second step of a batch told the arm, and so did a prompt."""
    house = trial(masked=False, seed=SEED)
    enrolled(house, "S-1")
    by = {"actor": "dr-1", "role": "physician", "site": "north"}
    allocate = Command("participant.allocate", "S-1", dict(GRADE), **by)
    opened = [
        house.record.rehearse(
            [allocate, Command("therapy.open", "S-1", {"coi": "C-1", "regimen": regimen}, **by)]
        )
        for regimen in ("spinal", "spinal-vehicle")
    ]
    assert [[one.error and one.error.code for one in each] for each in opened] == [
        [None, "record.command.drawn"]
    ] * 2
    with pytest.raises(RecordError, match="sealed"):
        house.record.prompts(allocate)
    corrected = Command("event.correct", "S-1", {"event": "participant.allocated", "data": dict(GRADE)}, reason=WHY, corrects=3,
                        signatures=[Signature("dr-1", "physician", "scripted")], **by)  # fmt: skip
    try:
        settled, _ = house.record.prompts(corrected)
        assert settled.data["data"] == GRADE
    except RecordError:
        pass
    # the same command sent twice is done once, and says the same
    allocate.key = "once"
    first, again = house.record.execute(allocate), house.record.execute(allocate)
    assert (again.repeated, again.body) == (True, first.body)


def test_places_are_those_of_the_list_and_every_commitment_opens_alone(house: Hospital) -> None:
    for n in range(1, 9):
        admitted(house, f"S-{n}", "grade A" if n % 3 else "grade B")
    state = house.record.state
    sealed = state.schemes[-1]
    plan = plan_sealed(sealed)
    assert plan is not None
    places = places_of(state, sealed["commitment"])
    arms = arms_of(SEED, plan, places)
    assert arms_by_list(house.record) == {one.participant: arm for one, arm in zip(places, arms, strict=True)}
    for place, arm in zip(places, arms, strict=True):
        salt = place_salt(SEED, place.place)
        assert place_commitment(salt, "SYN", place.place, place.participant, arm) == place.commitment
        other = "vehicle" if arm == "cells" else "cells"
        for wrong in (
            (salt, place.place, place.participant, other),
            (salt, place.place, "S-99", arm),
            (salt, place.place + 1, place.participant, arm),
        ):
            assert place_commitment(wrong[0], "SYN", *wrong[1:]) != place.commitment
    assert len({one.commitment for one in places}) == len(places)
    # no arm stands in any event that speaks of them
    for event in house.record.events():
        if event.body["event"] in ("participant.allocated", "kit.received", "kit.assigned"):
            assert b"vehicle" not in event.raw
            assert b"cells" not in event.raw


def verified(house: Hospital, seed: bytes | None = None) -> Any:
    from proband.record.sealed_lists import kept_kit, kit_is_kept
    from proband.trial.allocation.lists import SealedList

    vault = house.record.vault
    sealed = None
    if seed is not None:
        held = SealedList(seed, "")
        sealed = (lambda one: held if held.commitment == one else None,
                  lambda kit, said: kept_kit(vault, said) if kit_is_kept(vault, said) else None)  # fmt: skip
    return verify_store(house.record.store, "SYN", None, {}, sealed=sealed)


def test_without_the_list_order_and_commitments_are_proven_and_it_says_so(house: Hospital) -> None:
    for n in range(1, 5):
        admitted(house, f"S-{n}")
    without, with_list = verified(house).allocation, verified(house, SEED).allocation
    assert (without.places, without.proven, without.doses, without.furthest) == (4, False, None, None)
    assert "no arm is proven without the sealed list" in str(without)
    assert (with_list.places, with_list.proven, with_list.doses) == (4, True, 0)
    report = verified(house, bytes(32))
    assert [one.kind for one in report.findings if one.kind == "allocation"] == ["allocation"]
    assert not report.ok


def forged(house: Hospital, person: str, **changes: Any) -> None:
    """An event of an allocation as somebody would write it who has the door and not the list."""
    state = house.record.state
    body = next(
        event.body for event in house.record.events() if event.body["event"] == "participant.allocated"
    )
    data = {**body["data"], "index": state.allocations + 1, **changes}
    now = {
        **body,
        "subject": person,
        "key": f"forged-{person}",
        "data": data,
        "at": house.now,
        "recorded": house.now,
    }
    house.record._append(now, now["key"])


def test_a_place_of_another_arm_that_a_door_put_in_is_found_with_the_list_alone(house: Hospital) -> None:
    admitted(house, "S-1")
    enrolled(house, "S-2")
    forged(house, "S-2", place="c" * 64)
    assert house.record.state.participants["S-2"].place == "c" * 64
    assert verified(house).rules_ok
    assert not [one for one in verified(house).findings if one.kind == "allocation"]
    assert [one.kind for one in verified(house, SEED).findings if one.kind == "allocation"] == ["allocation"]


@pytest.mark.parametrize(
    ("changes", "gate"),
    [({"index": 3}, "scheme"), ({"index": 1}, "scheme"), ({"scheme": "f" * 64}, "scheme"), ({"place": None}, "scheme"), ({"arm": "cells"}, "scheme"),
     ({"sealed_arm": "AAAA"}, "scheme"), ({"stratum": {}}, "scheme"), ({"stratum": {"grade": "grade Z"}}, "scheme"),
     ({"stratum": {"grade": "grade A", "more": "x"}}, "scheme")],
)  # fmt: skip
def test_what_does_not_follow_the_sealed_list_is_void_whatever_way_it_came(
    house: Hospital, changes: dict[str, Any], gate: str
) -> None:
    admitted(house, "S-1")
    enrolled(house, "S-2")
    refused = house.record._append  # a door without a command
    before = house.record.state.seq
    forged(house, "S-2", **changes)
    assert house.record.state.seq == before
    assert refused is not None
    assert house.record.state.participants["S-2"].allocated_at is None
    assert gate == "scheme"


def test_a_list_is_of_the_programme_s_plan_and_no_other_takes_its_place_once_people_have_places(
    house: Hospital,
) -> None:
    with pytest.raises(Refused, match="before"):
        seal_list(house, SEED)
    seal_list(house, bytes(32))
    admitted(house, "S-1")
    with pytest.raises(Refused, match="places"):
        seal_list(house, b"\1" * 32)
    # amended in its allocation, the programme needs a list of its new plan
    house.changes = {**alike(), "allocation": drawn(block_sizes=[4]), "masking": MASKED}
    house.amend()
    house.refer("S-2")
    house.screen("S-2")
    house.consent("S-2", "text-2")
    house.enrol("S-2")
    with pytest.raises(Refused) as stale:
        house.do("participant.allocate", "S-2", GRADE)
    assert "scheme" in stale.value.gates
    seal_list(house, b"\2" * 32)
    house.do("participant.allocate", "S-2", GRADE)
    assert house.record.state.participants["S-2"].allocation_index == 2


def test_a_block_of_one_is_no_plan_at_all() -> None:
    """It would tell each next arm; the programme itself is refused."""
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        view(**alike(), allocation=drawn(block_sizes=[1]))


@pytest.mark.parametrize("sizes", [[3], [2, 3], [5]])
def test_a_plan_that_cannot_be_carried_out_is_not_sealed(sizes: list[int]) -> None:
    house = hospital(programme=view(**alike(), allocation=drawn(block_sizes=sizes)))
    with pytest.raises(Refused, match="cannot be carried out"):
        seal_list(house, SEED)


def by(
    verb: str,
    subject: str,
    data: dict[str, Any],
    actor: str = "dr-1",
    role: str = "physician",
    site: str = "north",
) -> Command:
    return sent_by(actor, role, site, verb, subject, data, reason=WHY)


def test_a_list_is_handed_over_and_hashed_by_the_record(tmp_path: Path) -> None:
    house = hospital(programme=view(**alike(), allocation=drawn(), masking=MASKED), folder=tmp_path / "r")
    plan = house.record.state.view.plan  # type: ignore[union-attr]
    from proband.trial.allocation.draw import sealed_list
    from proband.trial.allocation.lists import SealedList

    whole = SealedList(SEED, plan.hash).as_dict() | {"sequences": sealed_list(SEED, plan, 6)}
    broken = [
        whole | {"commitment": "a" * 64}, whole | {"plan": "b" * 64}, whole | {"seed": "00"}, {"seed": SEED.hex()},
        whole | {"sequences": {name: arms[::-1] for name, arms in whole["sequences"].items()}},
        whole | {"sequences": dict(list(whole["sequences"].items())[:1])},
    ]  # fmt: skip
    file = tmp_path / "list.json"
    for one in broken:
        file.write_bytes(canonical(one))
        with pytest.raises(RecordError):
            carry_out(
                house.record, by("allocation.seal", "SYN", {"list": str(file)}, "sys-1", "custodian", "*")
            )
    assert house.record.state.schemes == []
    file.write_bytes(canonical(whole))
    done = carry_out(
        house.record, by("allocation.seal", "SYN", {"list": str(file)}, "sys-1", "custodian", "*")
    )
    assert done.told["commitment"] == commitment(SEED)
    assert read_list(file.read_bytes(), file, plan).seed == SEED
    house.record.close()


def test_reserved_names_are_nobody_s(where: str) -> None:
    """A participant called study let the custodian read the seed, and erasing him destroyed it."""
    house = hospital(where)
    for name in ("study", "record", "recovery", "allocation", "SYN"):
        for verb, actor, role, site, data in (
            ("participant.refer", "dr-1", "physician", "north", {}),
            ("staff.grant", "sys-1", "custodian", "*", {"role": "nurse", "sites": ["north"]}),
            ("site.open", "sys-1", "custodian", "*", {"jurisdiction": "GB"}),
        ):
            with pytest.raises(Refused) as refused:
                house.do(verb, name, data, actor=actor, role=role, site=site)
            assert "name" in refused.value.gates


def test_erasing_everybody_destroys_nothing_of_the_list(tmp_path: Path) -> None:
    house = trial(tmp_path / "r", seed=SEED)
    for n in range(1, 5):
        admitted(house, f"S-{n}")
    before = arms_by_list(house.record)
    for n in range(1, 5):
        command = by(
            "participant.erase",
            f"S-{n}",
            {"legal_basis": "asked for", "scope": "all"},
            "sys-1",
            "custodian",
            "*",
        )
        erase(house.record, command)
    assert arms_by_list(house.record) == before
    assert list_of(house.record).seed == SEED
    # the seed is no field of anybody
    fields = [house.record.vault.fields(name) for name in ("study", "S-1", "SYN")]  # type: ignore[union-attr]
    assert fields == [[], [], []]
    house.record.close()
    assert verify_record(tmp_path / "r", sealed_list="vault").ok


def test_a_wrong_factor_is_corrected_and_reported_and_counts_for_whoever_comes_after(where: str) -> None:
    """Minimisation balances by what was known then: the place stands, and the replay is whole."""
    house = hospital(where, programme=view(**alike(), allocation=drawn("minimisation"), masking=MASKED))
    seal_list(house, SEED)
    for n in range(1, 7):
        admitted(house, f"S-{n}", "grade A" if n % 2 else "grade B")
    before = dict(arms_by_list(house.record))
    for data, problem in (({"factor": "grade", "level": "grade A"}, "already"), ({"factor": "grade", "level": "no such"}, "none of"),
                          ({"factor": "weight", "level": "grade A"}, "no factors")):  # fmt: skip
        with pytest.raises(Refused, match=problem):
            house.do("allocation.correct", "S-1", data)
    house.do("allocation.correct", "S-1", {"factor": "grade", "level": "grade B"})
    for n in range(7, 13):
        admitted(house, f"S-{n}", "grade A" if n % 2 else "grade B")
    after = arms_by_list(house.record)
    assert {name: after[name] for name in before} == before
    report = verified(house, SEED)
    assert report.ok is False or not [one for one in report.findings if one.kind == "allocation"]
    assert report.allocation.corrected == 1
    assert "1 factors corrected" in str(report.allocation)
    # with the factor as it was first said, somebody later would have come to another arm for some seed: the correction counts
    state = house.record.state
    places = places_of(state, state.schemes[-1]["commitment"])
    plan = plan_sealed(state.schemes[-1])
    assert plan is not None
    different = 0
    for number in range(40):
        seed = number.to_bytes(32, "big")
        as_known = arms_of(seed, plan, places)
        for place in places:
            place.corrected, kept = [], place.corrected
            place.stratum = {**place.stratum, **{factor: level for _, factor, level in kept}}
        different += arms_of(seed, plan, places) != as_known
        places = places_of(state, state.schemes[-1]["commitment"])
    assert different


def test_a_correction_of_a_factor_after_the_lock_voids_it_and_is_in_the_history(tmp_path: Path) -> None:
    from proband.record.history import history
    from proband.record.tables import table

    house = trial(tmp_path / "r", seed=SEED)
    admitted(house, "S-1")
    house.do("participant.lock", "S-1", {}, actor="sys-1", site="*")
    house.do("allocation.correct", "S-1", {"factor": "grade", "level": "grade B"})
    (lock,) = table(house.record.state, "locks")
    assert lock["standing"] == "void"
    assert [
        one.new for one in history(house.record, "S-1", "allocation.corrected") if one.field.endswith("level")
    ] == ["grade B"]
    (row,) = table(house.record.state, "allocations")
    assert (row["levels"], "grade: grade B" in row["corrected"]) == ("grade: grade A", True)
    house.record.close()


def test_an_emergency_answers_at_once_and_is_seen_by_all(house: Hospital) -> None:
    from proband.record.findings import board_pack
    from proband.record.tables import table

    admitted(house, "S-1")
    refused = pytest.raises(Refused)
    with refused:
        house.do("allocation.unblind", "S-1", {"urgency": "emergency"}, reason=None)
    # at a site that has closed since, by a physician of another one
    house.do("site.close", "north", {}, actor="sys-1", site="*")
    arm = arms_by_list(house.record)["S-1"]
    done = carry_out(
        house.record, by("allocation.unblind", "S-1", {"urgency": "emergency"}, "dr-2", site="south")
    )
    assert done.told == {"arm": arm}
    assert done.receipt.body["data"] == {"urgency": "emergency", "arm": None}
    state = house.record.state
    (row,) = table(state, "unblindings")
    assert (row["kind"], row["participant"], row["by"]) == ("emergency", "S-1", "dr-2")
    pack = board_pack(state).as_dict()
    assert [one["participant"] for one in pack["unblindings"]] == ["S-1"]
    assert arm not in canonical(pack).decode().replace("synthetic", "")
    assert [task.kind for task in state.tasks.values() if task.done is None] == ["alarm"]


def test_reading_many_arms_is_a_read_of_a_role_and_unblinds_nobody_else(house: Hospital) -> None:
    for n in range(1, 4):
        admitted(house, f"S-{n}")
    with pytest.raises(Refused):
        carry_out(house.record, by("allocation.read", "SYN", {}, "nurse-1", "nurse"))
    done = carry_out(house.record, by("allocation.read", "SYN", {"participants": ["S-1", "S-3"]}))
    every = arms_by_list(house.record)
    assert done.told["arms"] == {name: every[name] for name in ("S-1", "S-3")}
    assert carry_out(house.record, by("allocation.read", "SYN", {})).told["arms"] == every
    assert not any(person.unblinded for person in house.record.state.participants.values())
    assert [one["kind"] for one in house.record.state.unblindings.values()] == ["read", "read"]


def test_the_list_is_handed_out_once_the_study_is_locked_and_proves_everything(tmp_path: Path) -> None:
    house = trial(tmp_path / "r", seed=SEED)
    admitted(house, "S-1")
    stocked(house, {"K-1": "cells", "K-2": "vehicle"})
    house.do("kit.assign", "S-1")
    given(house, "S-1")
    out = tmp_path / "list.json"
    ask = by("allocation.disclose", "SYN", {"out": str(out)}, "sys-1", "custodian", "*")
    with pytest.raises(Refused, match="locked"):
        carry_out(house.record, ask)
    assert not out.exists()
    house.do("study.lock", "SYN", {}, actor="sys-1", site="*")
    carry_out(house.record, ask)
    assert out.stat().st_mode & 0o777 == 0o600
    house.record.close()
    report = verify_record(tmp_path / "r", sealed_list=out)
    assert report.ok, report
    assert (report.allocation.proven, report.allocation.doses) == (True, 1)  # type: ignore[union-attr]


def test_a_view_says_the_plan_of_its_bundle() -> None:
    from proband.programme import load
    from proband.record import view_of

    for name in ("liver-cells", "spinal-cord-autologous"):
        loaded = load(name)
        made = view_of(loaded)
        assert made.plan == plan_of(loaded)
        # a log that was begun before views said the forms finds them in the arms
        before = made.model_copy(update={"forms": []}).plan
        assert [before.open_to(form) for form in before.forms] == [
            made.plan.open_to(form) for form in made.plan.forms
        ]


#: whether the one dose of a kept log went to somebody of the other arm, which its gates could not see
WRONGLY_TREATED = {"open-blocked": False, "masked-blocked": True, "masked-minimisation": False}


@pytest.mark.parametrize("name", ["open-blocked", "masked-blocked", "masked-minimisation"])
def test_a_log_of_version_4_opens_verifies_by_its_own_rules_and_goes_on_under_these(
    tmp_path: Path, name: str
) -> None:
    import tarfile

    with tarfile.open(Path(__file__).parent / "logs" / f"version-4-{name}.tar.xz") as kept:
        kept.extractall(tmp_path, filter="data")
    folder = tmp_path / name
    report = verify_record(folder)
    assert report.ok, report
    assert report.allocation is not None
    assert not report.allocation.proven
    with_list = verify_record(folder, sealed_list="vault")
    assert with_list.allocation is not None
    assert with_list.allocation.places == 8
    # that version let cells go to whoever had an arm under seal: with the list it is seen
    told = [one.message for one in with_list.findings if one.kind == "allocation"]
    assert not [one for one in told if "sealed seed" in one]
    assert with_list.allocation.doses == 1
    assert bool(told) == WRONGLY_TREATED[name]
    record = Record.open(folder)
    arms = {person.id: person.arm for person in record.state.participants.values()}
    told = carry_out(record, by("allocation.unblind", "S-3", {"urgency": "planned"}))
    assert told.told["arm"] in ("cells", "care")
    assert arms["S-3"] in (None, told.told["arm"])
    # a place by the old scheme is no place any more: the plan of the programme is sealed anew
    carry_out(record, by("allocation.seal", "SYN", {}, "sys-1", "custodian", "*"))
    assert record.state.schemes[-1]["plan"]["method"] == record.state.schemes[0]["method"]
    record.close()
    assert verify_record(folder).ok


# another plan in mid-block, and back


@pytest.mark.parametrize("method", ["stratified-blocked", "minimisation"])
def test_who_goes_back_to_an_earlier_plan_goes_on_with_its_list(tmp_path: Path, method: str) -> None:
    """An amendment in mid-block needs a list of its own plan; back at the first plan, its list goes on where it was left, and another one of it is sealed by nobody."""
    house = trial(tmp_path / "r", masked=False, method=method, seed=SEED)
    first = house.record.state.schemes[-1]["commitment"]
    for n in range(1, 4):
        admitted(house, f"S-{n}")
    kept = house.changes
    other = drawn() if method == "minimisation" else drawn(block_sizes=[6])

    def onto(version: str, changes: dict[str, Any]) -> None:
        house.changes = changes
        house.amend(version)

    def came(person: str) -> None:
        house.refer(person)
        house.screen(person)
        house.consent(person, "text-2")
        house.enrol(person)

    onto("2.0.0", kept | {"allocation": other})
    came("S-4")
    with pytest.raises(Refused) as refused:
        house.do("participant.allocate", "S-4", {"stratum": {"grade": "grade A"}})
    assert refused.value.gates == ["scheme"]
    seal_list(house, bytes(reversed(SEED)))
    house.do("participant.allocate", "S-4", {"stratum": {"grade": "grade A"}})
    onto("3.0.0", kept)
    came("S-5")
    with pytest.raises(Refused):
        seal_list(house, b"x" * 32)
    house.do("participant.allocate", "S-5", {"stratum": {"grade": "grade A"}})
    people = house.record.state.participants
    assert [people[f"S-{n}"].scheme == first for n in range(1, 6)] == [True, True, True, False, True]
    assert people["S-5"].allocation_index == 5
    # both lists prove all five, one of them alone does not
    both = list_of(house.record)
    assert len(both.earlier) == 1
    house.record.close()
    whole, part = tmp_path / "both.json", tmp_path / "one.json"
    whole.write_text(json.dumps(both.as_dict()))
    part.write_text(json.dumps({k: v for k, v in both.as_dict().items() if k != "earlier"}))
    proven = verify_record(tmp_path / "r", sealed_list=whole)
    assert proven.findings == []
    assert proven.allocation is not None
    assert proven.allocation.proven
    assert [one.kind for one in verify_record(tmp_path / "r", sealed_list=part).findings] == ["allocation"]
