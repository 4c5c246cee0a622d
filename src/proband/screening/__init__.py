"""Who qualifies: three-valued, explained eligibility, the same rule for one person and for a million.

::

    screening = Screening(programme)
    verdict = screening.verdict(observations, as_of=date.today())
    print(as_text(verdict, programme.eligibility))

    screened = screen(programme, table, as_of=date.today())
    screened.counts, screened.funnel
"""

from __future__ import annotations

from proband.facts.observation import OBSERVATION_SCHEMA, Observation, Origin, Presence
from proband.facts.table import from_row, persons, to_frame
from proband.screening.outcome import EligibilityStatus
from proband.screening.render import as_dict, as_text, plain
from proband.screening.result import Verdict
from proband.screening.sql.engines import Screened, engine, screen
from proband.screening.verdict import Screening

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
