"""The days and the years: every visit of the plan in words and as a picture, for each group, without an amount or anything of the making."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from proband.pages.catalogue import Catalogue, load
from proband.pages.charts.steps import LineStep, steps
from proband.pages.ledger import hidden_texts
from proband.pages.rendered import visible_text
from proband.pages.site import BuiltSite
from proband.pages.statements import runs
from proband.pages.visits_page import ANCHORS, courses, said, when
from proband.programme import Programme, bundled
from proband.programme.schedule import RECORDED_ANCHORS
from proband.terms import Quantity


def page(site: BuiltSite, name: str) -> str:
    return next(page.html for page in site.pages if page.name == f"{name}-visits.html")


@pytest.mark.parametrize("name", bundled())
def test_each_group_sees_its_visits_and_no_other_and_nothing_of_the_making(
    site: BuiltSite, programmes: dict[str, Programme], name: str
) -> None:
    programme, html = programmes[name], page(site, name)
    found = courses(programme, Catalogue())
    assert {course.arm.id for course in found} == {arm.id for arm in programme.head.arms}
    for course in found:
        mine = [v for v in programme.schedule.visits if not v.arms or course.arm.id in v.arms]
        assert [each[0] for each in course.visits] == [visit.name for visit in mine]
        drawn = {run.text for run in runs(course.years.svg)}
        for visit, told, done in course.visits:
            assert any(visit in text for text in drawn)
            assert any(told in text for text in drawn)
            assert done
        assert (course.way is None) is (course.arm.regimen is None)
    low = visible_text(html).lower()
    assert not any(hidden in low for hidden in hidden_texts(programme))


@pytest.mark.parametrize("name", bundled())
def test_no_text_of_its_drawings_is_below_12_px_on_a_phone_and_none_stands_out(
    site: BuiltSite, name: str
) -> None:
    for drawing in re.findall(r'<svg class="chart steps".*?</svg>', page(site, name), re.DOTALL):
        assert ' viewBox="0 0 360 ' in drawing
        for x, line in re.findall(r'<text x="([\d.]+)"[^>]*>([^<]*)<', drawing):
            assert float(x) + 8 * len(unescape(line)) <= 360, line


@pytest.mark.parametrize(
    ("value", "unit", "english", "german"),
    [(1, "d", "1 day", "1 Tag"), (7, "d", "7 days", "7 Tage"), (14, "d", "2 weeks", "2 Wochen"), (91, "d", "13 weeks", "13 Wochen"), (365, "d", "1 year", "1 Jahr"),
     (730, "d", "2 years", "2 Jahre"), (90, "d", "90 days", "90 Tage"), (15, "a", "15 years", "15 Jahre"), (6, "mo", "6 months", "6 Monate"), (1.5, "h", "1.5 hours", "1,5 Stunden"), (30, "min", "0.5 hours", "0,5 Stunden")],
)  # fmt: skip
def test_a_length_is_told_as_people_count_it(value: float, unit: str, english: str, german: str) -> None:
    length = Quantity(value=value, unit=unit)
    assert said(length, Catalogue()) == english
    assert said(length, load("de")) == german


def test_every_event_that_the_record_knows_has_words() -> None:
    assert set(ANCHORS) == set(RECORDED_ANCHORS)


def test_before_after_again_and_events_of_the_programmes_own(programmes: dict[str, Programme]) -> None:
    programme = programmes["spinal-cord-autologous"]
    visit = programme.schedule.visits[0]

    def told(**fields: Any) -> str:
        return when(visit.model_copy(update=fields), programme, Catalogue())

    days, year = Quantity(value=-3, unit="d"), Quantity(value=1, unit="a")
    assert told(anchor="first-dose", offset=days) == "3 days before the day when it was first given"
    again = told(anchor="last-dose", offset=year, repeats=year)
    assert again == "1 year after the day when it was last given, then again after each further 1 year"
    schedule = programme.schedule.model_copy(update={"anchors": {"flare": "first day of a relapse"}})
    own = (
        replace(programme, schedule_file=schedule)
        if "schedule_file" in programme.__dataclass_fields__
        else replace(programme, schedule=schedule)
    )
    moved = visit.model_copy(update={"anchor": "flare", "offset": Quantity(value=2, unit="wk")})
    assert when(moved, own, Catalogue()) == "2 weeks after this: first day of a relapse"


def test_a_line_of_no_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        steps("none", "Nothing", [])
    assert "<circle" in steps("one", "One", [LineStep("A")]).svg
