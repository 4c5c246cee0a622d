"""What an event costs does not grow with how many people were there before it: entries of the state that are looked at are counted, not seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from proband.record.state import State
from proband.record.undo import UndoDict, UndoList

from .masked import admitted, given, stocked, trial
from .synthetic import Hospital, hospital
from .whole_life import whole_life

#: how many lives stand before the one that is counted
FEW, MANY = 4, 10
#: what may look at everybody, or at everything of a kind, and why: acts on the whole study, and the rare ways back
WHOLE = {
    "clock.reset": "every time that lies ahead is set to now",
    "programme.adopt": "everybody is to be brought to the new version",
    "risk.announce": "everybody who takes part is told",
    "lot.recall": "everything that the lot touched, and whoever got it",
    "study.lock": "the content of everybody is hashed",
    "study.sign": "what was locked is hashed again",
    "study.unlock": "what was locked is hashed again",
    "product.retract": "a dose that was none: who else it bore on is asked",
    "capacity.assess": "a dose is judged again: at its time the first doses of others count for its interval",
}
#: the same where arms are drawn: the record draws the next one after all that were drawn
DRAWN = {
    "participant.allocate": "the arm follows from all places of its list",
    "kit.assign": "the arm follows from all places of its list; every kit in stock is opened, so that none is told apart",
}


class Looked:
    """How many entries of tables were passed over so far."""

    entries = 0


class CountedDict(UndoDict[Any, Any]):
    """A table of the state that counts the entries of which somebody runs through all."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        for key in super().__iter__():
            Looked.entries += 1
            yield key

    def values(self) -> Any:
        return (self[key] for key in self)

    def items(self) -> Any:
        return ((key, self[key]) for key in self)


class CountedList(UndoList[Any]):
    """A list of the state that counts the elements that somebody passes over."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        for one in super().__iter__():
            Looked.entries += 1
            yield one

    def __contains__(self, value: object) -> bool:
        return any(one == value for one in self)


def counted(state: State) -> None:
    """Let every table of the state count from now on."""
    for name in State.__dataclass_fields__:
        value = getattr(state, name)
        if type(value) is UndoDict:
            setattr(state, name, CountedDict(value))
        if type(value) is UndoList:
            setattr(state, name, CountedList(value))


def lives(house: Hospital, many: int) -> None:
    """So many people who are treated, and measured once more."""
    for number in range(1, many + 1):
        house.wait(hours=50)
        house.admit(f"F-{number}")
        product, coi, _ = house.ready(f"F-{number}", f"F{number}")
        house.give(product, f"F-{number}", coi)
    house.wait(hours=50)


def counting(house: Hospital) -> Counter[str]:
    """By verb the most entries that one of its events passes over from now on."""
    counted(house.record.state)
    most: Counter[str] = Counter()
    execute = house.record.execute

    def told(command: Any, **options: Any) -> Any:
        before = Looked.entries
        try:
            return execute(command, **options)
        finally:
            most[command.verb] = max(most[command.verb], Looked.entries - before)

    house.record.execute = told  # type: ignore[method-assign]
    return most


def every_verb_after(many: int) -> Counter[str]:
    """What each verb passes over, after so many lives."""
    house = hospital()
    lives(house, many)
    most = counting(house)
    whole_life(house)
    return most


def kits_after(many: int) -> Counter[str]:
    """What the verbs of a masked trial pass over, after so many people with a kit each and as many kits in stock."""
    house = trial()
    stocked(house, {f"K-{number}": ("cells", "vehicle")[number % 2] for number in range(2 * many)})
    for number in range(many):
        house.wait(hours=50)
        admitted(house, f"F-{number}")
        house.do("kit.assign", f"F-{number}")
        given(house, f"F-{number}")
    house.wait(hours=50)
    most = counting(house)
    stocked(house, {f"K-next-{number}": ("cells", "vehicle")[number % 2] for number in range(4)})
    admitted(house, "S-1")
    house.do("kit.assign", "S-1")
    given(house, "S-1")
    return most


def grown(few: Counter[str], many: Counter[str]) -> set[str]:
    """The verbs that pass over more, the more were there before."""
    assert few.keys() == many.keys()
    return {verb for verb in many if many[verb] > few[verb]}


def test_no_verb_looks_at_everybody_but_those_that_concern_everybody() -> None:
    assert grown(every_verb_after(FEW), every_verb_after(MANY)) == WHOLE.keys()


def test_kits_are_not_looked_for_among_all_kits() -> None:
    assert grown(kits_after(FEW), kits_after(MANY)) == DRAWN.keys()


def test_a_look_at_everybody_is_noticed() -> None:
    house = hospital()
    lives(house, 1)
    counted(house.record.state)
    seen = []
    for look in (list, lambda table: list(table.values()), lambda table: dict(table.items())):
        before = Looked.entries
        look(house.record.state.participants)
        seen.append(Looked.entries - before)
    assert seen == [1, 1, 1]
