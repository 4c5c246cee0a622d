"""What of outside allows a site to act, recorded with its days; and its end before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field

from proband.record.approvals import ApprovalKind
from proband.record.commands.staff import by_custodian
from proband.record.declare.change import Body, add_task, all_done, changes, statement
from proband.record.declare.command import Context, Need, never
from proband.record.declare.data import Data, Day, Digest, Words
from proband.record.events import day_begin
from proband.record.state import State

KNOWN_SITE: Need = ((lambda c: c.subject in c.state.sites), "such a site")


def _in_order(c: Context) -> bool:
    return bool(c.data["since"] < c.data["expiry"])


def _for_the_version_in_force(
    state: State, subject: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    return {} if given.get("versions") else {"versions": [state.programme]}


@by_custodian("site.approve", "site.approved", subject="site", bears=never, at_closed_site=True, gates=(), completion=_for_the_version_in_force, gives=("versions",),
              stage=(KNOWN_SITE, (_in_order, "a day of expiry after the first day")))  # fmt: skip
class Approve(Data):
    """Record what of outside allows a site to act: who decided, from when until when, for which versions.

    A substantial amendment needs an approval of its own, which may be recorded before it is adopted; other amendments go on under the one before.

    * ``kind``: what it is
    * ``decided_by``: the committee, authority or insurer
    * ``number``: the number of the decision or policy
    * ``since``: the first day on which it holds
    * ``expiry``: the first day on which it no longer holds
    * ``versions``: the hashes of the versions that it covers; the record takes the one in force
    """

    kind: ApprovalKind
    decided_by: Words
    number: Words
    since: Day
    expiry: Day
    versions: Annotated[list[Digest], Field(min_length=1, max_length=64)]


@changes("site.approved")
def _approved(state: State, body: Body, data: dict[str, Any]) -> None:
    kept = {name: data[name] for name in ("kind", "since", "expiry")} | {"versions": list(data["versions"])}
    state.sites[body["subject"]].approvals.append(statement(state, body, kept))
    name = f"approval-{data['kind']}"
    all_done(state, name, body["subject"])
    add_task(state, name, body["subject"], data["expiry"], f"renew the {data['kind']} of {body['subject']}", f"{name}:{state.seq}")  # fmt: skip


def _since_it_ended(body: Mapping[str, Any]) -> str | None:
    return day_begin(body["data"]["on"], body["offset"])


@by_custodian("site.disapprove", "site.disapproved", subject="site", bears=_since_it_ended, at_closed_site=True, gates=(), reason=True,
              stage=(
                  (lambda c: any(one.value["kind"] == c.data["kind"] for one in c.state.sites[c.subject].approvals) if c.subject in c.state.sites else False,
                   "something of this kind that was recorded of the site"),
              ))  # fmt: skip
class Disapprove(Data):
    """Record that an approval, authorisation or insurance ended before its time: suspended, withdrawn, cancelled, or recorded by mistake.

    * ``kind``: what it is
    * ``on``: the first day on which it no longer holds
    """

    kind: ApprovalKind
    on: Day


@changes("site.disapproved")
def _disapproved(state: State, body: Body, data: dict[str, Any]) -> None:
    ended = {"kind": data["kind"], "ended": data["on"]}
    state.sites[body["subject"]].approvals.append(statement(state, body, ended))
    add_task(state, f"approval-{data['kind']}", body["subject"], data["on"], f"the {data['kind']} of {body['subject']} ended: nobody is taken in or treated there",
             f"approval-{data['kind']}:{state.seq}")  # fmt: skip
