"""The family of a container: what it was made from, what else became of that, and how far a finding in one of them reaches.

A container and its relatives hold the same cells. Where one of them is infected, so may be whatever it was made from, and everything else that
became of that: siblings, cousins, pools. So a finding reaches, with the event that says it, every ancestor and everything that any ancestor became. What
went into a pool beside a relative is no relative: nothing flows back into it. A finding that is of one container only (how many cells live in it) reaches
what was made from that container. Containers that share a reagent lot with it are put aside, to be looked into: the lot may be the cause.
"""

from __future__ import annotations

from collections.abc import Iterable

from proband.programme.product import OF_ONE_CONTAINER
from proband.record.declare.change import Body, add_task, statement, task_done
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.paged import browse_values
from proband.record.participant import Administration, Participant
from proband.record.product import Container, TestResult
from proband.record.questions import call_into_question, judged_again, question_at_once
from proband.record.specification import final_findings, outside
from proband.record.state import State


def relatives(state: State, product: str) -> list[Container]:
    """A container, its ancestors, and everything that any of them became, each once."""
    found: dict[str, Container] = {}
    for made in state.made_from(product):
        # whatever an ancestor in between became, its own ancestors became as well
        if not made.parents:
            for one in (made, *state.made_of(made.id)):
                found[one.id] = one
    return list(found.values())


def reached(state: State, product: Container, attribute: str) -> list[Container]:
    """How far a finding of a quality attribute reaches."""
    if attribute in OF_ONE_CONTAINER:
        return [product, *state.made_of(product.id)]
    return relatives(state, product.id)


def spread(
    state: State, body: Body, product: Container, test: str, result: TestResult, attribute: str
) -> None:
    """Enter a result outside its limit for everything that it reaches, put that aside, and follow whoever was given any of it."""
    suspects = reached(state, product, attribute)
    for one in suspects:
        pooled = one is not product and len(one.parents) > 1
        at = max(body["at"], one.made_at) if pooled else body["at"]
        one.tests.setdefault(test, []).append(statement(state, body, result, at))
        if one.status in OPEN_OR_RELEASED:
            one.set_aside()
    _follow(state, body, product, test, suspects)
    if attribute not in OF_ONE_CONTAINER:
        known = {one.id for one in suspects}
        beside = [name for lot in product.lots for name in state.lots.get(lot, ()) if name not in known]
        _beside(state, body, test, product, [state.products[name] for name in dict.fromkeys(beside)])


def _follow(state: State, body: Body, product: Container, test: str, suspects: Iterable[Container]) -> None:
    """What was given of it: the dose is called into question, noted as a deviation, told to whoever got it, and they are watched."""
    found = []
    for person, dose in given_of(state, suspects):
        made = state.products[dose.product]
        state.product_failures[made.participant or person.id] = None
        found.append({"participant": person.id, "product": dose.product, "dose": dose.seq})
        day = body["day"]
        add_task(state, "inform", person.id, day, f"{test} of {product.id} failed after {dose.product} was given",
                 _told_of(state, made, test))  # fmt: skip
        watch(
            state,
            person.id,
            day,
            f"{test} of {product.id} failed; {dose.product} was given on {dose.at[:10]}",
            dose.product,
        )
        call_into_question(state, body, person, dose, made.made_at)
    if found:
        # what is found of a donor is found of several lots at once
        before = state.deviations.get(state.seq, {}).get("doses", [])
        state.deviations[state.seq] = {
            "kind": "given, and found outside its limits later",
            "subject": product.id,
            "test": test,
            "doses": [*before, *found],
        }


def _beside(state: State, body: Body, test: str, product: Container, others: list[Container]) -> None:
    """What shares a reagent lot with it is put aside; whoever was given any of it is watched."""
    for one in others:
        if one.status in OPEN_OR_RELEASED:
            one.set_aside()
    for person, dose in given_of(state, others):
        watch(
            state,
            person.id,
            body["day"],
            f"{dose.product}, given on {dose.at[:10]}, shares a reagent lot with {product.id}, whose {test} failed",
            dose.product,
        )


def watch(state: State, person: str, day: str, about: str, product: str, because: int | None = None) -> None:
    """A safety watch of somebody who was given a product, because of an event (that of now): a task that stands until somebody closes it, or that event is taken back."""
    add_task(state, "watch", person, day, about, f"watch:{product}:{because or state.seq}")


def known_before(state: State, body: Body) -> None:
    """Follow whoever was given a product of which something was found, or a lot recalled, before their dose came to be known: a tablet came home, or it was recorded late.

    The dose is the last of the participant's; where its own gates let it pass, it is called into question, as it would be had the finding come after it.
    """
    product, person = state.products.get(body["subject"]), state.participants.get(str(body["data"].get("participant")))  # fmt: skip
    if product is None or person is None or not person.doses or person.doses[-1].seq != state.seq:
        return
    dose = person.doses[-1]
    found = [
        (result.seq, f"{test} of {result.of or product.id} failed", _told_of(state, product, test))
        for test in _standing_against(state, product)
        for result in product.results(test)
        if not result.passes
    ]
    recalled = [lot for lot in product.lots if lot in state.recalled]
    for seq, words, name in found:
        add_task(state, "inform", person.id, dose.day, f"{words}, and {product.id} was given", name)
        watch(state, person.id, dose.day, f"{words}; {product.id} was given on {dose.at[:10]}", product.id, seq)  # fmt: skip
    for lot in recalled:
        add_task(state, "recall", person.id, dose.day, f"was given {product.id}, made with lot {lot}", f"recall:{lot}:{product.id}")  # fmt: skip
        watch(state, person.id, dose.day, f"{product.id}, given on {dose.at[:10]}, was made with lot {lot}, which was recalled", product.id, state.recalled[lot])  # fmt: skip
    if found:
        state.product_failures[product.participant or person.id] = None
        told = {"participant": person.id, "product": product.id, "dose": dose.seq}
        state.deviations.setdefault(state.seq, {"kind": "given, and found outside its limits before it was known", "subject": product.id, "doses": [told]})  # fmt: skip
        if dose.valid:
            question_at_once(state, body, person, dose, product.made_at)
    if body["source"] != "online" or not dose.valid:
        _beside_before(state, person, product)


def _standing_against(state: State, product: Container) -> list[str]:
    """The tests whose results stand against a container and that its release did not except."""
    rule = state.rule_of(product)
    bad = outside(product, rule, rule.release_tests) if rule is not None else final_findings(product)
    return [test for test in dict.fromkeys(bad) if test not in product.excepted]


def _beside_before(state: State, person: Participant, product: Container) -> None:
    """Watch whoever was given what shares a reagent lot with something that was found infected before."""
    known = {one.id for one in relatives(state, product.id)}
    for name in dict.fromkeys(other for lot in product.lots for other in state.lots.get(lot, ())):
        other = state.products[name]
        for test in final_findings(other) if name not in known else ():
            for result in other.results(test):
                if result.of == name and result.final and not result.passes:
                    watch(state, person.id, person.doses[-1].day, f"{product.id} shares a reagent lot with {name}, whose {test} failed", product.id, result.seq)  # fmt: skip


def not_given_up(state: State, names: Iterable[str | None]) -> str:
    """Which of these containers still stand, by name: what they were made of is not taken back before they are given up."""
    return ", ".join(
        name
        for name in names
        if name and state.products[name].status not in ("rejected", "failed", "disposed")
    )


def given_of(state: State, products: Iterable[Container]) -> list[tuple[Participant, Administration]]:
    """Who was given any of some containers, whoever they were meant for, with the dose."""
    names = {one.id for one in products if one.administered_at}
    if not names:
        return []
    people = [state.participants[name] for name in state.treated if name in state.participants]
    return [
        (person, dose)
        for person in people
        for dose in person.doses
        if dose.happened and dose.product in names
    ]


def take_finding_back(state: State, product: str, seq: int) -> str | None:
    """What was not found of a container was found of none of its relatives; gives since when it had counted.

    Whatever was released on it is put aside; whoever was watched because of it is watched no longer.
    """
    since: str | None = None
    touched = relatives(state, product)
    for one in touched:
        mine = False
        for results in one.tests.values():
            for said in results:
                if said.seq == seq and said.until in (None, state.seq):
                    said.until, since, mine = state.seq, said.at, True
        if mine and one.status == "released" and not one.administered_at:
            one.set_aside()
    for person, dose in given_of(state, touched):
        task_done(state, f"watch:{dose.product}:{seq}")
        _nothing_to_tell(state, person, dose, seq)
        if dose.standing is not None:
            dose.found = judged_again(state, dose)
    for name in {other for lot in state.products[product].lots for other in state.lots.get(lot, ())}:
        task_done(state, f"watch:{name}:{seq}")
    if since is not None:
        no_failure_any_more(state, touched)
    if seq in state.deviations:
        state.deviations[seq]["taken_back"] = state.seq
    return since


def _told_of(state: State, product: Container, test: str) -> str:
    """The name of the task by which somebody is told of a finding; another one, where an earlier finding of the test was taken back and this one stands alone."""
    name = f"inform:{product.id}:{test}"
    alone = sum(not one.passes for one in product.results(test)) == 1
    return f"{name}:{state.seq}" if alone and name in state.tasks else name


def _nothing_to_tell(state: State, person: Participant, dose: Administration, seq: int) -> None:
    """Nobody is told of a finding that was none; whoever was told already is told that."""
    product = state.products[dose.product]
    for test in [test for test, said in product.tests.items() if any(one.seq == seq for one in said)]:
        name = f"inform:{product.id}:{test}"
        told = [
            one
            for one in state.tasks_of.get(("inform", person.id), ())
            if one == name or one.startswith(f"{name}:")
        ]
        if not told or any(not one.passes for one in product.results(test)):
            # another finding of the same test stands, and nobody was told of it apart
            continue
        if state.tasks[told[-1]].done is None:
            task_done(state, told[-1])
        else:
            add_task(state, "inform", person.id, state.recorded[:10], f"{test} of {product.id} did not fail after all: whoever was told that it had is told so",
                     f"told:{product.id}:{test}:{state.seq}")  # fmt: skip


def no_failure_any_more(state: State, products: list[Container]) -> None:
    """Whoever counted as somebody whose product failed counts no longer, unless another finding or another container says so."""
    for name in {one.participant for one in products} & state.product_failures.keys():
        mine = [one for one in browse_values(state.products) if one.participant == name]
        if not any(
            one.status == "failed"
            or (
                one.administered_at
                and any(not found.passes for test in one.tests for found in one.results(test))
            )
            for one in mine
        ):
            state.product_failures.pop(name)
