"""A second hospital, an amendment, an inspector: played in Chromium, on SQLite and on PostgreSQL; what is copied is verified, and one changed byte is found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from proband.record import TABLES, verify_record
from proband.record.backup import backup, copy_keys, restore
from record.synthetic import CONSENT, WHY, Hospital, hospital, stands, view
from record.tampering import flip

from .conftest import PASSWORD
from .in_browser import check_accessible_and_fits
from .playing import ENGINES, PATIENCE, Screen, entering, playing, store_for

pytestmark = pytest.mark.browser

PEOPLE = 37


def _third() -> Any:
    """The third version: another text of consent, for which everybody is asked anew."""
    consent = view("2.0.0").model_dump(mode="json")["consent"]
    text = {"id": "text-3", "document": "consent/v3.md", "language": "en", "in_force": "2026-03-10", "supersedes": "text-2", "reconsent": "all", "what_changed": WHY}  # fmt: skip
    return view("3.0.0", consent={**consent, "versions": [*consent["versions"], text]})


@pytest.fixture(params=ENGINES)
def study(
    house: Hospital, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A hospital with 37 people on the second version; the third lies ready as the bundle of that name would."""
    from proband.record import errands
    from proband.registry import doing

    made = hospital(folder=tmp_path / "record", programme=view("2.0.0"), store=store_for(request))
    for number in range(1, PEOPLE + 1):
        person = f"S-{number:02d}"
        made.refer(person)
        made.screen(person)
        made.consent(person, "text-2")
        made.enrol(person)
    made.wait(days=12)
    # the invented programme has no files: what a bundle is read to is given in their place
    monkeypatch.setattr(doing, "bundle_that_ships", lambda name: name)
    monkeypatch.setattr(errands, "handed_over", lambda bundle: (_third(), None))
    with playing(house, made):
        yield made


def _consent(version: str) -> dict[str, str]:
    """What is typed of somebody who agrees to a version of the text."""
    return {name: str(said) for name, said in CONSENT.items()} | {
        "version": version,
        "teach_back": "yes\nyes",
    }


def _taken_on(custodian: Screen, browser: Any, person: str, site: str) -> Any:
    """Somebody new in a role at a site: signs in with what is told once, chooses a password, and is at work."""
    custodian.fill("staff.grant", person, {"role": "physician", "sites": site})
    custodian.sign()
    (once,) = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", custodian.said)
    custodian.do("staff.train", person, {"training": "gcp", "valid_until": "2030-01-01"})
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{custodian.address}/sign-in/")
    page.fill("#id_username", person)
    page.fill("#id_password", once)
    page.keyboard.press("Enter")
    page.wait_for_url("**/password/")
    for name, said in (("old", once), ("new", PASSWORD), ("again", PASSWORD)):
        page.fill(f"#id_{name}", said)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{custodian.address}/")
    return page


def test_a_second_hospital_an_amendment_and_an_inspector(
    study: Hospital, browser: Any, address: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    state = lambda: study.record.state  # noqa: E731
    with entering(browser, address) as enter:
        custodian, doctor = enter("sys-1"), enter("dr-1")

        # a second hospital: a site, somebody who works there, the first referral
        custodian.do("site.open", "west", {"jurisdiction": "GB"})
        name = f"west-{request.node.callspec.id}"
        there = _taken_on(custodian, browser, name, "west")
        there.goto(f"{address}/do/participant.refer/?subject=W-01")
        there.click("form.panel > .row button.btn")
        there.wait_for_url("**/event/*/")
        assert state().participants["W-01"].site == "west"
        there.goto(f"{address}/participant/S-01/")
        assert (
            "S-01" not in there.locator("main").inner_text().replace("/participant/S-01/", "")
            or "Refused" in there.content()
        )
        there.context.close()

        # the amendment is adopted while somebody has a page open on which they sign under the version of before
        doctor.fill("consent.give", "S-01", _consent("text-2"))
        waiting = doctor.page.url
        assert "/sign/" in waiting, doctor.said
        assert "2.0.0" in doctor.said
        adopted = custodian.do(
            "programme.adopt",
            "SYN",
            {"bundle": "synthetic", "changes": "a new text"},
            second=("dr-1", "physician"),
        )
        before = state().seq
        doctor.sign()
        assert "/event/" not in doctor.page.url, (
            "nothing is signed under another version than the one that was shown"
        )
        assert (
            state().seq == before
            or state().seq in state().invalid
            or "refused" in str(study.record.event(state().seq).body["event"])
        )
        doctor.page.goto(waiting)

        # everybody is brought to it by whoever does it, and is asked to consent anew
        page = custodian.go("/versions/")
        assert "Version 3.0.0 is in force" in page
        assert f"{PEOPLE + 1}\non 2.0.0" in page
        check_accessible_and_fits(custodian.page, "/versions/")
        other = custodian.context.new_page()
        other.goto(f"{address}/versions/")
        custodian.page.click("text=Bring those who are ticked")
        assert f"{PEOPLE + 1} brought to version 3.0.0" in custodian.said
        # a second tab that is older by then: everybody is there already, and nobody is brought twice
        other.click("text=Bring those who are ticked")
        assert f"0 brought to version 3.0.0, {PEOPLE + 1} refused" in other.locator("main").inner_text()
        other.close()
        assert [
            one.programme for one in state().participants.values() if one.programme != state().programme
        ] == []
        moved = [
            event.body for event in study.record.events() if event.body["event"] == "participant.migrated"
        ]
        assert len(moved) == len({body["subject"] for body in moved}) == PEOPLE + 1, (
            "sent twice it is one event each"
        )
        assert {(body["actor"], body["role"]) for body in moved} == {("sys-1", "custodian")}
        asked = [task for task in state().tasks.values() if task.kind == "reconsent" and task.done is None]
        assert len(asked) == PEOPLE
        study.wait(days=1)
        doctor.do("consent.give", "S-01", _consent("text-3"))
        assert (
            len([task for task in state().tasks.values() if task.kind == "reconsent" and task.done is None])
            == PEOPLE - 1
        )

        # an entry, a query, a correction with its reason, lock and signature
        day = study.now[:10]
        visit = {"visit": "baseline", "on": day, "instrument": "pain-nrs", "items": "pain = 7"}
        entry = doctor.do("outcome.record", "S-01", visit)
        doctor.do(
            "query.open",
            "Q-1",
            {"about": str(entry), "field": "items", "text": "seven, and six in the notes?"},
        )
        doctor.do("query.answer", "Q-1", {"text": "six"})
        right = json.dumps({"visit": "baseline", "on": day, "instrument": "pain-nrs", "items": {"pain": 6}})
        corrected = doctor.do(
            "event.correct",
            "S-01",
            {"event": "outcome.recorded", "data": right},
            corrects=str(entry),
            reason="read wrongly from the notes",
        )
        doctor.do("query.close", "Q-1", {"text": "put right"})
        custodian.do("participant.lock", "S-01", {"visit": "baseline"})
        signed = doctor.do("participant.sign", "S-01", {"visit": "baseline"})
        doctor.fill("outcome.record", "S-01", visit)
        assert "gate.locked" in doctor.said, "nothing new goes into what is locked"
        assert "no longer" not in custodian.go(f"/event/{signed}/")
        # the truth goes in all the same, and the signature under what it changed is struck through
        again = doctor.do(
            "event.correct",
            "S-01",
            {"event": "outcome.recorded", "data": right.replace('"pain": 6', '"pain": 5')},
            corrects=str(corrected),
            reason="read once more",
        )
        assert f"The signature counts no longer: event {again}" in custodian.go(f"/event/{signed}/")
        assert custodian.page.locator("dd del").count() == 1

        # who, what, when, why, under which version
        page = custodian.go("/audit/?event=participant.migrated&actor=sys-1")
        assert f"{len(moved)} events" in page
        page = custodian.go("/history/S-01/?field=items")
        for word in ("7", "6", "dr-1", "read wrongly from the notes", "3.0.0"):
            assert word in page
        page = custodian.go(f"/event/{adopted}/")
        for word in ("sys-1", "dr-1", "adoption", study.record.event(adopted).body["day"]):
            assert word in page
        assert "signed" in custodian.go(f"/event/{signed}/")

        # nothing is an orphan: whatever names somebody names somebody who is there; exports are counted at both ends
        get = custodian.context.request.get
        for table in TABLES:
            answer = get(f"{address}/api/tables/{table}").json()
            assert all(
                row["participant"] in state().participants for row in answer if row.get("participant")
            ), table
            rows = get(f"{address}/table/{table}/?as=csv")
            assert int(rows.headers["x-proband-rows"]) == len(answer), table

        # a copy of one's own, checked from the disk without us and without a network
        log, verifier = get(f"{address}/audit/log.jsonl").body(), get(f"{address}/audit/verifier.html").body()
        (tmp_path / "verifier.html").write_bytes(verifier)
        (tmp_path / "log.jsonl").write_bytes(log)
        (tmp_path / "other.jsonl").write_bytes(log.replace(b"pain-nrs", b"pain-nrt", 1))
        alone = browser.new_context(offline=True).new_page()
        alone.set_default_timeout(PATIENCE)
        for name, holds in (("log", "true"), ("other", "false")):
            alone.goto((tmp_path / "verifier.html").as_uri())
            alone.set_input_files("#log", str(tmp_path / f"{name}.jsonl"))
            alone.click("text=Check it")
            alone.wait_for_selector("#verdict:not(:empty)")
            assert alone.get_attribute("#verdict", "data-holds") == holds
        alone.context.close()
        custodian.go("/audit/")
        custodian.page.click("text=Check chain")
        assert "The log holds" in custodian.said

    # restored from a backup into a second folder, it holds; with one byte changed it does not
    backup(study.record, tmp_path / "backup.zip")
    copy_keys(study.record.folder, tmp_path / "keys")
    report = restore(
        tmp_path / "backup.zip", tmp_path / "second", keys=tmp_path / "keys", clock=study.record.clock
    )
    assert report.ok
    assert verify_record(tmp_path / "second").ok
    flip(tmp_path / "second", entry)
    assert not verify_record(tmp_path / "second").ok
    stands(study)
