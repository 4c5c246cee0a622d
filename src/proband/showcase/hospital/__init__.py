"""A scripted run: twelve simulated people of the spinal-cord programme, from referral to year two.

Nobody in it is real and nothing in it is a result: cells do nothing here, scores are drawn without any effect, and the
events (a sterility failure with a second harvest, a wrong bag stopped at the bed, a withdrawal, a death, an amendment)
stand in the script so that the record can be watched while they happen. Every step goes through the commands and gates
that a live programme uses.
"""

from __future__ import annotations

from proband.showcase.hospital.scripted_run import ScriptedRun, run
from proband.showcase.hospital.stage import BUNDLE

__all__ = ["BUNDLE", "ScriptedRun", "run"]
