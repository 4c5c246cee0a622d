"""What is known of one observable for one person: a value, bounds, or nothing; from which facts, and why no more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from proband.facts.observation import Observation
from proband.screening.observed import ObservedValue
from proband.terms.units import printed


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of one observable for one person.

    Numbers, ranks and dates (as day numbers) lie in ``low … high``, ``None`` being an open end; ``truth`` and ``code``
    belong to the other types. ``used`` are the facts it rests on, ``unusable`` those shown but not scored, ``reason``
    says in words why it is not (fully) known, ``assumed`` names what was taken for granted (``absent: no``, a unit).
    """

    low: float | None = None
    high: float | None = None
    truth: bool | None = None
    code: str | None = None
    used: tuple[ObservedValue, ...] = ()
    unusable: tuple[ObservedValue, ...] = ()
    silent: tuple[Observation, ...] = ()
    contradictory: bool = False
    reason: str = ""
    assumed: tuple[str, ...] = field(default_factory=tuple)

    @property
    def is_known(self) -> bool:
        """Whether there is exactly one possible value."""
        return (
            self.truth is not None
            or self.code is not None
            or (self.low is not None and self.low == self.high)
        )


def multiple_of(value: Value, base: Value) -> Value:
    """A value as a multiple of another (its baseline); unknown unless the baseline is surely positive."""
    low = high = None
    if base.low is not None and base.low > 0 and base.high is not None:
        if value.low is not None:
            low = printed(value.low / (base.high if value.low >= 0 else base.low))
        if value.high is not None:
            high = printed(value.high / (base.low if value.high >= 0 else base.high))
    reason = value.reason or (f"baseline: {base.reason or 'not known'}" if not base.is_known else "")
    return replace(
        value,
        low=low,
        high=high,
        used=(*value.used, *base.used),
        unusable=(*value.unusable, *base.unusable),
        contradictory=value.contradictory or base.contradictory,
        reason=reason,
        assumed=(*value.assumed, *base.assumed),
    )
