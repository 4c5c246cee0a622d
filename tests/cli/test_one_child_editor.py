"""An invented gene editor for one child, written from the docs, played from referral to the last visit by the command line; only the clock is moved by the test."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from proband.cli.app import run as program
from proband.pages.site import build
from proband.programme import load
from proband.programme.loading import check
from proband.trial.headline.claimed import claimed_headlines
from terminal import Clock, Terminal

#: the day on which its claims were checked: they rot, as those of every page do
CHECKED = date(2026, 11, 30)
BUNDLE = Path(__file__).parent.parent / "programmes" / "one-child-editor"
GCP, BED, MADE = (
    ["good-clinical-practice", "protocol"],
    ["protocol", "bedside-check"],
    ["gmp", "label-control"],
)
STAFF = {
    "dr-1": ("investigator", GCP), "ct-1": ("consent-taker", GCP), "ex-1": ("examiner", ["protocol"]), "pr-1": ("preparer", MADE),
    "qa-1": ("releaser", MADE), "qa-2": ("releaser", MADE), "nu-1": ("bedside-nurse", BED), "bp-1": ("bedside-physician", BED),
    "sb-1": ("safety-board", ["charter"]),
}  # fmt: skip
SEEN = {
    "age": {"low": 4.0, "high": 5.0}, "has_condition": {"truth": True}, "can_consent": {"truth": False}, "infection_now": {"truth": False},
    "same_kind_before": {"truth": False},
}  # fmt: skip


class Ward(Terminal):
    """A record that is written by the command line alone, and a clock."""

    def __init__(self, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(clock)
        self.capsys = capsys

    def say(self, *words: str, ends: int = 0) -> Any:
        code = program([*words, "--json"])
        told = self.capsys.readouterr()
        assert code == ends, told.out + told.err
        return json.loads(told.out)

    def do(self, verb: str, subject: str, actor: str, *words: str, data: dict[str, Any] | None = None) -> Any:
        return self.say(*self.words(verb, subject, actor, *words, data=data))

    def refused(
        self, verb: str, subject: str, actor: str, *words: str, data: dict[str, Any] | None = None
    ) -> str:
        code: str = self.say(*self.words(verb, subject, actor, *words, data=data), ends=3)["error"]["code"]
        return code

    # the steps of this programme

    def screen(self) -> None:
        facts = {"through": "screening", "as_of": self.today, "values": SEEN}
        self.do(
            "participant.screen", "C-1", "dr-1", data={"outcome": "eligible", "reasons": [], "facts": facts}
        )

    def consent(self, version: str = "v1") -> None:
        self.do("consent.give", "C-1", "ct-1", data={
            "version": version, "language": "en", "age_years": 4, "by": "guardians", "majority_on": "2040-05-01", "capacity": "lacks", "teach_back": [True, True, True],
            "guardians": [{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}], "assent": "not-asked"})  # fmt: skip

    def weigh(self, kg: float) -> None:
        self.do("measurement.record", "C-1", "ex-1", "--what", "weight", "--value", f"{kg} kg")

    def make(self, bag: str, mg: float) -> None:
        """A vial of the editor: nothing of the child goes into it."""
        self.do("product.make", bag, "pr-1", "--coi", "COI-1")
        self.do(
            "product.step",
            bag,
            "pr-1",
            "--step",
            "formulation",
            "--operators",
            "pr-1",
            "--lots",
            "LIPID-1",
            "--start",
            self.stamp,
            "--end",
            self.stamp,
        )
        until = (self.clock.now + timedelta(days=200)).isoformat(timespec="seconds")
        self.do("product.finish", bag, "pr-1", "--amount", f"{mg} mg", "--expires-at", until)
        for test, result in (
            ("identity", "conforms"),
            ("sterility", "negative"),
            ("endotoxin", "conforms"),
            ("potency", "conforms"),
        ):
            self.do(
                "product.test",
                bag,
                "qa-1",
                "--test",
                test,
                "--result",
                result,
                "--laboratory",
                "quality control",
            )
        self.do("label.print", bag, "pr-1", "--labels", f"L-{bag}", "--coi", "COI-1")
        self.do("label.fate", bag, "pr-1", "--labels", f"L-{bag}", "--fate", "applied")
        for who in ("qa-1", "qa-2"):
            self.do("product.release", bag, who, "--route", "intravenous")

    def checked(self, bag: str, mg: float) -> None:
        self.do(
            "dose.check", bag, "qa-1", "--participant", "C-1", "--dose", f"{mg} mg", "--prepared-by", "pr-1"
        )

    def scans(self, bag: str) -> tuple[str, ...]:
        return ("bedside.verify", bag, "nu-1", "--participant", "C-1", "--wristband", "C-1", "--bag", bag, "--label", f"L-{bag}", "--sign", "bp-1:bedside-physician")  # fmt: skip

    def prepare(self, bag: str, mg: float) -> None:
        self.checked(bag, mg)
        self.do(*self.scans(bag))

    def given(self, bag: str, mg: float, *words: str) -> tuple[str, ...]:
        return (
            "product.administer", bag, "nu-1", "--participant", "C-1", "--coi", "COI-1", "--wristband", "C-1", "--bag", bag, "--route", "intravenous",
            "--dose", f"{mg} mg", *words,
        )  # fmt: skip

    def antihistamine(self, mg: float) -> None:
        self.do(
            "companion.give",
            "C-1",
            "nu-1",
            "--companion",
            "antihistamine",
            "--route",
            "intravenous",
            "--dose",
            f"{mg} mg",
        )


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ward:
    monkeypatch.chdir(tmp_path)
    clock = Clock(step=timedelta(0))
    clock.keeps_records(monkeypatch)
    return Ward(clock, capsys)


def test_the_bundle_checks_clean_and_its_page_shows_no_dose() -> None:
    report = check(BUNDLE, on=CHECKED)
    assert report.errors == report.warnings == report.todos == ()
    programme = load(BUNDLE)
    site = build([programme], [claimed_headlines(programme)], on=CHECKED)
    html = " ".join(page.html for page in site.pages)
    assert "An invented gene editor for one child" in html
    for secret in ("mg/kg", "0.3333", "12 mg", "antihistamine"):
        assert secret not in html, secret


def test_one_child_from_referral_to_the_last_visit(ward: Ward) -> None:
    begin(ward)
    first_dose(ward)
    reaction_and_hold(ward)
    amended(ward)
    late_second_dose(ward)
    follow_up(ward)
    proven = ward.say("verify", "rec")
    assert proven["ok"] is True
    doses = ward.say("record", "show", "rec", "doses", "--as", "dr-1")
    assert [dose["first_verdict"] for dose in doses] == ["valid", "valid"]
    flow = ward.say("record", "show", "rec", "flow", "--as", "dr-1")
    assert flow["steps"]["treated"] == flow["ends"]["completed"] == 1


def begin(ward: Ward) -> None:
    ward.say("record", "init", "rec", "--study", "ONE-1", "--programme", str(BUNDLE), "--custodian", "dm-1")
    ward.do("site.open", "north", "dm-1", "--jurisdiction", "GB")
    for person, (role, trainings) in STAFF.items():
        ward.do("staff.grant", person, "dm-1", "--data.role", role, "--sites", "north")
        for training in trainings:
            ward.do("staff.train", person, "dm-1", "--training", training, "--valid-until", "2099-01-01")
    ward.do("participant.refer", "C-1", "dr-1")
    ward.screen()
    ward.consent()
    ward.do("participant.enrol", "C-1", "dr-1", "--number", "1")
    ward.do("participant.allocate", "C-1", "dr-1", "--arm", "editor")
    ward.wait(days=7)
    ward.do("visit.record", "C-1", "ex-1", "--visit", "baseline", "--on", ward.today)
    ward.do("therapy.open", "C-1", "dr-1", "--coi", "COI-1", "--regimen", "editor-in-steps")
    ward.make("E-1", 1.5)


def first_dose(ward: Ward) -> None:
    """A third of the dose, from the weight that is on record, after what goes before it."""
    check = ("dose.check", "E-1", "qa-1", "--participant", "C-1", "--prepared-by", "pr-1")
    assert ward.refused(*check, "--dose", "1.5 mg") == "gate.dose.unrecorded"
    ward.weigh(15)
    assert ward.refused(*check, "--dose", "4.5 mg") == "gate.dose.outside"
    assert ward.refused(*check, "--dose", "4.4 mg", "--inputs.weight", "44 kg") == "gate.dose.recorded"
    ward.prepare("E-1", 1.5)
    assert ward.refused(*ward.given("E-1", 1.5)) == "gate.companions.missing"
    ward.antihistamine(7.5)
    ward.wait(minutes=30)
    ward.do(*ward.given("E-1", 1.5))
    (task,) = [
        one
        for one in ward.say("record", "show", "rec", "tasks", "--as", "dr-1")
        if one["kind"] == "companion"
    ]
    assert task["due"] == (ward.clock.now + timedelta(hours=30)).date().isoformat()
    ward.wait(hours=24)
    ward.do(
        "companion.give",
        "C-1",
        "nu-1",
        "--companion",
        "steroid-next-day",
        "--route",
        "oral",
        "--dose",
        "10 mg",
    )
    assert not [
        one
        for one in ward.say("record", "show", "rec", "tasks", "--as", "dr-1")
        if one["kind"] == "companion" and one["done"] is None
    ]


def reaction_and_hold(ward: Ward) -> None:
    """A reaction on the day after; the dose that is due is withheld until two have looked at it."""
    ward.do("adverse-event.report", "C-1", "nu-1", data={
        "event": "AE-1", "term": "fever and shivering on the day of the dose", "category": "infusion-reaction", "grade": 2, "serious": False, "expected": True, "onset": ward.today,
        "aware_on": ward.today})  # fmt: skip
    ward.do(
        "hold.place",
        "H-1",
        "dr-1",
        "--hold",
        "one-person",
        "--target",
        "C-1",
        "--reason",
        "the reaction is looked into",
    )
    ward.wait(days=6)
    ward.do("visit.record", "C-1", "ex-1", "--visit", "week-1", "--on", ward.today)
    ward.wait(days=21)
    ward.make("E-2", 4.8)
    ward.screen()
    ward.weigh(16)
    decide = ("titration.decide", "C-1", "dr-1", "--why", "no event of grade 3 or more", "--step")
    assert (
        ward.refused("titration.decide", "C-1", "dr-1", "--why", "x", "--step", "half")
        == "gate.course-decided.step"
    )
    ward.do(*decide, "full")
    ward.antihistamine(8)
    ward.wait(minutes=30)
    ward.checked("E-2", 4.8)
    assert ward.refused(*ward.scans("E-2")) == "gate.hold.standing"


def amended(ward: Ward) -> None:
    """An amendment: the parents read a new text before anything goes on."""
    shutil.copytree(BUNDLE, "next")
    head, product = Path("next/programme.yaml"), Path("next/product.yaml")
    text = head.read_text().replace("version: 1.0.0", "version: 1.1.0")
    one = "    - {id: v1, document: consent/information.md, language: en, in_force: 2026-03-01, reconsent: none}\n"
    two = f"    - {{id: v2, document: consent/information-2.md, language: en, in_force: {ward.today}, supersedes: v1, reconsent: all, what_changed: fever after the first dose}}\n"
    assert one in text
    head.write_text(text.replace(one, one + two))
    Path("next/consent/information-2.md").write_text(
        Path("next/consent/information.md").read_text() + "\nA fever was seen after the first dose.\n"
    )
    product.write_text(
        product.read_text().replace("until: {value: 28, unit: d}", "until: {value: 35, unit: d}")
    )
    hashes = ward.say("diff", str(BUNDLE), "next")
    ward.do("programme.adopt", "ONE-1", "dm-1", "--bundle", "next", "--changes", "what was seen after the first dose", "--reason", "a reaction", "--sign", "dr-1:investigator")  # fmt: skip
    ward.do("participant.migrate", "C-1", "dm-1", "--from-programme", hashes["before"]["hash"], "--to-programme", hashes["after"]["hash"])  # fmt: skip
    for who in ("dr-1", "sb-1"):
        ward.do("hold.lift", "H-1", who, "--reason", "a fever of one day; the next is given slowly")
    ward.screen()
    ward.antihistamine(8)
    ward.wait(minutes=30)
    ward.prepare("E-2", 4.8)
    assert ward.refused(*ward.given("E-2", 4.8)) == "gate.consent.version"


def late_second_dose(ward: Ward) -> None:
    """The child has an infection: the full dose comes ten days after its window, with the reason, from a new weight."""
    ward.wait(days=17)
    ward.consent("v2")
    ward.screen()
    assert ward.refused("dose.check", "E-2", "qa-1", "--participant", "C-1", "--prepared-by", "pr-1", "--dose", "4.8 mg") == "gate.dose.old"  # fmt: skip
    ward.weigh(16)
    assert ward.refused("course.begin", "C-1", "dr-1", "--why", "x") == "gate.course-decided.not-late"
    ward.antihistamine(8)
    ward.wait(minutes=30)
    ward.prepare("E-2", 4.8)
    assert ward.refused(*ward.given("E-2", 4.8)) == "gate.interval.late"
    ward.do(*ward.given("E-2", 4.8, "--reason", "the child had an infection"))
    ward.wait(hours=20)
    ward.do(
        "companion.give",
        "C-1",
        "nu-1",
        "--companion",
        "steroid-next-day",
        "--route",
        "oral",
        "--dose",
        "10 mg",
    )


def follow_up(ward: Ward) -> None:
    for visit, days in (("week-12", 40), ("week-52", 280)):
        ward.wait(days=days)
        ward.do("visit.record", "C-1", "ex-1", "--visit", visit, "--on", ward.today)
    ward.do("participant.complete", "C-1", "dr-1")
