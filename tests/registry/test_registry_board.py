"""The safety board's page: sums that close, no arm that is not told, distance from each rule as the record counts it, the seal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from record.synthetic import Hospital

from .in_browser import check_accessible_and_fits, opened
from .test_registry_entrance import addresses


def test_everybody_by_arm_is_in_one_place(
    house: Hospital, browsing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry.views import board

    house.wait(days=20)
    person = f"B-{len(house.record.state.participants) + 1}"
    house.admit(person)
    state = house.record.state
    for arm in board._arms(state, state.participants.values()):
        assert sum(arm["ends"].values()) == arm["count"]
        counts = [arm["count"], *(step["count"] for step in arm["steps"])]
        for before, step in zip(counts, arm["steps"], strict=False):
            assert before == step["count"] + step["out"], "nobody leaves the picture"
            assert sum(step["left"].values()) == step["out"]
    page = browsing("board-1").get("/board/")
    assert page.status_code == 200
    if not board.arms_are_told(state):
        for arm in state.view.arms:
            assert f"<h3>{arm.name}</h3>" not in page.content.decode()


def test_the_distance_from_a_rule_is_what_the_record_counts(house: Hospital, browsing: Any) -> None:
    from proband.record.safety import counted

    page = browsing("board-1").get("/board/").content.decode()
    rules = house.record.state.view.safety.stopping_rules
    assert page.count('class="chart stopping"') == len(rules)
    for rule in rules:
        found = len(counted(house.record.state, rule))
        assert f"{found} among" in page
        assert f"{rule.events} among" in page


def test_whoever_works_at_one_site_is_told_no_count_of_another(house: Hospital, browsing: Any) -> None:
    """By the rule of every door: two people who see one site each are told numbers that add up to those of the whole, and no rule's."""
    from proband.record.seeing import flow_seen
    from proband.registry.acting import acting

    def text(person: str) -> str:
        return " ".join(browsing(person).get("/board/").content.decode().split())

    house.wait(days=20)
    for site in ("north", "south", "south"):
        house.admit(f"B-{len(house.record.state.participants) + 1}", site=site)
    state = house.record.state
    referred = {}
    for person in ("board-1", "dr-1", "dr-2"):
        who = acting(state, person, [])
        referred[person] = flow_seen(state, who).steps["referred"]
        page = text(person)
        assert f"<b>{referred[person]}</b>referred" in page
        assert f"Of {flow_seen(state, who).steps['consented']} who consented" in page
        assert ('class="chart stopping"' in page) == (person == "board-1")
        assert ("Only people of the sites where you work" in page) == (person != "board-1")
        assert ("Open pack" in page) == (person == "board-1")
    assert referred["dr-1"] + referred["dr-2"] == referred["board-1"]
    assert referred["dr-2"] >= 2


def test_the_open_pack_is_for_whoever_sees_the_whole_study_and_names_no_arm(
    house: Hospital, browsing: Any
) -> None:
    pack = browsing("board-1").get("/board/open-pack.json")
    assert pack.json()["as_of"] == house.record.state.seq
    assert "arm" not in re.findall(r'"(\w+)":', pack.content.decode())
    assert browsing("dr-1").get("/board/open-pack.json").status_code == 403


def test_whoever_must_not_know_an_arm_is_shown_no_bag_and_no_arm_at_any_address(
    house: Hospital, browsing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Generated: every address that is read, for a person who is blind; a page is refused or says nothing of a container."""
    from proband.registry.views import shown

    person = f"K-{len(house.record.state.participants) + 1}"
    house.admit(person)
    house.collect(person, f"COI-{person}", f"DIN-{person}")
    house.make(f"BAG-{person}", f"COI-{person}", [f"DIN-{person}"])
    known = shown.acting
    monkeypatch.setattr(shown, "acting", lambda *said: replace(known(*said), blind=True))
    client, told = browsing("lab-1"), []
    for name, address in addresses():
        if name == "sign-out":
            continue
        answer = client.get(address.replace("S-1", next(iter(house.record.state.products))))
        assert answer.status_code < 500, name
        text = b"".join(answer) if answer.streaming else answer.content
        told += [(name, bag) for bag in house.record.state.products if f">{bag}<" in text.decode()]
    assert not told
    for path in ("/board/", "/board/open-pack.json", "/laboratory/", "/table/products/"):
        assert client.get(path).status_code == 403, path


@pytest.mark.parametrize(
    ("counted", "treated", "events", "among"),
    [(0, 0, 1, None), (0, 6, 2, 10), (2, 2, 2, 6), (5, 40, 3, 20), (1, 1, 1, 1)],
)
def test_the_point_of_now_lies_where_the_numbers_say(
    counted: int, treated: int, events: int, among: int | None
) -> None:
    from proband.pages.charts.stopping import stopping

    chart = stopping("r", "T", counted=counted, treated=treated, events=events, among=among)
    assert f"now: {counted} among {treated}" in chart.svg
    assert (f"{events - counted} more" in chart.words) == (counted < events)
    assert ("reached" in chart.words) == (counted >= events)
    limit = float(re.findall(r'class="limit" d="M[\d.]+ [\d.]+V([\d.]+)', chart.svg)[0])
    (now,) = re.findall(r'class="now" cx="[\d.]+" cy="([\d.]+)"', chart.svg)
    assert (float(now) < limit) == (counted >= events), "above the line where it is reached, below it else"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_board_is_accessible_and_fits(
    browser: Any, address: str, house: Hospital, width: int, scheme: str
) -> None:
    page = opened(browser, address, "board-1", width=width, scheme=scheme)
    page.goto(f"{address}/board/")
    check_accessible_and_fits(page, "/board/")
    letters = page.evaluate("""() => [...document.querySelectorAll('svg.stopping text')].map((text) =>
        parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.getBoundingClientRect().width / text.ownerSVGElement.viewBox.baseVal.width)""")
    assert letters
    assert min(letters) >= 12, "the pictures of the rules can be read on a phone"
    page.context.close()


def test_what_the_board_is_shown_of_a_forecast_is_what_was_sealed(house: Hospital, browsing: Any) -> None:
    """The prediction, and "no effect" beside it, from the file whose hash is in the log; with one letter changed nothing of it is shown."""
    (seal,) = house.record.state.forecasts.values()
    path = house.record.folder / "forecasts" / f"{seal['forecast']}.json"
    told = path.read_bytes()
    page = browsing("board-1").get("/board/").content.decode()
    assert "gain: 25 in a hundred." in page
    assert "What would be seen if nobody were helped" in page
    assert seal["forecast"] in page
    assert "before the first dose" in page
    path.write_bytes(told.replace(b"0.25", b"0.75"))
    try:
        page = browsing("board-1").get("/board/").content.decode()
        assert "in a hundred." not in page
        assert "What was sealed does not lie here" in page
    finally:
        path.write_bytes(told)
