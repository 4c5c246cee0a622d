"""Versions of the programme: which bundle an amendment adopts, what it changes, of which kind that is, and who must sign that kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.commands.study import in_force, take_bundle
from proband.record.declare.change import Body, add_task, changes
from proband.record.declare.command import Context, command
from proband.record.declare.data import Data, Digest, KeptBundle, StudyWords, Words
from proband.record.declare.wording import OF_THE_STUDY
from proband.record.gates.versions import view_told
from proband.record.kept_bundle import kind_and_difference
from proband.record.paged import browse_values
from proband.record.programme_view import ProgrammeView
from proband.record.state import State
from proband.record.upcast import upcast


def _is_view(c: Context) -> bool:
    view, now = view_told(c), c.view
    # an amendment may change the criteria, but not drop them: that would switch off the judging of verdicts
    return (
        view is not None
        and now is not None
        and view.id == now.id
        and (view.eligibility is not None or now.eligibility is None)
    )


def _known_version(c: Context) -> list[str]:
    new = c.data["programme"].get("hash", "")
    return [new] if new in c.state.programmes else []


def _worked_out(
    state: State, subject: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    """The difference, and its kind where nobody says one: whoever says another than it is, is refused."""
    try:
        view = ProgrammeView.model_validate(given["programme"])
        kind, difference = kind_and_difference(state, view, given.get("bundle"))
    except (LookupError, TypeError, ValueError):
        # what is no version is refused by what it is asked to be
        kind, difference = "substantial", []
    return {"kind": given.get("kind") or kind, "difference": given.get("difference") or difference}


@upcast("programme.adopted", before=6)
def _with_its_kind(data: dict[str, Any]) -> dict[str, Any]:
    """Somebody said whether an amendment was substantial, and nobody worked it out."""
    told = dict(data)
    kind = "substantial" if told.pop("substantial", True) else "non-substantial"
    return {**told, "kind": kind, "difference": []}


@command("programme.adopt", "programme.adopted", subject="study", withdrawal=None, hold=None, consent=None,
         current_version=False, watched=True, live=False, gates=("bundle", "amendment"), reason=True, signature="adoption", custodian=True,
         everywhere=True, signed_at_any_site=True, unique=_known_version, completion=_worked_out, gives=("kind", "difference"),
         stage=(
             (lambda c: c.data["amends"] == c.state.programme, "the version in force as the one that it amends"),
             (_is_view, "a whole view of a version of this programme"),
         ))  # fmt: skip
class AdoptProgramme(Data):
    """Adopt an amended version of the programme; participants migrate one by one, as events.

    * ``programme``: the new version as the gates need it
    * ``amends``: the hash of the version that it amends
    * ``bundle``: the bundle itself, compressed
    * ``kind``: what the amendment is; the record works it out
    * ``difference``: what differs, one a line; the record works it out
    * ``changes``: what changes, in words
    """

    programme: Annotated[dict[str, Any], OF_THE_STUDY]
    amends: Digest
    bundle: KeptBundle | None = None
    kind: Literal["typo", "non-substantial", "substantial"]
    difference: Annotated[list[StudyWords], Field(max_length=201)]
    changes: list[Words]


@changes("programme.adopted")
def _adopted(state: State, body: Body, data: dict[str, Any]) -> None:
    view = ProgrammeView.model_validate(data["programme"])
    state.programmes[view.hash] = view
    state.amended[view.hash] = (data["amends"], data["kind"])
    take_bundle(state, data)
    in_force(state, body, view)
    for person in browse_values(state.participants):
        if not person.ended:
            add_task(
                state,
                "migrate",
                person.id,
                body["at"][:10],
                f"bring to version {view.version}",
                f"migrate:{person.id}:{view.hash[:12]}",
            )
