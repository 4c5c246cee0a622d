"""The cell laboratory: what waits for somebody, and how far each container has come. Only gathered here: every rule is the record's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from proband.programme.product import ReleaseTest
from proband.record import State
from proband.record.events import moment
from proband.record.labels import Balance, balance
from proband.record.lineage import standing_of
from proband.record.making import fulfilled, missing
from proband.record.product import Container
from proband.record.seeing import sees
from proband.record.specification import outside, outstanding
from proband.registry.acting import ActingPerson

#: what may be given, once it is there; what is over
USABLE = ("released",)
GONE = ("administered", "rejected", "disposed", "used", "failed")
#: the whole of the bar that shows how much of the shelf life is left
_BAR = 100


@dataclass(frozen=True, slots=True)
class StepSheet:
    """A step of the programme at one container: who did it, who agreed, and the command that comes next (empty: none)."""

    id: str
    name: str
    before: str
    done: str
    agreed: str
    holds: bool
    fulfilled: bool
    verb: str


@dataclass(frozen=True, slots=True)
class TestSheet:
    """A release test at one container: limit, what was found, and how it stands."""

    id: str
    name: str
    limit: str
    found: str
    at: str
    standing: str


@dataclass(slots=True)
class ContainerSheet:
    """A container with everything that is still to be done with it."""

    made: Container
    standing: str
    steps: list[StepSheet] = field(default_factory=list)
    tests: list[TestSheet] = field(default_factory=list)
    labels: Balance | None = None


@dataclass(frozen=True, slots=True)
class StockLine:
    """A container in the stock: how it stands, where, until when, how much of its shelf life is left (0 to 100)."""

    made: Container
    usable: bool
    state: str
    left: int
    words: str


@dataclass(frozen=True, slots=True)
class LaboratoryTask:
    """Something that waits for somebody: at which container, what, and the command that does it."""

    container: str
    words: str
    verb: str
    urgent: bool = False


#: by which command a step is recorded
_RECORDED_BY = {
    "step": "product.step",
    "label": "label.print",
    "freezing": "product.freeze",
    "thawing": "product.thaw",
}


def seen_containers(state: State, person: ActingPerson) -> list[Container]:
    """Every container where the person works."""
    return [one for one in state.products.values() if one.kit is None and sees(state, person, one.id)]


def sheet(state: State, made: Container) -> ContainerSheet:
    """Steps with hold points, tests and labels of a container."""
    rule = state.rule_of(made)
    found = ContainerSheet(made, standing_of(state, made)[0], labels=balance(state, made.id))
    if rule is None:
        return found
    for step, phase in rule.due():
        full = fulfilled(step, made)
        waits = step.hold_point and step.id in made.done and step.id not in made.agreed
        verb = "" if full else "product.agree" if waits else _RECORDED_BY.get(step.recorded_as, "")
        done = ", ".join(made.done.get(step.id, ())) or (step.recorded_as if full else "")
        found.steps.append(
            StepSheet(
                step.id, step.name, phase, done, made.agreed.get(step.id, ""), step.hold_point, full, verb
            )
        )
    against = outside(made, rule, rule.release_tests)
    found.tests = [_tested(made, test, test.id in against) for test in rule.release_tests]
    return found


def _tested(made: Container, test: ReleaseTest, against: bool) -> TestSheet:
    result = made.result(test.id)
    bad = next((one for one in made.results(test.id) if not one.passes), None) if against else None
    told = bad or result
    where = f" (found in {told.of})" if told is not None and told.of not in ("", made.id) else ""
    standing = "outside" if against else "within" if result is not None and result.passes else "missing"
    if standing == "missing" and not test.required:
        standing = "for information"
    limit = f"{test.operator} {test.limit}" if test.limit else test.operator
    return TestSheet(
        test.id,
        test.name,
        limit,
        f"{told.value}{where}" if told else "",
        told.at[:16] if told else "",
        standing,
    )


def waiting(state: State, containers: list[Container], now: datetime) -> list[LaboratoryTask]:
    """What waits for somebody in the laboratory, what cannot wait first."""
    tasks = []
    for made in containers:
        rule = state.rule_of(made)
        if rule is None or made.status in GONE:
            continue
        if made.status == "quarantined":
            tasks.append(LaboratoryTask(made.id, "in quarantine: look into it", "product.investigate", True))
            continue
        if made.status in USABLE and made.expires_at and moment(made.expires_at) <= now:
            tasks.append(
                LaboratoryTask(
                    made.id,
                    f"expired {made.expires_at[:16]} UTC",
                    "product.dispose" if made.each is None else "stock.destroy",
                    True,
                )
            )
            continue
        tasks += [
            LaboratoryTask(made.id, f"work stops at {one.name}: a second person agrees", one.verb, True)
            for one in sheet(state, made).steps
            if one.verb == "product.agree"
        ]
        if made.status == "manufactured" and not missing(rule, made, "release"):
            lacking = outstanding(made, rule, None)
            tasks += [LaboratoryTask(made.id, f"no result yet: {test}", "product.test") for test in lacking]
            if not lacking:
                tasks.append(
                    LaboratoryTask(made.id, "every test is there: decide on the release", "product.release")
                )
        if made.sent_to is not None:
            tasks.append(LaboratoryTask(made.id, f"on its way to {made.sent_to}", "product.receive"))
        if (labels := balance(state, made.id)).open:
            tasks.append(LaboratoryTask(made.id, f"{labels.open} labels unaccounted for", "label.fate"))
    return sorted(tasks, key=lambda one: not one.urgent)


def stock(containers: list[Container], now: datetime) -> list[StockLine]:
    """The stock: usable first, then soonest to expire; what is used up or thrown away is not in it."""
    lines = []
    for made in containers:
        if made.status in GONE:
            continue
        expired = made.expires_at is not None and moment(made.expires_at) <= now
        usable = made.status in USABLE and not expired
        lines.append(StockLine(made, usable, "expired" if expired else made.status, *_left(made, now)))
    return sorted(lines, key=lambda line: (not line.usable, line.made.expires_at or "9", line.made.id))


def in_places(containers: list[Container], now: datetime) -> dict[str, int]:
    """How many containers are where in their life; each is in one place, and one that has expired is expired, whatever else it was."""
    counts = dict.fromkeys(
        ("in the making", "usable", "put aside", "expired", "given", "used up or thrown away"), 0
    )
    names = {"in-process": "in the making", "manufactured": "in the making", "retained": "in the making", "quarantined": "put aside", "administered": "given"}  # fmt: skip
    for line in stock(containers, now):
        counts["usable" if line.usable else names.get(line.state, line.state)] += 1
    for made in containers:
        if made.status in GONE:
            counts[names.get(made.status, "used up or thrown away")] += 1
    return counts


def _left(made: Container, now: datetime) -> tuple[int, str]:
    if made.expires_at is None:
        return 0, "no day of expiry yet"
    until = moment(made.expires_at)
    hours = (until - now).total_seconds() / 3600
    whole = (until - moment(made.made_at)).total_seconds() / 3600
    days = int(abs(hours) // 24)
    words = f"{days} days" if days else f"{int(abs(hours))} h"
    if hours <= 0:
        return 0, f"since {words}"
    return max(2, min(_BAR, round(_BAR * hours / whole))) if whole > 0 else _BAR, words
