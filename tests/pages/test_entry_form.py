"""Entry forms: every item has a labelled control, nothing is answered beforehand, what is shown is escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from proband.instruments import REGISTRY, Instrument, get
from proband.pages.examination.entry_form import entry_form


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.labels: set[str] = set()
        self.controls: dict[str, dict[str, str | None]] = {}
        self.selected = 0
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in {"input"}:
            self.open.append(tag)
        if tag == "label":
            self.labels.add(given["for"] or "")
        if tag in {"input", "select"}:
            self.controls[given["name"] or ""] = given
        self.selected += "selected" in given or "checked" in given
        assert tag not in {"script", "link", "img"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("instrument", REGISTRY.values(), ids=lambda one: one.id)
def test_the_form_asks_every_item_and_answers_none(instrument: Instrument) -> None:
    parsed = _Form()
    parsed.feed(entry_form(instrument))
    assert not parsed.open
    assert parsed.selected == 0
    for item in instrument.items:
        control = parsed.controls[item.name]
        assert control["id"] in parsed.labels
        assert "value" not in control
        assert (f"{item.name}_unit" in parsed.controls) == item.unit_must_be_said


def test_form_text_is_escaped() -> None:
    meld = get("meld")
    evil = meld.items[0].model_copy(update={"label": '<script>alert("x")</script>', "help": "a & b"})
    page = entry_form(meld.model_copy(update={"items": (evil, *meld.items[1:])}))
    assert "<script" not in page
    assert "a &amp; b" in page
