"""One child, three weeks: from a phenopacket to the report, played in Chromium; the child is made up, and so is the amount, which is a portion of a plan that nobody has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from proband.facts.observation import Observation
from proband.programme import Programme, load, locate
from proband.showcase.people.fhir_files import write_bundles
from proband.showcase.people.phenopacket_files import write_phenopackets
from proband.terms import UncertainDate
from programme.test_bundled_eligibility import PRESENT, TODAY, absences, hpdl
from record.synthetic import Hospital

from .in_browser import check_accessible_and_fits
from .playing import ENGINES, PATIENCE, Screen, entering, store_for
from .staged import Stage, on_stage, sealed_forecast

pytest.importorskip("polars")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not os.environ.get("PROBAND_NIGHTLY"),
        reason="the story is played nightly (PROBAND_NIGHTLY=1): it takes minutes",
    ),
]

CHILD = "C-1"
BORN = "2017-03-01"
STAFF = {
    "neuro-1": ("investigator", "clinic"), "talk-1": ("consent-taker", "clinic"), "film-1": ("film-rater", "clinic"), "pharm-1": ("pharmacist", "clinic"),
    "pharm-2": ("second-pharmacist", "clinic"), "nurse-1": ("study-nurse", "clinic"), "stat-1": ("statistician", "clinic"), "safe-1": ("safety-physician", "clinic"),
}  # fmt: skip
#: everybody but the rater of the films
KNOW = ("custodian", "investigator", "consent-taker", "pharmacist", "second-pharmacist", "study-nurse", "statistician", "safety-physician")  # fmt: skip
ITEMS = ("walking_distance", "gait_quality", "gait_speed", "stairs", "stair_speed", "arising", "spasticity_adductors", "spasticity_knee",
         "weakness_hip", "weakness_foot", "contractures", "pain", "bladder_bowel")  # fmt: skip


def _bundle(folder: Path) -> Programme:
    """The shipped programme with an amount in it, which it has none of: so many portions of a plan that is made up."""
    shutil.copytree(locate("mitochondria-hpdl"), folder)
    yaml = YAML()
    product = yaml.load(folder / "product.yaml")
    product["regimens"][0]["dose"] = {"kind": "fixed", "amount": {"value": 1, "unit": "{portion}"}, "clause": "made up for a test"}  # fmt: skip
    yaml.dump(product, folder / "product.yaml")
    return load(folder)


@pytest.fixture(params=ENGINES)
def clinic(house: Hospital, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    stage = Stage(tmp_path / "record", "ONE-1", _bundle(tmp_path / "bundle"), STAFF, datetime(2026, 6, 1, 8, tzinfo=UTC), store=store_for(request))  # fmt: skip
    with on_stage(house, stage, KNOW):
        yield stage


def _facts(on: date) -> list[Observation]:
    """What is known of the child on a day: as it was on the day of the example, moved."""
    moved = on - TODAY
    whole = hpdl("")
    given = {(one.system, one.code) for one in whole}
    rules = load("mitochondria-hpdl").eligibility
    known = [*whole, *absences(rules, PRESENT["mitochondria-hpdl"], given)]
    fixed = ("birth-date", "onset-date")
    return [
        replace(
            one, subject=CHILD,
            when=one.when if one.code in fixed or one.day is None else UncertainDate.on(one.day + moved),
            attributes={**one.attributes, "hgvs": "c.1A>G"} if one.code == "variant" else one.attributes,
            text=BORN if one.code == "birth-date" else one.text,
        )
        for one in known
    ]  # fmt: skip


def _files(folder: Path, on: date) -> list[str]:
    """The phenopacket of the laboratory (signs and variants), and what the clinic has beside it."""
    facts = _facts(on)
    in_packet = [one for one in facts if one.code in ("birth-date", "sex", "variant")]
    write_phenopackets([in_packet], folder / "packet")
    write_bundles([[one for one in facts if one.code != "variant"]], folder / "clinic")
    packet, clinic = folder / "laboratory.json", folder / "clinic.json"
    (folder / "packet" / f"{CHILD}.json").rename(packet)
    (folder / "clinic" / f"{CHILD}.json").rename(clinic)
    return [str(packet), str(clinic)]


def _screened(doctor: Screen, stage: Stage, folder: Path) -> str:
    """Files are dropped, looked at, and accepted; gives what the page said of them before."""
    doctor.go(f"/drop/?participant={CHILD}")
    doctor.page.set_input_files("#files", _files(folder, stage.clock[0].date()))
    doctor.page.keyboard.press("Tab")
    doctor.page.click("form.panel button.btn")
    told = doctor.said
    assert "Record it" in told, told
    doctor.page.click("text=Record it")
    assert "Taken in" in doctor.said, doctor.said
    return told


AGREED = {
    "version": "parents-1", "language": "en", "age_years": "9", "majority_on": "2035-03-01", "by": "guardians", "capacity": "lacks", "assent": "yes",
    "teach_back": "\n".join(["yes"] * 5), "guardians.0.id": "G-1", "guardians.0.relation": "mother",
}  # fmt: skip
BOTH = AGREED | {"guardians.1.id": "G-2", "guardians.1.relation": "father"}


def _made(stage: Stage, bag: str, portions: float) -> None:
    """A container that was tested, labelled and released, as the first one was in the browser."""
    stage.do("product.make", bag, {"coi": "COI-1"}, "pharm-1")
    amount = {"value": portions, "unit": "{portion}"}
    stage.do("product.finish", bag, {"amount": amount, "expires_at": "2027-06-01T00:00:00.000Z"}, "pharm-1")
    for test in ("identity", "purity", "metals-solvents", "microbial"):
        stage.do("product.test", bag, {"test": test, "result": "conforms", "laboratory": "qc"}, "pharm-1")
    stage.do("label.print", bag, {"labels": [f"L-{bag}"], "coi": "COI-1"}, "pharm-1")
    stage.do("label.fate", bag, {"labels": [f"L-{bag}"], "fate": "applied"}, "pharm-1")
    stage.do("product.release", bag, {"route": "oral"}, "pharm-2")


def _checked(stage: Stage, second: Screen, bag: str, portions: float) -> None:
    second.do("dose.check", bag, {"participant": CHILD, "dose": f"{portions} {{portion}}", "prepared_by": "pharm-1"})  # fmt: skip


def _at_home(nurse: Screen, bag: str, portions: float) -> None:
    """The nurse with a phone: who, wristband, container, label; then what was given."""
    nurse.go("/bed/")
    check_accessible_and_fits(nurse.page, "/bed/")
    for name, scanned in (("participant", CHILD), ("wristband", CHILD), ("bag", bag), ("label", f"L-{bag}")):
        nurse.page.fill(f"#b-{name}", scanned)
        nurse.page.keyboard.press("Tab")
    nurse.press("form.panel > button")
    nurse.sign()
    assert "/event/" in nurse.page.url, nurse.said
    nurse.do("product.administer", bag, {"participant": CHILD, "coi": "COI-1", "wristband": CHILD, "bag": bag, "route": "oral", "dose": f"{portions} {{portion}}"})  # fmt: skip


def _filmed(rater: Screen, stage: Stage, visit: str, each: int) -> None:
    """Thirteen items of the scale, by the keyboard; the rater does not know on which day."""
    rater.go(f"/participant/{CHILD}/examine/sprs/")
    rater.page.focus(f'[name="i.{ITEMS[0]}"]')
    for item in ITEMS:
        rater.page.locator(f'[name="i.{item}"]').fill(str(each))
    rater.page.locator('[name="visit"]').select_option(visit)
    rater.page.locator('[name="on"]').fill(stage.today)
    rater.page.click('button[value="record"]')
    rater.page.wait_for_url("**/own-event/*/")


def _family(talker: Screen, browser: Any) -> Any:
    """The family's own page on a phone, by the link and the PIN that the team hands over."""
    talker.go(f"/participant/{CHILD}/")
    talker.page.click("text=A link for them")
    where, pin = talker.page.locator("dl.facts code").all_inner_texts()
    page = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark").new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(where.strip())
    page.fill('[name="pin"]', pin.strip())
    page.keyboard.press("Enter")
    page.wait_for_url("**/own/")
    return page


def test_one_child_three_weeks(clinic: Stage, browser: Any, address: str, tmp_path: Path) -> None:
    with entering(browser, address, clinic.staff) as enter:
        doctor, talker = enter("neuro-1"), enter("talk-1")
        second, stat = enter("pharm-2"), enter("stat-1")
        nurse, rater = enter("nurse-1", width=390, scheme="dark"), enter("film-1")

        # referral by the keyboard alone; a phenopacket and what the clinic has, dropped and accepted
        doctor.go(f"/do/participant.refer/?subject={CHILD}")
        doctor.page.focus("#reason")
        doctor.page.keyboard.type("from the clinic for metabolic disease")
        doctor.page.keyboard.press("Enter")
        doctor.page.wait_for_url("**/event/*/")
        told = _screened(doctor, clinic, tmp_path)
        assert "participant.screen, eligible" in told
        assert "Phenopacket" in told
        nurse.do("milestone.record", CHILD, {"milestone": "stairs-alone", "when": "September 2025", "reached": "yes"})  # fmt: skip
        # "in September" stays what it is: a month
        (lost,) = clinic.state.participants[CHILD].milestones.values()
        assert "2025-09" in str(lost["when"]) or "September" in str(lost["when"])

        # two guardians and the child's own word
        for said, why in (
            (AGREED, "gate.consent-form.guardians"),
            (BOTH | {"assent": "no"}, "gate.consent-form.assent"),
        ):
            talker.fill("consent.give", CHILD, said)
            talker.sign()
            assert why in talker.said, talker.said
        talker.do("consent.give", CHILD, BOTH)
        tasks = talker.go("/table/tasks/?q=majority")
        assert "2035-03-01" in tasks
        doctor.do("participant.enrol", CHILD, {"number": "1"})
        doctor.do("participant.allocate", CHILD, {"arm": "four-hb"})

        # the forecast is sealed by somebody outside the team; the packet is filled from the programme
        stat.go("/forecast/")
        check_accessible_and_fits(stat.page, "/forecast/")
        (tmp_path / "forecast.json").write_bytes(sealed_forecast(clinic))
        stat.page.set_input_files("#file", str(tmp_path / "forecast.json"))
        stat.page.click("form.panel button.btn")
        assert "handed-over" not in stat.said, "no page names a folder of the machine"
        stat.sign()
        packet = doctor.go("/packet/")
        for field in (
            "Indication",
            "Why nothing else will do",
            "Plan",
            "When to change or stop",
            "Letter of authorisation",
            "Ethics board",
        ):
            assert field in packet
        assert "portion" not in packet, "no amount is on a packet"
        check_accessible_and_fits(doctor.page, "/packet/")

        # before the first day
        clinic.wait(days=2)
        _filmed(rater, clinic, "baseline-1", 1)
        clinic.wait(days=26)
        _filmed(rater, clinic, "baseline-3", 3)
        clinic.wait(days=2)
        _screened(doctor, clinic, tmp_path)
        clinic.do("therapy.open", CHILD, {"coi": "COI-1", "regimen": "four-hb-oral"}, "pharm-1")
        _made(clinic, "P-1", 0.25)
        second.fill(
            "dose.check", "P-1", {"participant": CHILD, "dose": "1 {portion}", "prepared_by": "pharm-1"}
        )
        second.sign()
        assert "gate.dose.outside" in second.said, "the whole amount on the first day"
        _checked(clinic, second, "P-1", 0.25)
        _at_home(nurse, "P-1", 0.25)
        board = stat.go("/board/")
        assert "before the first dose" in board
        (seal,) = clinic.state.forecasts.values()
        assert seal["at"] < clinic.state.participants[CHILD].given[0].at
        assert not seal["retrospective"]

        # the steps of the plan, each on a verdict of its own; an event that is not serious
        for days, bag, portions in ((7, "P-2", 0.5), (14, "P-3", 1)):
            clinic.wait(days=days)
            _made(clinic, bag, portions)
            clinic.do("dose.check", bag, {"participant": CHILD, "dose": {"value": portions, "unit": "{portion}"}, "prepared_by": "pharm-1"}, "pharm-2")  # fmt: skip
            _screened(doctor, clinic, tmp_path)
            clinic.do("bedside.verify", bag, {"participant": CHILD, "wristband": CHILD, "bag": bag, "label": f"L-{bag}"}, "nurse-1")  # fmt: skip
            nurse.do("product.administer", bag, {"participant": CHILD, "coi": "COI-1", "wristband": CHILD, "bag": bag, "route": "oral", "dose": f"{portions} {{portion}}"})  # fmt: skip
        nurse.do("adverse-event.report", CHILD, {"event": "AE-1", "term": "loose stools for a day", "grade": "1", "serious": "no", "expected": "no", "onset": clinic.today, "aware_on": clinic.today})  # fmt: skip
        for days, visit, each in ((7, "week-4", 2), (56, "week-12", 1), (84, "week-24", 0)):
            clinic.wait(days=days)
            _filmed(rater, clinic, visit, each)

        # the report; the rater of the films is told nothing of it
        report = doctor.go(f"/participant/{CHILD}/one/")
        for said in ("Slope before", "Slope after", "Tipping point", "sealed before the first dose"):
            assert said in report
        assert "n = 1, 0 serious events" in report
        assert "the true rate could be as high as 95 %" in report
        assert "untreated need not believe this answer" in report or "No untreated course" in report
        check_accessible_and_fits(doctor.page, "the report")
        assert rater.page.goto(f"{address}/participant/{CHILD}/one/").status == 403

        # nothing is published without the family's word on the very line
        assert "Nothing of this person is published" in report
        (preview,) = [
            one
            for one in doctor.page.locator("code").all_inner_texts()
            if len(one) == 64 and one in report.partition("What others would read")[2]
        ]
        talker.fill("publication.approve", CHILD, {"preview": preview})
        talker.sign()
        assert "Refused" in talker.said
        family = _family(talker, browser)
        assert "watched" in family.inner_text("body"), "the line that others would read"
        check_accessible_and_fits(family, "/own/")
        family.context.close()
        talker.do("consent.give", CHILD, BOTH | {"publication": "yes"})
        talker.fill("publication.approve", CHILD, {"preview": "0" * 64})
        talker.sign()
        assert "Refused" in talker.said, "another line than the one that was shown"
        talker.do("publication.approve", CHILD, {"preview": preview})
        assert "The family has agreed to publication" in doctor.go(f"/participant/{CHILD}/one/")
    clinic.holds()
