"""The headlines that a programme's own claims put to the test, answered before any page is made.

Pages show results and compute none: whoever builds them makes the answers here and hands them over. The answers carry the
hash of the programme that they were made from, so that a page of another content refuses them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from proband.natural_history import OutsideDomain
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.programme.claims import HeadlineTest
from proband.programme.slots import CountSlot
from proband.terms import ProbandError
from proband.trial.headline.answer import DEFAULT_TRIALS, headline
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.table import headline_table


@dataclass(frozen=True, slots=True)
class ClaimedHeadline:
    """One test of the claims file with its answer, or with the words of the refusal: that nothing is published on such people.

    Both are empty where the slot of the claim holds no count: there is nothing to replay. ``fault`` says why the test cannot be asked as it is
    written (a condition is missing, or cannot be read): that is a fault of the claims, and no answer.
    """

    test: HeadlineTest
    result: HeadlineResult | None = None
    refused: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedHeadlines:
    """Every headline test of one programme's claims, in their order, and the table for the interactive form.

    ``form`` is that of :func:`~proband.trial.headline.table.headline_table`; ``None`` where the programme puts no headline to the
    test or has no natural history to ask.
    """

    programme: str
    programme_hash: str
    answers: tuple[ClaimedHeadline, ...]
    form: dict[str, Any] | None = None


def claimed_headlines(programme: Programme, *, trials: int = DEFAULT_TRIALS) -> ClaimedHeadlines:
    """Put every headline that the claims of a programme name to the test; a refusal is an answer too.

    Parameters
    ----------
    programme
        A loaded programme.
    trials
        Number of replays of each test.
    """
    tests = programme.claims.headlines
    return ClaimedHeadlines(
        programme.id,
        programme.hash,
        tuple(_answered(programme, test, trials) for test in tests),
        _form(programme) if tests else None,
    )


def _answered(programme: Programme, test: HeadlineTest, trials: int) -> ClaimedHeadline:
    slots = programme.claims.by_id[test.claim].slots
    first, second = slots[test.slot], slots.get(test.minus or "")
    if not isinstance(first, CountSlot):
        return ClaimedHeadline(test)
    question = f"{first.events} of {first.n}"
    if isinstance(second, CountSlot):
        question += f" against {second.events} of {second.n}"
    try:
        result = headline(
            question,
            programme=programme,
            outcome=test.outcome,
            baseline=test.baseline,
            control_baseline=test.control_baseline,
            where=test.where,
            baseline_window=test.baseline_window,
            follow_up=test.follow_up,
            era=test.era,
            trials=trials,
            groups=test.groups if isinstance(second, CountSlot) else None,
            sources=programme.claims.by_id[test.claim].all_sources(),
        )
    except OutsideDomain as refusal:
        return ClaimedHeadline(test, refused=refusal.message)
    except ProbandError as fault:
        return ClaimedHeadline(test, fault=fault.message)
    return ClaimedHeadline(test, result)


def _asks(test: HeadlineTest, cell: dict[str, Any], names: list[str]) -> bool:
    """Whether a cell of the form is about the very people and times of a test."""
    asked = (
        test.outcome,
        test.baseline,
        (test.where or {}).get("level"),
        test.baseline_window,
        test.follow_up,
    )
    return asked == (names[cell["o"]], cell.get("b"), cell.get("l"), cell.get("w"), cell.get("f"))


def _form(programme: Programme) -> dict[str, Any] | None:
    # calendar years are left to the command line: they would treble the weight of a page
    offers = [replace(x, era=("",)) for o in outcomes(programme).values() for x in o.offers]
    try:
        table = headline_table([programme], offers={programme.id: offers})
    except ProbandError:
        return None
    # the form opens with what the page itself asks, so that one question has one answer on it
    for each in table["programmes"].values():
        names = list(each["outcomes"])
        each["cells"].sort(
            key=lambda cell: not any(_asks(test, cell, names) for test in programme.claims.headlines)
        )
    cells = [cell for each in table["programmes"].values() for cell in each["cells"]]
    return table if any("refused" not in cell for cell in cells) else None
