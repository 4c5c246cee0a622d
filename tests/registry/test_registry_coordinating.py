"""The inbox, a screening explained, and the calendar: everybody in one list, words of the record's own functions, an address that opens nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from record.synthetic import Hospital, eligible, shown

from .in_browser import check_accessible_and_fits, opened


def test_everybody_is_in_one_list_of_the_inbox(house: Hospital, browsing: Any, newcomer: Any) -> None:
    person = newcomer()
    house.refer(person)
    page = browsing("dr-1").get("/inbox/").content.decode()
    numbers = [int(found) for found in re.findall(r"<span><b>(\d+)</b><small>", page)]
    assert numbers[0] == sum(numbers[1:]), "the sum closes"
    waiting = page.split("Referred, not screened")[-1].split("Screened, values missing")[0]
    assert f"/screening/{person}/" in waiting
    house.screen(person)
    page = browsing("dr-1").get("/inbox/").content.decode()
    assert f"/do/consent.give/?subject={person}" in page.split("Eligible, not consented")[-1]
    assert person not in browsing("dr-2").get("/inbox/").content.decode(), (
        "another site's people are not shown"
    )


@pytest.mark.parametrize(
    ("values", "outcome", "stands", "ask"),
    [
        ({}, "eligible", ("met", "met"), set()),
        ({"platelets": None}, "needs-data", ("unknown", "met"), {"platelets"}),
        ({"platelets": 20.0}, "not-eligible", ("not met", "met"), set()),
        (
            {"platelets": None, "infection": None},
            "needs-data",
            ("unknown", "unknown"),
            {"platelets", "infection"},
        ),
        ({"platelets": 20.0, "infection": None}, "not-eligible", ("not met", "unknown"), set()),
    ],
)
def test_a_screening_is_explained_by_the_values_in_the_log(
    house: Hospital,
    browsing: Any,
    newcomer: Any,
    values: dict[str, Any],
    outcome: str,
    stands: tuple[str, str],
    ask: set[str],
) -> None:
    from proband.record.explained import explained

    person = newcomer()
    house.refer(person)
    told = (
        eligible()
        if outcome == "eligible"
        else {"outcome": outcome, "facts": shown(**values), "reasons": ["synthetic"]}
    )
    house.do("participant.screen", person, told, actor="dr-1", site="north")
    state = house.record.state
    found = explained(state.view.eligibility, state.participants[person].verdict)
    words = {True: "met", False: "not met", None: "unknown"}
    assert {one.key: words[one.passed] for one in found.criteria} == dict(
        zip(("I1", "E1"), stands, strict=True)
    )
    assert {value.name for one in found.ask for value in one} == ask
    assert sum(found.sums) == len(found.criteria)
    page = browsing("dr-1").get(f"/screening/{person}/").content.decode()
    assert f"{person}: {outcome}" in page
    assert ("Ask next" in page) == bool(ask)
    assert browsing("dr-2").get(f"/screening/{person}/").status_code == 403


def test_a_calendar_reads_what_is_due_and_its_address_opens_nothing_else(
    house: Hospital, browsing: Any
) -> None:
    from django.test import Client

    person = f"C-{len(house.record.state.participants) + 1}"
    house.admit(person)
    client = browsing("dr-1")
    made = client.post("/calendar/").content.decode()
    (address,) = re.findall(r"/calendar/([\w-]+)\.ics", made)
    stranger = Client(SERVER_NAME="localhost")
    feed = stranger.get(f"/calendar/{address}.ics")
    text = feed.content.decode()
    assert feed["Content-Type"].startswith("text/calendar")
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2] == "END:VCALENDAR"
    assert all(len(line.encode()) <= 75 for line in lines)
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == text.count("DTSTART;VALUE=DATE:") > 0
    assert person in text.replace("\r\n ", "")
    assert stranger.get("/").status_code == 302
    from proband.registry.models import CalendarAddress

    assert address not in [one.secret for one in CalendarAddress.objects.all()], "only its hash is kept"
    again = re.findall(r"/calendar/([\w-]+)\.ics", client.post("/calendar/").content.decode())[0]
    assert stranger.get(f"/calendar/{address}.ics").status_code == 404, "the earlier one has ended"
    client.post("/calendar/", {"end": "yes"})
    assert stranger.get(f"/calendar/{again}.ics").status_code == 404
    assert client.get("/calendar/").status_code == 404


def test_odd_words_break_no_line_of_a_calendar(house: Hospital) -> None:
    from proband.registry.calendar_feed import calendar_of

    odd = "a;b,c\\d\r\nEND:VCALENDAR\x00" + "ü" * 90
    row = {"task": odd, "kind": odd, "subject": odd, "about": odd, "due": "2026-03-01", "done": None}
    text = calendar_of("S", [], [row], house.record.clock())
    assert text.count("\r\nEND:VCALENDAR\r\n") == 1
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "ü" * 90 in text.replace("\r\n ", "")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_its_pages_are_accessible_and_fit(
    browser: Any, address: str, house: Hospital, newcomer: Any, width: int, scheme: str
) -> None:
    person = newcomer()
    house.refer(person)
    house.screen(person)
    page = opened(browser, address, "dr-1", width=width, scheme=scheme)
    for path in ("/inbox/", f"/screening/{person}/", "/keys/"):
        page.goto(f"{address}{path}")
        check_accessible_and_fits(page, path)
    page.context.close()
