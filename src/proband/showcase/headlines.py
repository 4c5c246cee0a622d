"""The headlines of the demonstration: results that nature often gives, seldom gives, and one that cannot be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from proband.pages.demonstration import Asked
from proband.programme import Programme, load
from proband.terms import ProbandError
from proband.trial.headline.answer import headline
from proband.trial.headline.result import HeadlineResult


@dataclass(frozen=True, slots=True)
class HeadlineShown:
    """Why a headline is shown, its text, and what it is compared with, as on the command line."""

    why: str
    text: str
    programme: str
    outcome: str
    people: int | None = None
    baseline: str | None = None
    level: str | None = None
    baseline_window: str | None = None
    follow_up: str | None = None

    @property
    def command(self) -> str:
        """The command line that asks the same."""
        given = {
            each.name: getattr(self, each.name) for each in fields(self) if each.name not in {"why", "text"}
        }
        options = (
            f"--{name.replace('_', '-')} {value}" for name, value in given.items() if value is not None
        )
        return f'proband headline "{self.text}" ' + " ".join(options)


HEADLINES = (
    HeadlineShown(
        "A result that nature often gives", "2 of 4", "spinal-cord-autologous", "ais-conversion",
        baseline="A", level="cervical", baseline_window="14-28d", follow_up="1y",
    ),
    HeadlineShown(
        "A result at the edge of what nature gives, if the mix of people was as assumed", "12 of 13", "spinal-cord-autologous", "ais-conversion",
        baseline="A:6,B:2,C:5", level="cervical", baseline_window="14-28d", follow_up="220d",
    ),
    HeadlineShown(
        "Two groups compared with each other", "17 of 50 against 0 of 20", "spinal-cord-autologous", "ais-conversion",
        baseline="A:25,B:25", level="thoracic", baseline_window="1y", follow_up="18m",
    ),
    HeadlineShown(
        "A survival headline", "73 of 100 alive at 24 weeks against 56", "liver-cells", "survival",
        baseline="aclf", follow_up="24w",
    ),
    HeadlineShown(
        "A mean change", "MELD fell by 2 points", "liver-cells", "meld-change",
        people=20, baseline="cirrhosis", follow_up="24w",
    ),
    HeadlineShown("A headline that cannot be answered", "1 of 1", "mitochondria-hpdl", "walking"),
)  # fmt: skip


def ask(shown: HeadlineShown, programmes: Mapping[str, Programme]) -> Asked:
    """Put a headline to the test; a refusal is an answer too.

    A bundle that does not load today is refused with its reasons, like any other question.
    """
    answer: HeadlineResult | ProbandError
    try:
        answer = headline(
            shown.text,
            programme=programmes.get(shown.programme) or load(shown.programme),
            outcome=shown.outcome,
            people=shown.people,
            baseline=shown.baseline,
            level=shown.level,
            baseline_window=shown.baseline_window,
            follow_up=shown.follow_up,
        )
    except ProbandError as refusal:
        answer = refusal
    return Asked(shown.why, shown.text, shown.command, answer)
