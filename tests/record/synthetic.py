"""A synthetic programme and a synthetic hospital: every rule that the gates know is in it, and nobody real."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from proband.programme.dose import DoseRule
from proband.record.capsule import OfflineBedside
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.elsewhere import identity_of, offer
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.executing import Receipt
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.programme_view import ProgrammeView
from proband.record.record import Record
from proband.record.staggered import review_tasks
from proband.record.state import State
from proband.record.store import open_store
from proband.record.tables import table
from proband.record.verify import verify_store

from .invariants import Checker

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WHY = "synthetic, for tests"


#: what somebody of forty says who consents to the first version for themselves
CONSENT: dict[str, Any] = {
    "version": "text-1", "language": "en", "age_years": 40, "by": "participant", "capacity": "has", "teach_back": [True, True],
}  # fmt: skip


#: two who speak for a child
GUARDIANS: dict[str, Any] = {
    "by": "guardians",
    "guardians": [{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}],
}


def q(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


def release_test(
    id: str,
    attribute: str,
    operator: str,
    limit: Any = None,
    timing: str = "before-release",
    required: bool = True,
) -> dict[str, Any]:
    return {"id": id, "name": id, "attribute": attribute, "routes": ["intrathecal"], "operator": operator, "limit": limit,
            "method": WHY, "timing": timing, "required": required}  # fmt: skip


ROLES = {
    "physician": (["participant.*", "therapy.*", "product.identify", "product.collect", "product.administer", "product.verify", "query.*",
                   "visit.record", "outcome.record", "safety.report", "allocation.unblind"], ["gcp"]),
    "nurse": (["product.verify", "product.receive", "product.administer", "visit.record"], ["gcp"]),
    "operator": (["product.process", "product.test", "product.label", "product.send", "product.receive"], ["gmp"]),
    "quality": (["product.release", "product.quarantine", "product.recall", "product.test", "dose.check"], ["gmp"]),
    "board": (["hold.*", "safety.review"], []),
    "pharmacist": (["product.release", "hold.lift", "kit.keep", "donor.register", "donor.consent", "stock.dispense"], []),
    "watcher": (["safety.review"], []),
}  # fmt: skip


#: two criteria, so that a number and a yes-or-no answer must both be there
ELIGIBILITY: dict[str, Any] = {
    "source": "synthetic", "level": "inference", "note": WHY,
    "observables": [
        {"id": "platelets", "label": "platelets", "type": "number", "unit": "10*9/L", "codes": [{"system": "LOINC", "code": "777-3"}]},
        {"id": "infection", "label": "infection", "type": "boolean", "codes": [{"system": "Proband", "code": "active-infection"}]},
    ],
    "criteria": [
        {"id": "I1", "kind": "include", "purpose": "safety", "reason": WHY, "when": "platelets >= 100"},
        {"id": "E1", "kind": "exclude", "purpose": "safety", "reason": WHY, "when": "infection"},
    ],
}  # fmt: skip


#: the same with a second look: whether there is an infection is asked again at a visit of its own
SECOND_LOOK: dict[str, Any] = ELIGIBILITY | {
    "anchors": [{"id": "looked-again", "label": "day of the second look", "codes": [{"system": "Proband", "code": "second-look"}]}],
    "visits": [{"id": "second-look", "label": "second look", "anchor": "looked-again"}],
    "criteria": [ELIGIBILITY["criteria"][0], ELIGIBILITY["criteria"][1] | {"visits": ["screening", "second-look"]}],
}  # fmt: skip


def shown(
    platelets: float | None = 250.0,
    infection: bool | None = False,
    as_of: str = "2026-03-02",
    through: str = "screening",
) -> dict[str, Any]:
    """The facts of a screening; by default of somebody who passes, on the first day, and at the later visits as well."""
    values: dict[str, Any] = {}
    if platelets is not None:
        values["platelets"] = {"low": platelets, "high": platelets}
    if infection is not None:
        values["infection"] = {"truth": infection}
        if through != "screening":
            values[f"infection@{through}"] = {"truth": infection}
    return {"through": through, "as_of": as_of, "values": values}


def eligible(**values: Any) -> dict[str, Any]:
    """The data of a screening that says "eligible"."""
    return {"outcome": "eligible", "facts": shown(**values), "reasons": []}


def view(version: str = "1.0.0", **changes: Any) -> ProgrammeView:
    """One version of the synthetic programme; ``changes`` replace top-level parts, and ``capacity`` and ``surveillance`` what stands under consent and safety."""
    number = int(version.split(".")[0])
    consent_versions = [
        {
            "id": "text-1",
            "document": "consent/v1.md",
            "language": "en",
            "in_force": "2026-01-01",
            "reconsent": "none",
        }
    ]
    if number >= 2:
        consent_versions.append({"id": "text-2", "document": "consent/v2.md", "language": "en", "in_force": "2026-03-01",
                                 "supersedes": "text-1", "reconsent": "all", "what_changed": WHY})  # fmt: skip
    data: dict[str, Any] = {
        "id": "synthetic", "version": version, "hash": f"{number:064x}", "title": WHY, "status": "demonstration", "jurisdictions": ["GB"],
        "arms": [
            {"id": "cells", "name": "cells", "regimen": "spinal", "weight": 1},
            {"id": "care", "name": "care", "comparator": "care", "weight": 1},
        ],
        "allocation": {"method": "none", "concealment": WHY},
        "masking": [{"role": role, "masked": False, "why": WHY} for role in ("participant", "treating-team", "assessor")],
        "roles": [{"id": id, "name": id + " role", "may": may, "training": training} for id, (may, training) in ROLES.items()],
        "consent": {
            "versions": consent_versions, "teach_back": ["What is taken?", "What may go wrong?"],
            "assent": [
                {"id": "young", "from_age": q(0, "a"), "to_age": q(12, "a"), "form": "none", "dissent_blocks": False},
                {"id": "older", "from_age": q(12, "a"), "to_age": q(18, "a"), "form": "full", "dissent_blocks": True, "document": "consent/a.md"},
            ],
            "guardians": [{"jurisdiction": "GB", "majority": q(18, "a"), "guardians": 2}],
            "capacity": changes.pop("capacity", []),
            "reconsent": [
                {"id": "amended", "event": "amendment", "who": "all", "blocks": ["treatment", "procedures"], "why": WHY},
                {"id": "moved", "event": "transfer", "who": "the-participant", "blocks": ["procedures"], "why": WHY},
                {"id": "regained", "event": "capacity-regained", "who": "the-participant", "blocks": ["treatment"], "why": WHY},
            ],
            "withdrawal": [
                {"id": "treatment", "blocks": ["treatment", "procedures"], "keeps": WHY},
                {"id": "contact", "blocks": ["treatment", "procedures", "contact", "new-data"], "keeps": WHY},
                {"id": "data", "blocks": ["treatment", "procedures", "contact", "new-data", "use-of-data"], "keeps": WHY},
            ],
        },
        "verdict_valid_for": q(28, "d"),
        "forecast": {"declared": "to-be-sealed", "primary_estimand": "gain", "why": WHY},
        "products": [{
            "id": "cells", "name": "cells", "kind": "autologous-cells", "cell_class": "adult", "source_material": "own marrow",
            "manipulation": "substantial", "homologous_use": False, "authorised_in": [], "persists": True, "routes": ["intrathecal"],
            "pooling": "never", "release_signatures": 2, "storage": WHY, "shelf_life": q(300, "d"), "after_thaw": q(2, "h"),
            "out_of_specification": {"exceptional_release": True, "signatures": 2, "conditions": WHY, "retest": ["viability"]},
            "manufacturing": [{"id": "expand", "name": "expand", "description": WHY, "records": ["operator"], "hold_point": False}],
            "release_tests": [
                release_test("viability", "viability", ">=", q(70, "%")),
                release_test("sterility", "sterility", "negative"),
                release_test("sterility-final", "sterility-final", "negative", timing="after-release"),
            ],
        }],
        "regimens": [{
            "id": "spinal", "product": "cells", "route": "intrathecal",
            "dose": {"kind": "per-kg", "amount": q(1e6, "{cells}/kg"), "tolerance": q(10, "%"), "clause": WHY},
            "administrations": 2, "interval": q(30, "d"), "interval_tolerance": q(5, "d"), "washout": q(90, "d"),
            "stop_rule": WHY, "prepared_by": "operator", "checked_by": "quality", "bedside_persons": 2,
        }],
        "safety": {
            "grading": {"system": "CTCAE", "version": "5.0", "grades": ["mild", "moderate", "severe", "threat", "death"],
                        "causality": ["unrelated", "related"], "assessors": 2},
            "clocks": [
                {"id": "gb-7", "jurisdiction": "GB", "applies_to": "fatal-or-life-threatening-unexpected-related", "due": q(7, "d"),
                 "day_zero": "day of awareness", "to": "regulator"},
                {"id": "gb-15", "jurisdiction": "GB", "applies_to": "serious-unexpected-related", "due": q(15, "d"),
                 "day_zero": "day of awareness", "to": "regulator"},
                {"id": "us-7", "jurisdiction": "US", "applies_to": "fatal-or-life-threatening-unexpected-related", "due": q(7, "d"),
                 "day_zero": "day of awareness", "to": "agency"},
            ],
            "stopping_rules": [
                {"id": "two-serious", "counts": "serious-related", "events": 2, "places_hold": "stop-dosing", "why": WHY},
                {"id": "one-mass", "counts": "new-mass", "events": 1, "places_hold": "stop-person", "why": WHY},
            ],
            "holds": [
                {"id": "stop-dosing", "scope": "programme", "blocks": ["enrolment", "administration"], "lifted_by": ["board", "pharmacist"], "notice": WHY},
                {"id": "stop-person", "scope": "participant", "blocks": ["administration"], "lifted_by": ["board"], "notice": WHY},
                {"id": "stop-release", "scope": "product", "blocks": ["release"], "lifted_by": ["board"], "notice": WHY},
            ],
            "surveillance": changes.pop("surveillance", []), "staggering": {"first": 2, "wait": q(2, "d"), "review_by": "board"}, "expected_events": [WHY],
            "tracing": [{"id": "gb-expiry", "jurisdiction": "GB", "years": 30, "after": "expiry", "source": "synthetic", "level": "read"}],
        },
        "schedule": {
            "activities": [
                {"id": "exam", "name": "examination", "measures": []},
                {"id": "diary", "name": "diary", "instrument": "diary", "measures": []},
            ],
            "visits": [
                {"id": name, "name": name, "anchor": anchor, "offset": q(day, "d"), "window": {"before": q(3, "d"), "after": q(3, "d")},
                 "late_window": {"before": q(3, "d"), "after": q(10, "d")}, "outside": WHY, "activities": ["exam"]}
                for name, anchor, day in (("baseline", "consent", 3), ("month-1", "first-dose", 30), ("year-1", "first-dose", 365))
            ],
            "long_term_follow_up": {"duration": q(15, "a"), "why": WHY, "contact": WHY},
        },
        "eligibility": ELIGIBILITY,
    }  # fmt: skip
    return ProgrammeView.model_validate({**data, **changes})


#: what is to be looked at again and again: whether people can decide, and whether harm comes late
ASKED_AGAIN: dict[str, Any] = {
    "capacity": [{"id": "ward", "trigger": "every 40 days", "every": q(40, "d"), "if_lost": WHY}],
    "surveillance": [{"id": "spine-scan", "what": "a scan of the spine", "from_visit": "month-1", "every": q(1, "a"), "until": q(3, "a")}],
}  # fmt: skip


def step(id: str, *records: str, hold_point: bool = False, **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": id + " step",
        "description": WHY,
        "records": ["operator", *records],
        "hold_point": hold_point,
        **changes,
    }


#: a course that changes no dose of the synthetic programme, and yet can be followed wrongly: two steps with the full dose, and a drug that goes before it
COURSE: dict[str, Any] = {
    "titration": [
        {"id": "first", "after": q(0, "d"), "fraction": 1.0, "condition": WHY},
        {"id": "second", "after": q(60, "d"), "fraction": 1.0, "condition": WHY, "decided_by": "physician"},
    ],
    "companions": [
        {"id": "cover", "name": "cover", "obligatory": True, "route": "oral", "dose": {"kind": "fixed", "amount": q(1, "mg"), "clause": WHY},
         "earliest": q(-3650, "d"), "latest": q(0, "d")},
    ],
}  # fmt: skip


def product(**changes: Any) -> dict[str, Any]:
    """The product of the synthetic programme, with changes."""
    found: dict[str, Any] = view().model_dump(mode="json")["products"][0]
    return found | changes


def families() -> dict[str, Any]:
    """Changes that make a programme of a product that may be pooled, with a hold point, ranges of temperature and a tolerance of counting."""
    made = product(
        kind="allogeneic-cells", pooling="allowed", mass_balance_tolerance=q(5, "%"),
        kept_at=[{"state": "fresh", "low": q(2, "Cel"), "high": q(25, "Cel")}],
        manufacturing=[step("expand", temperature_low=q(36, "Cel"), temperature_high=q(38, "Cel")), step("control", "count", hold_point=True)],
    )  # fmt: skip
    return {"products": [made]}


class Hospital:
    """A record with two sites and their staff, a clock that the test moves, and the steps of a life as methods."""

    def __init__(self, record: Record, clock: list[datetime]) -> None:
        self.record = record
        self._clock = clock
        self.serial = 0
        #: by which means those who sign show who they are
        self.method = "scripted"
        #: through which visit people are judged
        self.through = "screening"
        #: whether each version that is adopted is approved at once
        self.renews = False
        #: what every version of its programme has otherwise than :func:`view`
        self.changes: dict[str, Any] = {}

    @property
    def now(self) -> str:
        return stamp(self._clock[0])

    def count(self) -> int:
        """What the counter of a device that is never off says: it goes with the hospital's own clock, not with the machine that runs the tests."""
        return round((self._clock[0] - START) / timedelta(milliseconds=1))

    def at_the_bed(self, content: bytes, device: SigningKey, *, slow: float = 0) -> OfflineBedside:
        """A capsule opened on its device: whoever signs has their keys there, its counter is never off, and its clock ``slow`` by so many seconds."""
        key = self.record.key
        assert key is not None
        return OfflineBedside.open(content, device, {key.id: key.public}, people=self.record.people,
                                   clock=lambda: self._clock[0] - timedelta(seconds=slow), counter=self.count)  # fmt: skip

    def wait(self, **parts: float) -> None:
        self._clock[0] += timedelta(**parts)

    def do(self, verb: str, subject: str, data: dict[str, Any] | None = None, *, actor: str = "dr-1", role: str | None = None,
           site: str = "north", also: list[tuple[str, str]] | None = None, unsigned: bool = False, **options: Any) -> Receipt:  # fmt: skip
        declared = COMMANDS[verb]
        role = role or STAFF[actor][0]
        if declared.reason and "reason" not in options:
            options["reason"] = WHY
        signatures = []
        if declared.signature and not unsigned:
            signatures = [
                Signature(actor, role, self.method),
                *(Signature(who, what, self.method) for who, what in also or []),
            ]
        return self.record.execute(
            Command(
                verb, subject, data or {}, actor=actor, role=role, site=site, signatures=signatures, **options
            )
        )

    # steps of a life

    def refer(self, person: str, site: str = "north", actor: str | None = None) -> None:
        self.do("participant.refer", person, {}, actor=actor or doctor(site), site=site)

    def screen(
        self, person: str, outcome: str = "eligible", site: str = "north", facts: dict[str, Any] | None = None
    ) -> None:
        self.do(
            "participant.screen",
            person,
            {
                "outcome": outcome,
                "facts": shown(as_of=self.now[:10], through=self.through) if facts is None else facts,
                "reasons": [WHY],
            },
            actor=doctor(site),
            site=site,
        )

    def consent(self, person: str, version: str = "text-1", site: str = "north", **changes: Any) -> None:
        data = CONSENT | {"version": version} | changes
        self.do("consent.give", person, data, actor=doctor(site), site=site)

    def enrol(self, person: str, site: str = "north") -> None:
        number = self.record.state.participants[person].number
        self.do("participant.enrol", person, {"number": number}, actor=doctor(site), site=site)

    def allocate(self, person: str, arm: str = "cells", site: str = "north") -> None:
        view = self.record.state.view
        # where the programme draws, the record says the arm
        data = {"stratum": {"grade": "grade A"}} if view is not None and view.draws else {"arm": arm}
        self.do("participant.allocate", person, data, actor=doctor(site), site=site)
        self.accompany(person, arm, site)

    def accompany(self, person: str, arm: str = "cells", site: str = "north") -> None:
        """Give whatever the regimen of an arm obliges to be given before a dose."""
        view = self.record.state.view
        regimen = view.regimen.get(view.arm[arm].regimen or "") if view is not None else None
        for one in regimen.companions if regimen is not None else ():
            if one.obligatory and one.before and isinstance(one.dose, DoseRule) and one.dose.amount:
                data = {
                    "companion": one.id,
                    "route": one.route.value,
                    "dose": one.dose.amount.model_dump(mode="json"),
                }
                self.do("companion.give", person, data, actor=doctor(site), site=site)

    def admit(self, person: str, site: str = "north") -> None:
        for step in (self.refer, self.screen, self.consent, self.enrol, self.allocate):
            step(person, site=site)

    def collect(self, person: str, coi: str, din: str, site: str = "north") -> None:
        if coi not in self.record.state.therapies:
            self.do("therapy.open", person, {"coi": coi, "regimen": "spinal"}, actor=doctor(site), site=site)
        self.do(
            "product.collect",
            person,
            {"coi": coi, "din": din, "wristband": person, "material": "marrow"},
            actor=doctor(site),
            site=site,
        )

    def make(
        self, product: str, coi: str, dins: list[str], lots: list[str] | None = None, cells: float = 8e7
    ) -> None:
        self.do("product.make", product, {"coi": coi, "collections": dins}, actor="lab-1")
        self.steps(product, lots, cells=cells)
        self.do("product.finish", product, {"amount": {"value": cells, "unit": "{cells}"},
                                            "expires_at": stamp(self._clock[0] + timedelta(days=60))}, actor="lab-1")  # fmt: skip

    def steps(self, product: str, lots: list[str] | None = None, upto: str = "", cells: float = 8e7) -> None:
        """Every step of the programme that is due before the product is finished, agreed to where work stops."""
        view = self.record.state.view
        assert view is not None
        for one, phase in view.product[self.record.state.products[product].kind].due():
            if phase == "finish" and one.recorded_as == "step":
                counted = [{"what": "count", "value": cells, "unit": "{cells}"}]
                self.step(product, one.id, lots=lots or ["LOT-1"], readings=counted)
            if phase == "finish" and one.hold_point:
                self.do("product.agree", product, {"step": one.id}, actor="qa-1")
            if one.id == upto:
                break

    def step(self, product: str, step: str = "expand", **changes: Any) -> Receipt:
        data = {"step": step, "operators": ["lab-1"], "start": self.now, "end": self.now, "temperature": {"value": 37.0, "unit": "Cel"},
                "readings": [{"what": "count", "value": 8e7, "unit": "{cells}"}]}  # fmt: skip
        return self.do("product.step", product, data | changes, actor="lab-1")

    def freeze(self, product: str) -> None:
        self.do("product.freeze", product, {"position": "A1", "equipment": "tank"}, actor="lab-1")

    def thaw(self, product: str) -> None:
        self.do("product.thaw", product, {"equipment": "bath"}, actor="lab-1")

    def test(self, product: str, viability: float = 92.0, sterility: str = "negative") -> None:
        self.do(
            "product.test",
            product,
            {"test": "viability", "result": viability, "laboratory": "qc"},
            actor="lab-1",
        )
        self.do(
            "product.test",
            product,
            {"test": "sterility", "result": sterility, "laboratory": "qc"},
            actor="lab-1",
        )

    def label(self, product: str, coi: str) -> str:
        self.serial += 2
        names = [f"L{self.serial - 1}", f"L{self.serial}"]
        self.do("label.print", product, {"labels": names, "coi": coi}, actor="lab-1")
        self.do("label.fate", product, {"labels": names[:1], "fate": "applied"}, actor="lab-1")
        self.do("label.fate", product, {"labels": names[1:], "fate": "spoiled"}, actor="lab-1")
        return names[0]

    def release(self, product: str) -> None:
        self.do("product.release", product, {"route": "intrathecal"}, actor="qa-1")
        self.do("product.release", product, {"route": "intrathecal"}, actor="qa-2")

    def reviewed(self) -> None:
        """The board has looked at those who were treated, once their time of waiting is over."""
        state = self.record.state
        if any(task.due <= self.now[:10] for task in review_tasks(state)):
            with suppress(Refused):
                self.do("safety.review", "SYN", {"go_on": True, "why": WHY}, actor="board-1")

    def check(self, product: str, person: str, dose: float = 8e7) -> None:
        self.reviewed()
        self.do("dose.check", product, {"participant": person, "dose": {"value": dose, "unit": "{cells}"},
                                        "inputs": {"weight": {"value": 80.0, "unit": "kg"}}, "prepared_by": "lab-1"}, actor="qa-1")  # fmt: skip

    def bedside(self, product: str, person: str, label: str, **changes: Any) -> None:
        data = {"participant": person, "wristband": person, "bag": product, "label": label}
        self.do("bedside.verify", product, data | changes, actor="nurse-1", also=[("nurse-2", "nurse")])

    def give(
        self, product: str, person: str, coi: str, dose: float = 8e7, at: str | None = None, **changes: Any
    ) -> Receipt:
        data = {"participant": person, "coi": coi, "wristband": person, "bag": product, "route": "intrathecal",
                "dose": {"value": dose, "unit": "{cells}"}, "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
        return self.do("product.administer", product, data | changes, at=at)

    def ready(
        self, person: str, tag: str, *, cold: bool = False, scanned: bool = True
    ) -> tuple[str, str, str]:
        """A person with a released, checked, labelled product at the bed; frozen, and not scanned, where it is ``cold``: (product, coi, label)."""
        coi, din, product = f"COI-{tag}", f"DIN-{tag}", f"BAG-{tag}"
        self.collect(person, coi, din)
        self.make(product, coi, [din])
        self.test(product)
        label = self.label(product, coi)
        if cold:
            self.freeze(product)
        self.release(product)
        self.check(product, person)
        if scanned and not cold:
            # what is frozen is scanned at no bed
            self.bedside(product, person, label)
        return product, coi, label

    def seal_forecast(self) -> None:
        hashes = {"forecast": "a" * 64, "comparator": "b" * 64, "analysis": "c" * 64, "estimand": WHY}
        if self.record.folder is not None:
            # a record with a folder seals what was handed over, and no hash that somebody made up
            hashes = handed_over(self.record)
        self.do("forecast.seal", "SYN", hashes, actor="sys-1", site="*")

    def adopt(self, new: ProgrammeView) -> Receipt:
        data = {"programme": new.model_dump(mode="json"), "amends": self.record.state.programme, "changes": [WHY]}  # fmt: skip
        done = self.do("programme.adopt", "SYN", data, actor="sys-1", site="*", also=[("dr-1", "physician")])
        if self.renews:
            self.renew()
        return done

    def renew(self) -> None:
        """Have everything that was ever recorded of a site's approvals renewed, for the version in force."""
        for site in list(self.record.state.sites.values()):
            for kind in sorted({one.value["kind"] for one in site.approvals}):
                data = {
                    "kind": kind,
                    "decided_by": WHY,
                    "number": "1",
                    "since": self.now[:10],
                    "expiry": "2099-01-01",
                }
                self.do("site.approve", site.id, data, actor="sys-1", site="*")

    def amend(self, version: str = "2.0.0") -> None:
        self.adopt(view(version, **self.changes))

    def enrol_elsewhere(self, person: str) -> SigningKey:
        """A further key of somebody, whose private half the record never sees."""
        key = SigningKey.generate()
        made = offer(identity_of(self.record), person, key, name="x")
        self.do("person.enrol", person, made, actor="sys-1", site="*")
        return key


def counts_people(state: State) -> None:
    """What rules count of people names people: of whatever else stood there a share would be reckoned, too; and whoever was given a product had one."""
    listed = {
        "treated": state.treated,
        "made for": state.made_for,
        "failed": state.product_failures,
        "died": state.deaths,
        "erased": state.erased,
    }
    for what, names in listed.items():
        assert set(names) <= state.participants.keys(), what
        assert len(set(names)) == len(names), what
    assert {*state.treated, *state.product_failures} <= state.made_for.keys()


def stands(house: Hospital) -> None:
    """The whole log says the same: folded anew, verified, and read by the independent checker."""
    events = list(house.record.events())
    assert house.record.state.invalid == {}
    assert fold_all(events, "SYN") == house.record.state
    counts_people(house.record.state)
    assert verify_store(house.record.store, "SYN", None, {}).rules_ok
    checker = Checker()
    found = checker.check(event.body for event in events)
    found += checker.compared(table(house.record.state, "accountability"))
    assert found == [], found


def by(
    actor: str, role: str, site: str, verb: str, subject: str, data: dict[str, Any], **options: Any
) -> Command:
    """A command signed by whoever sends it."""
    signatures = [Signature(actor, role, "scripted")]
    return Command(verb, subject, data, actor=actor, role=role, site=site, signatures=signatures, **options)


def handed_over(record: Record) -> dict[str, str]:
    """A made-up forecast that is signed and kept beside the log; gives what the log holds of it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from proband.record.forecasts import hashes_of, keep
    from proband.trial.forecast.document import (
        ForecastAnalysis,
        ForecastBasis,
        ForecastComparator,
        ForecastDocument,
        seal_forecast,
    )
    from proband.trial.forecast.prediction import ChanceOf

    chance = ChanceOf(event="gain", probability=0.25)
    document = ForecastDocument(
        programme="synthetic", programme_version="1.0.0", programme_hash=str(record.state.programme), estimand="gain", estimand_hash="e" * 64,
        question=WHY, made_by="nobody", made_on=START.date(), outcome_known=False, why=WHY, basis=ForecastBasis(kind="no-effect"), prediction=chance,
        comparator=ForecastComparator(described=WHY, tables={}, prediction=chance), analysis=ForecastAnalysis(described=WHY, version="0", code="f" * 64),
    )  # fmt: skip
    sealed = seal_forecast(document, Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    keep(record.folder, json.dumps(sealed.as_dict()).encode(), document)
    return hashes_of(document)


STAFF = {
    "sys-1": ("custodian", "*"), "dr-1": ("physician", "north"), "dr-2": ("physician", "south"), "dr-3": ("physician", "north"),
    "nurse-1": ("nurse", "north"), "nurse-2": ("nurse", "north"), "lab-1": ("operator", "north"), "qa-1": ("quality", "north"),
    "qa-2": ("quality", "north"), "board-1": ("board", "*"), "pharm-1": ("pharmacist", "*"), "watch-1": ("watcher", "north"),
}  # fmt: skip


def doctor(site: str) -> str:
    return "dr-1" if site == "north" else "dr-2"


def hospital(
    where: str | Path = ":memory:",
    *,
    programme: ProgrammeView | None = None,
    forecast: bool = True,
    changes: dict[str, Any] | None = None,
    **options: Any,
) -> Hospital:
    """A new synthetic hospital over a store (or a folder when ``folder`` is given); ``changes`` are those of every version of its programme."""
    clock = [START]
    programme = programme or (view(**changes) if changes else None)
    folder = options.pop("folder", None)
    if folder is not None:
        record = Record.create(
            folder,
            study="SYN",
            programme=programme or view(),
            custodian="sys-1",
            clock=lambda: clock[0],
            **options,
        )
    else:
        record = Record(open_store(where, create=True), "SYN", clock=lambda: clock[0], **options)
        record.recovery = SigningKey.generate()
        record.open_study(programme or view(), "sys-1")
    house = Hospital(record, clock)
    house.changes = changes or {}
    if record.state.view is not None and record.state.view.status != "demonstration":
        house.method = "password"
    for site, place in (("north", "GB"), ("south", "GB")):
        # of real people it must be known when a day begins; a demonstration may be anywhere
        clocks = {"offsets": ["+00:00", "+01:00"]} if house.method == "password" else {}
        house.do("site.open", site, {"jurisdiction": place, **clocks}, actor="sys-1", site="*")
    for person, (role, site) in STAFF.items():
        if person == "sys-1":
            continue
        house.do("staff.grant", person, {"role": role, "sites": [site]}, actor="sys-1", site="*")
        for training in ROLES[role][1]:
            house.do(
                "staff.train",
                person,
                {"training": training, "valid_until": "2030-01-01"},
                actor="sys-1",
                site="*",
            )
    if forecast:
        house.seal_forecast()
    house.method = "scripted"
    return house
