"""What was found outside its limits and how far it reached, who is watched because of it, and what the safety board is told: read from the state, typed by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from proband.record.denominators import flow
from proband.record.paged import browse, browse_values, peek
from proband.record.participant import Administration, Participant
from proband.record.product import Container, TestResult
from proband.record.safety import crossed
from proband.record.specification import final_findings
from proband.record.standing import standing_words
from proband.record.state import State

#: tasks that a board hears of: somebody was given what should not have been given
GRAVE_TASKS = ("deviation", "inform", "recall", "standing", "watch")


def finding_rows(state: State) -> Iterator[dict[str, Any]]:
    """One row for every container that a finding which stands reaches: where it was found, what became of the container, who was given it."""
    given = _given(state)
    for product in browse_values(state.products):
        for test in product.tests:
            for result in product.results(test):
                if not result.passes:
                    yield _finding(product, test, result, given.get(product.id))


def _finding(
    product: Container, test: str, result: TestResult, given: tuple[Participant, Administration] | None
) -> dict[str, Any]:
    person, dose = given if given is not None else (None, None)
    return {
        "finding": f"{result.seq}:{product.id}:{test}", "test": test, "found_in": result.of or product.id, "container": product.id,
        "overturned_by": "nothing" if result.final else "what the programme names", "status": product.status,
        "participant": person.id if person else None, "number": person.number if person else None, "given_at": dose.at if dose else None,
        "dose_standing": (dose.standing or dose.first_verdict) if dose else None, "event": result.seq,
    }  # fmt: skip


def _given(state: State) -> dict[str, tuple[Participant, Administration]]:
    people = browse_values(state.participants)
    return {dose.product: (person, dose) for person in people for dose in person.doses if dose.happened}


def watch_rows(state: State) -> Iterator[dict[str, Any]]:
    """One row for every safety watch: of whom, why, since which event, and whether somebody has closed it."""
    for name, task in browse(state.tasks):
        if task.kind == "watch":
            person = peek(state.participants, task.subject)
            yield {
                "watch": name, "participant": task.subject, "number": person.number if person else None, "since": task.due, "about": task.about,
                "event": task.seq, "closed_by": task.done,
            }  # fmt: skip


def aftercare_rows(state: State) -> Iterator[dict[str, Any]]:
    """One row for every dose that somebody was given: what is known of its product and its family now, and what is still to be done."""
    for person in browse_values(state.participants):
        for dose in person.doses:
            if not dose.happened:
                continue
            product = peek(state.products, dose.product)
            found = final_findings(product) if product is not None else []
            lots = sorted(set(product.lots) & set(state.recalled)) if product is not None else []
            names = [name for kind in GRAVE_TASKS for name in peek(state.tasks_of, (kind, person.id)) or ()]
            yield {
                "dose": str(dose.seq), "participant": person.id, "number": person.number, "product": dose.product, "given_at": dose.at,
                "found_since": ", ".join(found) or None, "recalled_lots": ", ".join(lots) or None,
                "standing": dose.standing or dose.first_verdict,
                "to_do": "; ".join(name for name in names if (task := peek(state.tasks, name)) is not None and task.done is None) or None,
            }  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoardPack:
    """What a safety board is shown of a record, without any arm: up to which event, counts, findings, who is watched, holds, rules crossed, deviations, open tasks."""

    study: str
    as_of: int
    programme: str
    keys: str
    counts: dict[str, int]
    findings: list[dict[str, Any]]
    watches: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    crossed: list[dict[str, Any]]
    deviations: list[dict[str, Any]]
    unblindings: list[dict[str, Any]]
    tasks: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """The pack as plain JSON values."""
        return asdict(self)


def board_pack(state: State) -> BoardPack:
    """The pack of a record as it stands: made from the same state as the task list, so that neither can be ahead of the other."""
    view = state.view
    return BoardPack(
        state.study, state.seq, f"{view.id} {view.version}" if view else "", standing_words(state), flow(state).steps,
        list(finding_rows(state)), [row for row in watch_rows(state) if row["closed_by"] is None],
        [{"hold": held.id, "rule": held.rule or None, "target": held.target or None, "since": held.at} for held in state.holds.values() if held.lifted_at is None],
        [{"rule": one.rule, "target": one.target or None, "counted": one.counted} for one in crossed(state)],
        [{"event": seq, "kind": one["kind"], "subject": one["subject"]} for seq, one in browse(state.deviations)],
        [{"event": seq, **one} for seq, one in browse(state.unblindings)],
        [{"task": name, "kind": task.kind, "subject": task.subject, "due": task.due} for name, task in browse(state.tasks)
         if task.done is None and task.kind in GRAVE_TASKS],
    )  # fmt: skip
