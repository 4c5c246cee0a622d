"""The allocation along a log: without the sealed list its order and its commitments, with it every arm and every dose.

Nothing that is said of it names an arm: who verifies a masked study is told that a place differs, and not what it should have been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from proband.record import randomisation
from proband.record.errors import RecordError
from proband.record.places import PlaceGiven, arms_of, place_of, plan_sealed
from proband.record.product import Container
from proband.record.sealed_lists import kit_commitment
from proband.record.state import State
from proband.trial.allocation.draw import sequence_of
from proband.trial.allocation.lists import SealedList, place_commitment, place_salt
from proband.trial.allocation.plan import AllocationError, AllocationPlan
from proband.trial.allocation.stream import commitment

#: gives the sealed list of a commitment; ``None`` where it is not at hand
ListOf = Callable[[str], SealedList | None]

#: gives the content of a kit with its salt, by number and commitment; ``None`` where it is not at hand
KitOf = Callable[[str, str], Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class AllocationFound:
    """What a verification says of the allocation.

    Attributes
    ----------
    places, lists
        How many people have a place, and by how many sealed lists.
    proven
        Whether every place was worked out again from its sealed list; ``False``: order, levels and commitments only.
    doses
        How many doses were held against the arm that the list gives; ``None`` without the list.
    furthest
        The largest difference of two arms, in people of an arm of weight 1, within one sequence, and within one level of one factor.
        ``None`` where arms are under seal and no list was given.
    corrected
        How many factors were corrected after their place had been given.
    read
        How often an arm was told to somebody.
    """

    places: int
    lists: int
    proven: bool
    doses: int | None
    furthest: tuple[float, float] | None
    corrected: int
    read: int

    def __str__(self) -> str:
        if self.proven:
            said = f"{self.places} places and {self.doses} doses are those of the sealed list"
        else:
            said = f"{self.places} places in order, each with its commitment; no arm is proven without the sealed list: give --list"
        if self.furthest is not None:
            within, margin = self.furthest
            said += f"; arms differ by at most {within:g} within a sequence, {margin:g} within a level of a factor"
        if self.corrected:
            said += f"; {self.corrected} factors corrected after their place was given"
        return said + (f"; arms told {self.read} times" if self.read else "")


@dataclass(slots=True)
class AllocationCheck:
    """Takes events in order; ``found`` says at the end what does not hold, and ``report`` what does."""

    list_of: ListOf | None = None
    kit_of: KitOf | None = None
    faults: list[tuple[int, str]] = field(default_factory=list)
    _places: dict[str, list[PlaceGiven]] = field(default_factory=dict)
    _before: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    _doses: list[tuple[int, str, str, Container]] = field(default_factory=list)
    #: the kits that came in (event, number, commitment), and those that were assigned (event, participant, number)
    _kits: list[tuple[int, str, str]] = field(default_factory=list)
    _assigned: list[tuple[int, str, str]] = field(default_factory=list)
    _corrected: int = 0

    def take(self, state: State, seq: int, body: Mapping[str, Any]) -> None:
        """Look at one event that stands; ``state`` is that after it."""
        event, data = body["event"], body["data"]
        if event in ("allocation.sealed", "participant.allocated"):
            self._before.append((seq, body))
        if event == "participant.allocated" and (person := state.participants.get(body["subject"])):
            place = place_of(person)
            if place is not None:
                self._take_place(person.scheme or "", place)
        elif event == "allocation.corrected":
            self._corrected += 1
            for place in self._all():
                if place.participant == body["subject"]:
                    place.corrected.append((seq, data["factor"], data["level"]))
        elif event == "kit.received":
            self._kits.append((seq, body["subject"], data["commitment"]))
        elif event == "kit.assigned":
            self._assigned.append((seq, body["subject"], data["kit"]))
        elif event in ("product.administered", "kit.given"):
            product = state.products.get(body["subject"])
            if product is not None:
                self._doses.append((seq, str(data["participant"]), product.regimen, product))

    def _take_place(self, scheme: str, place: PlaceGiven) -> None:
        if any(place.commitment == other.commitment for other in self._all()):
            self.faults.append((place.seq, f"place {place.place} has the commitment of another place"))
        self._places.setdefault(scheme, []).append(place)

    def _all(self) -> Iterator[PlaceGiven]:
        for places in self._places.values():
            yield from places

    def conclude(self, state: State) -> AllocationFound | None:
        """What was found, after the last event; ``None`` where nobody was drawn."""
        if not state.schemes:
            return None
        proven, arms = self.list_of is not None, {one.participant: one.arm for one in self._all()}
        furthest = [0.0, 0.0]
        told = True
        for sealed in state.schemes:
            plan = plan_sealed(sealed)
            held = self.list_of(sealed["commitment"]) if self.list_of is not None else None
            if self.list_of is not None and held is None and self._is_used(sealed):
                proven = False
                self.faults.append((sealed["seq"], "the sealed list is not the one that was given"))
            if plan is None:
                told = False
                if held is not None:
                    arms |= self._replay_of_before(held.seed)
                continue
            places = self._places.get(sealed["commitment"], [])
            if held is not None:
                arms |= self._worked_out(state.study, held, plan, places)
            for number, most in enumerate(_differences(plan, places, arms)):
                told = told and most is not None
                furthest[number] = max(furthest[number], most or 0.0)
        doses = self._doses_by_arm(state, arms) if proven else None
        if proven:
            self._kits_by_arm(state, arms)
        count = sum(map(len, self._places.values())) or sum(
            b["event"] == "participant.allocated" for _, b in self._before
        )
        return AllocationFound(
            count, len(state.schemes), proven, doses, (furthest[0], furthest[1]) if told else None, self._corrected, len(state.unblindings)
        )  # fmt: skip

    def _is_used(self, sealed: Mapping[str, Any]) -> bool:
        before = any(body["data"].get("scheme") == sealed["commitment"] for _, body in self._before)
        return before or bool(self._places.get(sealed["commitment"]))

    def _worked_out(
        self, study: str, held: SealedList, plan: AllocationPlan, places: list[PlaceGiven]
    ) -> dict[str, str | None]:
        """The arms that the list gives, each held against what stands open and against its commitment."""
        try:
            arms = arms_of(held.seed, plan, places)
        except AllocationError as error:
            self.faults.append((places[0].seq, f"the places cannot be worked out again: {error.message}"))
            return {}
        for place, arm in zip(places, arms, strict=True):
            salt = place_salt(held.seed, place.place)
            if place.arm not in (None, arm):
                self.faults.append(
                    (place.seq, f"place {place.place} is in another arm than the sealed list says")
                )
            elif place_commitment(salt, study, place.place, place.participant, arm) != place.commitment:
                self.faults.append(
                    (place.seq, f"place {place.place} is committed to another arm than the sealed list says")
                )
        return {place.participant: arm for place, arm in zip(places, arms, strict=True)}

    def _replay_of_before(self, seed: bytes) -> dict[str, str | None]:
        """A scheme of an earlier version: worked out as that version did; gives the arms that it gave, also those under seal."""
        mine = [
            (seq, dict(body))
            for seq, body in self._before
            if commitment(seed) in (body["data"].get("commitment"), body["data"].get("scheme"))
        ]
        arms: dict[str, str | None] = {}
        try:
            wrong = randomisation.replay(seed, [body for _, body in mine])
            for _, body in mine:
                if body["event"] == "participant.allocated":
                    data = body["data"]
                    arms[body["subject"]] = data["arm"] or randomisation.open_arm(
                        seed, body["subject"], data["index"], data["sealed_arm"]
                    )
        except (RecordError, KeyError) as error:
            wrong = [str(error)]
        if wrong:
            self.faults.append((mine[0][0], f"{len(wrong)} places are not those of the sealed seed"))
        return arms

    def _content(self, state: State, kit: str, said: str) -> Mapping[str, str] | None:
        """What is in a kit, where that is at hand and is what was committed to."""
        content = self.kit_of(kit, said) if self.kit_of is not None else None
        if content is None or not {"arm", "salt"} <= content.keys():
            return None
        return content if kit_commitment(state.study, kit, content) == said else None

    def _kits_by_arm(self, state: State, arms: Mapping[str, str | None]) -> None:
        """Every kit that came in, given or not, holds what was committed to; every one that was assigned is of its person's arm."""
        inside: dict[str, str] = {}
        for seq, kit, said in self._kits:
            content = self._content(state, kit, said)
            if content is not None:
                inside[kit] = content["arm"]
            elif seq not in state.invalid:
                self.faults.append((seq, f"what is in kit {kit} is not in the list that was given, or is not what was committed to"))  # fmt: skip
        for seq, participant, kit in self._assigned:
            arm = arms.get(participant)
            if seq not in state.invalid and arm is not None and inside.get(kit, arm) != arm:
                self.faults.append((seq, f"the kit that event {seq} assigns is not of the arm that the sealed list gives {participant}"))  # fmt: skip

    def _doses_by_arm(self, state: State, arms: Mapping[str, str | None]) -> int:
        view, held = state.view, 0
        if view is None:
            return 0
        for seq, participant, regimen, product in self._doses:
            arm = view.arm.get(arms.get(participant) or "")
            if arm is None or seq in state.invalid:
                continue
            held += 1
            if product.kit is not None:
                content = self._content(state, product.id, product.kit)
                if content is None:
                    self.faults.append(
                        (
                            seq,
                            f"what is in kit {product.id} is not in the list that was given, or is not what was committed to",
                        )
                    )
                elif content["arm"] != arm.id:
                    self.faults.append(
                        (
                            seq,
                            f"the kit of event {seq} is not of the arm that the sealed list gives {participant}",
                        )
                    )
            elif arm.regimen != regimen:
                self.faults.append(
                    (
                        seq,
                        f"the dose of event {seq} is not of the arm that the sealed list gives {participant}",
                    )
                )
        return held


def _differences(
    plan: AllocationPlan, places: list[PlaceGiven], arms: Mapping[str, str | None]
) -> tuple[float | None, float | None]:
    """How far two arms that the same people can come to are apart at most, by their weights: within a sequence, and within a level."""
    groups: dict[tuple[int, str], Counter[str]] = {}
    weights: dict[tuple[int, str], dict[str, int]] = {}
    for place in places:
        arm = arms.get(place.participant)
        if arm is None:
            return None, None
        form = plan.form_of(place.stratum)
        keys = [(0, f"{form}:{sequence_of(plan, place.stratum)}")]
        keys += [(1, f"{form}:{factor.name}={place.stratum[factor.name]}") for factor in plan.factors]
        for key in keys:
            groups.setdefault(key, Counter())[arm] += 1
            weights[key] = plan.open_to(form)
    most = [0.0, 0.0]
    for key, counts in groups.items():
        shares = [counts[arm] / weight for arm, weight in weights[key].items()]
        most[key[0]] = max(most[key[0]], max(shares) - min(shares))
    return most[0], most[1]
