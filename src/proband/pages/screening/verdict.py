"""One verdict as HTML: a part for use inside another page, and a document of its own."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from proband.pages.rendering import document, fragment
from proband.programme import Programme
from proband.programme.eligibility import Eligibility, Observable
from proband.programme.expression import words
from proband.screening.render import (
    MOST_FACTS,
    OUTCOME_WORDS,
    fact_words,
    look_ahead,
    next_steps,
    observation_words,
    standing,
    value_words,
)
from proband.screening.result import CriterionResult, Verdict
from proband.screening.values import Value


@dataclass(frozen=True, slots=True)
class ValueShown:
    """One value that a criterion rests on: in words, with what the sources said, and what was assumed."""

    label: str
    words: str
    said: tuple[str, ...]
    more: int
    silent: tuple[str, ...]
    assumed: tuple[str, ...]
    contradictory: bool


@dataclass(frozen=True, slots=True)
class CriterionShown:
    """One row of a verdict; ``state`` is ``passes``, ``stops`` or ``open``."""

    key: str
    kind: str
    rule: str
    reason: str
    standing: str
    state: str
    values: tuple[ValueShown, ...]


@dataclass(frozen=True, slots=True)
class VerdictShown:
    """A verdict in the words in which it is shown."""

    subject: str
    as_of: str
    programme_hash: str
    outcome: str
    status: str
    cohorts: tuple[tuple[str, str], ...]
    rows: tuple[CriterionShown, ...]
    steps: list[tuple[str, list[str]]]
    ahead: list[str]
    beside: tuple[str, ...]
    contradictions: tuple[str, ...]


def verdict_article(verdict: Verdict, eligibility: Eligibility, *, level: int = 2) -> Markup:
    """The verdict as an ``article`` with a heading of the given level; all text escaped, no script, no style of its own."""
    return fragment("screening/verdict.html.j2", "article", _shown(verdict, eligibility), level)


def verdict_page(verdict: Verdict, programme: Programme) -> str:
    """The verdict as one page that loads nothing: who, on which day, by which version of the programme, and why."""
    shown = _shown(verdict, programme.eligibility)
    title = f"{shown.subject} on {shown.as_of}: {shown.outcome}"
    return document(
        "screening/verdict_page.html.j2", title, f"Screening for {programme.head.title}.",
        styles=("document", "screening"), context={"shown": shown, "programme": programme},
    )  # fmt: skip


def _shown(verdict: Verdict, eligibility: Eligibility) -> VerdictShown:
    labels = {cohort.id: cohort.label for cohort in eligibility.cohorts}
    return VerdictShown(
        subject=verdict.subject or "person",
        as_of=verdict.as_of.isoformat(),
        programme_hash=verdict.programme_hash,
        outcome=OUTCOME_WORDS[verdict.outcome],
        status=verdict.outcome.value,
        cohorts=tuple(
            (labels.get(id or "", str(id)), OUTCOME_WORDS[outcome]) for id, outcome in verdict.cohorts.items()
        )
        if len(verdict.cohorts) > 1
        else (),
        rows=tuple(_row(result, eligibility) for result in verdict.results),
        steps=next_steps(verdict),
        ahead=look_ahead(verdict),
        beside=verdict.beside_criteria,
        contradictions=tuple(eligibility.by_id[name].label for name in verdict.contradictions),
    )


def _row(result: CriterionResult, eligibility: Eligibility) -> CriterionShown:
    criterion = result.instance.criterion
    kind = (
        f"{criterion.kind.value} [{', '.join(criterion.cohorts)}]"
        if criterion.cohorts
        else criterion.kind.value
    )
    return CriterionShown(
        key=result.instance.key,
        kind=kind,
        rule=words(result.instance.expression, eligibility.signatures),
        reason=criterion.reason,
        standing=standing(result),
        state={True: "passes", False: "stops", None: "open"}[result.passes],
        values=tuple(_value(eligibility.by_id[name], value) for name, value in result.values.items()),
    )


def _value(observable: Observable, value: Value) -> ValueShown:
    said = [*value.used[:MOST_FACTS], *value.unusable[:MOST_FACTS]]
    return ValueShown(
        label=observable.label,
        words=value_words(observable, value),
        said=tuple(fact_words(fact) for fact in said),
        more=len(value.used) + len(value.unusable) - len(said),
        silent=tuple(observation_words(each, "", str(each.when)) for each in value.silent[:2]),
        assumed=tuple(value.assumed),
        contradictory=value.contradictory,
    )
