"""What a typed estimand is held to: nothing that it leaves open may be settled after the data were seen.

One set of rules for the check of a bundle and for every analysis. Death, a competing event and the loss of a function are events, never
missing values: an estimand that treats them as missing is refused, as is one that does not speak of death.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proband.programme.bundle import Programme
from proband.programme.estimand import DECIDING, Estimand, IntercurrentEvent
from proband.programme.sensitivity import GOES_WITH, JointModel, MissingCounts, OtherStrategy
from proband.terms.yaml12 import KeyPath

#: summaries of a value at a visit, of a share at a visit, of a time
SCORES = ("difference-in-means", "ratio-of-odds", "within-person-change")
SHARES = ("difference-in-proportions", "single-proportion")
TIMES = (
    "difference-in-survival", "hazard-ratio", "restricted-mean-survival-time", "cumulative-incidence-difference",
)  # fmt: skip
#: which summaries the forms of an outcome allow
_SUMMARIES = {
    "value": (*SCORES, "single-mean", "win-odds"),
    "change": (*SCORES, "single-mean", "win-odds"),
    "best": ("difference-in-means", "ratio-of-odds", "single-mean", "win-odds"),
    "gain": (*SHARES,),
    "free-of": (*SHARES,),
    "event": (*TIMES, *SHARES, "win-odds"),
    "state": (*TIMES, *SHARES),
}
_ONE_GROUP = ("within-person-change", "single-proportion", "single-mean")


@dataclass(frozen=True, slots=True)
class EstimandFault:
    """One thing wrong with an estimand: where below it, what, and the mend."""

    path: KeyPath
    message: str
    mend: str
    value: object = ""


def faults(programme: Programme, estimand: Estimand) -> Iterator[EstimandFault]:
    """Everything wrong with a typed estimand; nothing for one in words alone."""
    for index, event in enumerate(estimand.intercurrent_events):
        if event.strategy == "principal-stratum":
            yield EstimandFault(
                ("intercurrent_events", index, "strategy"),
                f"principal-stratum for {event.event!r}: nobody is ever seen under both arms, so no data of a trial say who belongs to the stratum.",
                "name another strategy, and discuss the stratum in words",
                event.strategy,
            )
    if not estimand.is_typed:
        return
    outcomes = {outcome.id: outcome for outcome in programme.outcomes.outcomes}
    outcome = outcomes.get(estimand.outcome)
    if outcome is None:
        return  # a dangling reference is told by its own check
    if outcome.made is None:
        yield EstimandFault(("outcome",), f"nothing says how {outcome.id} is made from what is recorded.",
                       "add made: {form: …} to the outcome", outcome.id)  # fmt: skip
        return
    if estimand.summary not in _SUMMARIES[outcome.made.form]:
        yield EstimandFault(("summary",), f"{estimand.summary} is no summary of an outcome of the form {outcome.made.form}.",
                       f"use one of {', '.join(_SUMMARIES[outcome.made.form])}", estimand.summary)  # fmt: skip
    yield from _events(estimand, outcome.made.names)
    yield from _clock(programme, estimand)
    yield from _parts(estimand, set(outcomes))
    yield from _sensitivity(estimand)
    others = {other.id for other in programme.outcomes.estimands}
    if estimand.gate.after and (estimand.gate.after not in others or estimand.gate.after == estimand.id):
        yield EstimandFault(("gate", "after"), f"there is no other estimand {estimand.gate.after!r}.", "name the one before it", estimand.gate.after)  # fmt: skip


def _events(estimand: Estimand, own: tuple[str, ...]) -> Iterator[EstimandFault]:
    in_hierarchy = {rung.event for rung in estimand.hierarchy}
    for index, event in enumerate(estimand.intercurrent_events):
        place = ("intercurrent_events", index)
        if event.kind is None:
            yield EstimandFault((*place, "kind"), f"nothing says what kind of event {event.event!r} is.",
                           "add kind: death, competing, loss-of-function, product, discontinuation, co-intervention or disturbance", event.event)  # fmt: skip
            continue
        yield from _strategy(estimand, event, place)
    if estimand.summary != "win-odds" and "death" not in own and not estimand.of_kind("death"):
        yield EstimandFault(("intercurrent_events",), "nothing says what the death of a participant means for the outcome: it would be taken for a missing value.",
                       "add an event of kind: death with its strategy", estimand.id)  # fmt: skip
    if estimand.summary == "win-odds" and "death" not in in_hierarchy and not estimand.of_kind("death"):
        yield EstimandFault(("hierarchy",), "death has no place in the hierarchy.", "add event: death, first", estimand.id)  # fmt: skip


def _strategy(estimand: Estimand, event: IntercurrentEvent, place: KeyPath) -> Iterator[EstimandFault]:
    if event.kind in ("death", "loss-of-function") and event.strategy == "hypothetical":
        yield EstimandFault((*place, "strategy"), f"{event.event!r} would become a missing value: nobody's outcome is what it would have been without it.",
                       "use composite with a score, or while-on-treatment", event.strategy)  # fmt: skip
    if event.kind == "death" and event.strategy == "treatment-policy":
        yield EstimandFault((*place, "strategy"), "after death there is no outcome that a policy could go on with.",
                       "use composite with a score, or while-on-treatment", event.strategy)  # fmt: skip
    if event.strategy == "composite" and event.score is None and estimand.summary in SCORES and event.kind in DECIDING and estimand.summary != "within-person-change":  # fmt: skip
        yield EstimandFault((*place, "score"), f"nothing says which value stands for the outcome after {event.event!r}.",
                       "add score: the value, or worst-at-baseline", event.event)  # fmt: skip
    if event.score is not None and event.strategy != "composite":
        yield EstimandFault((*place, "score"), f"a score goes with composite, not with {event.strategy}.", "remove it", event.score)  # fmt: skip
    if estimand.summary in SHARES and event.score not in (None, 0, 1):
        yield EstimandFault((*place, "score"), f"{event.score} is neither reached (1) nor not reached (0).", "write 0 or 1", event.score)  # fmt: skip


def _sensitivity(estimand: Estimand) -> Iterator[EstimandFault]:
    """A sensitivity analysis must go with the summary, change something, and break no rule that the estimand itself is held to."""
    for index, each in enumerate(estimand.sensitivity):
        place: KeyPath = ("sensitivity", index)
        wanted = GOES_WITH.get(each.kind)
        if wanted is not None and estimand.summary not in wanted:
            yield EstimandFault((*place, "kind"), f"{each.kind} does not go with {estimand.summary}.", f"it goes with {' or '.join(wanted)}", each.kind)  # fmt: skip
        if isinstance(each, MissingCounts) and each.treated == each.controls == estimand.missing:
            yield EstimandFault(place, "it supposes what the estimand supposes already.", "change what a missing outcome counts as", each.kind)  # fmt: skip
        if isinstance(each, JointModel) and not estimand.of_kind(each.event):
            yield EstimandFault((*place, "event"), f"the estimand has no event of kind {each.event}.", "name the kind of one of its events", each.event)  # fmt: skip
        if isinstance(each, OtherStrategy):
            events = estimand.of_kind(each.event)
            if not events:
                yield EstimandFault((*place, "event"), f"the estimand has no event of kind {each.event}.", "name the kind of one of its events", each.event)  # fmt: skip
            if events and all(
                event.strategy == each.strategy and event.score == each.score for event in events
            ):
                yield EstimandFault((*place, "strategy"), f"{each.event} is dealt with so already.", "name another strategy", each.strategy)  # fmt: skip
            for event in events:
                changed = event.model_copy(update={"strategy": each.strategy, "score": each.score})
                yield from _strategy(estimand, changed, place)


def _clock(programme: Programme, estimand: Estimand) -> Iterator[EstimandFault]:
    visit = next((visit for visit in programme.schedule.visits if visit.id == estimand.visit), None)
    if visit is None or estimand.summary in _ONE_GROUP:
        return
    if visit.anchor != "allocation":
        yield EstimandFault(("visit",), f"{visit.id} is counted from {visit.anchor}: people who never reached it, or died before it, would drop out of one group only (immortal time).",
                       "compare groups at a visit that is counted from allocation", visit.id)  # fmt: skip


def _parts(estimand: Estimand, outcomes: set[str]) -> Iterator[EstimandFault]:
    if (estimand.summary == "win-odds") != bool(estimand.hierarchy):
        yield EstimandFault(("hierarchy",), "win-odds compares along a hierarchy, and no other summary does.",
                       "give the hierarchy of win-odds, the most important first", estimand.summary)  # fmt: skip
    for index, rung in enumerate(estimand.hierarchy):
        if (rung.event is None) == (rung.outcome is None) or (rung.outcome and rung.outcome not in outcomes):
            yield EstimandFault(("hierarchy", index), "a level names either an event or an outcome of the bundle.",
                           "name one of the two", rung.outcome or rung.event or "")  # fmt: skip
    if (estimand.summary == "within-person-change") != (estimand.prior is not None):
        yield EstimandFault(("prior",), "within-person-change rests on a prior, and no other summary does.", "say what is believed before", estimand.summary)  # fmt: skip
    said = estimand.benchmark
    due = {"single-proportion": "share", "single-mean": "mean"}.get(estimand.summary)
    given = [name for name in ("share", "mean") if said is not None and getattr(said, name) is not None]
    if given != ([due] if due else []):
        yield EstimandFault(("benchmark",), "single-proportion is judged against a share fixed before, single-mean against a mean, and no other summary against either.", "give the share or the mean, and not both", estimand.summary)  # fmt: skip
    wanted = {
        "at-random": (*SCORES, "single-mean", "win-odds"),
        "censored": (*TIMES, "win-odds"),
        "reached": SHARES,
        "not-reached": SHARES,
    }
    if estimand.missing and estimand.summary not in wanted[estimand.missing]:
        yield EstimandFault(("missing",), f"missing: {estimand.missing} does not go with {estimand.summary}.",
                       f"use {' or '.join(key for key, of in wanted.items() if estimand.summary in of)}", estimand.missing)  # fmt: skip
