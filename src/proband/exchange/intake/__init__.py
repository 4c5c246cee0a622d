"""The way in to the record: observations of a person become ``participant.screen`` and ``outcome.record``.

:func:`intake` says what would be sent and what became of every observation, and changes nothing; :func:`carry_out` sends it.
"""

from __future__ import annotations

from proband.exchange.intake.accounts import Accounted
from proband.exchange.intake.plan import Intake, Sent, carry_out, intake, not_read

__all__ = ["Accounted", "Intake", "Sent", "carry_out", "intake", "not_read"]
