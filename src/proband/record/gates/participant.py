"""Gates on the person: order of the life, consent, verdict, withdrawal, holds, allocation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from proband.record import safety
from proband.record.errors import Refusal
from proband.record.events import moment
from proband.record.gates.declare import Context, gate
from proband.record.gates.product import PRODUCT_STAGES
from proband.record.programme_view import ProgrammeView
from proband.terms import ProbandError, jurisdiction

#: what each command is, for the levels of withdrawal
_WITHDRAWAL_KIND = {
    "participant.screen": "procedures", "participant.enrol": "procedures", "participant.allocate": "procedures",
    "capacity.assess": "procedures", "therapy.open": "procedures", "product.collect": "procedures",
    "bedside.verify": "treatment", "product.administer": "treatment", "visit.record": "new-data",
    "outcome.record": "new-data", "milestone.record": "new-data", "cointervention.record": "new-data",
    "consent.give": "contact", "participant.migrate": "contact", "event.correct": "use-of-data",
}  # fmt: skip

_HOLD_KIND = {
     "participant.enrol": "enrolment", "participant.allocate": "enrolment",
    "therapy.open": "collection", "product.collect": "collection", "product.release": "release",
    "product.release-exceptionally": "release", "product.administer": "administration",
}  # fmt: skip

Need = tuple[Callable[[Context], object], str]


def _person(c: Context, test: Callable[..., object]) -> object:
    return c.participant is not None and test(c.participant)


def _is_view(c: Context, data: dict[str, Any]) -> bool:
    try:
        view = ProgrammeView.model_validate(data)
    except ValueError:
        return False
    now = c.view
    # an amendment may change the criteria, but not drop them: that would switch off the judging of verdicts
    return now is not None and view.id == now.id and (view.eligibility is not None or now.eligibility is None)


def _is_jurisdiction(code: str) -> bool:
    try:
        return jurisdiction(code) == code
    except ProbandError:
        return False


def _fits(c: Context, scope: str, target: str) -> bool:
    """Whether a hold's target exists: a site, a participant, a product or a container; none for the whole programme."""
    known = {
        "programme": target == "",
        "site": target in c.state.sites,
        "participant": target in c.state.participants,
        "product": target in c.state.products or (c.view is not None and target in c.view.product),
    }
    return known[scope]


#: what must already have happened, by command: a test and what is missing where it fails
_STAGES: dict[str, tuple[Need, ...]] = {
    "programme.adopt": (
        (lambda c: c.data["amends"] == c.state.programme, "the version in force as the one that it amends"),
        (lambda c: _is_view(c, c.data["programme"]), "a whole view of a version of this programme"),
    ),
    "site.open": ((lambda c: _is_jurisdiction(c.data["jurisdiction"]), "a jurisdiction that is known, by its code"),),
    "hold.place": (
        (lambda c: c.view and c.data["hold"] in c.view.holds, "one of the holds of the programme"),
        (lambda c: c.view and _fits(c, c.view.holds[c.data["hold"]].scope, c.data["target"]), "a target that fits the hold's scope"),
    ),
    "site.close": ((lambda c: c.subject in c.state.sites, "such a site"),),
    "capsule.return": (
        (lambda c: c.subject in c.state.capsules and not c.state.capsules[c.subject].returned, "such a capsule that is out"),
    ),
    "participant.erase": ((lambda c: c.participant and not c.participant.erased, "a participant who is not yet erased"),),
    "personal.read": ((lambda c: c.participant, "such a participant"),),
    "participant.screen": ((lambda c: c.participant, "a referral"),),
    "consent.give": ((lambda c: _person(c, lambda p: p.screenings), "a screening"),),
    "participant.enrol": (
        (lambda c: _person(c, lambda p: p.consented_at and p.number == c.data["number"]), "consent and its sealed number"),
        (lambda c: _person(c, lambda p: not p.enrolled_at), "somebody not yet enrolled"),
    ),
    "participant.allocate": (
        (lambda c: _person(c, lambda p: p.enrolled_at), "enrolment"),
        (lambda c: _person(c, lambda p: not p.allocated_at), "somebody not yet allocated"),
    ),
    "allocation.unblind": ((lambda c: _person(c, lambda p: p.allocated_at), "an allocation"),),
    "participant.migrate": (
        (lambda c: _person(c, lambda p: p.programme == c.data["from_programme"] != c.state.programme), "a participant of that version"),
        (lambda c: c.data["to_programme"] == c.state.programme, "the version in force as the goal"),
    ),
    "participant.transfer": (
        (lambda c: c.data["to_site"] in c.state.sites and c.state.sites[c.data["to_site"]].open, "an open site to go to"),
    ),
    "participant.withdraw": (
        (lambda c: _person(c, lambda p: p.consented_at), "consent, before it can be withdrawn"),
        (lambda c: _person(c, lambda p: c.data["level"] not in p.withdrawn), "a level not yet withdrawn"),
    ),
    "participant.lose": ((lambda c: _person(c, lambda p: p.consented_at), "consent: nobody is lost before"),),
    "participant.find": ((lambda c: _person(c, lambda p: p.ended == "lost"), "somebody who was lost"),),
    "participant.die": ((lambda c: _person(c, lambda p: p.ended != "died"), "somebody who is not recorded as dead"),),
    "participant.complete": ((lambda c: _person(c, lambda p: p.enrolled_at), "enrolment"),),
    "visit.record": (
        (lambda c: _person(c, lambda p: p.screenings or p.consented_at), "a screening"),
        (lambda c: c.view and any(c.data["visit"] == v.id for v in c.view.schedule.visits), "such a visit in the schedule"),
    ),
    "outcome.record": (
        (lambda c: _person(c, lambda p: p.screenings or p.consented_at), "a screening"),
        (lambda c: c.view and any(c.data["visit"] == v.id for v in c.view.schedule.visits), "such a visit in the schedule"),
    ),
    "therapy.open": (
        (lambda c: _person(c, lambda p: p.enrolled_at), "enrolment"),
        (lambda c: _person(c, lambda p: p.allocated_at), "an allocation"),
    ),
    "product.collect": ((lambda c: _person(c, lambda p: p.allocated_at), "an allocation"),),
    "bedside.verify": ((lambda c: _person(c, lambda p: p.allocated_at), "an allocation"),),
    "product.administer": (
        (lambda c: c.product, "such a product"),
        (lambda c: _person(c, lambda p: p.enrolled_at and p.allocated_at), "enrolment and allocation"),
    ),
    "adverse-event.report": ((lambda c: c.participant, "such a participant"),),
    "adverse-event.judge": ((lambda c: c.subject in c.state.adverse_events, "such an adverse event"),),
    "adverse-event.update": ((lambda c: c.subject in c.state.adverse_events, "such an adverse event"),),
    "adverse-event.submit": ((lambda c: c.subject in c.state.adverse_events, "such an adverse event"),),
    "query.open": ((lambda c: c.data["about"] <= c.state.seq, "such an event"),),
    "query.answer": ((lambda c: c.subject in c.state.queries and c.state.queries[c.subject].status != "closed", "an open query"),),
    "query.close": ((lambda c: c.subject in c.state.queries and c.state.queries[c.subject].status != "closed", "an open query"),),
    "task.close": ((lambda c: c.data["task"] in c.state.tasks and c.state.tasks[c.data["task"]].done is None, "an open task"),),
    **PRODUCT_STAGES,
}  # fmt: skip

_NO_NEED: tuple[Need, ...] = ()


@gate("stage")
def stage(c: Context) -> Refusal | None:
    """Things happen in their order: nothing is enrolled before consent, nothing collected before allocation."""
    for holds, missing in _STAGES.get(c.verb, _NO_NEED):
        if not holds(c):
            return Refusal("stage", f"{c.verb} of {c.subject} needs {missing}", "do the earlier step first")
    return None


@gate("alive")
def alive(c: Context) -> Refusal | None:
    """The participant is in the programme: not dead, not lost, not completed."""
    person = c.participant
    if person is None:
        return Refusal("alive", f"there is no participant for {c.subject}", "refer the person first")
    if person.ended:
        return Refusal("alive", f"{person.id} is recorded as {person.ended} since {(person.ended_at or '')[:10]}",
                       "record them as found, or correct the entry")  # fmt: skip
    return None


@gate("withdrawal")
def withdrawal(c: Context) -> Refusal | None:
    """Each level of withdrawal blocks exactly its own actions."""
    person = c.participant
    if person is None or not person.withdrawn or c.view is None:
        return None
    kind = _WITHDRAWAL_KIND[c.verb]
    for level, since in person.withdrawn.items():
        if kind in c.view.blocks_of(level):
            return Refusal(
                "withdrawal",
                f"{person.id} withdrew from {level} on {since[:10]}",
                f"do not: it blocks {kind}",
            )
    return None


@gate("consent")
def consent(c: Context) -> Refusal | None:
    """Consent to the version in force today, or to an earlier one that nobody was asked to renew."""
    person = c.participant
    given = person.consent if person else None
    if person is None or given is None or c.view is None:
        return Refusal(
            "consent",
            f"{c.participant.id if c.participant else c.subject} has not consented",
            "take consent first",
        )
    if given.lapsed:
        return Refusal(
            "consent", f"the consent of {person.id} has lapsed: {given.lapsed}", "take consent anew"
        )
    if not c.view.consent_stands(given.version, given.language, date.fromisoformat(c.day)):
        return Refusal(
            "consent",
            f"{person.id} consented to {given.version}, which is not the text in force",
            "take consent to the text in force",
        )
    if person.minor and person.majority_on and person.majority_on <= c.day:
        return Refusal("consent", f"{person.id} came of age on {person.majority_on}; the guardians' consent has ended",
                       "ask the participant for their own consent")  # fmt: skip
    return None


@gate("capacity")
def capacity(c: Context) -> Refusal | None:
    """Nobody is treated who, by the last assessment, cannot consent."""
    person = c.participant
    if person is not None and person.capacity == "lacks" and not person.minor:
        return Refusal(
            "capacity",
            f"{person.id} lacks capacity by the last assessment",
            "assess again; do not treat today",
        )
    return None


@gate("consent-form")
def consent_form(c: Context) -> Refusal | None:
    """Consent is given in the form that the person needs: text in force, own words, guardians, assent, capacity."""
    view, data, person = c.view, c.data, c.participant
    if view is None or person is None:
        return Refusal("consent-form", "there is no programme to consent to", "adopt a programme first")
    text = view.consent.version_on(date.fromisoformat(c.at[:10]), data["language"])
    if text is None or text.id != data["version"]:
        wanted = text.id if text else f"no text in {data['language']}"
        return Refusal(
            "consent-form", f"{data['version']} is not the text in force ({wanted})", "use the text in force"
        )
    if len(data["teach_back"]) != len(view.consent.teach_back) or not all(data["teach_back"]):
        return Refusal("consent-form", f"teach-back: {sum(data['teach_back'])} of {len(view.consent.teach_back)} questions answered",
                       "explain again and ask again; consent can wait")  # fmt: skip
    place = c.state.sites.get(person.site)
    rule = view.guardian_rule(place.jurisdiction) if place else None
    # where the programme has no rule on guardians it takes adults only; 18 is the usual majority (design choice)
    majority = float(rule.majority.value) if rule else 18.0
    if data["age_years"] >= majority:
        if data["by"] != "participant" or data["capacity"] != "has":
            return Refusal(
                "consent-form",
                "an adult consents in person, with capacity",
                "ask again when capacity has returned",
            )
        return None
    if rule is None:
        return Refusal("consent-form", f"the programme has no rule for a person of {data['age_years']:g} years here",
                       "the programme must state who consents for a minor in this jurisdiction")  # fmt: skip
    guardians = {guardian["id"] for guardian in data["guardians"]}
    if data["by"] != "guardians" or len(guardians) < rule.guardians:
        return Refusal(
            "consent-form",
            f"{len(guardians)} of {rule.guardians} guardians agreed",
            f"{rule.guardians} different guardians must agree",
        )
    if not data["majority_on"] or data["majority_on"] <= c.at[:10]:
        return Refusal(
            "consent-form",
            "the day of majority of a minor must be known",
            "give the day on which they come of age",
        )
    band = view.consent.assent_for(data["age_years"])
    if band is None:
        return Refusal(
            "consent-form",
            f"no assent band covers {data['age_years']:g} years",
            "the programme must state how the child is asked",
        )
    if band.form != "none" and (
        data["assent"] == "not-asked" or (data["assent"] == "no" and band.dissent_blocks)
    ):
        return Refusal(
            "consent-form",
            f"assent: {data['assent']}",
            "ask the child; where the programme says so, their no is final",
        )
    return None


@gate("number")
def number(c: Context) -> Refusal | None:
    """Numbers run 1, 2, 3 …: one per person, sealed at the first consent, none skipped, none given twice."""
    person = c.participant
    due = person.number if person and person.number is not None else c.state.numbers + 1
    if c.data["number"] != due:
        return Refusal(
            "number",
            f"the number {c.data['number']} is not the next one ({due})",
            "let the record give the number",
        )
    return None


@gate("verdict")
def verdict(c: Context) -> Refusal | None:
    """Eligible, under the version in force, and recently enough; unknown is not eligible."""
    person = c.participant
    found = person.verdict if person else None
    if person is None or found is None or c.view is None:
        return Refusal("verdict", f"{c.subject} has no verdict on eligibility", "screen first")
    if found.outcome != "eligible":
        return Refusal(
            "verdict",
            f"the verdict on {person.id} is {found.outcome}",
            "nobody proceeds who is not found eligible",
        )
    if found.programme != c.state.programme:
        return Refusal(
            "verdict",
            f"the verdict on {person.id} was reached under another version",
            "screen again under the version in force",
        )
    age = (moment(c.now) - moment(found.at)).total_seconds() / 86_400
    if age > c.view.verdict_days:
        return Refusal(
            "verdict",
            f"the verdict on {person.id} is {age:.0f} days old; it holds for {c.view.verdict_days:g}",
            "screen again",
        )
    return None


@gate("verdict-values")
def verdict_values(c: Context) -> Refusal | None:
    """Who is said to be eligible is so by the stored values, judged again under the criteria of the version in force."""
    if c.view is None or c.view.eligibility is None:
        return None
    # imported here: screening brings the table engines with it, and most uses of a record screen nobody
    from proband.record.verdicts import mismatch

    wrong = mismatch(c.view.eligibility, c.data)
    if wrong is None:
        return None
    return Refusal("verdict-values", f"{c.subject} is said to be eligible, but {wrong}",
                   "screen with proband.record.verdicts.screening_data and send what it gives")  # fmt: skip


@gate("forecast")
def forecast(c: Context) -> Refusal | None:
    """The forecast was sealed before the first dose, unless the programme declares itself retrospective, for ever."""
    if c.view is not None and c.view.forecast.declared == "retrospective":
        return None
    if not any(seal["at"] <= c.at for seal in c.state.forecasts.values()):
        return Refusal(
            "forecast",
            "no forecast is sealed",
            "seal forecast, comparator and analysis before the first dose",
        )
    return None


@gate("hold")
def hold(c: Context) -> Refusal | None:
    """No hold stands in the way, and no stopping rule is crossed that would place one."""
    kind = _HOLD_KIND[c.verb]
    for held in c.state.holds.values():
        if held.lifted_at is None and kind in held.blocks and _touches(c, held.scope, held.target):
            return Refusal(
                "hold",
                f"hold {held.id} ({held.hold}) stands since {held.at[:10]}",
                "it is lifted by those whom the programme names",
                hold=held.id,
            )
    view = c.view
    if view is not None:
        for crossing in safety.crossed(c.state):
            declared = view.holds.get(crossing.hold)
            if (
                declared is not None
                and kind in declared.blocks
                and _touches(c, declared.scope, crossing.target)
            ):
                return Refusal(
                    "hold",
                    f"the stopping rule {crossing.rule} is crossed",
                    "place the hold; the safety board decides",
                )
    return None


def _touches(c: Context, scope: str, target: str) -> bool:
    if scope == "programme":
        return True
    if scope == "site":
        return target in (c.body["site"], "")
    if scope == "participant":
        return c.participant is not None and target == c.participant.id
    kind = c.product.kind if c.product else ""
    if not kind and c.view is not None and c.participant is not None:
        # before there is a container, the product that the person's arm leads to is what a hold on it concerns
        arm = c.view.arm.get(c.participant.arm or "")
        regimen = c.view.regimen.get(arm.regimen) if arm and arm.regimen else None
        kind = regimen.product if regimen else ""
    return target in (kind, c.subject if c.product else kind, "")


@gate("lift")
def lift(c: Context) -> Refusal | None:
    """A hold is lifted when each of the roles that the programme names has signed, each once."""
    held = c.state.holds.get(c.subject)
    if held is None or held.lifted_at is not None:
        return Refusal("lift", f"{c.subject} is no standing hold", "name a standing hold")
    declared = c.view.holds.get(held.hold) if c.view else None
    roles = declared.lifted_by if declared else []
    role = c.body["role"]
    if role not in roles:
        return Refusal(
            "lift", f"{role} may not lift {held.hold}; {', '.join(roles) or 'nobody'} may", "ask those roles"
        )
    if role in held.lifted_by or c.body["actor"] in held.lifted_by.values():
        return Refusal(
            "lift", f"{role} has already signed for lifting {c.subject}", "the other roles must sign"
        )
    return None


@gate("scheme")
def scheme(c: Context) -> Refusal | None:
    """Allocation follows the sealed sequence: the next place, the sealed scheme, the programme's own arms."""
    view, data = c.view, c.data
    if view is None:
        return Refusal("scheme", "there is no programme", "adopt a programme first")
    method = view.allocation.method
    if c.verb == "allocation.seal":
        arms = {arm.id: arm.weight for arm in view.arms}
        if data["method"] != method or data["arms"] != arms:
            return Refusal(
                "scheme",
                "the scheme is not the programme's",
                "seal the programme's own method, arms and weights",
            )
        return None
    if method in ("none", "sequential"):
        if data["arm"] not in view.arm or data["scheme"] is not None:
            return Refusal(
                "scheme", f"{data['arm']} is no arm of the programme", "name an arm of the programme"
            )
        return None
    if not c.state.schemes or c.state.schemes[-1]["commitment"] != data["scheme"]:
        return Refusal(
            "scheme",
            "the allocation does not follow the sealed scheme",
            "seal the seed first, and let the record allocate",
        )
    if data["index"] != c.state.allocations + 1:
        return Refusal(
            "scheme",
            f"place {data['index']} is not the next one ({c.state.allocations + 1})",
            "let the record allocate",
        )
    if (data["arm"] is None) == (data["sealed_arm"] is None) or (
        data["arm"] is not None and data["arm"] not in view.arm
    ):
        return Refusal(
            "scheme",
            "an allocation is either open or sealed, to an arm of the programme",
            "let the record allocate",
        )
    return None
