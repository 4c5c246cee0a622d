"""What a headline says is shown and never run: in the answer on a programme's page, in its refusal, and in the table of the form."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from small_ledgers import DAY

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs
from proband.pages.headline_page import headline_page
from proband.pages.ledger import Ledger
from proband.pages.rendering import asset
from proband.programme import Programme
from proband.trial.headline.claimed import ClaimedHeadline, ClaimedHeadlines, claimed_headlines

#: every script of a page, found by itself
SCRIPTS = sorted(
    path.name for path in files("proband.pages").joinpath("assets").iterdir() if path.name.endswith(".js")
)
EVIL = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"


class _Parsed(HTMLParser):
    """The elements of a page, and what stands in its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[tuple[str, str]] = []
        self.handlers: list[str] = []
        self._kind: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "script":
            self._kind = dict(attrs).get("type") or "script"

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._kind = None

    def handle_data(self, data: str) -> None:
        if self._kind is not None:
            self.scripts.append((self._kind, data))


@pytest.fixture(scope="module")
def answers(programmes: dict[str, Programme]) -> ClaimedHeadlines:
    """The answers to the headlines of one programme, from few replays."""
    return claimed_headlines(programmes["spinal-cord-autologous"], trials=200)


def _page(programme: Programme, answers: ClaimedHeadlines) -> _Parsed:
    made = ProgrammeInputs(programme, Ledger.of(programme, DAY), answers, None, Catalogue(), (), None)
    page = headline_page.make(made)
    assert page is not None
    return _Parsed(page.html)


def _hostile(answer: ClaimedHeadline) -> ClaimedHeadline:
    if answer.result is None:
        return replace(answer, refused=EVIL)
    return replace(answer, result=replace(answer.result, text=EVIL, words=EVIL, cannot_see=(EVIL,)))


def test_a_hostile_answer_adds_no_element_to_the_page(
    programmes: dict[str, Programme], answers: ClaimedHeadlines
) -> None:
    programme = programmes["spinal-cord-autologous"]
    assert any(answer.result for answer in answers.answers)
    assert answers.form is not None
    form = answers.form | {"refusals": {"evil": [EVIL, EVIL]}, "verdicts": {"benefit": {"rare": EVIL}}}
    told = replace(answers, answers=tuple(map(_hostile, answers.answers)), form=form)
    page, plain = _page(programme, told), _page(programme, answers)
    assert "alert(1)" in json.dumps([data for _, data in page.scripts])  # it is there, as data
    assert page.tags.count("script") == plain.tags.count("script")
    assert page.tags.count("img") == plain.tags.count("img") == 0
    assert page.handlers == []
    for kind, data in page.scripts:
        if "alert(" in data:
            assert kind == "application/json"
            json.loads(data)


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_of_a_page_makes_html_of_a_text(script: str) -> None:
    source = asset(script)
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert way not in source
