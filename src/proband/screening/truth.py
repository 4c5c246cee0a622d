"""Yes, no or unknown, from all that is on record for a yes/no observable; a "no" must prove itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proband.facts.observation import Observation
from proband.programme.eligibility import Aggregate
from proband.screening.holding import CodeKey, YesNoRecord
from proband.screening.observed import ObservedValue
from proband.screening.spans import FactsInWindow, same_time
from proband.screening.values import Value

_BY_SILENCE = "absent: no (silence of the record counts as no)"


def truth_of(record: YesNoRecord, within: FactsInWindow, silent: Sequence[Observation]) -> Value:
    """The value of a yes/no observable.

    Parameters
    ----------
    within
        What surely and what possibly held on a day that is asked for.
    silent
        Explicit *not asked* and *not applicable* that may be of those days: they are no silence.
    """
    if record.observable.effective_aggregate is Aggregate.ANY:
        return _any(record, within, silent)
    value = _one(record, within)
    if value.truth is None and not within.possible and record.observable.silence_means_no and not silent:
        return Value(truth=False, assumed=(_BY_SILENCE,))
    return value


def _any(record: YesNoRecord, within: FactsInWindow, silent: Sequence[Observation]) -> Value:
    """One yes is enough; a no needs the no of every code."""
    yes = tuple(f for f in within.sure if f.truth is True)
    if yes:
        return Value(truth=True, used=yes)
    proofs: dict[CodeKey, ObservedValue] = {}
    by_silence = unproven = False
    untold = {(o.system, o.code) for o in silent}
    for key in record.observable.code_keys:
        no = record.proof(key)
        if no is not None:
            proofs[key] = no
        elif record.observable.silence_means_no and key not in untold and record.silent(key):
            by_silence = True
        else:
            unproven = True
    used = tuple({id(f): f for f in proofs.values()}.values())
    if not unproven and record.observable.code_keys:
        return Value(truth=False, used=used, assumed=(_BY_SILENCE,) if by_silence else ())
    if any(f.truth is not False for f in within.possible):
        return Value()
    return Value(used=used, reason=_why_no_no(record, proofs, untold))


def _why_no_no(record: YesNoRecord, proofs: dict[CodeKey, ObservedValue], untold: set[CodeKey]) -> str:
    """Why a "no" that is on record proves nothing, in words; empty where none is on record."""
    observable = record.observable
    names = {c.key: c.display or c.code for c in observable.codes}
    said = record.noes()
    if untold and observable.silence_means_no:
        asked = ", ".join(names[key] for key in names if key in untold)
        return f"the source says that it was not asked, or does not apply: {asked}"
    if not said:
        return ""
    missing = [names[key] for key in names if key not in proofs]
    if proofs:
        return f"a 'no' speaks for its own code only; nobody has said 'no' to: {', '.join(missing)}"
    latest = max(said, key=lambda f: f.when.last_day if f.when.last_day is not None else -1)
    if not record.reaches(latest):
        through = record.observable.no_holds_for
        holds = f"holds for {through}" if through else "holds for its own day"
        return f"the 'no' of {latest.when} is too old: it {holds}"
    return f"the 'no' of {latest.when} was overtaken by what was said later, or does not speak for {', '.join(missing)}"


def _one(record: YesNoRecord, within: FactsInWindow) -> Value:
    """What the last or the first statement says."""
    if not within.sure:
        return Value()
    aggregate = record.observable.effective_aggregate
    candidates = within.candidates(aggregate)
    said = {f.truth for f in candidates}
    if len(said) == 1 and None not in said:
        value = Value(truth=said.pop(), used=tuple(candidates))
        return _still(record, value) if aggregate is Aggregate.LAST else value
    usable = [f for f in candidates if f.truth is not None]
    differ = len({f.truth for f in usable}) > 1
    return Value(used=tuple(usable), contradictory=differ and same_time(usable))


def _still(record: YesNoRecord, value: Value) -> Value:
    """The last statement, if it still holds on the last day that is asked for."""
    observable = record.observable
    if value.truth is False:
        untimed = observable.no_holds_for is None and observable.window is not None
        if untimed or all(record.reaches(f) for f in value.used):
            return value
        reason = f"the 'no' of {value.used[0].when} is too old"
    else:
        if all(record.still_yes(f) for f in value.used):
            return value
        reason = f"the 'yes' of {value.used[0].when} has ended, or is too old"
    return replace(value, truth=None, reason=reason)
