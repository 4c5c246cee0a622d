"""A new risk that came to light: those whom the programme's rule names are asked anew."""

from __future__ import annotations

from typing import Any

from proband.record.commands.consent import lapse
from proband.record.declare.change import Body, add_task, changes
from proband.record.declare.command import AT_ANY_STAGE, command
from proband.record.declare.data import Data, Words
from proband.record.paged import browse_values
from proband.record.state import State


@command("risk.announce", "risk.announced", subject="study", permission="safety.report", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature=None, reason=True, live=False, gates=(), custodian=True, everywhere=True,
         at_closed_site=True)  # fmt: skip
class AnnounceRisk(Data):
    """A risk that nobody knew when people consented: everybody who did is to be told, and consent lapses as the programme's rules on new risks say.

    * ``risk``: what it is, as people are told it
    """

    risk: Words


@changes("risk.announced")
def _announced(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in [one.id for one in browse_values(state.participants) if one.consented_at and not one.dead()]:
        person = state.participants[name]
        add_task(state, "inform", name, body["day"], "a new risk: tell them", f"risk:{state.seq}:{name}")
        if not person.ended:
            lapse(state, body, person, "new-risk", f"a new risk (event {state.seq})")
