"""Who qualifies: three-valued, explained eligibility, the same rule for one person and for a million.

::

    screening = Screening(programme)
    verdict = screening.verdict(observations, as_of=date.today())
    print(as_text(verdict, programme.eligibility))

    screened = screen(programme, table, as_of=date.today())
    screened.counts, screened.funnel
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.facts.observation import Observation, Origin, Presence
from proband.screening.outcome import EligibilityStatus
from proband.screening.render import as_dict, as_text, plain
from proband.screening.result import Verdict
from proband.screening.verdict import Screening
from proband.terms.deferred import deferred

if TYPE_CHECKING:
    from proband.facts.table import OBSERVATION_SCHEMA, from_row, persons, to_frame
    from proband.screening.sql.engines import engine
    from proband.screening.sql.many import Screened, screen

__all__ = [
    "OBSERVATION_SCHEMA",
    "EligibilityStatus",
    "Observation",
    "Origin",
    "Presence",
    "Screened",
    "Screening",
    "Verdict",
    "as_dict",
    "as_text",
    "engine",
    "from_row",
    "persons",
    "plain",
    "screen",
    "to_frame",
]

# what many persons at once need is the extra ``columns``, and fetched when it is asked for
__getattr__ = deferred(
    __name__,
    {
        "proband.facts.table": ("OBSERVATION_SCHEMA", "from_row", "persons", "to_frame"),
        "proband.screening.sql.engines": ("engine",),
        "proband.screening.sql.many": ("Screened", "screen"),
    },
)
