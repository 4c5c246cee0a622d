"""From events to state: every event is judged again before it counts.

An event that the gates refuse is noted in :attr:`State.invalid` and changes nothing else: whatever path it took into the
log, no projection treats it as having happened, with one exception that is kept visible. An administration that fails its
gates is shown as a dose in deviation, because the person may well have received it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from proband.record import safety
from proband.record.commands import BY_EVENT
from proband.record.events import ENVELOPE, Event, is_stamp, moment, stamp
from proband.record.gates import GATES, Gate, judge
from proband.record.programme_view import ProgrammeView, duration
from proband.record.signatures import SIGNATURE_KEYS
from proband.record.state import (
    AdverseEvent,
    Capsule,
    Collection,
    Consent,
    Dose,
    Hold,
    Label,
    Participant,
    Person,
    Product,
    Query,
    Site,
    State,
    Task,
    TestResult,
    Therapy,
    Verdict,
    visit_key,
)  # fmt: skip
from proband.terms import ProbandError

Body = dict[str, Any]
Change = Callable[[State, Body, dict[str, Any]], None]
_CHANGES: dict[str, Change] = {}
_KEYS = frozenset(ENVELOPE)
#: what reading a body can raise that no command wrote
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ProbandError)


def changes(event: str) -> Callable[[Change], Change]:
    """Register what an event changes."""

    def register(function: Change) -> Change:
        _CHANGES[event] = function
        return function

    return register


def fold(state: State, event: Event, gates: Mapping[str, Gate] = GATES) -> Body:
    """Bring a state forward by one event; returns the event's body.

    Parameters
    ----------
    state
        The state after the event before; changed in place.
    event
        The next event of the same study.
    gates
        See :func:`proband.record.gates.judge`.
    """
    body = _readable(event)
    try:
        refusals = judge(state, body, gates)
        broken = tuple(refusal.gate for refusal in refusals)
    except _UNREADABLE:
        # no command writes such a body; whatever it means to be, it does not count
        broken = ("form",)
    state.seq = event.seq
    state.hash = event.hash
    state.kinds.append(body["event"])
    state.subjects.append(body["subject"])
    if not broken:
        try:
            change = _CHANGES.get(body["event"])
            if change is not None:
                change(state, body, body["data"])
        except _UNREADABLE:
            broken = ("form",)
    if broken:
        state.invalid[event.seq] = broken
        if body["event"] == "product.administered":
            _dose(state, body, valid=False)
        return body
    if body["recorded"] > state.recorded:
        state.recorded = body["recorded"]
    _touch(state, body)
    return body


def _readable(event: Event) -> Body:
    """The body, or, where the bytes are no event at all, an empty one that every gate refuses."""
    try:
        body = event.body
    except ValueError:
        body = {}
    if is_envelope(body):
        return body
    nothing: Body = dict.fromkeys(ENVELOPE)
    return {
        **nothing,
        "event": "",
        "command": "",
        "subject": "",
        "site": "",
        "recorded": "",
        "at": "",
        "source": "",
        "data": {},
    }


def is_envelope(body: object) -> bool:
    """Whether a value has the envelope of an event, with values of the right kinds."""
    if type(body) is not dict or body.keys() != _KEYS:
        return False
    # written out: this runs for every event of every replay
    if not (
        type(body["event"]) is str is type(body["command"])
        and type(body["subject"]) is str is type(body["site"])
        and type(body["actor"]) is str is type(body["role"])
        and type(body["programme"]) is str is type(body["source"])
        and type(body["study"]) is str is type(body["offset"])
        and type(body["data"]) is dict
        and type(body["signatures"]) is list
        and is_stamp(body["at"])
        and (body["recorded"] == body["at"] or is_stamp(body["recorded"]))
    ):
        return False
    return all(type(entry) is dict and entry.keys() == SIGNATURE_KEYS for entry in body["signatures"])


def fold_all(events: Iterable[Event], study: str, gates: Mapping[str, Gate] = GATES) -> State:
    """The state after all of some events, from nothing."""
    state = State(study=study)
    # a state is a large tree without cycles: looking for cycles while it grows would cost more than the folding
    collecting = gc.isenabled()
    gc.disable()
    try:
        for event in events:
            fold(state, event, gates)
    finally:
        if collecting:
            gc.enable()
    return state


def _touch(state: State, body: Body) -> None:
    """Note the last event about a participant or product, for those who work from what they have seen."""
    person = state.participants.get(body["subject"])
    if person is not None:
        person.touched = state.seq
        return
    product = state.products.get(body["subject"])
    if product is not None:
        product.touched = state.seq


def _task(state: State, kind: str, subject: str, due: str, about: str, name: str) -> None:
    if name not in state.tasks:
        state.tasks[name] = Task(name, kind, subject, due, about, state.seq)
        state.tasks_of.setdefault((kind, subject), []).append(name)


def _done(state: State, name: str) -> None:
    task = state.tasks.get(name)
    if task is not None and task.done is None:
        task.done = state.seq


def _all_done(state: State, kind: str, subject: str) -> None:
    for name in state.tasks_of.get((kind, subject), ()):
        _done(state, name)


# the study


@changes("study.opened")
def _opened(state: State, body: Body, data: dict[str, Any]) -> None:
    view = ProgrammeView.model_validate(data["programme"])
    state.study = body["study"]
    state.programmes[view.hash] = view
    state.programme = view.hash
    state.persons[data["custodian"]] = Person(data["custodian"], {"custodian": ["*"]})


@changes("programme.adopted")
def _adopted(state: State, body: Body, data: dict[str, Any]) -> None:
    view = ProgrammeView.model_validate(data["programme"])
    state.programmes[view.hash] = view
    state.programme = view.hash
    for person in state.participants.values():
        if not person.ended:
            _task(
                state,
                "migrate",
                person.id,
                body["at"][:10],
                f"bring to version {view.version}",
                f"migrate:{person.id}:{view.hash[:12]}",
            )


@changes("site.opened")
def _site_opened(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]] = Site(body["subject"], data["jurisdiction"])


@changes("site.closed")
def _site_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]].open = False


@changes("staff.granted")
def _granted(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.setdefault(body["subject"], Person(body["subject"]))
    person.roles[data["role"]] = list(data["sites"])


@changes("staff.revoked")
def _revoked(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.get(body["subject"])
    if person is not None:
        person.roles.pop(data["role"], None)


@changes("staff.trained")
def _trained(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.setdefault(body["subject"], Person(body["subject"]))
    person.trainings[data["training"]] = data["valid_until"]


@changes("forecast.sealed")
def _forecast(state: State, body: Body, data: dict[str, Any]) -> None:
    # sealed after somebody was treated it is kept, and stamped: what is written afterwards is no forecast
    late = bool(state.treated)
    state.forecasts[f"v{len(state.forecasts) + 1}"] = {
        **data,
        "at": body["at"],
        "seq": state.seq,
        "retrospective": late,
    }


@changes("allocation.sealed")
def _scheme(state: State, body: Body, data: dict[str, Any]) -> None:
    state.schemes.append({**data, "seq": state.seq})


@changes("participant.erased")
def _erased(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants.get(body["subject"])
    if person is not None:
        person.erased = True


@changes("capsule.issued")
def _capsule_issued(state: State, body: Body, data: dict[str, Any]) -> None:
    state.capsules[body["subject"]] = Capsule(
        body["subject"],
        body["site"],
        data["device"],
        tuple(data["participants"]),
        data["until"],
        body["at"],
        state.seq,
    )


@changes("capsule.returned")
def _capsule_returned(state: State, body: Body, data: dict[str, Any]) -> None:
    state.capsules[body["subject"]].returned = True


@changes("capsule.conflicted")
def _capsule_conflict(state: State, body: Body, data: dict[str, Any]) -> None:
    event = data["event"]
    state.deviations[state.seq] = {
        "kind": "offline conflict",
        "gates": data["gates"],
        "subject": event["subject"],
        "event": event["event"],
    }
    _task(
        state,
        "conflict",
        event["subject"],
        body["at"][:10],
        ", ".join(data["gates"]),
        f"conflict:{state.seq}",
    )
    if event["event"] == "product.administered" and is_envelope(event):
        _dose(state, event, valid=False)


@changes("command.refused")
def _refused(state: State, body: Body, data: dict[str, Any]) -> None:
    state.refused[state.seq] = {**data, "at": body["at"], "site": body["site"]}


# the participant


@changes("participant.referred")
def _referred(state: State, body: Body, data: dict[str, Any]) -> None:
    name = body["subject"]
    state.participants[name] = Participant(name, body["site"], data["origin"], body["at"], body["programme"])


@changes("elsewhere.recorded")
def _elsewhere(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.elsewhere.append({**data, "at": body["at"], "seq": state.seq})
    if data["warning_signs"]:
        _task(state, "imaging", person.id, body["at"][:10],
              "treated elsewhere with " + ", ".join(data["warning_signs"]) + ": ask for imaging", f"imaging:{person.id}:{state.seq}")  # fmt: skip


@changes("participant.screened")
def _screened(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.verdict = Verdict(data["outcome"], body["programme"], body["at"], state.seq)
    person.screenings += 1


@changes("consent.given")
def _consented(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    if person.number is None:
        person.number = data["number"]
        state.numbers = max(state.numbers, data["number"])
    person.consent = Consent(
        data["version"], data["language"], body["at"], body["programme"], state.seq, data["publication"]
    )
    person.consented_at = person.consented_at or body["at"]
    person.capacity = data["capacity"]
    person.minor = data["by"] == "guardians"
    _all_done(state, "reconsent", person.id)
    if person.minor:
        person.majority_on = data["majority_on"]
        _task(
            state,
            "majority",
            person.id,
            data["majority_on"],
            "ask for their own consent on coming of age",
            f"majority:{person.id}",
        )
    else:
        person.majority_on = None
        _done(state, f"majority:{person.id}")


@changes("capacity.assessed")
def _capacity(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    regained = person.capacity == "lacks" and data["result"] == "has"
    person.capacity = data["result"]
    if regained:
        _lapse(state, person, "capacity-regained", "capacity was regained")


def _lapse(state: State, person: Participant, event: str, why: str) -> None:
    """Let consent lapse where the programme says that this event asks for it anew."""
    view = state.view
    if view is None or person.consent is None:
        return
    rule = next((rule for rule in view.consent.reconsent if rule.event == event), None)
    if rule is None:
        return
    if {"treatment", "procedures"} & set(rule.blocks):
        person.consent.lapsed = why
    _task(state, "reconsent", person.id, state.recorded[:10], why, f"reconsent:{person.id}:{state.seq}")


@changes("participant.enrolled")
def _enrolled(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].enrolled_at = body["at"]


@changes("participant.allocated")
def _allocated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.allocated_at = body["at"]
    person.arm = data["arm"]
    person.allocation_index = data["index"]
    person.stratum = dict(data["stratum"])
    person.sealed_arm = data["sealed_arm"]
    state.allocations += 1


@changes("allocation.unblinded")
def _unblinded(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.unblinded = True
    _task(
        state,
        "alarm",
        person.id,
        body["at"][:10],
        f"unblinded ({data['urgency']}): {body['reason']}",
        f"unblinded:{state.seq}",
    )


@changes("participant.migrated")
def _migrated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.programme = data["to_programme"]
    _done(state, f"migrate:{person.id}:{data['to_programme'][:12]}")
    view = state.view
    if view is None or person.consent is None:
        return
    day = moment(body["at"]).date()
    if not view.consent_stands(person.consent.version, person.consent.language, day):
        current = view.consent.version_on(day, person.consent.language)
        _task(state, "reconsent", person.id, body["at"][:10], f"consent to {current.id if current else 'the text in force'}",
              f"reconsent:{person.id}:{state.seq}")  # fmt: skip


@changes("participant.transferred")
def _transferred(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.site = data["to_site"]
    _lapse(state, person, "transfer", f"moved to {data['to_site']}")


@changes("participant.withdrawn")
def _withdrawn(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].withdrawn[data["level"]] = body["at"]


def _end(kind: str) -> Change:
    def change(state: State, body: Body, data: dict[str, Any]) -> None:
        person = state.participants[body["subject"]]
        person.ended, person.ended_at = kind, body["at"]

    return change


changes("participant.lost")(_end("lost"))


@changes("participant.died")
def _died(state: State, body: Body, data: dict[str, Any]) -> None:
    _end("died")(state, body, data)
    if state.participants[body["subject"]].doses:
        state.deaths.append(body["subject"])


changes("participant.completed")(_end("completed"))


@changes("participant.found")
def _found(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.ended = person.ended_at = None


@changes("visit.recorded")
def _visit(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.visits[visit_key(data["visit"], data["occurrence"])] = {**data, "seq": state.seq}
    if data["status"] == "done":
        _assessed(person, body["at"])


@changes("outcome.recorded")
def _outcome(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.outcomes[state.seq] = data
    _assessed(person, body["at"])


def _assessed(person: Participant, at: str) -> None:
    if person.doses and person.assessed_at is None:
        person.assessed_at = at


@changes("milestone.recorded")
def _milestone(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].milestones[state.seq] = data


@changes("cointervention.recorded")
def _cointervention(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].cointerventions[state.seq] = data


@changes("decision.recorded")
def _decision(state: State, body: Body, data: dict[str, Any]) -> None:
    state.decisions[state.seq] = {**data, "participant": body["subject"], "at": body["at"]}


@changes("event.corrected")
def _corrected(state: State, body: Body, data: dict[str, Any]) -> None:
    target = body["corrects"]
    new = BY_EVENT[data["event"]].data.model_validate(data["data"]).model_dump(mode="json")
    person = state.participants[body["subject"]]
    state.corrected[target] = state.seq
    # the correction may itself be corrected: it stands for an event of the kind that it replaced
    state.kinds[-1] = data["event"]
    if data["event"] == "visit.recorded":
        for name, visit in list(person.visits.items()):
            if visit["seq"] == target:
                del person.visits[name]
        person.visits[visit_key(new["visit"], new["occurrence"])] = {**new, "seq": state.seq}
        return
    rows = {"outcome.recorded": person.outcomes, "milestone.recorded": person.milestones}.get(
        data["event"], person.cointerventions
    )
    rows.pop(target, None)
    rows[state.seq] = new


@changes("query.opened")
def _query(state: State, body: Body, data: dict[str, Any]) -> None:
    about = state.subjects[data["about"] - 1]
    state.queries[body["subject"]] = Query(
        body["subject"], data["about"], data["field"], about if about in state.participants else None
    )


@changes("query.answered")
def _answered(state: State, body: Body, data: dict[str, Any]) -> None:
    query = state.queries[body["subject"]]
    query.status, query.posts = "answered", query.posts + 1


@changes("query.closed")
def _query_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    query = state.queries[body["subject"]]
    query.status, query.posts = "closed", query.posts + 1


@changes("task.closed")
def _task_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    _done(state, data["task"])


# the product


@changes("therapy.opened")
def _therapy(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    regimen = view.regimen[data["regimen"]] if view else None
    state.therapies[data["coi"]] = Therapy(
        data["coi"],
        body["subject"],
        data["regimen"],
        regimen.product if regimen else "",
        body["at"],
        state.seq,
    )
    state.participants[body["subject"]].therapies.append(data["coi"])


@changes("product.collected")
def _collected(state: State, body: Body, data: dict[str, Any]) -> None:
    state.collections[data["din"]] = Collection(
        data["din"], data["coi"], body["subject"], body["at"], body["site"], state.seq
    )
    person = state.participants[body["subject"]]
    person.collected_at = person.collected_at or body["at"]


@changes("product.started")
def _started(state: State, body: Body, data: dict[str, Any]) -> None:
    therapy = state.therapies.get(data["coi"])
    name = body["subject"]
    if therapy is None:
        return
    state.products[name] = Product(
        name, therapy.product, data["coi"], therapy.participant, body["at"], list(data["collections"]), [], therapy.regimen,
        place=body["site"],
    )  # fmt: skip
    state.makers.setdefault(therapy.participant)
    for din in data["collections"]:
        if din in state.collections:
            state.collections[din].used_by = name


@changes("product.processed")
def _processed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.steps += 1
    for lot in data["lots"]:
        if lot not in product.lots:
            product.lots.append(lot)
            state.lots.setdefault(lot, []).append(product.id)


def _child(state: State, parents: list[Product], name: str, amount: dict[str, Any], body: Body) -> Product:
    first = parents[0]
    child = Product(
        name, first.kind, first.coi, first.participant, body["at"],
        [din for parent in parents for din in parent.collections], [parent.id for parent in parents], first.regimen,
        status="manufactured" if all(parent.status == "manufactured" for parent in parents) else first.status,
        amount=amount["value"], unit=amount["unit"], remaining=amount["value"], frozen=first.frozen, place=body["site"],
    )  # fmt: skip
    child.expires_at = min((parent.expires_at for parent in parents if parent.expires_at), default=None)
    child.excursion = any(parent.excursion for parent in parents)
    child.investigated = all(parent.investigated for parent in parents)
    for parent in parents:
        # what was found of the whole holds for every part of it
        child.tests.update(parent.tests)
        child.out_of_specification.extend(parent.out_of_specification)
        for lot in parent.lots:
            if lot not in child.lots:
                child.lots.append(lot)
                state.lots.setdefault(lot, []).append(name)
    state.products[name] = child
    return child


@changes("product.divided")
def _divided(state: State, body: Body, data: dict[str, Any]) -> None:
    parent = state.products[body["subject"]]
    for part in data["into"]:
        child = _child(state, [parent], part["id"], part["amount"], body)
        if data["purpose"] != "doses":
            child.status = "retained"
        parent.remaining -= part["amount"]["value"] if parent.amount is not None else 0.0
    if data["purpose"] == "doses":
        parent.status = "used"


@changes("product.pooled")
def _pooled(state: State, body: Body, data: dict[str, Any]) -> None:
    parents = [state.products[name] for name in data["products"]]
    _child(state, parents, body["subject"], data["amount"], body)
    for parent in parents:
        parent.status = "used"


@changes("product.manufactured")
def _manufactured(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    expires = data["expires_at"]
    if rule is not None and rule.shelf_life is not None:
        # the bundle's shelf life is the most that a label may say
        expires = min(expires, stamp(moment(body["at"]) + duration(rule.shelf_life)))
    product.status = "manufactured"
    product.amount = product.remaining = data["amount"]["value"]
    product.unit = data["amount"]["unit"]
    product.expires_at = expires
    person = state.participants[product.participant]
    person.manufactured_at = person.manufactured_at or body["at"]


@changes("product.frozen")
def _frozen(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].frozen = True


@changes("product.thawed")
def _thawed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.frozen = False
    product.thawed_at = body["at"]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    if rule is not None and rule.after_thaw is not None:
        limit = stamp(moment(body["at"]) + duration(rule.after_thaw))
        product.expires_at = min(product.expires_at or limit, limit)


@changes("product.failed")
def _failed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.status = "failed"
    state.product_failures[product.participant] = None


@changes("product.tested")
def _tested(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    test = next((test for test in rule.release_tests if test.id == data["test"]), None) if rule else None
    if test is None:
        return
    passes = test.passes(data["result"])
    product.tests[test.id] = TestResult(data["result"], body["at"], state.seq, passes)
    if passes or not test.required:
        return
    product.out_of_specification.append(test.id)
    if product.status in ("in-process", "manufactured", "released"):
        product.status = "quarantined"
        product.investigated = False
        product.signers.clear()
        product.release_route = None
    if product.administered_at:
        state.product_failures[product.participant] = None
        _task(state, "inform", product.participant, body["at"][:10], f"{test.id} of {product.id} failed after it was given",
              f"inform:{product.id}:{test.id}")  # fmt: skip


@changes("product.quarantined")
def _quarantined(state: State, body: Body, data: dict[str, Any]) -> None:
    _set_aside(state.products[body["subject"]])


def _set_aside(product: Product) -> None:
    product.status = "quarantined"
    product.investigated = False
    product.signers.clear()
    product.release_route = None


@changes("product.investigated")
def _investigated(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    if data["conclusion"] == "rejected":
        product.status = "rejected"
        return
    product.investigated = True
    if data["conclusion"] == "goes-on":
        product.status = "manufactured" if product.amount is not None else "in-process"
        product.excursion = False


def _sign(state: State, body: Body, kind: str, needed: int) -> None:
    product = state.products[body["subject"]]
    product.signers.append(body["actor"])
    product.release_route = body["data"]["route"]
    if len(product.signers) >= needed:
        product.status = "released"
        product.release_kind = kind
        product.released_at = body["at"]
        person = state.participants[product.participant]
        person.released_at = person.released_at or body["at"]


@changes("product.released")
def _released(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    rule = view.product.get(state.products[body["subject"]].kind) if view else None
    _sign(state, body, "ordinary", rule.release_signatures if rule else 2)


@changes("product.released-exceptionally")
def _released_exceptionally(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    rule = view.product.get(state.products[body["subject"]].kind) if view else None
    terms = rule.out_of_specification if rule else None
    _sign(state, body, "exceptional", terms.signatures if terms else 99)


@changes("product.rejected")
def _rejected(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].status = "rejected"


@changes("product.sent")
def _sent(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].sent_to = data["to"]


@changes("product.received")
def _received(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.place, product.sent_to = body["site"], None
    if not data["in_range"]:
        product.excursion = True


@changes("dose.checked")
def _dose_checked(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].dose_checked = {**data, "by": body["actor"], "at": body["at"]}


@changes("bedside.verified")
def _bedside(state: State, body: Body, data: dict[str, Any]) -> None:
    people = sorted({entry["signer"] for entry in body["signatures"] if entry["meaning"] == "bedside check"})
    state.products[body["subject"]].checked = {
        "participant": data["participant"], "at": body["at"], "site": body["site"], "persons": people,
    }  # fmt: skip


@changes("product.administered")
def _administered(state: State, body: Body, data: dict[str, Any]) -> None:
    _dose(state, body, valid=True)


@changes("deviation.recorded")
def _deviation(state: State, body: Body, data: dict[str, Any]) -> None:
    state.deviations[state.seq] = {"kind": "administration in deviation", "subject": body["subject"], **data}
    _task(
        state,
        "deviation",
        data["participant"],
        body["at"][:10],
        data["what_happened"],
        f"deviation:{state.seq}",
    )
    _dose(state, body, valid=False)


def _dose(state: State, body: Body, *, valid: bool) -> None:
    data = body["data"]
    person = state.participants.get(str(data.get("participant")))
    product = state.products.get(body["subject"])
    if person is None:
        return
    if not person.doses:
        state.treated.append(person.id)
        state.last_first_dose = body["at"]
    person.doses.append(Dose(body["subject"], body["at"], state.seq, valid, state.invalid.get(state.seq, ())))
    if product is not None:
        product.administered_at = body["at"]
        if product.status != "used":
            product.status = "administered"
        dose = data.get("dose")
        if (
            isinstance(dose, dict)
            and dose.get("unit") == product.unit
            and isinstance(dose.get("value"), int | float)
        ):
            product.remaining = max(0.0, product.remaining - dose["value"])


@changes("product.disposed")
def _disposed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.disposed = True
    product.remaining = 0.0
    if product.status not in ("administered", "failed", "rejected"):
        product.status = "disposed"


@changes("label.printed")
def _printed(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in data["labels"]:
        state.labels[name] = Label(name, body["subject"], data["coi"], len(state.labels) + 1)
        state.products[body["subject"]].labels.append(name)


@changes("label.accounted")
def _accounted(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in data["labels"]:
        state.labels[name].fate = data["fate"]


@changes("lot.recalled")
def _recalled(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in state.lots.get(data["lot"], []):
        product = state.products[name]
        if product.administered_at:
            _task(state, "recall", product.participant, data["notified_on"], f"was given {name}, made with lot {data['lot']}",
                  f"recall:{data['lot']}:{name}")  # fmt: skip
        elif product.status in ("in-process", "manufactured", "released"):
            _set_aside(product)


# harm


@changes("adverse-event.reported")
def _reported(state: State, body: Body, data: dict[str, Any]) -> None:
    event = AdverseEvent(
        data["event"], body["subject"], data["term"], data["category"], data["grade"], data["serious"] or data["grade"] == 5,
        data["grade"] == 5, data["life_threatening"], data["expected"], data["onset"], data["aware_on"], body["site"], state.seq,
    )  # fmt: skip
    state.adverse_events[event.id] = event
    _weigh(state, event)
    _clocks(state, event)


def _clocks(state: State, event: AdverseEvent) -> None:
    view = state.view
    if view is None:
        return
    places = {site.jurisdiction for site in state.sites.values() if site.open}
    running = set()
    for due in safety.reports_due(view, event, places):
        name = f"report:{event.id}:{due.clock}"
        running.add(name)
        task = state.tasks.get(name)
        if task is None:
            _task(
                state,
                "report",
                event.participant,
                due.on,
                f"{due.to} ({due.jurisdiction}): {event.term}",
                name,
            )
        elif task.done is None:
            task.due = min(task.due, due.on)
    if event.related is False:
        # two people have excluded a relation: what was due only for a suspected relation falls away
        for name in state.tasks_of.get(("report", event.participant), ()):
            if name.startswith(f"report:{event.id}:") and name not in running:
                _done(state, name)


@changes("adverse-event.judged")
def _judged(state: State, body: Body, data: dict[str, Any]) -> None:
    event = state.adverse_events[body["subject"]]
    event.assessments[body["actor"]] = data["related"]
    _clocks(state, event)


@changes("adverse-event.updated")
def _updated(state: State, body: Body, data: dict[str, Any]) -> None:
    event = state.adverse_events[body["subject"]]
    event.grade, event.fatal = data["grade"], data["grade"] == 5
    event.serious = data["serious"] or event.fatal
    event.life_threatening, event.expected = data["life_threatening"], data["expected"]
    event.aware_on = data["aware_on"]
    _weigh(state, event)
    _clocks(state, event)


def _weigh(state: State, event: AdverseEvent) -> None:
    """Keep the events that some stopping rule may count apart from the many that none counts."""
    if event.serious or event.grade >= safety.LOWEST_COUNTED_GRADE or event.category != "other":
        state.grave[event.id] = None


@changes("adverse-event.submitted")
def _submitted(state: State, body: Body, data: dict[str, Any]) -> None:
    _done(state, f"report:{body['subject']}:{data['clock']}")


def _hold(state: State, body: Body, data: dict[str, Any], counted: int) -> None:
    view = state.view
    declared = view.holds.get(data["hold"]) if view else None
    state.holds[body["subject"]] = Hold(
        body["subject"], data["rule"], data["hold"], declared.scope if declared else "programme", data["target"],
        tuple(declared.blocks) if declared else ("enrolment", "collection", "release", "administration"), body["at"],
        state.seq, counted,
    )  # fmt: skip
    _task(
        state,
        "hold",
        data["target"] or body["study"],
        body["at"][:10],
        body["reason"] or "",
        f"hold:{body['subject']}",
    )


@changes("hold.placed")
def _placed(state: State, body: Body, data: dict[str, Any]) -> None:
    _hold(state, body, data, 0)


@changes("hold.triggered")
def _triggered(state: State, body: Body, data: dict[str, Any]) -> None:
    if body["subject"] not in state.holds:
        _hold(state, body, data, data["counted"])


@changes("hold.lifted")
def _lifted(state: State, body: Body, data: dict[str, Any]) -> None:
    held = state.holds[body["subject"]]
    held.lifted_by[body["role"]] = body["actor"]
    view = state.view
    declared = view.holds.get(held.hold) if view else None
    if declared is not None and set(declared.lifted_by) <= set(held.lifted_by):
        held.lifted_at = body["at"]
        rule = (
            next((rule for rule in view.safety.stopping_rules if rule.id == held.rule), None)
            if view
            else None
        )
        if rule is not None:
            # those who lifted it had seen this many; one more crosses the boundary again
            held.counted = max(held.counted, len(safety.counted(state, rule)))
        _done(state, f"hold:{held.id}")


#: events that may cross a stopping rule
WATCHED = frozenset({
    "adverse-event.reported", "adverse-event.updated", "adverse-event.judged", "participant.died", "product.failed",
    "product.tested", "product.administered", "deviation.recorded", "capsule.conflicted", "programme.adopted", "hold.lifted",
})  # fmt: skip

_UNCHANGING = {"personal.stored", "personal.read", "record.exported"}
if (
    missing := set(BY_EVENT) - set(_CHANGES) - _UNCHANGING
):  # pragma: no cover - a programming error, seen at import
    raise RuntimeError(f"no fold for {sorted(missing)}")

__all__ = ["WATCHED", "fold", "fold_all"]
