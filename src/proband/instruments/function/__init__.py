"""Function, movement, pain, goals and harms: instruments of the mitochondrial and spinal-cord programmes.

Item texts stand here only where they may be used freely. Where a manual is sold or a form is under copyright, the structure
stands here (how many items, which answers, how they are summed) with a pointer to where the texts are had.
"""

from __future__ import annotations

from proband.instruments.function.goals import GOAL_ATTAINMENT
from proband.instruments.function.harms import ADVERSE_EVENT
from proband.instruments.function.independence import SCIM_III, WISCI_II
from proband.instruments.function.mitochondrial import NMDAS, NPMDS
from proband.instruments.function.motor import GMFM_88, SARA, SPRS
from proband.instruments.function.reported import PAIN, PGI_CHANGE, PGI_SEVERITY
from proband.instruments.function.spasticity import MODIFIED_ASHWORTH, MODIFIED_TARDIEU
from proband.instruments.function.walking import SIX_MINUTE_PREDICTED, SIX_MINUTE_WALK
from proband.instruments.instrument import Instrument

FUNCTION: tuple[Instrument, ...] = (
    NPMDS,
    NMDAS,
    SPRS,
    SARA,
    GMFM_88,
    MODIFIED_ASHWORTH,
    MODIFIED_TARDIEU,
    SIX_MINUTE_WALK,
    SIX_MINUTE_PREDICTED,
    SCIM_III,
    WISCI_II,
    PAIN,
    PGI_CHANGE,
    PGI_SEVERITY,
    GOAL_ATTAINMENT,
    ADVERSE_EVENT,
)

__all__ = ["FUNCTION"]
