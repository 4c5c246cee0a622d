"""The batch record of one product as data: everything that was done to it, in the words of the log.

Screen and paper are made from the same rows. Each row names its event and the first digits of its hash, so that a page on
paper can be held against the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proband.programme.product import Product, ReleaseTest
from proband.record.commands import BY_EVENT
from proband.record.custody import CustodyLink, chain_of, events_of, family_of
from proband.record.errors import RecordError
from proband.record.labels import balance
from proband.record.making import missing
from proband.record.product import Container, TestResult
from proband.record.record import Record
from proband.record.specification import outside
from proband.record.standing import standing_words
from proband.terms.units.written import as_written

#: statuses of a container whose manufacture is complete
_FINISHED = ("manufactured", "released", "administered", "used")


@dataclass(slots=True)
class BatchSection:
    """One part of a batch record: heading, column names, rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    note: str = ""


@dataclass(slots=True)
class BatchRecord:
    """A batch record as data: what screen and paper show."""

    study: str
    product: str
    coi: str
    participant: str
    programme: str
    banner: str
    head: str
    keys: str
    sections: list[BatchSection]
    missing: list[str]

    @property
    def heading(self) -> str:
        """Whose record it is, under which programme, and the event up to which it was read."""
        return (
            f"Study {self.study}, programme {self.programme}. Identity {self.coi} of participant {self.participant}. "
            f"As of {self.head}; {self.keys}."
        )

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that a finished product must have."""
        return not self.missing


def batch_record(record: Record, product: str) -> BatchRecord:
    """Collect the batch record of a product, with the products that it was made from.

    Raises
    ------
    RecordError
        ``record.batch.unknown`` for a product that is not in the record, ``record.batch.kit`` for a kit: of which product it is stands in no event.
    """
    record.catch_up()
    state = record.state
    made = state.products.get(product)
    view = state.view
    if made is None or view is None:
        raise RecordError("record.batch.unknown", product=product)
    if made.kit is not None:
        raise RecordError("record.batch.kit", kit=product)
    family = family_of(state, product)
    person = state.participants.get(made.participant)
    therapy = state.therapies[made.coi]
    rule = view.product[made.kind]
    chain = chain_of(record, made.coi, product=product)
    bodies = [(event, body) for event, body in events_of(record, made.coi) if _about(body) in family]
    identity = BatchSection("Identity", ("what", "value"), [
        ("product", made.id), ("kind", f"{rule.name} ({rule.kind.value})"), ("chain-of-identity identifier", made.coi),
        ("participant", f"{person.id}, number {person.number}" if person is not None else "a lot that serves many people"), ("identifier allocated", therapy.opened_at),
        ("donation numbers", ", ".join(made.collections)), ("made from", ", ".join(made.parents) or "collections directly"),
        ("status", made.status), ("expires", made.expires_at or "-"), ("amount", as_written(made.amount, made.unit or "") if made.amount is not None else "-"),
    ])  # fmt: skip
    steps = BatchSection(
        "Process steps",
        (
            "event",
            "step",
            "operators",
            "equipment",
            "reagent lots",
            "temperature",
            "start",
            "end",
            "readings",
            "deviation",
        ),
    )
    for event, body in bodies:
        if body["event"] == "product.processed":
            data = body["data"]
            warm = data["temperature"]
            steps.rows.append((
                str(event.seq), data["step"], ", ".join(data["operators"]), ", ".join(data["equipment"]), ", ".join(data["lots"]),
                as_written(warm["value"], warm["unit"]) if warm else "", data["start"][:16], data["end"][:16],
                "; ".join(f"{reading['what']} {as_written(reading['value'], reading['unit'])}" for reading in data["readings"]), data["deviation"] or "",
            ))  # fmt: skip
    tests = BatchSection(
        "Release tests", ("test", "limit", "routes", "result", "verdict", "at", "basis of the limit")
    )
    against = outside(made, rule, rule.release_tests)
    for test in rule.release_tests:
        result = _telling(made, rule, test) if test.id in against else made.result(test.id)
        limit = f"{test.operator} {test.limit}" if test.limit else test.operator
        basis = f"{test.source or 'programme'} [{test.level.value if test.level else 'as the programme'}]"
        tests.rows.append((
            test.name, limit, ", ".join(route.value for route in test.routes), _result_words(made, result),
            ("not yet there" if test.required else "for information") if result is None else ("OUTSIDE" if test.id in against or not result.passes else "within"),
            result.at[:16] if result else "", basis,
        ))  # fmt: skip
    points = BatchSection("Hold points", ("step", "due before", "done by", "agreed by"), [
        (step.name, phase, ", ".join(made.done.get(step.id, [])) or step.recorded_as, made.agreed.get(step.id, "NOBODY"))
        for step, phase in rule.due() if step.hold_point
    ])  # fmt: skip
    count = balance(state, product)
    labels = BatchSection("Labels", ("printed", "applied", "spoiled", "destroyed", "unaccounted for"),
                     [(str(count.printed), str(count.applied), str(count.spoiled), str(count.destroyed), str(count.open))])  # fmt: skip
    release = BatchSection(
        "Release", ("event", "decision", "route", "signed by", "role", "meaning", "at", "reason")
    )
    for event, body in bodies:
        words = BY_EVENT[body["event"]].custody
        if words is not None and words.decides:
            for signature in body["signatures"]:
                release.rows.append((
                    str(event.seq), body["event"], body["data"].get("route", ""), signature["signer"], signature["role"], signature["meaning"],
                    signature["at"][:16], body["reason"] or body["data"].get("finding", ""),
                ))  # fmt: skip
    custody = BatchSection(
        "Chain of custody",
        ("event", "at", "what", "container", "site", "by", "signed", "details", "hash"),
        [_row(entry) for entry in chain],
    )
    for section in (steps, tests, release):
        section.rows = record.texts.revealed(section.rows)
    lacking = _missing(made, rule, identity, steps, tests, release, count.open)
    return BatchRecord(
        record.study, product, made.coi, made.participant, f"{view.id} {view.version} ({view.hash[:16]})",
        "DEMONSTRATION: synthetic people, nobody was treated" if view.status == "demonstration" else "",
        f"event {state.seq}, {state.hash.hex()}", standing_words(state),
        [identity, steps, points, tests, labels, release, custody], lacking,
    )  # fmt: skip


def _telling(made: Container, rule: Product, test: ReleaseTest) -> TestResult | None:
    """Of several results the one that stands against the container."""
    bad = [one for one in made.results(test.id) if not one.passes or not test.passes(one.value)]
    return next((one for one in bad if one.final), bad[-1] if bad else made.result(test.id))


def _result_words(made: Container, result: TestResult | None) -> str:
    if result is None:
        return ""
    return str(result.value) if result.of in ("", made.id) else f"{result.value} (found in {result.of})"


def _about(body: dict[str, Any]) -> str:
    about: str = body["data"]["about"] if body["event"] == "command.refused" else body["subject"]
    return about


def _row(entry: CustodyLink) -> tuple[str, ...]:
    return (
        str(entry.seq), entry.at[:19], entry.what, entry.container, entry.site, entry.actor, ", ".join(entry.signers), entry.details, entry.hash,
    )  # fmt: skip


def _missing(
    made: Container,
    rule: Product,
    identity: BatchSection,
    steps: BatchSection,
    tests: BatchSection,
    release: BatchSection,
    loose: int,
) -> list[str]:
    found = []
    if not made.collections and (rule.donors is not None or not made.coi or made.participant):
        found.append("no donation number")
    if not steps.rows and any(step.recorded_as == "step" for step in rule.manufacturing):
        found.append("no process step")
    if made.status in _FINISHED:
        found += [
            f"{step}: not done, or nobody agreed"
            for step in missing(rule, made, "finish" if made.released_at is None else "release")
        ]
    found += [f"{row[0]}: no result" for row, test in zip(tests.rows, rule.release_tests, strict=True)
              if test.required and test.timing == "before-release" and made.result(test.id) is None]  # fmt: skip
    if made.status in ("released", "administered") and not release.rows:
        found.append("no release signature")
    if loose:
        found.append(f"{loose} labels unaccounted for")
    return found
