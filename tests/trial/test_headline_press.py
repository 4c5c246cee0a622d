"""Texts made from what they mean: every outcome of the shipped bundles and of an invented one, in the shapes of the press, read as they were meant.

The meaning is drawn first and the text is written from it, so that what is right is known without the reader; and every answer is held to the direction
in which its text points.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from benchmarks.calibration import programme_of
from test_headline_reading import BUNDLES

from proband.natural_history import OutsideDomain
from proband.natural_history.askable import AskableOutcome
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.terms import ProbandError
from proband.trial.headline import HeadlineResult, headline
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import ReadHeadline, read_headline
from shipped import loaded

TEXTS = 420
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")  # fmt: skip
_TIMES = (("at 6 months", "6m"), ("after a year", "1y"), ("within 12 weeks", "12w"), ("by 26 weeks", "26w"), ("in 2 years", "2y"))  # fmt: skip
_AGAINST = ("against", "versus", "vs", "compared with", "compared to")
_OTHERS = ("", " controls", " others", " untreated patients", " in the control group", " without treatment")


@dataclass(frozen=True)
class Meant:
    """A text, and what it says: of each group its events and people, or its change; the time."""

    programme: str
    outcome: str
    text: str
    groups: tuple[tuple[float, int | None], ...]
    time: str | None = None


@cache
def _programme(name: str) -> Programme:
    return programme_of("own") if name == "own" else loaded(name)


def _told(rng: random.Random, k: int, n: int, who: str) -> str:
    """So many of so many, in one of the ways in which it is written."""
    ways = [
        f"{k} of {n}{who}",
        f"{k} out of {n}{who}",
        f"{k}/{n}{who}",
        f"{k} of the {n}{who}",
        f"{k:,} of {n:,}{who}",
    ]
    if k < len(_WORDS) and n < len(_WORDS):
        ways += [f"{_WORDS[k]} of {_WORDS[n]}{who}", f"{_WORDS[k].capitalize()} out of {n}{who}"]
    if 100 * k % n == 0:
        ways += [
            f"{100 * k // n} % of {n}{who}",
            f"{k} of {n}{who} ({100 * k // n} %)",
            f"{100 * k // n} percent of {n}{who}",
        ]
    else:
        ways += [f"{k} of {n}{who} ({100 * k / n:.1f} %)"]
    if 2 * k == n:
        ways += [f"half of {n}{who}", f"Half of the {n}{who}"]
    if 4 * k == 3 * n:
        ways += [f"three quarters of {n}{who}"]
    if k == n:
        ways += [f"all {n}{who}", f"all of {n}{who}", f"every one of {n}{who}"]
    if k == 0:
        ways += [f"none of {n}{who}", f"nobody of {n}{who}", f"no one of {n}{who}"]
    return rng.choice(ways)


def _said(rng: random.Random, found: AskableOutcome) -> tuple[str, bool]:
    """What is said of the people that are counted, and whether the outcome happened to them."""
    assert found.words is not None
    happened, not_happened = found.words.happened, found.words.not_happened
    if not_happened and rng.random() < 0.3:
        phrase = rng.choice(not_happened)
        return (phrase, False) if rng.random() < 0.8 else ("had not " + phrase, True)
    if rng.random() < 0.25:
        return rng.choice(["did not ", "failed to ", "had not ", "never "]) + rng.choice(happened), False
    return rng.choice(happened), True


def _counts(rng: random.Random, programme: str, found: AskableOutcome) -> Meant:
    n, m = rng.choice([4, 7, 12, 20, 50, 120]), rng.choice([5, 8, 20, 40])
    k, j = rng.choice([0, n, rng.randint(0, n)]), rng.randint(0, m)
    said, happened = _said(rng, found)
    who = rng.choice(["", " patients", " people", " treated patients", " participants"])
    told = _told(rng, k, n, who)
    if said.startswith(("did not", "had not", "never")) and told.lower().startswith(("all", "every")):
        told = f"{n} of {n}"
    time, spelt = (None, "") if rng.random() < 0.6 else (lambda t: (t[1], " " + t[0]))(rng.choice(_TIMES))
    if found.kind == "survival" and spelt.startswith(" after") and said in (found.words.not_happened if found.better == "more" else found.words.happened):  # type: ignore[union-attr]  # fmt: skip
        spelt = spelt.replace(" after", " by")  # "died after a year" may be later than that, and is refused
    text, groups = f"{told} {said}{spelt}", [(float(k if happened else n - k), n)]
    if rng.random() < 0.45:
        # the other group says it again, or leaves it to the first one
        again = rng.random() < 0.4
        other = _told(rng, j, m, "")
        if other.lower().startswith(("all", "every")):
            other = f"{j} of {m}"
        text = f"{told} {said} {rng.choice(_AGAINST)} {other}" + (f" {said}" if again else rng.choice(_OTHERS)) + spelt  # fmt: skip
        groups.append((float(j if happened else m - j), m))
    if time and rng.random() < 0.3:
        text = f"{spelt.strip()}, {text.removesuffix(spelt)}"
    return Meant(programme, found.name, text + rng.choice(["", ".", "!"]), tuple(groups), time)


def _change(rng: random.Random, programme: str, found: AskableOutcome) -> Meant:
    assert found.words is not None
    measure, n, m = rng.choice(found.words.measure), rng.choice([8, 20, 60]), rng.choice([9, 25])
    size, other = rng.choice([0.5, 1, 2, 3, 4.5]), rng.choice([0, 1, 1.5])
    up, verb = rng.choice(
        [(1, "rose"), (1, "increased"), (1, "went up"), (-1, "fell"), (-1, "dropped"), (-1, "declined"), (0, "improved"), (0, "worsened")]
    )  # fmt: skip
    sign = up or (1 if (verb == "improved") == (found.better == "more") else -1)
    spread = rng.choice(["", f" (SD {rng.choice([3, 6.5])})"])
    start = rng.choice(["", "mean ", "the mean ", "the average ", "their "])
    text = f"{start}{measure} {verb} by {size:g} points{spread} in {n} {rng.choice(['people', 'patients', 'treated people'])}"
    groups: list[tuple[float, int | None]] = [(sign * size, n)]
    if rng.random() < 0.45:
        text += f" {rng.choice(_AGAINST)} {other:g} in {m}{rng.choice(_OTHERS[:4])}"
        groups.append((sign * other, m))
    return Meant(programme, found.name, text[0].upper() + text[1:], tuple(groups))


def _events(rng: random.Random, programme: str, found: AskableOutcome) -> Meant:
    assert found.words is not None
    many, n, m = found.words.events[0], rng.choice([8, 20]), rng.choice([9, 25])
    k, j = rng.choice([0, 2, 9, 60]), rng.choice([3, 21])
    told = f"no {many}" if k == 0 else f"{k} {many}"
    text, groups = f"{told} in {n} {rng.choice(['people', 'patients'])} over 1 year", [(float(k), n)]
    if rng.random() < 0.5:
        text += f" {rng.choice(_AGAINST)} {j} in {m}{rng.choice(_OTHERS[:4])}"
        groups.append((float(j), m))
    return Meant(programme, found.name, text, tuple(groups), "1y")


def _meant(seed: int, count: int) -> Iterator[Meant]:
    rng = random.Random(seed)
    askable = [(p, o) for p in (*BUNDLES, "own") for o in outcomes(_programme(p)).values()]
    for index in range(count):
        programme, found = askable[index % len(askable)]
        assert found.words is not None
        if found.kind == "change":
            yield _change(rng, programme, found)
        elif found.words.events and rng.random() < 0.5:
            yield _events(rng, programme, found)
        else:
            yield _counts(rng, programme, found)


def _read(read: ReadHeadline, found: AskableOutcome) -> tuple[tuple[float, int | None], ...]:
    if read.kind == "counts":
        return tuple((float(g.events), g.people) for g in (read.arm, read.control) if g is not None)
    if read.kind == "rate":
        return tuple((float(g.events), g.people) for g in (read.rate, read.control_rate) if g is not None)
    turn = 1 if read.toward is None or (read.toward == "better") == (found.better == "more") else -1
    return tuple((turn * g.change, g.people) for g in (read.change, read.control_change) if g is not None)


def test_every_text_is_read_as_it_was_meant() -> None:
    wrong, seen = [], set()
    for meant in _meant(20260106, TEXTS):
        found = outcomes(_programme(meant.programme))[meant.outcome]
        try:
            read = read_headline(meant.text, _programme(meant.programme), meant.outcome)
        except ProbandError as refusal:
            wrong.append((meant, refusal.message))
            continue
        if (_read(read, found), read.time) != (meant.groups, meant.time):
            wrong.append((meant, read.understood))
        seen.add((meant.programme, meant.outcome, len(meant.groups)))
    assert wrong == []
    assert len(seen) == 2 * len({s[:2] for s in seen}) == 40  # every outcome, of one group and of two


def _answer(meant: Meant, groups: str) -> HeadlineResult | None:
    programme = _programme(meant.programme)
    found = outcomes(programme)[meant.outcome]
    needs = {{"window": "baseline_window"}.get(k, k): v for k, v in found.needs.items()}
    if meant.time is not None:
        needs.pop("follow_up", None)
    try:
        return headline(
            meant.text, programme=programme, outcome=meant.outcome, groups=groups if len(meant.groups) == 2 else None, trials=200, **needs
        )  # fmt: skip
    except OutsideDomain:
        return None
    except (
        HeadlineUnclear
    ) as refusal:  # a time of which the natural history knows nothing is no option that was given
        if refusal.code == "trial.headline.unused" and "the time in the text" in refusal.message:
            return None
        raise


@pytest.mark.parametrize("groups", ["unknown", "randomised"])
def test_every_answer_speaks_of_its_own_numbers_in_its_own_direction(groups: str) -> None:
    """Of what stands in the text, and towards harm or benefit as the gap between the groups (or the one group) lies."""
    answered = 0
    for meant in _meant(20260107, 110):
        if groups == "randomised" and len(meant.groups) == 1:
            continue
        r = _answer(meant, groups)
        if r is None:
            continue
        answered += 1
        better = outcomes(_programme(meant.programme))[meant.outcome].better
        assert (r.observed, r.people) == meant.groups[0], meant.text
        if len(meant.groups) == 2:
            assert (r.control_observed, r.control_people) == meant.groups[1], meant.text
            high = r.direction == "at least"
            assert r.speaks_of == ("benefit" if high == (better == "more") else "harm"), meant.text
            if r.surprise in {
                "rare",
                "unusual",
            }:  # never striking for the side on which the numbers do not lie
                assert (r.seen > 0) == high or r.seen == 0, (meant.text, r.words)
            if groups == "randomised":
                assert r.comparison is not None
                assert r.verdict_from == pytest.approx(r.comparison.two_sided)
        assert 0 <= r.probability <= 1
        assert max(r.probability, r.opposite) >= 0.5 - 1e-9, (
            meant.text
        )  # together they are at least everything
        assert f"{r.people:,}" in r.words, (meant.text, r.words)
    assert answered >= (18 if groups == "randomised" else 45)
