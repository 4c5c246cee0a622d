"""Who may take part: observables (what is looked at) and criteria (what must hold), as ``eligibility.yaml`` states them.

Two layers. An *observable* turns raw facts into one value per person and day: which codes count, in which unit, over
which window, which of several results. There is a class for each kind of observable, with the keys that mean something
for it (:mod:`~proband.programme.eligibility.measured`, :mod:`~proband.programme.eligibility.computed`). A *criterion*
is an expression over observables and nothing else (see :mod:`proband.programme.expression`). ``absent: no`` on an
observable is the only place where silence of the record is taken for "no"; it must be written, and it is printed in
every explanation.
"""

from __future__ import annotations

from proband.programme.eligibility.computed import (
    Derived,
    ElapsedTime,
    Multiple,
    Scored,
    ScoredCode,
    ScoredLevel,
    ScoredNumber,
    ScoredYesNo,
)
from proband.programme.eligibility.criterion import (
    LATER_SCOPES,
    Cohort,
    Criterion,
    CriterionKind,
    Purpose,
    Scope,
    ScreeningVisit,
)
from proband.programme.eligibility.effort import Effort
from proband.programme.eligibility.eligibility import Eligibility
from proband.programme.eligibility.kinds import KINDS, AnyObservable, ObservableKind, observable
from proband.programme.eligibility.measured import (
    CodedWord,
    DatedEvent,
    EventCount,
    MeasuredNumber,
    OrderedLevel,
    StableTime,
    Trend,
    YesNo,
)
from proband.programme.eligibility.observable import Aggregate, FromFacts, Observable, Selection
from proband.programme.eligibility.sayings import (
    OneNumber,
    SaysCode,
    SaysLevel,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    SeeksExtreme,
)
from proband.programme.eligibility.windows import BUILT_IN_ANCHORS, Anchor, Elapsed, FactWindow, Offset

__all__ = [
    "BUILT_IN_ANCHORS",
    "KINDS",
    "LATER_SCOPES",
    "Aggregate",
    "Anchor",
    "AnyObservable",
    "CodedWord",
    "Cohort",
    "Criterion",
    "CriterionKind",
    "DatedEvent",
    "Derived",
    "Effort",
    "Elapsed",
    "ElapsedTime",
    "Eligibility",
    "EventCount",
    "FactWindow",
    "FromFacts",
    "MeasuredNumber",
    "Multiple",
    "Observable",
    "ObservableKind",
    "Offset",
    "OneNumber",
    "OrderedLevel",
    "Purpose",
    "SaysCode",
    "SaysLevel",
    "SaysNumber",
    "SaysWord",
    "SaysYesNo",
    "Scope",
    "Scored",
    "ScoredCode",
    "ScoredLevel",
    "ScoredNumber",
    "ScoredYesNo",
    "ScreeningVisit",
    "SeeksExtreme",
    "Selection",
    "StableTime",
    "Trend",
    "YesNo",
    "observable",
]
