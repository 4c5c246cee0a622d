"""The forms of instruments: made from the catalogue, answered beside their fields in its words, recorded by the record's own commands and scored by it."""

from __future__ import annotations

import random
import re
import uuid
from html import unescape
from typing import Any

import pytest

from proband.instruments.answers import scored, typed
from proband.instruments.catalogue import REGISTRY
from proband.instruments.instrument import Instrument, ItemKind
from proband.instruments.isncsci import Exam, classify
from proband.instruments.isncsci.grades import MOTOR_VALUES, SENSORY_VALUES
from proband.instruments.isncsci.model import REQUIRED_KEYS
from proband.registry.neurological import look_of
from record.synthetic import Hospital

from .in_browser import check_accessible_and_fits, opened


@pytest.fixture(scope="module")
def examined(house: Hospital) -> str:
    """Somebody in the programme, for examinations of every kind."""
    person = f"X-{len(house.record.state.participants) + 1}"
    house.wait(days=20)
    house.admit(person)
    return person


def path(person: str, instrument: str, more: str = "") -> str:
    return f"/participant/{person}/examine/{instrument}/{more}"


def text(answer: Any) -> str:
    return unescape(answer.content.decode())


def as_typed(instrument: Instrument, said: dict[str, Any]) -> dict[str, str]:
    """An example as somebody would enter it: numbers and units apart."""
    found = {}
    for name, value in said.items():
        item = instrument.item(name)
        written = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        if item.kind is ItemKind.QUANTITY:
            number, _, unit = written.partition(" ")
            found |= {f"i.{name}": number, f"u.{name}": unit or item.unit}
        else:
            found[f"i.{name}"] = written
    return found


def envelope(house: Hospital, **more: str) -> dict[str, str]:
    return {
        "visit": "baseline",
        "on": house.now[:10],
        "as": "physician@north",
        "key": uuid.uuid4().hex,
        "do": "record",
    } | more


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_instrument_is_entered_on_its_form_and_scored_by_the_record(
    house: Hospital, browsing: Any, examined: str, name: str
) -> None:
    instrument, client = REGISTRY[name], browsing("dr-1")
    page = text(client.get(path(examined, name, "?visit=baseline")))
    for item in instrument.items:
        assert f'name="i.{item.name}"' in page, item.name
    assert '<option value="baseline" selected>' in page
    answers = as_typed(instrument, instrument.example)
    variant = instrument.example_variant or (
        "" if instrument.default_variant else instrument.variants[0].name
    )
    piece = client.post(path(examined, name, "result/"), answers | {"csrfmiddlewaretoken": "x"})
    assert piece.status_code == 200
    done = client.post(path(examined, name), answers | envelope(house, variant=variant))
    assert done.status_code == 302, re.findall(r'class="gate.*', text(done))
    body = house.record.event(int(done["Location"].split("/")[2])).body
    assert body["event"] == "outcome.recorded"
    wanted = scored(instrument, typed(instrument, instrument.example), variant or None)
    assert body["data"]["scores"] == wanted.scores
    assert body["data"]["instrument_version"] == instrument.version
    found = wanted.scores[instrument.id]
    if instrument.compute is not None and found is not None:
        shown = f"{found:.6g}" if isinstance(found, float | int) else str(found)
        assert f'class="score">{shown}' in text(piece), "what was shown while typing is what the record holds"


@pytest.mark.parametrize("seed", range(40))
def test_what_is_shown_while_one_types_is_the_classification_of_the_standard(
    browsing: Any, examined: str, seed: int
) -> None:
    """Random examinations, whole and half entered: what is missing counts as not testable, and the same engine answers."""
    draw = random.Random(seed)
    findings = {
        key: draw.choice(("Yes", "No", "NT") if key.startswith("anal") else MOTOR_VALUES if key.endswith("Motor") else SENSORY_VALUES)
        for key in REQUIRED_KEYS
    }  # fmt: skip
    entered = {key: value for key, value in findings.items() if seed % 2 or draw.random() < 0.7}
    piece = text(
        browsing("dr-1").post(
            path(examined, "isncsci", "result/"), {f"i.{key}": value for key, value in entered.items()}
        )
    )
    expected = classify(Exam.from_dict(dict.fromkeys(REQUIRED_KEYS, "NT") | entered))
    grades = list(dict.fromkeys(one.rstrip("*") for one in expected.answers("asiaImpairmentScale")))
    (shown,) = re.findall(r'<p class="grade">([^<]*)</p>', piece)
    assert [one.strip() for one in shown.split("·")] == grades
    assert ("Certain" in piece) == (len(grades) == 1)
    assert f"{len(entered)} of 134 entered" in piece
    for key in ("rightTouchTotal", "leftPrickTotal"):
        if (total := expected.total(key)) is not None:
            assert f"<td>{total} of 56</td>" in piece


def test_an_answer_that_is_none_is_said_beside_its_field_in_the_catalogues_words(
    house: Hospital, browsing: Any, examined: str
) -> None:
    client, before, instrument = browsing("dr-1"), house.record.state.seq, REGISTRY["meld-3"]
    wrong = {"i.bilirubin": "2,1", "i.creatinine": "1.2", "u.creatinine": "mmol/kg", "i.albumin": "-4", "u.albumin": "g/dL", "i.sodium": "abc",
             "i.inr": "1.5", "m.inr": "not-asked", "i.sex": "perhaps", "i.nothing_of_it": "7"}  # fmt: skip
    answer = client.post(path(examined, "meld-3"), wrong | envelope(house))
    page = text(answer)
    assert answer.status_code == 422
    assert house.record.state.seq == before
    for name in ("bilirubin", "creatinine", "albumin", "sodium", "inr", "sex"):
        assert re.search(rf'<div class="field bad"><label for="i-{name}">', page), name
    assert re.search(r'<div class="field"><label for="i-dialysis">', page)
    for name, raw in (("bilirubin", "2,1"), ("albumin", "-4 g/dL"), ("sex", "perhaps")):
        with pytest.raises(Exception, match=name) as said:
            typed(instrument, {name: raw})
        assert said.value.message in page
        assert said.value.mend in page
    assert "meld-3 has no item 'nothing_of_it'" in page, "an answer without a place is not lost in silence"
    assert 'value="2,1"' in page, "what was typed stands there still"
    both = text(client.post(path(examined, "meld-3"), wrong | envelope(house, on="", visit="")))
    assert both.count('class="field bad"') == page.count('class="field bad"') + 2, "everything at once"


def test_gates_speak_on_the_form_and_keep_what_was_typed(
    house: Hospital, browsing: Any, examined: str, newcomer: Any
) -> None:
    client = browsing("dr-1")
    answers = (
        {"i.pain": "4"}
        if "pain" in REGISTRY["pain-nrs"].item_names
        else as_typed(REGISTRY["pain-nrs"], REGISTRY["pain-nrs"].example)
    )
    nowhere = client.post(path(examined, "pain-nrs"), answers | envelope(house, visit="no-such-visit"))
    assert nowhere.status_code == 409
    assert "gate." in text(nowhere)
    assert next(iter(answers.values())) in text(nowhere)
    unsaid = client.post(path(examined, "pain-nrs"), answers | envelope(house, visit="", on="yesterday"))
    assert unsaid.status_code == 422
    assert text(unsaid).count('class="field bad"') >= 2
    # late, before anything else, for the day of the visit; and of a day to come
    late = client.post(path(examined, "pain-nrs"), answers | envelope(house, at="2031-01-01T08:00+00:00"))
    assert late.status_code == 409
    assert "gate.clock" in text(late)
    referred = newcomer()
    house.refer(referred)
    early = client.post(path(referred, "pain-nrs"), answers | envelope(house))
    assert early.status_code == 409, "nobody is measured who was not screened, and the gate says so"


def test_a_page_that_is_sent_twice_or_from_two_tabs_is_one_event(
    house: Hospital, browsing: Any, examined: str
) -> None:
    client, answers = browsing("dr-1"), as_typed(REGISTRY["albi"], REGISTRY["albi"].example)
    sent = envelope(house)
    first, second = (client.post(path(examined, "albi"), answers | sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    changed = client.post(path(examined, "albi"), answers | sent | {"i.albumin": "31", "u.albumin": "g/L"})
    assert changed.status_code == 409
    assert "record.conflict.key" in text(changed)
    # a draft keeps its key: opened in two tabs it is recorded once
    client.post(path(examined, "albi"), answers | envelope(house, do="draft"))
    tabs = [
        re.findall(r'name="key" value="([0-9a-f]{32})"', text(client.get(path(examined, "albi"))))[0]
        for _ in range(2)
    ]
    assert tabs[0] == tabs[1]
    done = [client.post(path(examined, "albi"), answers | envelope(house, key=key)) for key in tabs]
    assert done[0]["Location"] == done[1]["Location"]


def test_a_draft_is_its_writers_alone_holds_no_free_text_and_goes_when_it_is_recorded(
    house: Hospital, browsing: Any, examined: str
) -> None:
    from proband.registry.models import ExaminationDraft

    client, before = browsing("dr-1"), house.record.state.seq
    said = {
        "i.albumin": "37",
        "u.albumin": "g/L",
        "i.bilirubin": "somebody called Jane",
        "u.bilirubin": "mg/dL",
        "reason": "Jane",
    }
    kept = client.post(path(examined, "albi"), said | envelope(house, do="draft"))
    assert kept.status_code == 200
    assert house.record.state.seq == before
    assert "Draft kept" in text(kept)
    assert "somebody called Jane" in text(kept), "and is still there to be put right"
    (draft,) = ExaminationDraft.objects.filter(person="dr-1", participant=examined, instrument="albi")
    assert "Jane" not in str(draft.said)
    again = text(client.get(path(examined, "albi")))
    assert 'value="37"' in again
    assert "Draft kept" in again
    assert f'/participant/{examined}/examine/albi/"' in text(client.get("/"))
    for other in ("nurse-1", "dr-3"):
        assert 'value="37"' not in text(browsing(other).get(path(examined, "albi")))
        assert "examine/albi/" not in text(browsing(other).get("/"))
    done = client.post(
        path(examined, "albi"), as_typed(REGISTRY["albi"], REGISTRY["albi"].example) | envelope(house)
    )
    assert done.status_code == 302
    assert not ExaminationDraft.objects.filter(person="dr-1", participant=examined).exists()
    client.post(path(examined, "albi"), said | envelope(house, do="draft"))
    client.post(path(examined, "albi"), {"do": "leave"})
    assert not ExaminationDraft.objects.filter(person="dr-1", participant=examined).exists()


def test_erasure_through_any_door_and_age_end_a_draft(house: Hospital, browsing: Any, newcomer: Any) -> None:
    from datetime import UTC, datetime, timedelta

    from proband.registry.drafts import KEPT_DAYS
    from proband.registry.models import ExaminationDraft

    person, client = newcomer(), browsing("dr-1")
    house.admit(person)
    for name in ("albi", "pain-nrs"):
        answers = as_typed(REGISTRY[name], REGISTRY[name].example)
        client.post(path(person, name), answers | envelope(house, do="draft"))
    ExaminationDraft.objects.filter(participant=person, instrument="albi").update(
        at=datetime.now(UTC) - timedelta(days=KEPT_DAYS + 1)
    )
    client.get("/")
    assert [one.instrument for one in ExaminationDraft.objects.filter(participant=person)] == ["pain-nrs"]
    house.do(
        "participant.erase",
        person,
        {"legal_basis": "asked", "scope": "texts"},
        actor="sys-1",
        role="custodian",
        site="*",
    )
    client.get("/")
    assert not ExaminationDraft.objects.filter(participant=person).exists()


def test_an_entry_is_put_right_on_its_form_by_a_correcting_event(
    house: Hospital, browsing: Any, examined: str
) -> None:
    client = browsing("dr-1")
    answers = as_typed(REGISTRY["albi"], REGISTRY["albi"].example)
    first = client.post(path(examined, "albi"), answers | envelope(house))
    seq = int(first["Location"].split("/")[2])
    (link,) = re.findall(r'href="([^"]*/examine/albi/\?corrects=\d+)"', text(client.get(first["Location"])))
    page = text(client.get(link))
    assert f"Puts event {seq} right" in page
    for name, value in answers.items():
        if name.startswith("i."):
            assert f'name="{name}" value="{value}"' in page
    silent = client.post(path(examined, "albi"), answers | envelope(house, corrects=str(seq)))
    assert silent.status_code == 409
    assert "gate.reason" in text(silent)
    right = answers | {"i.albumin": "22", "u.albumin": "g/L", "reason": "misread"}
    put = client.post(path(examined, "albi"), right | envelope(house, corrects=str(seq)))
    assert put.status_code == 302, text(put)[:3000]
    body = house.record.event(int(put["Location"].split("/")[2])).body
    assert (body["event"], body["corrects"]) == ("event.corrected", seq)
    assert body["data"]["data"]["items"]["albumin"] == {"value": 22.0, "unit": "g/L"}
    stale = client.post(path(examined, "albi"), right | envelope(house, corrects=str(seq)))
    assert stale.status_code == 404, "what is put right already does not stand any more"
    other = client.get(path(examined, "albi", "?corrects=1"))
    assert other.status_code == 404
    assert client.get(path(examined, "albi", "?corrects=x")).status_code == 422


def test_a_stranger_learns_and_does_nothing(
    house: Hospital, browsing: Any, examined: str, newcomer: Any
) -> None:
    """Another site, a role that may not, nobody, a name that is guessed: refused alike at every address of a form."""
    away = newcomer()
    house.refer(away, site="south")
    before = house.record.state.seq
    here = browsing("dr-1")
    elsewhere, guessed = [], []
    for found, person in ((elsewhere, away), (guessed, "no-such-person")):
        for more in ("", "albi/", "albi/result/"):
            address = f"/participant/{person}/examine/{more}"
            for answer in (
                here.get(address),
                here.post(address, {"i.albumin": "30", "do": "record", "as": "physician@north"}),
            ):
                found.append((more, answer.status_code, text(answer).replace(person, "?")))
    # every page bears a token of its own
    same = [
        [
            (more, status, re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page))
            for more, status, page in rows
        ]
        for rows in (elsewhere, guessed)
    ]
    assert same[0] == same[1], "nobody learns who is at another site"
    assert {status for _, status, _ in elsewhere} <= {403, 405}
    for other, code in (("lab-1", "gate.authority.permission"), ("board-1", "gate.authority.permission")):
        for more in ("", "albi/"):
            answer = browsing(other).get(f"/participant/{examined}/examine/{more}")
            assert answer.status_code == 403, (other, more)
            assert code in text(answer)
        sent = browsing(other).post(path(examined, "albi"), envelope(house, **{"i.albumin": "30"}))
        assert sent.status_code == 403
    # in a role of somebody else, at a site of somebody else
    for way, code in (("operator@north", "gate.authority.role"), ("physician@south", "gate.authority.site")):
        answers = as_typed(REGISTRY["albi"], REGISTRY["albi"].example)
        claimed = here.post(path(examined, "albi"), answers | envelope(house, **{"as": way}))
        assert (claimed.status_code, code in text(claimed)) == (403, True)
    assert here.get(path(examined, "no-such-instrument")).status_code == 404
    assert house.record.state.seq == before


ODD = ["\x00", "<script>alert(1)</script>", "'; DROP TABLE x; --", "9" * 5000, "NaN", "1e999", "-inf", "\u202e7", "{{7*7}}", "7\n8", "=1+1", "2" * 64, "½"]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_odd_answers_are_refused_beside_their_fields_and_never_break(
    house: Hospital, browsing: Any, examined: str, odd: str
) -> None:
    client, before = browsing("dr-1"), house.record.state.seq
    for name, item in (
        ("albi", "albumin"),
        ("isncsci", "c5RightMotor"),
        ("pain-nrs", REGISTRY["pain-nrs"].item_names[0]),
        ("meld-3", "sex"),
    ):
        for before_name in ("i.", "m.", "u."):
            said = {f"{before_name}{item}": odd} | (
                {f"i.{item}": "30"} if before_name == "u." and name == "albi" else {}
            )
            for do in ("record", "draft", "result"):
                answer = client.post(path(examined, name), said | envelope(house, do=do))
                assert answer.status_code in (200, 400, 409, 422), (name, before_name, do)
                assert "<script>alert" not in answer.content.decode()
            piece = client.post(path(examined, name, "result/"), said)
            assert piece.status_code in (200, 400), (name, before_name)
            assert "<script>alert" not in piece.content.decode()
    for field in ("visit", "on", "variant", "as", "key", "seen", "corrects", "at", "reason"):
        sent = client.post(path(examined, "albi"), {"i.albumin": "x"} | envelope(house) | {field: odd})
        assert sent.status_code in (400, 403, 404, 409, 422), field
        kept = client.post(
            path(examined, "albi"), {"i.albumin": "30"} | envelope(house, do="draft") | {field: odd}
        )
        assert kept.status_code in (200, 400, 403, 404, 422), field
        assert client.get(path(examined, "albi")).status_code == 200
    client.post(path(examined, "albi"), {"do": "leave"})
    assert house.record.state.seq == before


@pytest.mark.parametrize(
    ("value", "kind", "look"),
    [("2", "", "full"), ("5", "Motor", "full"), ("2", "Motor", "s1"), ("0*", "", "s0"), ("NT**", "", "nt"), ("", "", ""), ("x", "", "")],
)  # fmt: skip
def test_the_look_of_a_value(value: str, kind: str, look: str) -> None:
    assert look_of(value, kind) == look


def _whole(instrument: str) -> dict[str, str]:
    return as_typed(REGISTRY[instrument], REGISTRY[instrument].example)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_examination_of_the_cord_by_keyboard_alone(
    browser: Any, address: str, house: Hospital, examined: str, width: int, scheme: str
) -> None:
    """Every cell by its key and nothing else; the grade is there before the last one; stars, corrections, arrows."""
    page = opened(browser, address, "dr-1", width=width, scheme=scheme)
    page.goto(f"{address}{path(examined, 'isncsci', '?visit=baseline')}")
    check_accessible_and_fits(page, "empty")
    wanted = REGISTRY["isncsci"].example
    cells = page.locator("input[data-cell]")
    cells.first.focus()
    names = [cells.nth(place).get_attribute("name")[2:] for place in range(cells.count())]
    for name in names:
        page.keyboard.press("n" if wanted[name] == "NT" else wanted[name])
    assert page.evaluate("[...document.querySelectorAll('input[data-cell]')].map((one) => one.value)") == [
        wanted[name] for name in names
    ]
    # one star on the grade before, and away again; a grade that the column does not have stays outside
    last = page.locator("input[data-cell]").last
    assert last.evaluate("(one) => one === document.activeElement")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("9")
    assert last.input_value() == wanted[names[-1]]
    page.select_option("[name='i.analContraction']", wanted["analContraction"])
    page.select_option("[name='i.analSensation']", wanted["analSensation"])
    page.wait_for_selector("text=134 of 134 entered")
    assert page.locator("#so-far .grade").inner_text() == "A"
    check_accessible_and_fits(page, "whole")
    page.fill("#on", house.now[:10])
    page.locator("button[value='record']").first.click()
    page.wait_for_url("**/event/*/")
    assert (
        house.record.state.participants[examined].outcomes[house.record.state.seq]["scores"]["isncsci"] == "A"
    )
    assert not page.faults
    assert not page.elsewhere
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_liver_scores_follow_while_one_types(
    browser: Any, address: str, house: Hospital, examined: str, width: int, scheme: str
) -> None:
    page = opened(browser, address, "dr-1", width=width, scheme=scheme)
    page.goto(f"{address}{path(examined, 'meld-3', '?visit=baseline')}")
    check_accessible_and_fits(page, "empty")
    for name, value in _whole("meld-3").items():
        field = page.locator(f"[name='{name}']")
        if field.count() and field.evaluate("(one) => one.tagName") == "SELECT":
            field.select_option(value)
        elif field.count():
            field.fill(value)
    page.wait_for_selector("#so-far .score")
    said = page.locator("#so-far").inner_text()
    for variant in REGISTRY["meld-3"].variants:
        assert variant.name in said
    assert "MELD-Na" in said, "what else follows from the same answers"
    page.fill("[name='i.sodium']", "999")
    page.wait_for_selector("#so-far .gate")
    page.fill("#on", house.now[:10])
    page.locator("button[value='record']").first.click()
    page.wait_for_selector(".field.bad")
    check_accessible_and_fits(page, "refused")
    page.goto(f"{address}/participant/{examined}/examine/")
    check_accessible_and_fits(page, "index")
    assert not page.faults
    page.context.close()


@pytest.mark.browser
def test_every_form_works_without_any_script(
    browser: Any, address: str, house: Hospital, examined: str
) -> None:
    page = opened(browser, address, "dr-1", width=390, scheme="light", script=False)
    page.goto(f"{address}{path(examined, 'albi', '?visit=baseline')}")
    for name, value in _whole("albi").items():
        field = page.locator(f"[name='{name}']")
        field.select_option(value) if name.startswith("u.") else field.fill(value)
    page.click("text=Work it out")
    assert page.locator("#so-far .score").first.inner_text()
    page.fill("#on", house.now[:10])
    page.locator("button[value='record']").first.click()
    page.wait_for_url("**/event/*/")
    page.context.close()


def test_every_dermatome_of_both_sides_is_drawn_and_told() -> None:
    from proband.instruments.isncsci.levels import DERMATOMES, SIDES
    from proband.pages.examination.felt_body import WORDS, body_chart
    from proband.registry.neurological import feeling

    draw = random.Random(7)
    felt = {(side, level): draw.choice(list(WORDS)) for side in SIDES for level in DERMATOMES}
    chart = body_chart("b", felt)
    for (side, level), state in felt.items():
        assert f"<title>{side} {level}: {WORDS[state]}</title>" in chart.svg
    assert len(chart.rows) == len(DERMATOMES)
    assert set(feeling({}).values()) == {"open"}
    half = {
        "c5RightTouch": "2",
        "c5RightPrick": "NT",
        "c6LeftTouch": "1",
        "c6LeftPrick": "2",
        "c7LeftTouch": "0",
        "c7LeftPrick": "0",
    }
    told = feeling(half)
    assert (told["right", "C5"], told["left", "C6"], told["left", "C7"], told["right", "C2"]) == (
        "untested",
        "changed",
        "absent",
        "open",
    )
