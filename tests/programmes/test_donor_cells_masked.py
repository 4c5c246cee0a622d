"""An invented masked trial of donor cells, from referral to the last visit, by the command line alone and by a clock that the test moves.

Nobody and nothing in it is real. Twelve infusions of a responder, a minor with assent and guardians, a late dose, a grave reaction, an unblinding, an
amendment, a recalled lot; nothing is bent, and the pages build.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from terminal import Clock, Terminal

#: the day on which its claims were checked: they rot, as those of every page do
CHECKED = "2026-11-30"
HERE = Path(__file__).parent / "donor-cells-masked"
BEGAN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
STAFF = {
    "inv-1": ("investigator", ["good-clinical-practice", "protocol"]),
    "ct-1": ("consent-taker", ["good-clinical-practice", "protocol"]),
    "ex-1": ("examiner", ["protocol"]),
    "prep-1": ("preparer", ["gmp", "label-control"]),
    "rel-1": ("releaser", ["gmp", "label-control"]),
    "rel-2": ("releaser", ["gmp", "label-control"]),
    "nurse-1": ("bedside-nurse", ["protocol", "bedside-check"]),
    "phys-1": ("bedside-physician", ["protocol", "bedside-check"]),
    "st-1": ("statistician", ["good-clinical-practice"]),
    "board-1": ("safety-board", ["charter"]),
}
MINOR = {"age": {"low": 14.0, "high": 15.0}, "can_consent": {"truth": False}}


class Ward(Terminal):
    """A hospital at a terminal: every method is one or more commands that somebody types."""

    def typed(self, *words: str, ends: int = 0) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == ends, f"{' '.join(words)}\n{result.output}\n{result.exception!r}"
        return result.output

    def do(self, verb: str, subject: str, actor: str, *words: str, ends: int = 0, **data: Any) -> str:
        return self.typed(*self.words(verb, subject, actor, *words, data=data), ends=ends)

    def several(self, actor: str, commands: list[tuple[str, str, dict[str, Any]]]) -> None:
        """Commands that one person types into a file."""
        form = self.form(
            [{"verb": verb, "subject": subject, "data": data} for verb, subject, data in commands]
        )
        self.typed("record", "do", "rec", "--from", form, "--actor", actor)

    def shown(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.typed("record", "show", "rec", table, "--as", "nurse-1", "--json")
        )
        return found

    def row(self, table: str, key: str, value: str) -> dict[str, Any]:
        return next(one for one in self.shown(table) if one[key] == value)

    # what a hospital does

    def judged(
        self, person: str, through: str, ends: int = 0, outcome: str = "eligible", **values: Any
    ) -> str:
        seen = {"infection_now": {"truth": False}, "grave_reaction": {"truth": False}, **values}
        facts = {"through": through, "as_of": self.today, "values": seen}
        self.wait(minutes=1)
        return self.do(
            "participant.screen", person, "inv-1", outcome=outcome, facts=facts, reasons=[], ends=ends
        )

    def admitted(self, person: str, steroids: str, consent: dict[str, Any], **values: Any) -> None:
        seen = {
            "age": {"low": 40.0, "high": 41.0},
            "has_condition": {"truth": True},
            "flare": {"low": 8, "high": 8},
            "can_consent": {"truth": True},
        }
        self.do("participant.refer", person, "inv-1")
        self.judged(person, "screening", **{**seen, **values})
        self.do(
            "consent.give",
            person,
            "ct-1",
            version="v1",
            language="en",
            teach_back=[True, True, True],
            **consent,
        )
        self.do("participant.enrol", person, "inv-1", "--number", person.removeprefix("S-"))
        self.do("participant.allocate", person, "inv-1", stratum={"steroids": steroids})
        self.do("visit.record", person, "ex-1", visit="baseline", on=self.today)

    def assigned(self, person: str) -> str:
        self.do("kit.assign", person, "inv-1")
        return str(
            next(
                one["kit"]
                for one in self.shown("kits")
                if one["participant"] == person and one["status"] == "released"
            )
        )

    def infused(self, person: str, weight: float = 60, ends: int = 0, *, kit: str = "") -> str:
        kit = kit or self.assigned(person)
        dose = {"value": 50 if weight < 50 else 100, "unit": "mL"}
        inputs = {"weight": {"value": weight, "unit": "kg"}}
        self.do(
            "dose.check", kit, "rel-1", participant=person, dose=dose, inputs=inputs, prepared_by="prep-1"
        )
        said = self.do("kit.give", kit, "nurse-1", "--sign", "phys-1:bedside-physician", ends=ends,
                       participant=person, wristband=person, kit=kit, route="intravenous", dose=dose, inputs=inputs)  # fmt: skip
        return said if ends else kit


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    clock = Clock(BEGAN)
    clock.keeps_records(monkeypatch)
    return Ward(clock)


def begun(ward: Ward) -> None:
    """Sites, people, the sealed list."""
    shutil.copytree(HERE, "first")
    ward.typed("record", "init", "rec", "--study", "T-1", "--programme", "first", "--custodian", "dm-1")
    ward.do("site.open", "north", "dm-1", "--jurisdiction", "GB")
    hired = [
        ("staff.grant", person, {"role": role, "sites": ["north"]}) for person, (role, _) in STAFF.items()
    ]
    taught = [("staff.train", person, {"training": one, "valid_until": "2035-12-31"}) for person, (_, trainings) in STAFF.items() for one in trainings]  # fmt: skip
    ward.several("dm-1", [*hired, *taught])
    ward.do("allocation.seal", "T-1", "st-1")


def stocked(ward: Ward) -> None:
    """A donor who was asked and tested, a lot of cells, a lot of placebo, and kits of both that look alike."""
    today = ward.today
    ward.do("donor.register", "D-1", "prep-1")
    assert "has not agreed to give" in ward.do(
        "donor.collect", "D-1", "prep-1", din="DIN-1", product="donor-cells", material="fat", ends=3
    )
    ward.do(
        "donor.consent",
        "D-1",
        "prep-1",
        version="donor-1",
        language="en",
        on=today,
        by="donor",
        covers=["donation", "contact"],
    )
    ward.do("donor.collect", "D-1", "prep-1", din="DIN-1", product="donor-cells", material="fat")
    assert "not found fit" in ward.do(
        "lot.begin", "CELLS-1", "prep-1", product="donor-cells", donations=["DIN-1"], ends=3
    )
    for test in ("hiv", "hepatitis-b"):
        ward.do(
            "donor.test",
            "D-1",
            "prep-1",
            test=test,
            result="negative",
            sampled_on=today,
            laboratory="reference",
        )
    ward.do("donor.determine", "D-1", "rel-1", product="donor-cells", eligible=True)
    ward.do("lot.begin", "CELLS-1", "prep-1", product="donor-cells", donations=["DIN-1"])
    at = ward.clock.now.isoformat()
    ward.do(
        "product.step",
        "CELLS-1",
        "prep-1",
        step="culture",
        operators=["prep-1"],
        lots=["MEDIUM-1"],
        start=at,
        end=at,
    )
    ward.do(
        "product.finish",
        "CELLS-1",
        "prep-1",
        amount={"value": 4100, "unit": "mL"},
        expires_at="2028-06-01T00:00Z",
    )
    ward.do("lot.fill", "CELLS-1", "prep-1", units=40, each={"value": 100, "unit": "mL"}, samples=1)
    ward.do("lot.receive", "PLACEBO-1", "prep-1", product="placebo", supplier="an invented maker", supplier_lot="M-77", units=40,
            each={"value": 100, "unit": "mL"}, expires_at="2028-06-01T00:00Z", lowest={"value": 4, "unit": "Cel"}, highest={"value": 8, "unit": "Cel"})  # fmt: skip
    results = {"CELLS-1": {"sterility": "negative", "endotoxin": 0.1, "identity": "conforms", "viability": 92}, "PLACEBO-1": {"placebo-sterility": "negative"}}  # fmt: skip
    for lot, tests in results.items():
        ward.several(
            "prep-1",
            [
                ("product.test", lot, {"test": test, "result": result, "laboratory": "control"})
                for test, result in tests.items()
            ],
        )
        ward.do("label.print", lot, "prep-1", labels=[f"L-{lot}"], coi=lot)
        ward.do("label.fate", lot, "prep-1", labels=[f"L-{lot}"], fate="applied")
        for who in ("rel-1", "rel-2"):
            ward.do("product.release", lot, who, route="intravenous")
        ward.do("stock.pack", lot, "prep-1", units=30)
    kits_came(ward, "PACK-1", range(1, 21))
    for lot in results:
        row = ward.row("accountability", "lot", lot)
        assert (row["came"], row["packed"], row["usable"], row["unaccounted"]) == (40, 30, 10, 0)


def kits_came(ward: Ward, lot: str, numbers: range) -> None:
    """Kits of both arms, released by two people; which of them somebody gets is drawn."""
    kits = [(f"K-{number:02d}", "product" if number % 2 else "control") for number in numbers]
    ward.several(
        "prep-1",
        [
            ("kit.receive", kit, {"arm": arm, "expires_at": "2028-06-01T00:00Z", "lots": [lot]})
            for kit, arm in kits
        ],
    )
    for who in ("rel-1", "rel-2"):
        ward.several(who, [("kit.release", kit, {}) for kit, _ in kits])


def amended(ward: Ward) -> None:
    """A second version: a new text for those who take part, whom it concerns; everybody is brought to it."""
    shutil.copytree("first", "second")
    head = Path("second/programme.yaml")
    text = head.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0")
    was = "    - {id: v1, document: consent/information.md, language: en, in_force: 2026-11-30, reconsent: none}\n"
    assert was in text
    head.write_text(text.replace(was, f"{was}    - {{id: v2, document: consent/more.md, language: en, in_force: {ward.today}, supersedes: v1, reconsent: active, what_changed: a grave reaction was seen}}\n"))  # fmt: skip
    more = Path("second/consent/information.md").read_text(encoding="utf-8")
    Path("second/consent/more.md").write_text(
        more + "\n## What is new\n\nOne person became very ill after it.\n", encoding="utf-8"
    )
    ward.typed("check", "second", "--on", CHECKED)
    ward.do(
        "programme.adopt",
        "T-1",
        "dm-1",
        "--bundle",
        "second",
        "--changes",
        "a text that says what was seen",
        "--sign",
        "inv-1:investigator",
        "--reason",
        "a grave reaction was seen",
    )
    ward.do(
        "site.approve",
        "north",
        "dm-1",
        kind="ethics",
        decided_by="an invented committee",
        number="2",
        since=ward.today,
        expiry="2035-01-01",
    )
    ward.do(
        "site.approve",
        "north",
        "dm-1",
        kind="authorisation",
        decided_by="an invented authority",
        number="2",
        since=ward.today,
        expiry="2035-01-01",
    )


def test_the_programme_is_played_from_referral_to_the_last_visit(ward: Ward) -> None:
    begun(ward)
    stocked(ward)
    adult = {"age_years": 40, "by": "participant", "capacity": "has"}
    child = {"age_years": 14, "by": "guardians", "capacity": "lacks", "assent": "yes", "majority_on": "2030-03-01",
             "guardians": [{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}]}  # fmt: skip
    ward.admitted("S-1", "on steroids", adult)
    ward.admitted("S-2", "no steroids", child, **MINOR)
    # before each dose what is asked before each dose, and nothing else
    kit = ward.assigned("S-1")
    assert "was not judged by the criteria of before-dose" in ward.infused("S-1", kit=kit, ends=3)
    ward.judged("S-1", "before-dose")
    ward.infused("S-1", kit=kit)
    ward.wait(days=14)
    ward.judged("S-2", "before-dose")
    # the second of the first three waits for the word of the board as well
    kit = ward.assigned("S-2")
    assert "that the next person may be treated" in ward.infused("S-2", 45, kit=kit, ends=3)
    ward.do("safety.review", "T-1", "board-1", go_on=True, why="nothing was seen in the first person")
    ward.infused("S-2", 45, kit=kit)
    ward.judged("S-1", "before-dose", flare={"low": 2, "high": 2})
    ward.infused("S-1")
    # a grave reaction of the child: reported, judged by two, told, stopped for good
    ward.do("adverse-event.report", "S-2", "nurse-1", event="AE-1", term="reaction to the infusion", grade=4, serious=True, expected=False,
            life_threatening=True, onset=ward.today, aware_on=ward.today)  # fmt: skip
    ward.do(
        "allocation.unblind", "S-2", "inv-1", "--reason", "how to treat depends on it", urgency="emergency"
    )
    ward.judged("S-2", "before-dose", outcome="not-eligible", grave_reaction={"truth": True})
    ward.wait(days=3)
    amended(ward)
    ward.wait(days=14)
    # everybody is brought to it, and asked anew
    first, second = (
        json.loads(ward.typed("check", folder, "--json", "--on", CHECKED))[0]["hash"]
        for folder in ("first", "second")
    )
    for person in ("S-1", "S-2"):
        ward.do("participant.migrate", person, "dm-1", from_programme=first, to_programme=second)
    ward.judged("S-1", "before-dose")
    assert "consent" in ward.do("kit.assign", "S-1", "inv-1", ends=3)
    ward.do(
        "consent.give", "S-1", "ct-1", version="v2", language="en", teach_back=[True, True, True], **adult
    )
    ward.do(
        "consent.give", "S-2", "ct-1", version="v2", language="en", teach_back=[True, True, True], **child
    )
    # the third dose is three days late, and within what the programme allows
    third = ward.infused("S-1")
    ward.wait(days=14)
    # whoever was stopped is given no more, whatever is found since
    ward.judged("S-2", "before-dose")
    assert "met a stopping criterion" in ward.infused("S-2", 45, ends=3)
    # a lot is recalled: no kit of it is given, another one is assigned
    ward.judged("S-1", "before-dose")
    kit = ward.assigned("S-1")
    kits_came(ward, "PACK-2", range(21, 61))
    ward.do("lot.recall", "T-1", "rel-1", "--reason", "a cracked bag", lot="pack-1", notified_on=ward.today)
    assert ward.row("kits", "kit", kit)["status"] == "quarantined"
    assert "recall" in {task["kind"] for task in ward.shown("tasks") if task["subject"] == "S-1"}
    fourth = ward.infused("S-1")
    assert fourth > "K-20" >= third
    for _ in range(5, 9):
        ward.wait(days=14)
        ward.judged("S-1", "before-dose")
        ward.infused("S-1")
    # eight are given: four more only on response
    ward.wait(days=14)
    ward.judged("S-1", "before-dose")
    ninth = ward.assigned("S-1")
    assert "no verdict since the last dose opens on-response" in ward.infused("S-1", kit=ninth, ends=3)
    ward.judged("S-1", "continuation", outcome="not-eligible", ends=0, flare={"low": 5, "high": 5})
    assert "no verdict since the last dose opens on-response" in ward.infused("S-1", kit=ninth, ends=3)
    ward.wait(hours=1)
    ward.judged("S-1", "continuation", flare={"low": 2, "high": 2})
    ward.infused("S-1", kit=ninth)
    for _ in range(10, 13):
        ward.wait(days=14)
        ward.judged("S-1", "before-dose")
        ward.infused("S-1")
    ward.wait(days=14)
    ward.judged("S-1", "before-dose")
    ward.judged("S-1", "continuation", flare={"low": 2, "high": 2})
    assert "no verdict since the last dose opens on-response" in ward.infused("S-1", ends=3)
    # the last visits, and what is left of the stock
    ward.wait(days=190)
    for person in ("S-1", "S-2"):
        ward.do("visit.record", person, "ex-1", visit="week-52", on=ward.today)
        ward.do("participant.complete", person, "inv-1")
    for lot in ("CELLS-1", "PLACEBO-1"):
        ward.do("stock.count", lot, "prep-1", "--sign", "rel-1:releaser", usable=10, aside=0, returned=0)
        ward.do(
            "stock.destroy",
            lot,
            "prep-1",
            "--sign",
            "rel-1:releaser",
            units=10,
            of="usable",
            method="incineration",
        )
        row = ward.row("accountability", "lot", lot)
        assert (row["usable"], row["aside"], row["returned"], row["unaccounted"]) == (0, 0, 0, 0)
    ward.do("donor.follow", "D-1", "prep-1", finding="well")
    # what the record says of it all: what was tried and refused is kept, and nothing was given in spite of it
    doses = [(one["participant"], one["first_verdict"]) for one in ward.shown("doses")]
    assert sorted(doses) == [("S-1", "valid")] * 12 + [("S-2", "valid")]
    assert [one["why"] for one in ward.shown("unblindings")] == ["how to treat depends on it"]
    assert [one["kind"] for one in ward.shown("deviations")] == ["refused attempt"] * 6
    verified = json.loads(ward.typed("verify", "rec", "--json"))
    assert verified["ok"] is True
    flow = json.loads(ward.typed("record", "show", "rec", "flow", "--as", "nurse-1", "--json"))
    assert (flow["steps"]["treated"], flow["ends"]["completed"]) == (2, 2)
    ward.typed("page", "build", "second", "--out", "site", "--on", CHECKED)
    page = Path("site/donor-cells-masked.html").read_text(encoding="utf-8")
    assert "DEMONSTRATION" in page
    summary = Path("site/donor-cells-masked-lay-summary.html").read_text(encoding="utf-8")
    for words in (
        "More doses are given only if all of this holds",
        "It is stopped for good if any of this ever holds",
        "Everybody, in whichever group",
    ):
        assert words in summary
