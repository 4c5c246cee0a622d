"""A scripted run: twelve simulated people of the spinal-cord programme, from referral to year two.

Nobody in it is real and nothing in it is a result: cells do nothing here, scores are drawn without any effect, and the
events (a sterility failure with a second harvest, a wrong bag stopped at the bed, a withdrawal, a death, an amendment)
stand in the script so that the record can be watched while they happen. Every step goes through the commands and gates
that a live programme uses.
"""

from __future__ import annotations

import heapq
import random
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from proband.pages.product.batch_record import batch_record_page
from proband.pages.product.batch_record_pdf import write_batch_record
from proband.programme import Programme, diff, load, locate
from proband.record import randomisation
from proband.record.batch_record import batch_record
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.confidential import seal_allocation
from proband.record.custody import CustodyLink, chain_of
from proband.record.denominators import Flow, flow
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.labels import Balance, balance
from proband.record.programme_view import ProgrammeView, days, view_of
from proband.record.projection import rebuild
from proband.record.record import Receipt, Record
from proband.record.verdicts import screening_data
from proband.record.verify import VerifyReport, verify_record
from proband.showcase.person import examination, facts_of
from proband.terms.extras import ExtraMissing

BUNDLE = "spinal-cord-autologous"
START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
AMENDED = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
END = datetime(2028, 12, 1, 9, 0, tzinfo=UTC)
LABORATORY = "north"
SITES = {"north": "GB", "east": "DE"}
PEOPLE = 12
#: fixed, so that the demonstration is the same everywhere; a live study draws its seed and seals it
SEED = bytes(range(100, 132))

Script = Iterator[timedelta]


@dataclass(slots=True)
class ScriptedRun:
    """What a scripted run leaves behind, ready to be shown."""

    folder: Path
    study: str
    programme: str
    events: int
    flow: Flow
    product: str
    coi: str
    custody: list[CustodyLink]
    labels: Balance
    refusals: list[dict[str, Any]]
    happenings: list[str]
    verify: VerifyReport
    batch_record_html: Path
    batch_record_pdf: Path | None
    notice: str = "Simulated people; no effect of cells was assumed; nothing here is evidence."
    tables_agree: bool = True
    allocation_replays: bool = True
    open_tasks: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The run as plain JSON values."""
        return {
            "folder": str(self.folder), "study": self.study, "programme": self.programme, "events": self.events, "flow": self.flow.as_dict(),
            "product": self.product, "coi": self.coi, "custody": [link.as_dict() for link in self.custody],
            "labels": {"printed": self.labels.printed, "applied": self.labels.applied, "spoiled": self.labels.spoiled,
                       "destroyed": self.labels.destroyed, "unaccounted": self.labels.open},
            "refusals": self.refusals, "happenings": self.happenings, "verify": self.verify.as_dict(),
            "batch_record": {"html": str(self.batch_record_html), "pdf": self.batch_record_pdf and str(self.batch_record_pdf)}, "notice": self.notice,
            "tables_agree": self.tables_agree, "allocation_replays": self.allocation_replays, "open_tasks": self.open_tasks,
        }  # fmt: skip


class Stage:
    """The simulated hospital: a clock, staff in every role of the bundle, and people who follow their scripts."""

    def __init__(self, record: Record, clock: list[datetime], programme: Programme) -> None:
        self.record = record
        self.clock = clock
        self.programme = programme
        self.rng = random.Random(20261122)
        self.happenings: list[str] = []
        self.serial = 0
        self.sterility_failed = False
        self.shown = ""
        self._queue: list[tuple[datetime, int, Script]] = []
        self._order = 0

    @property
    def now(self) -> str:
        """The simulated time."""
        return stamp(self.clock[0])

    @property
    def view(self) -> ProgrammeView:
        """The programme's version in force."""
        view = self.record.state.view
        assert view is not None  # noqa: S101 - the study was opened with one
        return view

    def happened(self, what: str) -> None:
        """Note something for the story that is shown at the end."""
        self.happenings.append(f"{self.now[:10]} {what}")

    def begin(self, script: Script, at: datetime) -> None:
        """Let a script go on at a time."""
        self._order += 1
        heapq.heappush(self._queue, (at, self._order, script))

    def play(self) -> None:
        """Run every script in the order of simulated time."""
        while self._queue:
            at, _, script = heapq.heappop(self._queue)
            self.clock[0] = max(self.clock[0], at)
            for wait in script:
                self.begin(script, self.clock[0] + wait)
                break

    def do(self, role: str, verb: str, subject: str, data: dict[str, Any] | None = None, *, site: str = LABORATORY,
           reason: str | None = None, also: tuple[str, ...] = (), source: str = "online") -> Receipt:  # fmt: skip
        """A command by the person who holds a role at a site; ``also`` are roles whose holders sign with them."""
        self.clock[0] += timedelta(seconds=1)
        actor = "custodian-1" if role == "custodian" else f"{role}-{site}"
        signatures = []
        if COMMANDS[verb].signature:
            signatures = [
                Signature(actor, role, "scripted"),
                *(Signature(f"{other}-{site}", other, "scripted") for other in also),
            ]
        return self.record.execute(
            Command(verb, subject, data or {}, actor=actor, role=role, site="*" if role == "custodian" else site, reason=reason,
                    signatures=signatures, source=source, offset="+01:00" if site == "east" else "+00:00")
        )  # fmt: skip

    # the hospital

    def staff(self) -> None:
        """Open the sites, grant every role of the bundle at each, record its trainings."""
        for site, jurisdiction in SITES.items():
            self.do("custodian", "site.open", site, {"jurisdiction": jurisdiction})
            for role in self.view.roles:
                person = f"{role.id}-{site}"
                self.do("custodian", "staff.grant", person, {"role": role.id, "sites": [site]})
                for training in role.training:
                    self.do(
                        "custodian",
                        "staff.train",
                        person,
                        {"training": training, "valid_until": "2035-12-31"},
                    )

    def seal(self) -> None:
        """Seal the allocation and the forecast before anybody is treated."""
        allocation = self.view.allocation
        data = {
            "method": allocation.method, "arms": {arm.id: arm.weight for arm in self.view.arms}, "block_sizes": list(allocation.block_sizes),
            "strata": {factor.factor: list(factor.levels) for factor in allocation.strata},
        }  # fmt: skip
        actor, role = "statistician-north", "statistician"
        seal_allocation(
            self.record,
            Command(
                "allocation.seal",
                self.record.study,
                data,
                actor=actor,
                role=role,
                site="north",
                signatures=[Signature(actor, role, "scripted")],
            ),
            seed=SEED,
        )
        self.do("statistician", "forecast.seal", self.record.study, {
            "forecast": "f0" * 32, "comparator": "c0" * 32, "analysis": "a0" * 32,
            "estimand": f"{self.view.forecast.primary_estimand} (placeholder hashes of a demonstration)",
        })  # fmt: skip

    # people

    def screen(self, person: str, site: str, lacking: str = "") -> list[str]:
        """The verdict that the programme's own criteria give on the simulated facts, and the reasons where it is not yes."""
        day = self.clock[0].date()
        referred = date.fromisoformat(self.record.state.participants[person].referred_at[:10])
        facts = facts_of(self.programme.eligibility, person, referred=referred, as_of=day, lacking=lacking)
        data = screening_data(self.programme, facts, day)
        self.do("investigator", "participant.screen", person, data, site=site)
        return list(data["reasons"])

    def consent(self, person: str, site: str) -> None:
        """Consent to the text in force, with teach-back."""
        text = self.view.consent.version_on(self.clock[0].date(), "en")
        assert text is not None  # noqa: S101 - the bundle has a text in force from its first day
        self.do("consent-taker", "consent.give", person, {
            "version": text.id, "language": "en", "age_years": 38, "by": "participant", "capacity": "has",
            "teach_back": [True] * len(self.view.consent.teach_back),
        }, site=site)  # fmt: skip

    def examine(self, person: str, site: str, visit: str) -> None:
        """A visit with a score that is drawn around the person's own level: no effect of anything."""
        day = self.now[:10]
        self.do("masked-examiner", "visit.record", person, {"visit": visit, "on": day}, site=site)
        level = 20 + hash_of(person) % 30
        findings = examination(level + self.rng.randrange(-2, 3))
        self.do("masked-examiner", "outcome.record", person, {"visit": visit, "on": day, "instrument": "isncsci", "items": findings},
                site=site)  # fmt: skip

    def participant(self, index: int) -> Script:
        """One life, from referral to year two; ``yield`` lets time pass."""
        person, site = f"S-{index:02d}", "east" if index % 3 == 0 else "north"
        state = self.record.state
        self.do("investigator", "participant.refer", person, site=site)
        yield timedelta(days=2)
        if index == 5:
            missing = self.screen(person, site, lacking="injury_on_mri")
            self.happened(
                f"{person}: screening needs data ({'; '.join(missing)}); unknown is not no, and not yes"
            )
            yield timedelta(days=6)
        self.screen(person, site)
        yield timedelta(days=1)
        self.consent(person, site)
        self.do(
            "investigator",
            "participant.enrol",
            person,
            {"number": state.participants[person].number},
            site=site,
        )
        yield timedelta(days=1)
        if any(visit.id == "baseline" for visit in self.view.schedule.visits):
            self.examine(person, site, "baseline")
        stratum = {
            factor.factor: factor.levels[index % len(factor.levels)] for factor in self.view.allocation.strata
        }
        self.do("investigator", "participant.allocate", person, {"stratum": stratum}, site=site)
        allocated = self.clock[0]
        arm = self.view.arm[state.participants[person].arm or ""]
        if arm.regimen is not None:
            yield from self.treatment(person, site, arm.regimen, index)
        for month, visit in ((6, "month-6"), (12, "month-12"), (24, "month-24")):
            wait = allocated + timedelta(days=round(month * 30.42)) - self.clock[0]
            if wait > timedelta(0):
                yield wait
            found = state.participants[person]
            if found.ended or {"contact", "data"} & found.withdrawn.keys():
                return
            if arm.regimen is None and index == self.dying and month == 12:
                self.death(person, site)
                return
            self.reconsent(person, site)
            self.examine(person, site, visit)

    @property
    def dying(self) -> int:
        """The one who dies in the script: the first of the comparison group to be allocated (nobody who was given cells)."""
        care = [
            p
            for p in self.record.state.participants.values()
            if p.arm and self.view.arm[p.arm].regimen is None
        ]
        return int(min(care, key=lambda p: p.allocation_index or 0).id[2:]) if care else 0

    def death(self, person: str, site: str) -> None:
        """A death in the comparison group: judged by two, reported by every clock, kept in the flow."""
        day = self.now[:10]
        self.do("investigator", "adverse-event.report", person, {
            "event": f"AE-{person}", "term": "pulmonary embolism (simulated)", "grade": 5, "serious": True, "expected": False, "onset": day, "aware_on": day,
        }, site=site)  # fmt: skip
        for role in ("investigator", "harvest-physician"):
            self.do(
                role,
                "adverse-event.judge",
                f"AE-{person}",
                {"related": False, "why": "never given a product (simulated)"},
                site=site,
            )
        self.do(
            "investigator",
            "participant.die",
            person,
            {"when": day, "cause": "pulmonary embolism (simulated)"},
            site=site,
        )
        for task in list(self.record.state.tasks.values()):
            if task.kind == "report" and task.subject == person and task.done is None:
                self.do(
                    "investigator",
                    "adverse-event.submit",
                    f"AE-{person}",
                    {"clock": task.id.rpartition(":")[2], "to": task.about[:60], "on": day},
                    site=site,
                )
        self.happened(f"{person}: dies; reported within the clocks; stays in the denominator")

    def reconsent(self, person: str, site: str) -> None:
        """Consent anew where a task asks for it."""
        if any(
            task.kind == "reconsent" and task.subject == person and task.done is None
            for task in self.record.state.tasks.values()
        ):
            self.consent(person, site)

    # the product

    def treatment(self, person: str, site: str, regimen: str, index: int) -> Script:
        """Harvest, make, release and give the injections of the regimen."""
        rule = self.view.regimen[regimen]
        yield timedelta(days=7)
        coi = f"COI-{index:02d}K{check(index)}"
        self.do("harvest-physician", "therapy.open", person, {"coi": coi, "regimen": regimen}, site=site)
        bags: list[str] = []
        for harvest in (1, 2):
            din = f"DIN-{index:02d}-{harvest}"
            if harvest == 2:
                self.reconsent(person, site)
            self.do(
                "harvest-physician",
                "product.collect",
                person,
                {"coi": coi, "din": din, "wristband": person, "material": "bone marrow"},
                site=site,
            )
            yield timedelta(days=1)
            batch = f"B{index:02d}-{harvest}"
            yield from self.make(batch, coi, din)
            if not self.sterility_failed and self.treatable() >= 2:
                self.sterility_failed = True
                self.fail(batch, person)
                yield timedelta(days=14)
                continue
            bags = yield from self.release(batch, coi, rule.administrations or 1, rule.route.value, site)
            break
        yield from self.give(person, site, coi, bags, regimen)

    def treatable(self) -> int:
        """How many people have had a product made so far."""
        return sum(1 for person in self.record.state.participants.values() if person.manufactured_at)

    def make(self, batch: str, coi: str, din: str) -> Iterator[timedelta]:
        """The bundle's own process steps from isolation to portioning, in weeks."""
        product = self.record.state.therapies[coi].product
        steps = [
            step
            for step in self.view.product[product].manufacturing
            if step.id not in ("allocate-identity", "harvest", "label", "freeze", "thaw")
        ]
        operator = "laboratory-operator"
        self.do(operator, "product.make", batch, {"coi": coi, "collections": [din]})
        for number, step in enumerate(steps):
            began = self.now
            yield timedelta(days=14 if step.id.startswith("expand") else 1)
            self.do(operator, "product.step", batch, {
                "step": step.id, "operators": [f"{operator}-{LABORATORY}"], "equipment": [f"EQ-{step.id}"[:40]],
                "lots": [f"MEDIUM-{self.clock[0]:%Y%m}"] if "reagent-lot" in step.records else [],
                "temperature": {"value": 37.0, "unit": "Cel"} if "temperature" in step.records else None, "start": began, "end": self.now,
                "readings": [{"what": "viability", "value": 90.0 + number % 5, "unit": "%"}] if "viability" in step.records else [],
            })  # fmt: skip
        self.do(operator, "product.finish", batch, {
            "amount": {"value": 1.28e8, "unit": "{cells}"}, "expires_at": stamp(self.clock[0] + timedelta(days=700)),
        })  # fmt: skip

    def fail(self, batch: str, person: str) -> None:
        """Growth in the sterility culture: quarantine by itself, investigation, rejection; the attempt keeps its place."""
        tests = self.view.product[self.record.state.products[batch].kind].release_tests
        sterile = next(test for test in tests if test.attribute == "sterility")
        self.do(
            "quality-officer",
            "product.test",
            batch,
            {"test": sterile.id, "result": "positive", "laboratory": "microbiology"},
        )
        self.do(
            "quality-officer",
            "product.investigate",
            batch,
            {"finding": "growth in two bottles (simulated)", "conclusion": "rejected"},
        )
        self.happened(
            f"{person}: {batch} fails sterility; rejected; marrow is taken a second time under the same identity"
        )

    def release(
        self, batch: str, coi: str, portions: int, route: str, site: str
    ) -> Generator[timedelta, None, list[str]]:
        """Portion, test, label, sign twice, freeze, and carry to the site where it is given."""
        bags = [f"{batch}-{letter}" for letter in "abcdefgh"[:portions]]
        part = {"value": 3.0e7, "unit": "{cells}"}
        self.do(
            "laboratory-operator",
            "product.split",
            batch,
            {"into": [{"id": bag, "amount": part} for bag in bags]},
        )
        product = self.view.product[self.record.state.products[batch].kind]
        for bag in bags:
            for test in product.release_tests:
                if route in [known.value for known in test.routes] and test.timing == "before-release":
                    result: float | str = test.operator
                    if test.operator in ("<", "<="):
                        result = test.limit.value * 0.5 if test.limit else 0.0
                    elif test.operator in (">", ">="):
                        result = min(99.0, test.limit.value + 3.0) if test.limit else 0.0
                    self.do(
                        "quality-officer",
                        "product.test",
                        bag,
                        {"test": test.id, "result": result, "laboratory": "quality control"},
                    )
            self.label(bag, coi)
            self.do(
                "laboratory-operator",
                "product.freeze",
                bag,
                {"position": f"cassette {bag}", "equipment": "LN2-1"},
            )
        yield timedelta(days=3)
        for bag in bags:
            for role in ("quality-officer", "responsible-person")[: product.release_signatures]:
                self.do(role, "product.release", bag, {"route": route})
            if site != LABORATORY:
                self.carry(bag, coi, site)
        return bags

    def label(self, bag: str, coi: str) -> None:
        """Three labels printed, one applied, one spoiled, one destroyed: the balance comes to zero."""
        self.serial += 3
        names = [f"L{self.serial - offset:05d}" for offset in (2, 1, 0)]
        self.do("laboratory-operator", "label.print", bag, {"labels": names, "coi": coi})
        for name, fate in zip(names, ("applied", "spoiled", "destroyed"), strict=True):
            self.do("laboratory-operator", "label.fate", bag, {"labels": [name], "fate": fate})

    def label_on(self, bag: str) -> str:
        """The label that is on a container."""
        state = self.record.state
        return next(name for name in state.products[bag].labels if state.labels[name].fate == "applied")

    def carry(self, bag: str, coi: str, site: str) -> None:
        """Hand over and take over between sites, with both scans."""
        cold = {"value": -151.0, "unit": "Cel"}
        self.do(
            "laboratory-operator",
            "product.send",
            bag,
            {
                "to": site,
                "carrier": "dry shipper DS-2",
                "label": self.label_on(bag),
                "coi": coi,
                "temperature": cold,
            },
        )
        self.clock[0] += timedelta(hours=20)
        self.do(
            "bedside-nurse",
            "product.receive",
            bag,
            {"label": self.label_on(bag), "coi": coi, "lowest": cold, "highest": cold, "in_range": True},
            site=site,
        )

    def give(self, person: str, site: str, coi: str, bags: list[str], regimen: str) -> Script:
        """The injections, each with fresh verdict, thaw, second check, two people at the bed, and the rest disposed of."""
        rule = self.view.regimen[regimen]
        state = self.record.state
        interval = timedelta(days=days(rule.interval)) if rule.interval else timedelta(0)
        for turn, bag in enumerate(bags):
            while turn == 0 and (wait := self.stagger()) > timedelta(0):
                yield wait
            if turn == 2 and self.withdrawing == person:
                self.do(
                    "investigator",
                    "participant.withdraw",
                    person,
                    {"level": "treatment", "said": "no more injections; scans and visits go on"},
                    site=site,
                )
                self.happened(f"{person}: withdraws from treatment after two injections; follow-up goes on")
                for left in bags[turn:]:
                    self.do(
                        "bedside-nurse",
                        "product.dispose",
                        left,
                        {"amount": {"value": 3.0e7, "unit": "{cells}"}, "method": "incinerated"},
                        site=site,
                    )
                return
            self.reconsent(person, site)
            self.screen(person, site)
            self.do("laboratory-operator", "product.thaw", bag, {"equipment": "water-bath-1"}, site=site)
            dose = {"value": 3.0e7, "unit": "{cells}"}
            check = {"participant": person, "dose": dose, "prepared_by": f"laboratory-operator-{site}"}
            self.do("quality-officer", "dose.check", bag, check, site=site)
            if turn == 1:
                self.wrong_bag(person, site, bag)
            self.do("bedside-nurse", "bedside.verify", bag, {"participant": person, "wristband": person, "bag": bag, "label": self.label_on(bag)},
                    site=site, also=("injecting-physician",))  # fmt: skip
            self.do("injecting-physician", "product.administer", bag, {
                "participant": person, "coi": coi, "wristband": person, "bag": bag, "route": rule.route.value, "dose": dose,
            }, site=site)  # fmt: skip
            given = self.clock[0]
            self.do(
                "bedside-nurse",
                "product.dispose",
                bag,
                {"amount": {"value": 0.0, "unit": "{cells}"}, "method": "nothing was left"},
                site=site,
            )
            self.do(
                "investigator",
                "visit.record",
                person,
                {"visit": f"dose-{turn + 1}", "on": self.now[:10]},
                site=site,
            )
            if not self.shown and turn == len(bags) - 1 and site != LABORATORY:
                self.shown = bag
            if turn == 0 and len(state.treated) == 3:
                yield from self.harm(person, site)
            yield timedelta(days=10)
            late = next(
                (
                    test
                    for test in self.view.product[state.products[bag].kind].release_tests
                    if test.timing == "after-release" and test.required
                ),
                None,
            )
            if late is not None:
                self.do(
                    "quality-officer",
                    "product.test",
                    bag,
                    {"test": late.id, "result": late.operator, "laboratory": "microbiology"},
                )
            if turn + 1 < len(bags):
                yield given + interval - self.clock[0]

    def stagger(self) -> timedelta:
        """How long the next first dose must wait by the bundle's staggering."""
        rule, state = self.view.safety.staggering, self.record.state
        if rule is None or len(state.treated) >= rule.first or state.last_first_dose is None:
            return timedelta(0)
        due = datetime.fromisoformat(state.last_first_dose) + timedelta(days=days(rule.wait), hours=1)
        return max(timedelta(0), due - self.clock[0])

    @property
    def withdrawing(self) -> str:
        """The one who withdraws in the script: the second person to be treated."""
        treated = self.record.state.treated
        return treated[1] if len(treated) > 1 else ""

    def wrong_bag(self, person: str, site: str, bag: str) -> None:
        """Two bags in one morning: somebody else's is scanned at this bed, once in the whole run."""
        state = self.record.state
        if any("wrong bag" in line for line in self.happenings):
            return
        other = next(
            (p for p in state.products.values() if p.status == "released" and p.participant != person), None
        )
        if other is None:
            return
        try:
            self.do("bedside-nurse", "bedside.verify", other.id,
                    {"participant": person, "wristband": person, "bag": other.id, "label": self.label_on(other.id)},
                    site=site, also=("injecting-physician",))  # fmt: skip
        except Refused as refused:
            self.happened(
                f"{person}: wrong bag at the bed ({other.id} of {other.participant} instead of {bag}); stopped: {', '.join(refused.gates)}"
            )

    def harm(self, person: str, site: str) -> Script:
        """A serious, unexpected event in one treated person: two people judge, the clocks run, the report goes out in time."""
        day = self.now[:10]
        name = f"AE-{person}"
        self.do("bedside-nurse", "adverse-event.report", person, {
            "event": name, "term": "headache with fever, one night in hospital (simulated)", "grade": 3, "serious": True, "expected": False,
            "onset": day, "aware_on": day,
        }, site=site)  # fmt: skip
        self.do(
            "injecting-physician",
            "adverse-event.judge",
            name,
            {"related": True, "why": "follows the puncture (simulated)"},
            site=site,
        )
        self.do(
            "investigator",
            "adverse-event.judge",
            name,
            {"related": False, "why": "a cold in the ward (simulated)"},
            site=site,
        )
        yield timedelta(days=4)
        for task in list(self.record.state.tasks.values()):
            if task.kind == "report" and task.subject == person and task.done is None:
                self.do(
                    "investigator",
                    "adverse-event.submit",
                    name,
                    {"clock": task.id.rpartition(":")[2], "to": task.about[:60], "on": self.now[:10]},
                    site=site,
                )
        self.happened(
            f"{person}: serious event; two people judge and differ, so it counts as related; reported within the clocks"
        )

    def amendment(self) -> Script:
        """A substantial amendment: adopted once, everybody migrates one by one, consent is asked anew where the text changed."""
        amended = amended_bundle()
        changes = diff(self.programme, amended)
        self.do("custodian", "programme.adopt", self.record.study, {
            "programme": view_of(amended).model_dump(mode="json"), "amends": self.record.state.programme, "substantial": changes.is_substantial,
            "changes": [str(change)[:500] for change in changes.changes] or ["version"],
        }, reason="amendment (simulated)")  # fmt: skip
        # from here on people are screened by the criteria of the new version
        self.programme = amended
        moved = 0
        for person in list(self.record.state.participants.values()):
            if not person.ended and "data" not in person.withdrawn and "contact" not in person.withdrawn:
                self.do(
                    "custodian",
                    "participant.migrate",
                    person.id,
                    {"from_programme": person.programme, "to_programme": self.record.state.programme},
                )
                moved += 1
        asked = sum(
            1 for task in self.record.state.tasks.values() if task.kind == "reconsent" and task.done is None
        )
        self.happened(
            f"amendment {amended.version}: {moved} people migrate, {asked} are asked for consent anew"
        )
        yield timedelta(0)


def hash_of(text: str) -> int:
    """A small stable number from a text (Python's own hash changes from run to run)."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(text))


def check(index: int) -> str:
    """A stable opaque-looking tail for the demonstration's identifiers."""
    return f"{(index * 7919) % 9973:04d}"


def amended_bundle() -> Programme:
    """The bundle as amended in the script: the same files, a new version, a verdict that holds a week longer."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / BUNDLE
        shutil.copytree(locate(BUNDLE), copy)
        head = copy / "programme.yaml"
        text = head.read_text(encoding="utf-8")
        changed = text.replace("version: 1.0.0", "version: 1.1.0", 1).replace(
            "verdict_valid_for: {value: 28", "verdict_valid_for: {value: 35", 1
        )
        if changed.count("1.1.0") != 1 or "{value: 35" not in changed:
            raise ValueError("the bundle no longer has the lines that the script amends")
        head.write_text(changed, encoding="utf-8")
        return load(copy)


def run(
    folder: Path, *, store: str | None = None, progress: Callable[[int], None] | None = None
) -> ScriptedRun:
    """Play the script into a new record and verify it.

    Parameters
    ----------
    folder
        A folder without a record; log, heads, vault, tables and the batch record go there.
    store
        URL of a prepared PostgreSQL database; ``None``: SQLite in the folder.
    progress
        Called with the number of events now and then.

    Raises
    ------
    RecordError
        ``record.exists`` where the folder holds a record already.
    """
    clock = [START]
    programme = load(locate(BUNDLE))
    record = Record.create(
        folder,
        study="SCI-DEMO",
        programme=view_of(programme),
        custodian="custodian-1",
        clock=lambda: clock[0],
        store=store,
    )
    stage = Stage(record, clock, programme)
    if progress is not None:
        record.listen(lambda seq, _: progress(seq))
    stage.staff()
    stage.seal()
    stage.begin(stage.amendment(), AMENDED)
    for index in range(1, PEOPLE + 1):
        stage.begin(stage.participant(index), START + timedelta(days=4 + 9 * index))
    stage.play()
    clock[0] = max(clock[0], END)
    agree = rebuild(record).ok
    shown = stage.shown or next(
        dose.product for person in record.state.participants.values() for dose in person.doses
    )
    coi = record.state.products[shown].coi
    batch = batch_record(record, shown)
    html = folder / f"batch-record-{shown}.html"
    pdf: Path | None = html.with_suffix(".pdf")
    html.write_text(batch_record_page(batch), encoding="utf-8")
    try:
        write_batch_record(batch, html.with_suffix(".pdf"))
    except ExtraMissing:  # the demonstration goes on without paper
        pdf = None
    replays = randomisation.replay(SEED, (event.body for event in record.events())) == []
    state = record.state
    kinds: dict[str, int] = {}
    for kind in state.kinds:
        kinds[kind] = kinds.get(kind, 0) + 1
    result = ScriptedRun(
        folder, record.study, f"{programme.id} {programme.version} to {stage.view.version}", state.seq, flow(state), shown, coi,
        chain_of(record, coi, product=shown), balance(state), [{"seq": seq, **attempt} for seq, attempt in state.refused.items()], stage.happenings,
        VerifyReport(record.study), html, pdf, tables_agree=agree, allocation_replays=replays,
        open_tasks=sum(1 for task in state.tasks.values() if task.done is None), by_kind=kinds,
    )  # fmt: skip
    record.close()
    result.verify = verify_record(folder)
    return result
