"""What a record's proofs are worth, said beside everything that is read out of it: whose keys lie where, how many decide."""

from __future__ import annotations

from typing import Any

from proband.record.state import State

ON_THIS_MACHINE = "on this machine"
ELSEWHERE = "with their holders"


def keys_kept(state: State) -> str:
    """Where the private keys of persons are: ``on this machine`` as long as one that counts is.

    Whoever owns the machine could then sign in that person's name; what the record proves, it proves against others.
    """
    kept = {key.kept for key in state.keys.values() if key.kind == "person" and key.until is None}
    return ON_THIS_MACHINE if "this-machine" in kept else ELSEWHERE


def standing(state: State) -> dict[str, Any]:
    """The sentence for a manifest: ``keys``, and ``draft`` while a single custodian decides who may do what, and for ever where the study was begun under a draft."""
    return {"keys": keys_kept(state), "draft": state.draft, "instance": state.instance}


def draft_because(state: State) -> list[str]:
    """Why a record is a draft, in words; empty where it is none."""
    because = ["draft for ever: begun under a draft of the programme"] if state.begun_as_draft else []
    return because + (
        ["draft: a single custodian decides who may do what"] if len(state.custodians()) < 2 else []
    )


def standing_words(state: State) -> str:
    """The same on one line, for a page or a terminal."""
    return "; ".join((f"keys: {keys_kept(state)}", *draft_because(state)))
