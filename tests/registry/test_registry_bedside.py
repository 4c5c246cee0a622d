"""At the bed: scanners that strike Enter twice, a camera, codes of labels, typed identifiers, a stop that is heard, a network that is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.record.identity import check_character, is_whole, looks_made, new_identifier
from proband.record.labels import payload

from .conftest import PASSWORD, with_a_bag
from .in_browser import check_accessible_and_fits, opened

pytest.importorskip("django")

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: what a page is given to hear and feel with: every tone and every vibration is written down
LISTENING = """
  window.felt = []; window.heard = [];
  navigator.vibrate = (pattern) => { felt.push(pattern); return true; };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { heard.push([this.type, this.context.state]); document.documentElement.dataset.heard = heard.length; return start.apply(this, when); };
"""


def scanned(house: Any, **said: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What becomes of the four fields, and what is wrong with them."""
    from proband.registry.views.bedside import FIELDS, read_scanned

    fields = dict.fromkeys(FIELDS, "") | said
    with house.record.reading() as state:
        return fields, read_scanned(state, fields)


def test_a_code_of_a_label_fills_container_and_label_and_never_over_what_stands_there(house: Any) -> None:
    code = payload("COI-1", "BAG-1", "L-1")
    for at, other in (("bag", "label"), ("label", "bag")):
        fields, faults = scanned(house, participant="P", wristband="P", **{at: code})
        assert (fields["bag"], fields["label"], faults) == ("BAG-1", "L-1", {})
        fields, _ = scanned(house, participant="P", wristband="P", **{at: code, other: "X-9"})
        assert fields[other] == "X-9"
    for damaged in (code[:-1] + "?", code.replace("BAG-1", "BAG-2"), "]d2|1|2", "|"):
        _, faults = scanned(house, participant="P", wristband="P", bag=damaged, label="L-1")
        assert list(faults) == ["bag"], damaged


def test_a_scanner_that_sends_its_code_twice_stops_nobody(house: Any) -> None:
    _, faults = scanned(house, participant="P-1", wristband="P-1", bag="P-1", label="P-1")
    assert set(faults) == {"bag", "label"}
    _, faults = scanned(house, participant="P-1", wristband="P-1", bag="BAG-1", label="BAG-1")
    assert set(faults) == {"label"}
    # the order and the wristband name the same person, as they should
    assert scanned(house, participant="P-1", wristband="P-1", bag="BAG-1", label="L-1")[1] == {}


@given(
    st.text(LETTERS, min_size=12, max_size=12), st.integers(0, 14), st.sampled_from(LETTERS), st.booleans()
)
def test_one_sign_typed_wrongly_or_two_exchanged_are_told_before_anything_is_sent(
    drawn: str, place: int, sign: str, exchanged: bool
) -> None:
    """Generated: MOD 37-2 finds every single sign that is another one, and every two neighbours that changed places."""
    whole = f"COI{drawn}"
    whole += check_character(whole)
    if exchanged:
        typed = whole[:place] + whole[place + 1 : place + 2] + whole[place] + whole[place + 2 :]
    else:
        typed = whole[:place] + sign + whole[place + 1 :]
    assert is_whole(whole)
    assert typed == whole or not is_whole(typed)


@given(st.text(st.characters(categories=["Cc"]), max_size=3), st.text(LETTERS, min_size=1, max_size=9))
def test_signs_that_nobody_sees_are_no_part_of_an_identifier(unseen: str, text: str) -> None:
    from proband.registry.views.bedside import seen_signs

    assert seen_signs(f"{unseen} {text[:4]}{unseen}{text[4:]}{unseen}") == text


def test_a_mistyped_identifier_is_told_at_its_field_and_one_that_somebody_else_made_is_let_on(
    house: Any,
) -> None:
    made = new_identifier("L")
    assert looks_made(made)
    wrong = made[:5] + ("A" if made[5] != "A" else "B") + made[6:]
    _, faults = scanned(house, participant="P-1", wristband="P-1", bag="BAG-1", label=wrong)
    assert list(faults) == ["label"]
    assert "check character" in faults["label"].problem
    for other in ("L-1", "12345", "W0000 99 123456 00"):
        assert not looks_made(other)
        assert scanned(house, participant="P-1", wristband="P-1", bag="BAG-1", label=other)[1] == {}


def test_as_many_people_are_asked_for_as_the_programme_asks(browsing: Any, monkeypatch: Any) -> None:
    from proband.registry.views import bedside

    def view(*persons: int) -> Any:
        return SimpleNamespace(
            view=SimpleNamespace(regimens=[SimpleNamespace(bedside_persons=one) for one in persons])
        )

    assert [bedside.persons_asked(view(*said)) for said in ((1,), (2, 2), (1, 2), ())] == [1, 2, None, None]
    assert bedside.persons_asked(SimpleNamespace(view=None)) is None
    # the pages are loaded before one of them is told otherwise
    assert browsing("nurse-1").get("/do/")["Permissions-Policy"].startswith("camera=(),")
    words = {1: "one person, one key", 2: "two people, two keys", None: "Go on to what is signed"}
    for persons, said in words.items():
        monkeypatch.setattr(bedside, "persons_asked", lambda state, persons=persons: persons)
        page = browsing("nurse-1").get("/bed/")
        assert said in page.content.decode()
        assert page["Permissions-Policy"].startswith("camera=(self),")


def test_a_key_that_was_struck_twice_is_no_wrong_password(house: Any, browsing: Any) -> None:
    from axes.models import AccessAttempt

    client = browsing("nurse-1")
    said = {"participant": "P-x", "wristband": "P-x", "bag": "B-x", "label": "L-x", "as": "nurse@north"}
    waits = client.post("/bed/", said)["Location"]
    before = AccessAttempt.objects.filter(username="nurse-1").count()
    for _ in range(6):
        answer = client.post(waits, {"password": ""})
        assert answer.status_code == 422
        assert "is missing" in answer.content.decode()
    assert AccessAttempt.objects.filter(username="nurse-1").count() == before


@pytest.fixture(scope="module")
def treated(house: Any) -> str:
    """Somebody with a bag."""
    return with_a_bag(house, "B")


def _sign(page: Any) -> None:
    page.fill("#password", PASSWORD)
    page.fill("#second-person", "nurse-2")
    page.fill("#second-person", "nurse-2")
    page.fill("#second-role", "nurse")
    page.fill("#second-password", PASSWORD)
    page.click("form.stackv > button.btn")


@pytest.mark.browser
def test_a_scanner_fills_the_form_and_the_stop_is_seen_heard_and_felt(
    browser: Any, address: str, house: Any, treated: str
) -> None:
    page = opened(browser, address, "nurse-1", width=390, scheme="light")
    page.add_init_script(LISTENING)
    page.goto(f"{address}/bed/")
    for text in ("B-other", "B-other", payload(f"COI-{treated}", f"BAG-{treated}", "L1")):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    assert page.url == f"{address}/bed/", "Enter sends nothing"
    page.keyboard.type("L1")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.hasAttribute('data-told')")
    check_accessible_and_fits(page, "/bed/")
    page.click("form.panel > button")
    page.wait_for_url("**/sign/*/")
    assert page.evaluate("heard.length + felt.length") == 0
    _sign(page)
    page.wait_for_selector(".stop")
    said = page.locator(".stop").inner_text()
    assert "B-other" in said
    assert f"BAG-{treated}" in said
    page.wait_for_selector("html[data-heard='3']", state="attached")
    assert page.evaluate("felt") == [[700, 200, 700, 200, 700]]
    assert page.evaluate("heard") == [["square", "running"]] * 3
    assert not page.faults
    check_accessible_and_fits(page, "the stop")
    page.context.close()


@pytest.mark.browser
def test_a_network_that_is_lost_at_the_signature_keeps_what_was_typed_and_records_once(
    browser: Any, address: str, house: Any, treated: str
) -> None:
    page = opened(browser, address, "nurse-1", width=390, scheme="dark")
    page.goto(f"{address}/bed/")
    for name, value in (
        ("participant", "B-no"),
        ("wristband", "B-no"),
        ("bag", f"BAG-{treated}"),
        ("label", "L1"),
    ):
        page.fill(f"#b-{name}", value)
    page.context.set_offline(True)
    page.click("form.panel > button")
    page.wait_for_selector("[data-says]:not([hidden])")
    assert page.input_value("#b-bag") == f"BAG-{treated}"
    page.context.set_offline(False)
    page.click("form.panel > button")
    page.wait_for_url("**/sign/*/")
    tries = len(house.record.state.refused)
    # the server hears it, and its answer is lost
    page.route("**/sign/*/", lambda route: (route.fetch(max_redirects=0), route.abort())[1])
    _sign(page)
    page.wait_for_selector("[data-says]:not([hidden])")
    assert page.input_value("#second-person") == "nurse-2"
    page.unroute("**/sign/*/")
    assert len(house.record.state.refused) == tries + 1
    page.click("form.stackv > button.btn")
    page.wait_for_selector("h1:has-text('Refused'), .stop")
    assert len(house.record.state.refused) == tries + 1, "and it is told once"
    page.context.close()


def _frames(path: Path, matrix: Any) -> None:
    """A film of one code, held still, in grey (YUV4MPEG2): 640 × 480 points, ten frames."""
    rows = [list(row) for row in matrix]
    cell = min(640, 480) // (len(rows) + 16)
    picture = bytearray(b"\xeb" * (640 * 480))
    top, left = (480 - cell * len(rows)) // 2, (640 - cell * len(rows[0])) // 2
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            for line in range(cell) if dark else ():
                begin = (top + y * cell + line) * 640 + left + x * cell
                picture[begin : begin + cell] = b"\x10" * cell
    frame = b"FRAME\n" + bytes(picture) + b"\x80" * (640 * 480 // 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 10)


def _data_matrix(text: str) -> Any:
    """The code of the library that draws the labels' PDF, as rows of dark and light."""
    from reportlab.graphics.barcode.ecc200datamatrix import ECC200DataMatrix

    made = ECC200DataMatrix(text)
    made.validate()
    made.encode()
    # it counts lines from below
    return [[bool(one) for one in row] for row in reversed(made.encoded)]


@pytest.fixture
def seen(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A function that gives a browser whose camera sees one code and nothing else."""
    started = []

    def with_code(matrix: Any) -> Any:
        film = tmp_path / f"code-{len(started)}.y4m"
        _frames(film, matrix)
        started.append(browser.browser_type.launch(
            executable_path=browser.browser_type.executable_path if not Path("/usr/bin/chromium").exists() else "/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                  f"--use-file-for-fake-video-capture={film}"],
        ))  # fmt: skip
        return started[-1]

    yield with_code
    for one in started:
        one.close()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["QR code", "data matrix"])
def test_the_camera_reads_a_code_into_its_field_and_is_off_again(
    seen: Any, address: str, house: Any, treated: str, kind: str
) -> None:
    segno = pytest.importorskip("segno")
    expect = pytest.importorskip("playwright.sync_api").expect
    code = payload(f"COI-{treated}", f"BAG-{treated}", "L1") if kind == "QR code" else f"BAG-{treated}"
    matrix = segno.make(code, error="q", micro=False).matrix if kind == "QR code" else _data_matrix(code)
    page = opened(seen(matrix), address, "nurse-1", width=390, scheme="light")
    page.goto(f"{address}/bed/")
    page.fill("#b-participant", treated)
    page.fill("#b-wristband", treated)
    page.click('[data-camera="b-bag"]')
    expect(page.locator("#b-bag")).to_have_value(code, timeout=30_000)
    assert not page.locator("dialog").is_visible()
    assert page.evaluate("document.querySelector('video').srcObject") is None, "no camera goes on"
    assert page.input_value("#b-wristband") == treated
    if kind == "QR code":
        page.click("form.panel > button")
        page.wait_for_url("**/sign/*/")
        facts = page.locator("dl.facts").inner_text()
        assert f"BAG-{treated}" in facts
        assert "L1" in facts
    assert not page.faults
    assert not page.elsewhere
    page.context.close()
