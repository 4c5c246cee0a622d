"""What a bundle with the table of mortality by score can be asked about liver disease."""

from __future__ import annotations

from proband.natural_history.askable import AskableOutcome, Changes, Offer, Proportions, answers
from proband.natural_history.conditions import Conditions, parse_duration_days, parse_mix
from proband.natural_history.special import liver, liver_course
from proband.programme import Programme

_TRANSPLANTS = "Transplants. Were they counted as alive, dead or lost?"
_SURVIVAL = (
    Offer("survival", ("aclf",), follow_up=("24w",)),
    Offer("survival", ("cirrhosis",), follow_up=("6m", "1y", "2y", "5y")),
    Offer("survival", ("stable-decompensated", "unstable-decompensated"), follow_up=("1y",)),
    Offer("survival", ("cirrhosis-outpatient", "cirrhosis-after-admission"), follow_up=("1y", "2y", "5y")),
    Offer("survival", ("alcohol-ascites", "alcohol-bleeding", "alcohol-encephalopathy"), follow_up=("1y",)),
    Offer(
        "survival",
        ("compensated-varices", "first-non-bleeding-decompensation", "second-decompensation"),
        follow_up=("5y",),
    ),
    Offer(
        "survival", ("alcoholic-liver-disease-admitted", "hepatic-failure-admitted"), follow_up=("60d", "5y")
    ),
    Offer("survival", ("MELD 15", "MELD 25", "MELD 35", "MELD 3.0 25"), follow_up=("90d",)),
    Offer("survival", ("CLIF-C ACLF 40", "CLIF-C ACLF 50", "CLIF-C ACLF 60"), follow_up=("28d", "90d")),
    Offer("survival", ("ACLF-2", "Child-Pugh C"), follow_up=("90d",)),
)


def _alive(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
    days = parse_duration_days(conditions.need("follow_up", "24w"))
    mix = parse_mix(conditions.need("baseline", "aclf, MELD 20-29 or CLIF-C ACLF 50"), people, "state")
    return [(n, liver.survival(programme, name, days)) for name, n in mix]


def _decompensated(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
    years = parse_duration_days(conditions.need("follow_up", "1y")) / 365.25
    mix = parse_mix(conditions.need("baseline", "compensated"), people, "state")
    return [(n, liver_course.decompensation(programme, name, years)) for name, n in mix]


def _meld(programme: Programme, conditions: Conditions, people: int | None) -> Changes:
    days = parse_duration_days(conditions.need("follow_up", "24w"))
    mix = parse_mix(conditions.need("baseline", "cirrhosis"), people, "state")
    return [(n, liver_course.meld_change(programme, name, days)) for name, n in mix]


@answers(liver.SCORES)
def outcomes() -> list[AskableOutcome]:
    """Survival by score and by state, decompensation, and the change of MELD."""
    return [
        AskableOutcome(
            "survival", "survival", "more", "were alive", _alive,
            needs={"baseline": "aclf", "follow_up": "24w"}, blind=(_TRANSPLANTS,), offers=_SURVIVAL,
        ),
        AskableOutcome(
            "decompensation", "proportion", "fewer", "decompensated", _decompensated,
            needs={"baseline": "compensated", "follow_up": "1y"},
        ),
        AskableOutcome(
            "meld-change", "change", "fewer", "MELD changed", None, _meld,
            needs={"baseline": "cirrhosis", "follow_up": "24w"},
            offers=(Offer("meld-change", ("cirrhosis", "aclf"), follow_up=("4w", "12w", "24w")),),
        ),
    ]  # fmt: skip
