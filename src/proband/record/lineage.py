"""What became of what was taken: the containers of a therapy event by generation, where a finding was made, and how far it holds others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from proband.record.paged import browse_values
from proband.record.product import Container
from proband.record.specification import outside
from proband.record.state import State

#: clear: released or given; waiting: not yet; source: a finding stands that was made in it; held: put aside, or a finding of a relative reaches it;
#: ended: rejected or thrown away; divided: all of it went into others; taken: starting material
Standing = Literal["clear", "waiting", "source", "held", "ended", "divided", "taken"]
_CLEAR = ("released", "administered")
_HELD, _ENDED = ("quarantined",), ("rejected", "disposed", "failed")


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A container or a collection in its family: its generation from 0, what it was made from, how it stands, and that in words."""

    name: str
    generation: int
    parents: tuple[str, ...]
    standing: Standing
    words: str
    found: tuple[str, ...] = ()


def standing_of(state: State, made: Container) -> tuple[Standing, tuple[str, ...]]:
    """How a container stands, and the tests whose results stand against it and were found in itself."""
    rule = state.rule_of(made)
    against = outside(made, rule, rule.release_tests) if rule is not None else list(made.out_of_specification)
    own = tuple(
        test
        for test in against
        if any(result.of in ("", made.id) and not result.passes for result in made.results(test))
    )
    # an empty bag is thrown away after it was given: it was given all the same
    if made.status in _ENDED or (made.disposed and made.administered_at is None):
        return ("source" if own else "ended"), own
    if own:
        return "source", own
    if made.status in _HELD or against:
        return "held", own
    if made.status == "used":
        return "divided", own
    return ("clear" if made.status in _CLEAR else "waiting"), own


def lineage(state: State, coi: str) -> list[LineageNode]:
    """The family of a therapy event, each generation after the one before; a parent of another therapy event (a pool) is named and not followed."""
    made = {one.id: one for one in browse_values(state.products) if one.coi == coi}
    taken = [one for one in browse_values(state.collections) if one.coi == coi]
    depth: dict[str, int] = {one.din: 0 for one in taken}

    def generation(name: str) -> int:
        if name not in depth and name in made:
            above = [parent for parent in made[name].parents if parent in made] or made[name].collections
            depth[name] = 1 + max((generation(one) for one in above), default=-1)
        return depth.get(name, 0)

    nodes = [
        LineageNode(one.din, 0, (), "taken", f"taken {one.at[:10]}")
        for one in sorted(taken, key=lambda one: one.at)
    ]
    for one in made.values():
        standing, found = standing_of(state, one)
        words = f"{', '.join(found)}: outside its limit" if found else one.status
        above = tuple(one.parents) or tuple(one.collections)
        nodes.append(LineageNode(one.id, generation(one.id), above, standing, words, found))
    return sorted(nodes, key=lambda node: node.generation)


def beside_by_lot(state: State, coi: str) -> list[tuple[str, str]]:
    """Containers of other therapy events that are put aside and share a reagent lot with a container of this one in which something was found: (lot, container)."""
    sources = [
        one
        for one in browse_values(state.products)
        if one.coi == coi and standing_of(state, one)[0] == "source"
    ]
    found: dict[str, str] = {}
    for lot in dict.fromkeys(lot for one in sources for lot in one.lots):
        for name in state.lots.get(lot, ()):
            other = state.products[name]
            if other.coi != coi and other.status in _HELD:
                found.setdefault(name, lot)
    return [(lot, name) for name, lot in found.items()]
