"""A verdict in words: text for a terminal, JSON for a program, a plain form for families, and the words that a page needs.

The plain form is information about published criteria. It says what would exclude, what needs the care team, or that
nothing entered rules the person out. It never says that anyone may or should take part.
"""

from __future__ import annotations

from typing import Any

from proband.facts.observation import Observation
from proband.programme.eligibility import CriterionKind, Eligibility, Observable
from proband.programme.expression import is_pure, words
from proband.screening.calendar import day_of
from proband.screening.observed import ObservedValue
from proband.screening.outcome import EligibilityStatus
from proband.screening.result import CriterionResult, MissingSet, Verdict
from proband.screening.values import Value

#: a verdict as it is said
OUTCOME_WORDS = {
    EligibilityStatus.ELIGIBLE: "eligible",
    EligibilityStatus.NOT_ELIGIBLE: "not eligible",
    EligibilityStatus.NEEDS_DATA: "needs data",
}
_MARK = {True: "+", False: "x", None: "?"}
#: facts of one value that are shown; more are counted
MOST_FACTS = 6
_MOST_SETS = 5


def value_words(observable: Observable, value: Value) -> str:
    """A value in words, with its unit: ``46 a``, ``at least 5 mg/dL``, ``C5``, ``yes``; ``not known`` with the reason."""
    unit = observable.result_unit if observable.type == "number" else None
    end = "" if is_pure(unit) else f" {unit}"

    def one(number: float) -> str:
        if observable.type == "date":
            return day_of(number).isoformat()
        if observable.type == "ordered":
            return observable.signature.values[int(number)]
        return f"{number:.10g}"

    if value.truth is not None:
        return "yes" if value.truth else "no"
    if value.code is not None:
        return value.code
    if value.low is not None and value.low == value.high:
        return one(value.low) + end
    reason = f" ({value.reason})" if value.reason else ""
    if value.low is not None and value.high is not None:
        return f"between {one(value.low)} and {one(value.high)}{end}{reason}"
    if value.low is not None:
        return f"at least {one(value.low)}{end}{reason}"
    if value.high is not None:
        return f"at most {one(value.high)}{end}{reason}"
    return f"not known{reason}"


def fact_words(fact: ObservedValue) -> str:
    """What the source said, when, and where that stands."""
    return observation_words(fact.observation, fact.problem, str(fact.when))


def observation_words(o: Observation, problem: str, when: str) -> str:
    """One observation as its source gave it."""
    said = ""
    if o.value is not None:
        said = f"{o.comparator or ''}{o.value:.10g}{' ' + o.unit if o.unit else ''}"
    elif o.value_code or o.text:
        said = o.text or o.value_code or ""
    if o.presence.value != "present":
        said = f"{said} {o.presence.value}".strip()
    attributes = ", ".join(f"{k} {v}" for k, v in sorted(o.attributes.items()) if k in _SHOWN)
    parts = [f"{o.system} {o.code}", said, attributes, when]
    place = f"{o.origin.file} {o.origin.position}".strip() if o.origin else ""
    text = ", ".join(p for p in parts if p)
    return text + (f" [{place}]" if place else "") + (f" NOT USED: {problem}" if problem else "")


_SHOWN = {"gene", "zygosity", "pathogenicity", "hgvs", "disease"}


def standing(result: CriterionResult) -> str:
    """What a criterion means for taking part: ``met``, ``not met: rules out``, ``applies: rules out``, ``unknown`` …"""
    kind = result.instance.criterion.kind
    if result.truth is None:
        return "unknown"
    if kind is CriterionKind.INCLUDE:
        return "met" if result.truth else "not met: rules out"
    return "applies: rules out" if result.truth else "does not apply"


def as_dict(verdict: Verdict, eligibility: Eligibility) -> dict[str, Any]:
    """The verdict as plain JSON values, everything included."""
    return {
        "subject": verdict.subject,
        "as_of": verdict.as_of.isoformat(),
        "programme": verdict.programme_hash,
        "outcome": verdict.outcome.value,
        **({"death": verdict.death} if verdict.death else {}),
        **({"left": verdict.left} if verdict.left else {}),
        **({"unread": verdict.unread} if verdict.unread else {}),
        "cohorts": {c: o.value for c, o in verdict.cohorts.items() if c is not None},
        "criteria": [_criterion_dict(r, eligibility) for r in verdict.results],
        "to_confirm": [_set_dict(s) for s in verdict.to_confirm],
        "to_rule_out": [_set_dict(s) for s in verdict.to_rule_out],
        "sets_complete": verdict.complete,
        "one_datum_away": verdict.one_datum_away,
        "contradictions": list(verdict.contradictions),
        "look_ahead": _near_dict(verdict),
    }


def _near_dict(verdict: Verdict) -> dict[str, Any] | None:
    near = verdict.near
    if near is None:
        return None

    def day(value: Any) -> str | None:
        return None if value is None else str(value.isoformat())

    return {
        "eligible_from": day(near.eligible_from),
        "not_ruled_out_from": day(near.not_ruled_out_from),
        "until": day(near.until),
        "open_until": day(near.open_until),
        "only": near.only,
    }


def _set_dict(found: MissingSet) -> list[dict[str, Any]]:
    return [
        {
            "observable": item.observable.id,
            "label": item.observable.label,
            "visit": item.visit,
            "reason": item.reason,
            "effort": item.effort.value,
            "effort_words": item.effort.meaning,
            "burden": item.observable.burden,
        }
        for item in found.items
    ]


def _criterion_dict(r: CriterionResult, eligibility: Eligibility) -> dict[str, Any]:
    c = r.instance.criterion
    return {
        "id": c.id,
        "visit": r.instance.visit,
        "kind": c.kind.value,
        "purpose": c.purpose.value,
        "cohorts": list(c.cohorts),
        "when": c.when,
        "words": words(r.instance.expression, eligibility.signatures),
        "reason": c.reason,
        "source": c.source or eligibility.source,
        "level": str(c.level or eligibility.level or "") or None,
        "standing": r.standing,
        "passes": r.passes,
        "values": {n: _value_dict(eligibility.by_id[n], v) for n, v in r.values.items()},
    }


def _value_dict(o: Observable, v: Value) -> dict[str, Any]:
    return {
        "label": o.label,
        "words": value_words(o, v),
        "known": v.is_known,
        "low": v.low,
        "high": v.high,
        "truth": v.truth,
        "code": v.code,
        "unit": o.result_unit if o.type == "number" else None,
        "reason": v.reason,
        "assumed": list(v.assumed),
        "contradictory": v.contradictory,
        "facts": [fact_words(f) for f in v.used],
        "not_used": [fact_words(f) for f in v.unusable],
        "said_why_missing": [observation_words(s, "", str(s.when)) for s in v.silent],
    }


def as_text(verdict: Verdict, eligibility: Eligibility) -> str:
    """The verdict as lines for a terminal."""
    lines = [f"{verdict.subject or 'person'} on {verdict.as_of}: {OUTCOME_WORDS[verdict.outcome].upper()}"]
    if len(verdict.cohorts) > 1:
        labels = {c.id: c.label for c in eligibility.cohorts}
        lines += [f"  {labels.get(c or '', c)}: {OUTCOME_WORDS[o]}" for c, o in verdict.cohorts.items()]
    lines += [f"  {line}" for line in verdict.beside_criteria]
    for r in verdict.results:
        c = r.instance.criterion
        only = f" [{', '.join(c.cohorts)}]" if c.cohorts else ""
        text = words(r.instance.expression, eligibility.signatures)
        lines.append(f"  {_MARK[r.passes]} {r.instance.key} {c.kind.value}{only}: {text} — {standing(r)}")
        if r.passes is not True:
            lines.append(f"      why: {c.reason} ({c.purpose.value})")
        for name, value in r.values.items():
            lines += _value_lines(eligibility.by_id[name], value)
    for title, steps in next_steps(verdict):
        lines.append(f"  {title}:" if steps else f"  {title}")
        lines += [f"    {step}" for step in steps]
    lines += [f"  {line}" for line in look_ahead(verdict)]
    if verdict.contradictions:
        names = ", ".join(eligibility.by_id[n].label for n in verdict.contradictions)
        lines.append(f"  contradictory results, not averaged: {names}")
    lines.append(f"  judged under {verdict.programme_hash}")
    return "\n".join(lines)


def _value_lines(o: Observable, value: Value) -> list[str]:
    lines = [f"      {o.label} = {value_words(o, value)}"]
    shown = [*value.used[:MOST_FACTS], *value.unusable[:MOST_FACTS]]
    lines += [f"        {fact_words(f)}" for f in shown]
    more = len(value.used) + len(value.unusable) - len(shown)
    if more > 0:
        lines.append(f"        and {more} more")
    lines += [f"        source says: {observation_words(s, '', str(s.when))}" for s in value.silent[:2]]
    lines += [f"        assumed: {a}" for a in value.assumed]
    if value.contradictory:
        lines.append("        CONTRADICTORY: what is on record differs; none is preferred")
    return lines


def next_steps(verdict: Verdict) -> list[tuple[str, list[str]]]:
    """Where data are missing: what they could settle, each with the smallest sets of values that would, least effort first."""
    if verdict.outcome is not EligibilityStatus.NEEDS_DATA:
        return []
    if verdict.unread:
        return [("bring what was not read, and screen again", [])]
    steps: list[tuple[str, list[str]]] = []
    for title, sets in (
        ("could turn out eligible with", verdict.to_confirm),
        ("could be ruled out by", verdict.to_rule_out),
    ):
        if sets:
            lines = [f"{n}. {set_words(s)}" for n, s in enumerate(sets[:_MOST_SETS], 1)]
            if len(sets) > _MOST_SETS or not verdict.complete:
                lines.append("… and further sets of more effort")
            steps.append((title, lines))
    if not verdict.to_confirm:
        steps.append(("no value of what is missing could make the person eligible", []))
    return steps


def set_words(found: MissingSet) -> str:
    """A set of missing values in words, with what each takes."""
    parts = []
    for item in found.items:
        visit = f" at {item.visit}" if item.visit else ""
        burden = f"; {item.observable.burden}" if item.observable.burden else ""
        parts.append(
            f"{item.observable.label}{visit} ({item.effort.meaning}{burden}; {item.reason or 'not exactly known'})"
        )
    return " + ".join(parts)


def look_ahead(verdict: Verdict) -> list[str]:
    """What time alone would change, a line each; nothing where it would change nothing."""
    near = verdict.near
    if near is None:
        return []
    lines = []
    if near.only:
        lines.append(f"only {near.only} rules out")
    if near.eligible_from:
        lines.append(f"would be eligible from {near.eligible_from}, if the record stays as it is")
    if near.not_ruled_out_from:
        lines.append(
            f"nothing recorded would rule out from {near.not_ruled_out_from}, though data would be missing"
        )
    if near.until:
        lines.append(f"stands until {near.until}")
    if near.open_until:
        lines.append(f"can still turn out well until {near.open_until}")
    return lines


def plain(verdict: Verdict, eligibility: Eligibility) -> str:
    """The verdict for a family: what would exclude, what needs the care team, or that nothing entered rules out."""
    out = list(verdict.failing) if verdict.outcome is EligibilityStatus.NOT_ELIGIBLE else []
    lines: list[str] = []
    if out:
        lines.append("This criterion would exclude:" if len(out) == 1 else "These criteria would exclude:")
        lines += [f"- {_plain_rule(r, eligibility)}" for r in out]
    elif verdict.death:
        sure = verdict.outcome is EligibilityStatus.NOT_ELIGIBLE
        lines.append(
            "The record says that this person has died."
            if sure
            else "The record speaks of a death: has this person died?"
        )
        lines.append("Nobody takes part after death.")
    elif verdict.left:
        lines.append("The record speaks of a study that was left, or of one that did not fit. Ask your team.")
    elif verdict.unread:
        lines.append("Not everything could be read. What is missing may rule this out.")
        lines.append("Nothing that was read does.")
    else:
        lines.append("Nothing you entered rules this out.")
    unknown = verdict.unknown
    if unknown:
        lines.append("These need your team:")
        lines += list(dict.fromkeys(f"- {_plain_rule(r, eligibility)}" for r in unknown))
    near = verdict.near
    if near is not None and out and (near.eligible_from or near.not_ruled_out_from):
        days = [d for d in (near.eligible_from, near.not_ruled_out_from) if d is not None]
        lines.append(f"From {min(days)} on, nothing you entered would rule this out.")
    lines.append(
        "This is information about published research criteria. It decides nothing. Take it to your doctor."
    )
    return "\n".join(lines)


def _plain_rule(r: CriterionResult, eligibility: Eligibility) -> str:
    c = r.instance.criterion
    text = c.plain or words(r.instance.expression, eligibility.signatures)
    if c.plain is None and c.kind is CriterionKind.EXCLUDE:
        text = f"people are not taken if: {text}"
    return text if "eligib" not in text.lower() else f"criterion {c.id}"
