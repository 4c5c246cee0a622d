"""Reading a headline: the whole of it, with the words of the outcome that is asked for, or a refusal that names what was not understood.

"2 of 4 improved", "17 of 50 against 0 of 20", "75 % of 20 had not died", "the score fell by 2 points in 20 people". The grammar
(:mod:`proband.trial.headline.grammar`) knows numbers, groups, negation, time and the shapes of sentences; what is said of people in whom
the outcome happened, and what a score is called, each bundle declares with its natural-history table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proband.natural_history.askable import AskableOutcome
from proband.natural_history.questions import outcome as find
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.trial.headline.grammar import Lexicon, Reader, Token, doubtful, grammar, tokens
from proband.trial.headline.meaning import HeadlineUnclear, meaning


@dataclass(frozen=True, slots=True)
class ReportedGroup:
    """Events among people, where the events are those that the outcome counts."""

    events: int
    people: int


@dataclass(frozen=True, slots=True)
class MeanChange:
    """A mean change; negative where the score fell. ``sd`` is the spread between people where the text gives it.

    ``step`` is one of the last digit that is printed (1 for "8 points", 0.1 for "8.0"); 0 is a mean that nobody rounded.
    """

    change: float
    people: int
    sd: float | None = None
    step: float = 0.0


@dataclass(frozen=True, slots=True)
class ReportedEvents:
    """Events that may come more than once to one person. ``over`` is the time of observation of all together, such as ``40y``, where it is said."""

    events: int
    people: int | None = None
    over: str | None = None


@dataclass(frozen=True, slots=True)
class ReadHeadline:
    """A headline as numbers.

    ``kind`` is ``counts``, ``change`` or ``rate``; the second arm is present for comparisons. ``said`` is what the text says of the people that it
    counts (``happened``, ``not_happened``, or ``None`` for bare numbers); ``toward`` is ``better`` or ``worse`` where a change is told so;
    ``only`` whether the text calls the number small; ``time`` a time such as ``24w`` where it gives one. ``understood`` says in one
    line what was read.
    """

    text: str
    kind: str
    arm: ReportedGroup | None = None
    control: ReportedGroup | None = None
    change: MeanChange | None = None
    control_change: MeanChange | None = None
    rate: ReportedEvents | None = None
    control_rate: ReportedEvents | None = None
    said: str | None = None
    toward: str | None = None
    only: bool = False
    time: str | None = None
    understood: str = ""

    @property
    def two(self) -> bool:
        """Whether two groups are told of."""
        return any(g is not None for g in (self.control, self.control_change, self.control_rate))


def lexicon(outcome: AskableOutcome) -> Lexicon:
    """The phrases that a bundle declares for an outcome; without a declaration only bare numbers can be read."""
    words = outcome.words
    return words.model_dump(exclude_defaults=True) if words is not None else {}


def forms(outcome: AskableOutcome) -> list[str]:
    """Texts that would be read for this outcome, in its own words."""
    words = outcome.words
    if outcome.kind == "change":
        measure = words.measure[0] if words and words.measure else "score"
        return [
            f'"{measure} rose by 2 points in 20 people"',
            f'"{measure} fell by 2 points in 20 people against 1 in 18"',
        ]
    event = " " + words.happened[0] if words and words.happened else ""
    if words and words.events:
        return [f'"2 of 4{event}"', f'"12 {words.events[0]} in 20 people over 1 year against 20 in 18"']
    return [f'"2 of 4{event}"', f'"17 of 50{event} against 0 of 20"']


def read_headline(
    text: str, programme: Programme, outcome: str, *, people: int | None = None
) -> ReadHeadline:
    """Read a headline about one outcome of a programme.

    Parameters
    ----------
    text
        Counts or shares of one group or of two, or a mean change of a score.
    programme, outcome
        Whose words are read; the other outcomes serve to say which of them a text speaks of instead.
    people
        Number of people of a mean change where the text does not say it.

    Raises
    ------
    HeadlineUnclear
        If any part of the text is not understood, or it speaks of something else.
    """
    return _read(text, find(programme, outcome), outcomes(programme), people)


def _read(
    text: str, outcome: AskableOutcome, known: Mapping[str, AskableOutcome], people: int | None
) -> ReadHeadline:
    if len(text) > grammar()["longest"]:
        raise HeadlineUnclear("trial.headline.long", longest=grammar()["longest"])
    pieces = tokens(text)
    reader = Reader(lexicon(outcome))
    captured, furthest = reader.read(pieces)
    number = doubtful(text, pieces)
    # of a ratio or a median there is no answer, whatever its numbers are
    if number is not None and not (captured and dict(captured)["kind"] in {"ratio", "median"}):
        raise HeadlineUnclear("trial.headline.number", text=text, number=number)
    if captured is None:
        _refuse(text, pieces, furthest, reader, outcome, known)
        raise AssertionError("unreachable")
    read = meaning(text, captured, people)
    if (read["kind"] == "change") != (outcome.kind == "change"):
        raise HeadlineUnclear(
            "trial.headline.change-for-counts" if read["kind"] == "change" else "trial.headline.counts-for-change",
            text=text, outcome=outcome.name,
        )  # fmt: skip
    _refuse_time(text, read, outcome)
    return _as_headline(text, read, outcome)


def _refuse_time(text: str, read: Mapping[str, Any], outcome: AskableOutcome) -> None:
    """Refuse a time that may be something else: "improved for 6 months", "dead for 6 months" how long it lasted, "died after 24 weeks" later than that."""
    lives = outcome.kind == "survival"
    kept = (
        read["kind"] == "rate" or read.get("said") == "not_happened" or (lives and read["kind"] == "counts")
    )
    ends = "not_happened" if outcome.better == "more" else "happened"
    if (read["lasting"] and not kept) or (
        lives and (read["after"] or read["lasting"]) and read.get("past") and read["said"] == ends
    ):
        raise HeadlineUnclear("trial.headline.when", text=text)


def _refuse(
    text: str,
    pieces: list[Token],
    furthest: int,
    reader: Reader,
    outcome: AskableOutcome,
    known: Mapping[str, AskableOutcome],
) -> None:
    """Say why: another outcome is meant, words stand nowhere in the grammar, or they stand in no order that it knows."""
    others = [
        o.name
        for o in known.values()
        if o.name != outcome.name and Reader(lexicon(o)).read(pieces)[0] is not None
    ]
    if others:
        raise HeadlineUnclear("trial.headline.other-outcome", text=text, outcome=outcome.name, others=others)
    unknown = reader.unknown(pieces)
    if unknown:
        raise HeadlineUnclear(
            "trial.headline.words", text=text, words=unknown, outcome=outcome.name, forms=forms(outcome)
        )
    rest = " ".join(t.shown for t in pieces[furthest:]) or None
    raise HeadlineUnclear("trial.headline.form", text=text, rest=rest, forms=forms(outcome))


def _as_headline(text: str, read: dict[str, Any], outcome: AskableOutcome) -> ReadHeadline:
    said = understood(
        read, outcome.event, _called(outcome, "events" if read["kind"] == "rate" else "measure")
    )
    arms = read["arms"]
    if read["kind"] == "counts":
        groups = [ReportedGroup(a["events"], a["people"]) for a in arms]
        return ReadHeadline(
            text, "counts", groups[0], groups[1] if len(groups) > 1 else None,
            said=read["said"], only=read["only"], time=read["time"], understood=said,
        )  # fmt: skip
    if read["kind"] == "rate":
        counted = [ReportedEvents(a["events"], a["people"], a["over"]) for a in arms]
        return ReadHeadline(
            text, "rate", rate=counted[0], control_rate=counted[1] if len(counted) > 1 else None,
            only=read["only"], time=read["time"], understood=said,
        )  # fmt: skip
    changes = [MeanChange(a["change"], a["people"], a["sd"], a["step"]) for a in arms]
    return ReadHeadline(
        text, "change", change=changes[0], control_change=changes[1] if len(changes) > 1 else None,
        toward=read["toward"], time=read["time"], understood=said,
    )  # fmt: skip


_UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}


def shortest(number: float) -> str:
    """A number in the fewest digits, never as a power of ten."""
    return f"{number:.9f}".rstrip("0").rstrip(".")


def signed(change: float) -> str:
    """A change with its sign, in the fewest digits; none where nothing changed."""
    return ("+" if change > 0 else "") + shortest(change) if change else "0"


def _spelt(time: str) -> str:
    number, unit = time[:-1], _UNITS[time[-1]]
    return f"{number} {unit[:-1] if number == '1' else unit}"


def people_of(n: int, kind: str = "", *, many: str = ",") -> str:
    """So many people in words, "1 person" and "2 treated people"; ``many`` separates thousands."""
    return f"{n:{many}} {kind + ' ' if kind else ''}{'person' if n == 1 else 'people'}"


def others_of(n: int, *, many: str = ",") -> str:
    """So many others: "1 other", "2 others"."""
    return f"{n:{many}} {'other' if n == 1 else 'others'}"


def counted_as(phrases: Sequence[str], n: int) -> str:
    """What so many events are called: the first phrase, and of one event the phrase that an "s" makes into another, where one is declared."""
    singular = (p for p in phrases if p + "s" in phrases)
    return next(singular, phrases[0]) if n == 1 else phrases[0]


def _called(outcome: AskableOutcome, what: str) -> list[str]:
    phrases: list[str] = getattr(outcome.words, what) if outcome.words is not None else []
    return phrases or [outcome.name]


def _events(arm: Mapping[str, Any], events: Sequence[str]) -> str:
    among = [people_of(arm["people"], many="")] if arm["people"] is not None else []
    among += [f"{_spelt(arm['over'])} of observation"] if arm["over"] is not None else []
    return f"{arm['events']} {counted_as(events, arm['events'])} in {', '.join(among)}"


def understood(read: Mapping[str, Any], event: str, called: Sequence[str]) -> str:
    """What was read, in one line; ``called`` are the words for the events or for the score."""
    arms = read["arms"]
    if read["kind"] == "counts":
        line = f"{arms[0]['events']} of {people_of(arms[0]['people'], many='')} {event}"
        if len(arms) > 1:
            line += f", against {arms[1]['events']} of {others_of(arms[1]['people'], many='')}"
    elif read["kind"] == "rate":
        some = [_events(a, called) for a in arms]
        line = some[0] + (f", against {some[1]}" if len(some) > 1 else "")
    else:
        how = {"better": " towards better", "worse": " towards worse", None: ""}[read["toward"]]
        sizes = [("+" if a["change"] > 0 and not how else "") + shortest(a["change"]) for a in arms]
        spread = ["" if a["sd"] is None else f" (SD {shortest(a['sd'])})" for a in arms]
        line = f"mean change of {called[0]} {sizes[0]}{how}{spread[0]} in {people_of(arms[0]['people'], many='')}"
        if len(arms) > 1:
            line += f", against {sizes[1]}{spread[1]} in {others_of(arms[1]['people'], many='')}"
    if read["time"]:
        line += f", time {_spelt(read['time'])}"
    return f"Understood: {line}."
