"""What a bundle with the table of survival in mitochondrial diseases can be asked."""

from __future__ import annotations

from proband.natural_history.askable import AskableOutcome, Offer, Proportions, answers
from proband.natural_history.conditions import Conditions, parse_duration_days, parse_mix
from proband.natural_history.special import mitochondria
from proband.programme import Programme


def _years(conditions: Conditions, example: str) -> float:
    return parse_duration_days(conditions.need("follow_up", example)) / 365.25


def _alive(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
    mix = parse_mix(conditions.need("baseline", "MPV17, FBXL4 or COQ4"), people, "disease")
    return [(n, mitochondria.survival(programme, name, _years(conditions, "2y"))) for name, n in mix]


def _wheelchair(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
    mix = parse_mix(conditions.need("baseline", "Leigh"), people, "disease")
    return [(n, mitochondria.wheelchair(programme, name, _years(conditions, "2y"))) for name, n in mix]


def _vision(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
    mix = parse_mix(conditions.need("baseline", "LHON m.11778"), people, "disease")
    return [(n, mitochondria.visual_recovery(programme, name)) for name, n in mix]


def _walking(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
    raise mitochondria.walking_refusal(conditions.baseline or "HPDL deficiency")


@answers(mitochondria.MILESTONES)
def outcomes() -> list[AskableOutcome]:
    """Survival of published cohorts, dependence on a wheelchair, visual recovery; walking is refused with what is missing."""
    return [
        AskableOutcome("walking", "proportion", "more", "walked again", _walking,
                       offers=(Offer("walking", ("HPDL",)),)),
        AskableOutcome("survival", "survival", "more", "were alive", _alive,
                       needs={"baseline": "MPV17", "follow_up": "2y"},
                       offers=(Offer("survival", ("MPV17", "FBXL4", "COQ4", "HPDL"), follow_up=("1y", "2y", "5y", "10y")),)),
        AskableOutcome("wheelchair", "proportion", "fewer", "came to depend on a wheelchair", _wheelchair,
                       needs={"baseline": "Leigh", "follow_up": "2y"}),
        AskableOutcome("visual-recovery", "proportion", "more", "recovered some vision", _vision,
                       needs={"baseline": "LHON m.11778"},
                       offers=(Offer("visual-recovery", ("LHON m.11778",)),)),
    ]  # fmt: skip
