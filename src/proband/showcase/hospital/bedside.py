"""At the bed: the injections of a regimen, the wrong bag that is stopped, the one who withdraws."""

from __future__ import annotations

from datetime import datetime, timedelta

from proband.record.errors import Refused
from proband.record.making import steps_recorded_as
from proband.record.programme_view import days
from proband.record.staggered import review_tasks
from proband.showcase.hospital.harms import harm
from proband.showcase.hospital.products import agree, label_on, readings
from proband.showcase.hospital.stage import LABORATORY, Script, Stage
from proband.showcase.hospital.visits import reconsent, screen


def give(stage: Stage, person: str, site: str, coi: str, bags: list[str], regimen: str) -> Script:
    """The injections of a regimen, at the interval and with the staggering of the bundle."""
    rule = stage.view.regimen[regimen]
    state = stage.record.state
    interval = timedelta(days=days(rule.interval)) if rule.interval else timedelta(0)
    for turn, bag in enumerate(bags):
        while turn == 0 and (wait := stagger(stage)) > timedelta(0):
            yield wait
        if turn == 0:
            reviewed(stage, site)
        if turn == 2 and withdrawing(stage) == person:
            withdraw(stage, person, site, bags[turn:])
            return
        reconsent(stage, person, site)
        screen(stage, person, site)
        given = inject(stage, person, site, coi, bag, rule.route.value, turn)
        if not stage.shown and turn == len(bags) - 1 and site != LABORATORY:
            stage.shown = bag
        if turn == 0 and len(state.treated) == 3:
            yield from harm(stage, person, site)
        yield timedelta(days=10)
        late_test(stage, bag)
        if turn + 1 < len(bags):
            yield given + interval - stage.clock[0]


def inject(stage: Stage, person: str, site: str, coi: str, bag: str, route: str, turn: int) -> datetime:
    """One injection: thaw, second check, two people at the bed, the rest disposed of, the visit; when it was given."""
    thaw(stage, bag, site)
    dose = {"value": 3.0e7, "unit": "{cells}"}
    check = {"participant": person, "dose": dose, "prepared_by": f"laboratory-operator-{site}"}
    stage.do("quality-officer", "dose.check", bag, check, site=site)
    if turn == 1:
        wrong_bag(stage, person, site, bag)
    scans = {"participant": person, "wristband": person, "bag": bag}
    stage.do(
        "bedside-nurse",
        "bedside.verify",
        bag,
        scans | {"label": label_on(stage, bag)},
        site=site,
        also=("injecting-physician",),
    )
    stage.do(
        "injecting-physician",
        "product.administer",
        bag,
        scans | {"coi": coi, "route": route, "dose": dose},
        site=site,
    )
    given = stage.clock[0]
    rest = {"amount": {"value": 0.0, "unit": "{cells}"}, "method": "nothing was left"}
    stage.do("bedside-nurse", "product.dispose", bag, rest, site=site)
    stage.do(
        "investigator", "visit.record", person, {"visit": f"dose-{turn + 1}", "on": stage.now[:10]}, site=site
    )
    return given


def thaw(stage: Stage, bag: str, site: str) -> None:
    """Thawed at the site that gives it, with what must be recorded there; a second person compares the labels again."""
    rule = stage.view.product[stage.record.state.products[bag].kind]
    for step in steps_recorded_as(rule, "thawing"):
        done = {"equipment": "water-bath-1", "readings": readings(step.records)}
        stage.do("laboratory-operator", "product.thaw", bag, done, site=site)
    agree(stage, bag, "thawing", site)


def withdraw(stage: Stage, person: str, site: str, left: list[str]) -> None:
    """Somebody wants no more injections: what is left for them is destroyed, follow-up goes on."""
    said = {"level": "treatment", "said": "no more injections; scans and visits go on"}
    stage.do("investigator", "participant.withdraw", person, said, site=site)
    stage.happened(f"{person}: withdraws from treatment after two injections; follow-up goes on")
    for bag in left:
        rest = {"amount": {"value": 3.0e7, "unit": "{cells}"}, "method": "incinerated"}
        stage.do("bedside-nurse", "product.dispose", bag, rest, site=site)


def late_test(stage: Stage, bag: str) -> None:
    """The result that comes after release, where the bundle asks for one."""
    tests = stage.view.product[stage.record.state.products[bag].kind].release_tests
    late = next((test for test in tests if test.timing == "after-release" and test.required), None)
    if late is not None:
        result = {"test": late.id, "result": late.operator, "laboratory": "microbiology"}
        stage.do("quality-officer", "product.test", bag, result)


def stagger(stage: Stage) -> timedelta:
    """How long the next first dose must wait by the bundle's staggering."""
    rule, state = stage.view.safety.staggering, stage.record.state
    if rule is None or len(state.treated) >= rule.first or state.last_first_dose is None:
        return timedelta(0)
    due = datetime.fromisoformat(state.last_first_dose) + timedelta(days=days(rule.wait), hours=1)
    return max(timedelta(0), due - stage.clock[0])


def reviewed(stage: Stage, site: str) -> None:
    """Whoever reviews between the first few says that the next may be treated, where somebody was treated and nobody has said so since."""
    rule = stage.view.safety.staggering
    if rule is not None and any(True for _ in review_tasks(stage.record.state)):
        said = {"go_on": True, "why": "nothing was seen that speaks against treating the next person"}
        stage.do(rule.review_by, "safety.review", stage.record.study, said, site=site)


def withdrawing(stage: Stage) -> str:
    """The one who withdraws in the script: the second person to be treated."""
    treated = stage.record.state.treated
    return treated[1] if len(treated) > 1 else ""


def wrong_bag(stage: Stage, person: str, site: str, bag: str) -> None:
    """Two bags in one morning: somebody else's is scanned at this bed, once in the whole run."""
    state = stage.record.state
    if any("wrong bag" in line for line in stage.happenings):
        return
    other = next(
        (p for p in state.products.values() if p.status == "released" and p.participant != person), None
    )
    if other is None:
        return
    try:
        stage.do("bedside-nurse", "bedside.verify", other.id,
                {"participant": person, "wristband": person, "bag": other.id, "label": label_on(stage, other.id)},
                site=site, also=("injecting-physician",))  # fmt: skip
    except Refused as refused:
        stage.happened(
            f"{person}: wrong bag at the bed ({other.id} of {other.participant} instead of {bag}); stopped: {', '.join(refused.gates)}"
        )
