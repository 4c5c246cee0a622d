"""The forecast: sealed before the first dose, or retrospective for ever."""

from __future__ import annotations

from typing import Any

from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, command
from proband.record.declare.data import Data, Digest, StudyWords
from proband.record.forecasts import is_kept
from proband.record.known import known_at
from proband.record.state import State


@command("forecast.seal", "forecast.sealed", subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, reason=False, live=False, gates=(), signature="seal", custodian=True,
         everywhere=True, handed_over=is_kept)  # fmt: skip
class SealForecast(Data):
    """Seal the forecast, comparator cohort and primary analysis before the first dose, by their hashes.

    * ``forecast``: the hash of the forecast
    * ``comparator``: the hash of the comparator cohort
    * ``analysis``: the hash of the primary analysis
    * ``estimand``: what is estimated
    """

    forecast: Digest
    comparator: Digest
    analysis: Digest
    estimand: StudyWords


@changes("forecast.sealed")
def _forecast(state: State, body: Body, data: dict[str, Any]) -> None:
    # sealed after somebody was treated it is kept, and stamped: what is written afterwards is no forecast
    late = bool(state.treated)
    state.forecasts[f"v{len(state.forecasts) + 1}"] = {
        **data,
        "at": body["at"],
        "recorded": known_at(body),
        "seq": state.seq,
        "retrospective": late,
    }
