"""What a query has to find for some rules: which observables at which visits, and the days that they are counted from.

Everything is numbered: a fact that matters to an observable bears the number of its :class:`Slot`, one that can give
the day of an anchor the number of its :class:`AnchorSlot`; a fact that matters twice stands twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from proband.programme.eligibility import (
    ElapsedTime,
    EventCount,
    FromFacts,
    Multiple,
    Observable,
    Offset,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    Scored,
)
from proband.screening.observed import vague_keys
from proband.screening.renaming import column_stem
from proband.screening.rules import Rules
from proband.screening.sql.criteria import DECEASED
from proband.terms import ProbandError


@dataclass(frozen=True, slots=True)
class Slot:
    """One observable at one visit, with its number."""

    number: int
    observable: FromFacts
    visit: str | None

    @property
    def column(self) -> str:
        """The stem of its columns."""
        return column_stem(self.observable.id, self.visit)

    @property
    def reach(self) -> tuple[Offset | None, Offset | None]:
        """The outermost days that can matter, from the day of screening, where they are the same for everyone.

        No day before the first matters; none after the last (``0 d`` where nothing nearer is known).
        """
        today = Offset(amount=0, unit="d")
        window = self.observable.window
        if isinstance(self.observable, SaysYesNo):
            return (
                None,
                today,
            )  # what holds, or was denied, may have begun long before and be contradicted after
        if self.visit is not None or window is None or window.anchor != "screening":
            return None, today
        ends_before = window.end is not None and window.end.amount < 0
        begins = None if isinstance(self.observable, SaysWord) else window.start  # a word may persist
        return begins, window.end if ends_before else today


@dataclass(frozen=True, slots=True)
class AnchorSlot:
    """One anchor, with its number; ``only``: a person has it once, and of several facts none is chosen.

    ``visit``: the visit up to which the last one is asked for; ``None`` for screening, and for whatever is the same at
    every visit.
    """

    number: int
    id: str
    last: bool
    visit: str | None
    only: bool
    keys: tuple[tuple[str, str], ...]

    @property
    def column(self) -> str:
        """The stem of its columns."""
        at = f"__{self.visit}" if self.visit else ""
        return f"a_{self.id}{at}".replace("-", "_")


class QueryPlan:
    """The slots and anchors of some rules, in a fixed order."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        #: every observable at every visit where it is needed, each after those that it is computed from
        self.computed: list[tuple[Observable, str | None]] = [
            (o, visit)
            for visit in rules.visits
            for o in rules.order
            if o.id in rules.used.get(visit, frozenset())
        ]
        self._refuse_shared_names()
        read = [(o, visit) for o, visit in self.computed if isinstance(o, FromFacts) and o.codes]
        self.slots = [Slot(number, o, visit) for number, (o, visit) in enumerate(read, 1)]

    def _refuse_shared_names(self) -> None:
        """Columns of one table whose names an engine cannot tell apart would hold each other's values."""
        cohorts = [f"cohort {c}" for c in self.rules.eligibility.cohort_ids()]
        verdicts = [
            "subject",
            "passes",
            DECEASED,
            "verdict",
            *cohorts,
            *(i.key for i in self.rules.instances),
        ]
        for names in (["subject", *(name for name, _ in self.wide_columns)], verdicts):
            lowered = [name.lower() for name in names]
            shared = sorted({name for name in names if lowered.count(name.lower()) > 1})
            if shared:
                raise ProbandError("screening.columns", names=shared)

    @cached_property
    def anchors(self) -> dict[tuple[str, str | None], AnchorSlot]:
        """The anchors that are needed, by id and visit (as :attr:`AnchorSlot.visit`)."""
        found: dict[tuple[str, str | None], AnchorSlot] = {}

        def want(id: str, visit: str | None) -> None:
            if id == "screening":
                return
            last = self.rules.anchor_pick(id) == "last"
            key = (id, visit if last else None)
            if key not in found:
                number = len(self.slots) + len(found) + 1
                only = self.rules.anchor_pick(id) == "only"
                found[key] = AnchorSlot(number, id, last, key[1], only, tuple(self.rules.anchor_keys(id)))

        for visit in self.rules.visits:
            if visit is not None:
                want(self.rules.visit_anchors[visit], None)
        for o, visit in self.computed:
            if isinstance(o, ElapsedTime):
                want(o.elapsed.since, visit)
                want(o.elapsed.until, visit)
            elif isinstance(o, FromFacts) and o.window:
                want(o.window.anchor, visit)
        return found

    def anchor(self, id: str, visit: str | None) -> AnchorSlot:
        """The slot of an anchor as it is asked for at a visit."""
        return self.anchors[(id, visit if self.rules.anchor_pick(id) == "last" else None)]

    @property
    def at_screening(self) -> list[AnchorSlot]:
        """The anchors that need no other day than that of screening."""
        return [a for a in self.anchors.values() if a.visit is None]

    @property
    def at_visits(self) -> list[AnchorSlot]:
        """The anchors that are asked for up to a visit, whose day is that of another anchor."""
        return [a for a in self.anchors.values() if a.visit is not None]

    # -- what of a fact has to be kept

    @property
    def reads_facts(self) -> bool:
        """Whether anything on record matters."""
        return bool(self.slots or self.anchors)

    @cached_property
    def numbers(self) -> dict[int, SaysNumber]:
        """The observables of the slots whose facts carry a number that is converted, by number of the slot."""
        return {s.number: s.observable for s in self.slots if isinstance(s.observable, SaysNumber)}

    @cached_property
    def yes_no(self) -> list[Slot]:
        """The slots that are answered by yes or no."""
        return [s for s in self.slots if isinstance(s.observable, SaysYesNo)]

    @cached_property
    def counts(self) -> list[Slot]:
        """The slots that count events."""
        return [s for s in self.slots if isinstance(s.observable, EventCount)]

    @cached_property
    def has_vague_codes(self) -> bool:
        """Whether facts of other codes may be about one that a slot asks for: of its category, or where it is only mentioned."""
        return any(vague_keys(s.observable) for s in self.slots)

    @property
    def reads_persistence(self) -> bool:
        """Whether it matters for any slot how long a fact holds."""
        return any(isinstance(s.observable, SaysWord | SaysYesNo | EventCount) for s in self.slots)

    @property
    def reads_words(self) -> bool:
        """Whether any slot reads the coded or text value of a fact."""
        return any(
            isinstance(s.observable, SaysWord | SaysYesNo)
            or (s.observable.where is not None and s.observable.where.value is not None)
            for s in self.slots
        )

    @property
    def reads_limits(self) -> bool:
        """Whether any slot reads the upper limit of normal that came with a result."""
        return any(isinstance(s.observable, Multiple) and not s.observable.baseline for s in self.slots)

    @property
    def attributes(self) -> list[str]:
        """The attributes by which slots select their facts."""
        return sorted({n for s in self.slots if s.observable.where for n in s.observable.where.attributes})

    @property
    def wide_columns(self) -> list[tuple[str, str]]:
        """The columns of the wide table: (name, ``number`` | ``boolean`` | ``code`` | ``count``)."""
        found: list[tuple[str, str]] = []
        for o, visit in self.computed:
            stem = column_stem(o.id, visit)
            if is_bounded(o):
                found += [(f"{stem}_lo", "number"), (f"{stem}_hi", "number")]
            else:
                found.append((stem, o.type))
            if isinstance(o, Scored) and o.codes:
                found.append((f"{stem}_n", "count"))
        return found


def is_bounded(o: Observable) -> bool:
    """Whether a value has two columns, its bounds: a number, a rank or a day."""
    return o.type in {"number", "ordered", "date"}


def scores_of(rules: Rules) -> list[Scored]:
    """Observables that an instrument computes, in the order in which they need each other."""
    return [o for o in rules.order if isinstance(o, Scored)]
