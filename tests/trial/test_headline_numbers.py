"""Numbers that may mean more than one thing are refused by name, wherever they stand and in whatever words; so are numbers that are no numbers."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from test_headline_reading import BUNDLES, READ, _read

from in_node import answers_of_form
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.table import headline_table
from shipped import loaded

#: what may stand for a number n and mean another one
SHAPES = {
    "decimal comma": "{n},5",
    "decimal comma of two digits": "{n},25",
    "comma before a zero": "0,{n}00",
    "lakh": "1,00,0{n}0",
    "two commas": "{n},5,2",
    "two points": "{n}.5.2",
    "thousands with a point": "{n}.500",
    "thousands and decimals the other way round": "1.{n}50,5",
    "thousands with a space": "{n} 000",
    "thousands with a narrow space": "{n}\u202f000",
    "thousands with an apostrophe": "{n}'000",
    "thousands with a typographic apostrophe": "{n}\u2019000",
    "thousands with an underscore": "{n}_000",
    "raised point": "{n}\u00b75",
    "range": "{n}-9",
    "range with a dash": "{n}\u20139",
    "range with spaces": "{n} \u2013 9",
    "date": "{n}/4/2019",
    "date with points": "{n}.4.2019",
    "date by year first": "2019-04-0{n}",
    "odds": "{n}:4",
    "whole and fraction": "{n}\u00bd",
    "whole, space and fraction": "{n} \u00be",
    "eighths": "{n}\u215b",
    "leading zero": "0{n}",
    "footnote": "{n}\u00b9",
    "footnote of two digits": "{n}\u00b9\u00b2",
    "index below": "{n}\u2082",
    "two numbers": "{n} {n}",
    "two number words": "twenty {n}",
}
#: what makes a number say less than it seems to; put before a number of people
VAGUE = (
    "nearly", "almost", "about", "around", "roughly", "some", "at least", "at most", "more than", "fewer than", "less than", "up to", "over", "under",
    "as many as", "between", "one or", "a couple of", "a dozen of", "dozens of", "a handful of", "most of", "nearly all of", "all but", "~", ">", "<", "\u2265", "\u2264",
    "\u00b1", "c.", "ca.", "perhaps", "a further", "another", "no fewer than", "a mean of",
)  # fmt: skip
#: what stands behind the people that were counted and says that they were others
OTHER_PEOPLE = (
    "who completed", "evaluable", "per protocol", "(per protocol)", "(12 randomised)", "of 40 enrolled", "(of 40)", "with data", "still in the study", "out of 40",
    "[1]", "*", "\u2020", "(1)", "(n = 12)", "(5 of 8 eyes)", "or 3 of 5", "and 3 of 5", "(2)",
)  # fmt: skip


def _numbers(text: str) -> list[re.Match[str]]:
    """The whole numbers of a text that stand by themselves."""
    return list(re.finditer(r"(?<![\w.,+/-])[1-9][0-9]*(?![\w.,%/-])(?! ?(?:%|per ?cent))", text))


def _texts() -> list[tuple[str, str, str, str]]:
    out = []
    for p, o, text in READ:
        for found in _numbers(text):
            for name, shape in SHAPES.items():
                changed = (
                    text[: found.start()] + shape.format(n=int(found.group()) % 9 + 1) + text[found.end() :]
                )
                out.append((p, o, changed, name))
    return random.Random(20260103).sample(out, 700)


def test_a_number_that_may_mean_more_than_one_is_refused_by_name() -> None:
    seen = set()
    for p, o, text, shape in _texts():
        read = _read(p, o, text)
        assert isinstance(read, HeadlineUnclear), (shape, text)
        assert read.code == "trial.headline.number", (shape, text, read.message)
        assert "thousands" in read.mend
        seen.add(shape)
    assert seen == set(SHAPES)


def test_numbers_that_mean_one_thing_are_still_read() -> None:
    for text, right in (
        ("5 of 10,000 improved", (5, 10_000)),
        ("of 20, 5 improved", (5, 20)),
        ("1,250 of 12,500 improved", (1250, 12_500)),
        ("33.333 % of 12 improved", (4, 12)),
        ("at week 4, \u00bd of 20 improved", (10, 20)),
        ("twenty-one of forty improved", (21, 40)),
        ("2/4 improved", (2, 4)),
    ):
        read = _read(BUNDLES[0], "ais-conversion", text)
        assert not isinstance(read, HeadlineUnclear), (text, read)
        assert read.arm is not None
        assert (read.arm.events, read.arm.people) == right


def test_words_that_bend_a_number_are_refused() -> None:
    rng = random.Random(20260104)
    for p, o, text in READ:
        for found in _numbers(text)[:1]:
            for word in rng.sample(VAGUE, 4):
                changed = f"{text[: found.start()]}{word} {text[found.start() :]}"
                assert isinstance(_read(p, o, changed), HeadlineUnclear), changed
    for said in OTHER_PEOPLE:
        for text in ("2 of 4 {} improved", "2 of 4 improved {}", "2 of 4 {}", "75 % of 4 {} improved"):
            assert isinstance(_read(BUNDLES[0], "ais-conversion", text.format(said)), HeadlineUnclear), (text, said)  # fmt: skip


@pytest.mark.node
def test_the_page_refuses_the_same_numbers(tmp_path: Path) -> None:
    told = _texts()
    answers = answers_of_form(
        headline_table([loaded(name) for name in BUNDLES], offers={}), [t[:3] for t in told], tmp_path,
        "const [p,o,x]=a;try{return reading.read(t.grammar,t.programmes[p].outcomes,o,x)}catch(e){if(!e.code)throw e;"
        "return {code:e.code,number:e.parameters.number}}",
        unless="the page's reader was not compared with Python",
    )  # fmt: skip
    for (p, o, text, _), page in zip(told, answers, strict=True):
        read = _read(p, o, text)
        assert isinstance(read, HeadlineUnclear)
        assert page["code"] == read.code, text
        assert repr(page["number"])[1:-1] in read.message, text
