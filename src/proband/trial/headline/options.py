"""No option is accepted and then ignored: what has no meaning for a question is refused by name.

Which conditions a natural history heeds is not declared a second time: it is seen from what the model reads
(:class:`HeardConditions`), so that it holds for outcomes of bundles that nobody here has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from proband.natural_history import QuestionUnclear
from proband.natural_history.askable import AskableOutcome
from proband.natural_history.conditions import Conditions
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import ReadHeadline

#: a condition → the option that gives it
OPTION_OF = {"window": "baseline-window", "follow_up": "follow-up"}
#: what a time is called that a text gives
TIME_IN_TEXT = "the time in the text"
_CONDITIONS = frozenset(f.name for f in fields(Conditions))


class _HeardNames(dict[str, str]):
    """Further conditions by name, of which is remembered which were read."""

    def __init__(self, given: Mapping[str, str], heard: set[str]) -> None:
        super().__init__(given)
        self._heard = heard

    def __getitem__(self, name: str) -> str:
        self._heard.add("where." + name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._heard.add("where." + name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        # whoever goes through all of them has read all, and says himself what it does not know
        self._heard.update("where." + name for name in dict.keys(self))
        return super().__iter__()

    def items(self) -> Any:
        self._heard.update("where." + name for name in dict.keys(self))
        return super().items()


class HeardConditions(Conditions):
    """Conditions that remember which of them were read."""

    __slots__ = ("_heard", "_in_text")
    _heard: set[str]
    _in_text: bool

    def __init__(self, *given: Any, **named: Any) -> None:
        object.__setattr__(self, "_heard", set())
        object.__setattr__(self, "_in_text", False)
        super().__init__(*given, **named)

    def __getattribute__(self, name: str) -> Any:
        if name not in _CONDITIONS:
            return object.__getattribute__(self, name)
        heard = object.__getattribute__(self, "_heard")
        value = object.__getattribute__(self, name)
        if name == "where":
            return _HeardNames(value, heard)
        heard.add(name)
        return value

    @classmethod
    def of(
        cls, given: Conditions, taken: Iterable[str] = (), *, time_in_text: bool = False
    ) -> HeardConditions:
        """The same conditions, with nothing read yet; ``taken`` are those that nobody gave, which need not be read.

        ``time_in_text`` says that the time of the last examination is the text's, and no option's.
        """
        out = cls(**{name: getattr(given, name) for name in _CONDITIONS})
        object.__setattr__(out, "_in_text", time_in_text)
        out._heard.update(taken)
        return out

    def plain(self) -> Conditions:
        """The same conditions, which nobody listens to."""
        return Conditions(**{name: object.__getattribute__(self, name) for name in _CONDITIONS})

    def for_control(self, baseline: str | None) -> Conditions:
        """The same for the other group, with a baseline of its own where one is given.

        Raises
        ------
        QuestionUnclear
            If the baseline is a mix with counts, which cannot be carried to a group of another size.
        """
        own = object.__getattribute__(self, "baseline")
        if baseline is None and own is not None and ":" in own:
            raise QuestionUnclear("natural_history.question.arm-mix", mix=own)
        return replace(self.plain(), baseline=baseline or own)

    def unheard(self) -> list[str]:
        """The options of the conditions that were given and never read."""
        given = [
            n for n in sorted(_CONDITIONS - {"where"}) if (object.__getattribute__(self, n) or "").strip()
        ]
        further = sorted(object.__getattribute__(self, "where"))
        names = {n: f"--{OPTION_OF.get(n, n)}" for n in given} | (
            {"follow_up": TIME_IN_TEXT} if self._in_text else {}
        )
        return [names[n] for n in given if n not in self._heard] + [
            f"--where {n}" for n in further if "where." + n not in self._heard
        ]


def refuse_unheard(conditions: HeardConditions, outcome: AskableOutcome) -> None:
    """Refuse conditions that the natural history of an outcome does not tell apart.

    Raises
    ------
    HeadlineUnclear
        Naming every one that was given and never read.
    """
    unheard = conditions.unheard()
    if unheard:
        raise HeadlineUnclear(
            "trial.headline.unused",
            options=unheard,
            why=f"the natural history of {outcome.name} does not tell people apart by it",
        )


def refuse_unused(read: ReadHeadline, outcome: AskableOutcome, given: dict[str, Any], alike: bool) -> None:
    """Refuse settings that say nothing about such a headline; ``given`` holds those that were given, by the name of their option.

    ``alike`` says that differences between cohorts are switched off: then nobody's leaning is drawn either.

    Raises
    ------
    HeadlineUnclear
        Naming the options of the first reason.
    """
    reasons: list[tuple[tuple[str, ...], str]] = []
    if not read.two:
        reasons.append((("groups", "control-baseline"), "the headline speaks of one group"))
    if read.kind != "counts" or outcome.examination is None:
        reasons.append((_EXAM, f"no examiner's grade stands behind {outcome.name}"))
    elif alike:
        reasons.append((_EXAM, "with every cohort as the average one no examiner is drawn"))
    for options, why in reasons:
        unused = [f"--{name}" for name in options if given.get(name) is not None]
        if unused:
            raise HeadlineUnclear("trial.headline.unused", options=unused, why=why)


_EXAM = ("examiners", "no-examiner-error", "late-exams")
