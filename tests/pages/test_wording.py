"""What a slot says: once, rounded at the end, withheld where it must be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from small_ledgers import BENEFIT, small

from proband.pages.wording import say, sentence
from proband.programme.slots import View


def said(slot: dict[str, Any], view: str = "plain", text: str | None = None) -> str:
    claim = small({"text": text or "We saw {x}.", "slots": {"x": slot}}).claims.claims[0]
    return say(claim, "x", View(view)).text


@pytest.mark.parametrize(
    ("slot", "view", "expected"),
    [
        ({"type": "n-of-n", "events": 7, "n": 20}, "plain", "7 of 20"),
        ({"type": "n-of-n", "events": 7, "n": 20}, "per-100", "35 of 100"),
        ({"type": "n-of-n", "events": 7, "n": 20}, "per-1000", "350 of 1,000"),
        ({"type": "n-of-n", "events": 7, "n": 20}, "interval", "15 to 59 of 100"),
        ({"type": "n-of-n", "events": 0, "n": 10}, "upper-bound", "26 of 100"),
        ({"type": "rate", "value": 48.9, "low": 40.8, "high": 56.9, "interval": "ci95"}, "interval", "41 to 57 of 100"),
        ({"type": "rate", "low": 11, "high": 30, "interval": "stated-range"}, "plain", "11 to 30 of 100"),
        ({"type": "number", "value": 2439, "unit": "people"}, "plain", "2,439 people"),
        ({"type": "number", "value": -0.87, "low": -1.79, "high": 0, "interval": "ci95"}, "plain", "−0.87"),
        ({"type": "number", "value": -0.87, "low": -1.79, "high": 0, "interval": "ci95"}, "interval", "−1.79 to 0"),
        ({"type": "number", "value": 2, "unit": "people", "words": True}, "plain", "two people"),
        ({"type": "follow-up", "value": 1, "unit": "years", "words": True}, "plain", "one year"),
        ({"type": "follow-up", "low": 30, "high": 40, "unit": "months"}, "plain", "30 to 40 months"),
        ({"type": "follow-up", "high": 40, "unit": "months"}, "plain", "up to 40 months"),
        ({"type": "money", "value": 15_000_000, "currency": "JPY"}, "plain", "¥15 million"),
        ({"type": "money", "low": 8000, "high": 45000, "currency": "USD"}, "plain", "US$8,000 to US$45,000"),
        ({"type": "date", "on": "2024-09-27"}, "plain", "27 September 2024"),
        ({"type": "date", "on": "2018-12"}, "plain", "December 2018"),
        ({"type": "date", "on": "2020"}, "plain", "2020"),
        ({"type": "identifier", "text": "NCT04229901"}, "plain", "NCT04229901"),
    ],
)  # fmt: skip
def test_each_slot_in_its_views(slot: dict[str, Any], view: str, expected: str) -> None:
    assert said(slot, view) == expected


def test_a_difference_is_computed_from_its_two_counts_and_says_its_method() -> None:
    slots = {
        "a": {"type": "n-of-n", "events": 41, "n": 56},
        "b": {"type": "n-of-n", "events": 30, "n": 54},
        "d": {"type": "difference", "of": "a", "minus": "b"},
    }
    claim = small({"text": "{a} and {b}: {d} ({d|interval}).", "slots": slots}).claims.claims[0]
    assert sentence(claim) == "41 of 56 and 30 of 54: 18 more of 100 (range 0 to 34 more)."
    assert "Newcombe" in (say(claim, "d").method or "")


def test_a_small_cell_is_withheld_with_all_that_is_computed_from_it() -> None:
    slots = {
        "a": {"type": "n-of-n", "events": 2, "n": 40},
        "b": {"type": "n-of-n", "events": 20, "n": 40},
        "d": {"type": "difference", "of": "a", "minus": "b"},
    }
    claim = small({"text": "{a}, {a|per-100}, {a|interval}, {d}.", "slots": slots}).claims.claims[0]
    assert sentence(claim).count("(withheld for privacy)") == 4
    slots["a"]["disclosure"] = "consented"
    assert "2 of 40" in sentence(small({"text": "{a}, {d}.", "slots": slots}).claims.claims[0])


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_no_undisclosed_cell_of_one_to_four_is_ever_said(count: tuple[int, int]) -> None:
    events, n = count
    text = said({"type": "n-of-n", "events": events, "n": n})
    small_cell = any(0 < cell < 5 for cell in (events, n - events, n))
    assert (text == "(withheld for privacy)") is small_cell


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ({"text": "{x} people."}, "no slot defines"),
        ({"text": "{x|upper-bound}", "slots": {"x": {"type": "n-of-n", "events": 3, "n": 9}}}, "no view upper-bound"),
        ({"text": "{x}", "slots": {"x": {"type": "n-of-n", "events": 9, "n": 3}}}, "cannot exceed"),
        ({"text": "{x}", "slots": {"x": {"type": "rate", "value": 120}}}, "cannot exceed 100"),
        ({"text": "{x}", "slots": {"x": {"type": "rate", "value": 50, "low": 60, "high": 70, "interval": "ci95"}}}, "lie between"),
        ({"text": "{x}", "slots": {"x": {"type": "number", "value": 3, "level": "derived"}}}, "how it was obtained"),
        ({"text": "{x}", "slots": {"x": {"type": "difference", "of": "a", "minus": "b"}}}, "n-of-n slot"),
        ({"level": "not-found"}, "not-found goes with kind: gap"),
        ({"expires": "2020-01-01"}, "not after"),
        ({"kind": "opinion"}, "opinion goes with"),
        ({**BENEFIT, "certainty": {"rating": "high", "start": "observational"}}, "does not follow"),
        ({**BENEFIT, "certainty": {"rating": "high", "start": "randomised", "reviewed": "panel rating"}}, "names its panel"),
        ({"kind": "story", "story": {"rule": "all of them", "sampled": "everyone", "includes_non_responder": False, "denominator": "x"}}, "must say why"),
    ],
)  # fmt: skip
def test_claims_that_do_not_hold_together_do_not_load(claim: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        small(claim)
