"""Tokens for machines: told once, kept as a hash, within their scopes, until their day; they act as who made them and sign nothing."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from proband.record import COMMANDS
from record.synthetic import STAFF, Hospital

from .conftest import PASSWORD
from .in_browser import check_accessible_and_fits, opened

MAKER = "dr-1"


@pytest.fixture
def token(browsing: Any) -> Any:
    """A function that makes a token of somebody on the page, and gives its secret."""
    import re

    def made(*scopes: str, person: str = MAKER, days: str = "30", password: str = PASSWORD) -> str:
        said = {
            "name": f"t-{uuid.uuid4().hex[:6]}",
            "days": days,
            "scope": list(scopes),
            "password": password,
        }
        page = browsing(person).post("/tokens/", said).content.decode()
        found = re.findall(r'<code id="token">([^<]+)</code>', page)
        return found[0] if found else page

    return made


def sent(secret: str, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """A request of a machine: no cookie, no session, no token of a form."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    content = json.dumps(body) if body is not None else ""
    given = {
        "Authorization": f"Bearer {secret}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    answer = client.generic(method, address, content, content_type="application/json", headers=given)
    assert not answer.cookies, "a machine is given no session"
    return answer


def refer(person: str) -> dict[str, Any]:
    return {"verb": "participant.refer", "subject": person, "role": "physician", "site": "north"}


def test_a_token_reads_and_does_what_it_was_made_for_and_nothing_else(house: Hospital, token: Any, newcomer: Any) -> None:  # fmt: skip
    """Generated: each scope against each address of the API; and whatever is no address of it."""
    cells = {
        "tables:read": ("GET", "/api/tables/participants", None),
        "commands:read": ("GET", "/api/commands", None),
        "do:participant.refer": ("POST", "/api/do", refer(newcomer())),
        "do:visit.record": ("POST", "/api/do", {**refer("nobody-there"), "verb": "visit.record"}),
    }
    before = house.record.state.seq
    for scope in cells:
        secret = token(scope)
        assert secret.startswith("proband_"), secret[:400]
        for other, (method, address, body) in cells.items():
            answer = sent(secret, method, address, body, Idempotency_Key=uuid.uuid4().hex)
            if other == scope:
                assert answer.status_code != 403 or "registry.scope" not in answer.content.decode(), scope
            else:
                assert answer.status_code == 403, (scope, other)
                assert answer.json()["code"] == "registry.scope"
        for page in ("/", "/board/", "/tokens/", "/table/participants/"):
            assert sent(secret, "GET", page)["Location"].startswith("/sign-in/"), page
    assert house.record.state.seq == before + 1


def test_it_acts_as_who_made_it_and_sees_what_they_see(house: Hospital, token: Any, browsing: Any) -> None:
    for person in ("dr-1", "dr-2", "board-1"):
        secret = token("tables:read", person=person)
        mine = browsing(person).get("/api/tables/participants").json()
        assert sent(secret, "GET", "/api/tables/participants").json() == mine
    _, site = STAFF["dr-1"]
    other = {"verb": "participant.refer", "subject": "X-9", "role": "physician", "site": "south"}
    secret = token("do:participant.refer")
    assert site != "south"
    answer = sent(secret, "POST", "/api/do", other, Idempotency_Key="other")
    assert answer.status_code == 403
    assert answer.json()["reasons"][0]["code"] == "gate.authority.site"


def test_it_signs_nothing(token: Any, newcomer: Any) -> None:
    from proband.registry.tokens import scopes_offered

    signed = {f"do:{verb}" for verb, one in COMMANDS.items() if one.signature is not None}
    assert not signed & set(scopes_offered())
    secret = token("do:participant.refer", "commands:read")
    for body in (
        refer(newcomer()) | {"password": PASSWORD},
        refer(newcomer()) | {"beside": [{"person": "dr-3", "role": "physician", "password": PASSWORD}]},
    ):
        answer = sent(secret, "POST", "/api/do", body, Idempotency_Key=uuid.uuid4().hex)
        assert (answer.status_code, answer.json()["code"]) == (403, "registry.token.signs")
    for address in ("/api/prompt", "/api/sign/k"):
        body = {"authenticator": "a", "client": "b", "signature": "c"} | refer("x")
        assert sent(secret, "POST", address, body).json()["code"] == "registry.token.signs"


def test_sent_again_with_its_key_it_is_the_same_event(house: Hospital, token: Any, newcomer: Any) -> None:
    secret, body, key = token("do:participant.refer"), refer(newcomer()), uuid.uuid4().hex
    first = sent(secret, "POST", "/api/do", body, Idempotency_Key=key).json()
    seq = house.record.state.seq
    again = sent(secret, "POST", "/api/do", body, Idempotency_Key=key).json()
    assert (again["seq"], again["repeated"]) == (first["seq"], True)
    assert house.record.state.seq == seq
    other = sent(secret, "POST", "/api/do", refer(newcomer()), Idempotency_Key=key)
    assert other.status_code in (409, 422), "another command under the same key is none of the two"
    assert house.record.state.seq == seq
    without = sent(secret, "POST", "/api/do", refer(newcomer()))
    assert (without.status_code, without.json()["code"]) == (422, "registry.token.key")


def test_what_ended_opens_nothing(token: Any, browsing: Any) -> None:
    from django.utils import timezone

    from proband.registry.models import ApiToken

    def status(secret: str) -> int:
        return int(sent(secret, "GET", "/api/tables/participants").status_code)

    ran_out, taken, by_custodian = (token("tables:read") for _ in range(3))
    newest = list(ApiToken.objects.order_by("-pk")[:3])[::-1]
    assert [status(one) for one in (ran_out, taken, by_custodian)] == [200, 200, 200]
    ApiToken.objects.filter(pk=newest[0].pk).update(expires=timezone.now() - timedelta(seconds=1))
    assert browsing("dr-3").post(f"/tokens/{newest[1].pk}/end/").status_code == 404, "somebody else's"
    assert status(taken) == 200
    assert browsing(MAKER).post(f"/tokens/{newest[1].pk}/end/").status_code == 302
    assert browsing("sys-1").post(f"/tokens/{newest[2].pk}/end/").status_code == 302
    for secret in (ran_out, taken, by_custodian, "proband_made-up", ""):
        answer = sent(secret, "GET", "/api/tables/participants")
        assert answer.status_code == 401, secret
        assert answer.json()["code"] == "registry.token"


def test_it_is_kept_as_a_hash_and_each_use_is_kept(house: Hospital, token: Any) -> None:
    from proband.registry.models import ApiToken, PageRead

    secret = token("tables:read")
    kept = ApiToken.objects.order_by("-pk").first()
    everything = [str(value) for value in vars(kept).values()]
    assert not any(secret.removeprefix("proband_") in value for value in everything)
    before = PageRead.objects.filter(page=f"token:{kept.name}").count()
    sent(secret, "GET", "/api/tables/doses")
    found = PageRead.objects.filter(page=f"token:{kept.name}")
    assert found.count() == before + 1
    assert (found.first().person, found.first().subject) == (MAKER, "/api/tables/doses")


@pytest.mark.parametrize(
    "wrong",
    [{"days": "0"}, {"days": "366"}, {"days": "-1"}, {"days": "9" * 9}, {"days": "x"}, {"password": "not mine and long"}],
)  # fmt: skip
def test_a_token_that_is_none_is_not_made(token: Any, wrong: dict[str, str]) -> None:
    from proband.registry.models import ApiToken

    before = ApiToken.objects.count()
    page = token("tables:read", **wrong)
    assert "registry.token." in page
    assert "registry.token." in token()
    assert "registry.token." in token("do:consent.give"), "what is signed is no scope"
    assert ApiToken.objects.count() == before
    from axes.utils import reset

    reset()


def _lines(secret: str, asked: str) -> tuple[Any, list[bytes]]:
    answer = sent(secret, "GET", f"/api/tables/participants/rows?{asked}")
    return answer, list(answer.streaming_content) if answer.streaming else []


def test_rows_come_a_line_each_counted_at_both_ends_and_from_where_one_stopped(house: Hospital, token: Any, newcomer: Any) -> None:  # fmt: skip
    secret = token("tables:read")
    for _ in range(3):
        house.refer(newcomer())
    whole = sent(secret, "GET", "/api/tables/participants").json()
    assert len(whole) > 2
    _, all_lines = _lines(secret, "")
    digest = sha256(b"".join(all_lines[:-1])).hexdigest()
    for after in (0, 1, len(whole), len(whole) + 5):
        answer, lines = _lines(secret, f"after={after}")
        *rows, last = map(json.loads, lines)
        assert rows == whole[after:]
        assert last == {"rows": len(whole), "sha256": digest, "as_of": house.record.state.seq}
        assert int(answer["X-Proband-Rows"]) == len(whole)
    # narrowed by what stands in a row, and counted so
    for asked, wanted in (
        (f"q={whole[-1]['participant']}", whole[-1:]),
        (f"of={whole[0]['participant']}", whole[:1]),
        ("column=site&value=NORTH", [row for row in whole if row["site"] == "north"]),
        ("q=nobody-at-all", []),
    ):
        answer, lines = _lines(secret, asked)
        assert [json.loads(line) for line in lines[:-1]] == wanted, asked
        assert json.loads(lines[-1])["rows"] == len(wanted) == int(answer["X-Proband-Rows"])


def test_whoever_goes_on_has_every_row_once_or_is_told_to_begin_again(
    house: Hospital, token: Any, newcomer: Any
) -> None:
    secret, name = token("tables:read"), newcomer()
    house.refer(name)
    _, first = _lines(secret, "")
    had = first[:-1]
    held = sha256(b"".join(had)).hexdigest()
    later = f"{name}-later"
    house.refer(later)
    # what came meanwhile stands behind: it is had, and nothing twice
    answer, rest = _lines(secret, f"after={len(had)}&sha256={held}")
    assert [json.loads(line)["participant"] for line in rest[:-1]] == [later]
    assert json.loads(rest[-1])["sha256"] == sha256(b"".join(had + rest[:-1])).hexdigest(), (
        "both ends agree over all of it"
    )
    # one of the rows that they have is another one now
    house.screen(name)
    answer, nothing = _lines(secret, f"after={len(had)}&sha256={held}")
    assert (answer.status_code, nothing) == (409, [])
    assert answer.json()["code"] == "registry.rows.changed"
    # more rows than there are, and a hash that is none
    for many in (999_999, 10**30):
        assert _lines(secret, f"after={many}&sha256={held}")[0].status_code == 409
    assert _lines(secret, "after=1&sha256=x")[0].status_code == 409


def test_a_long_table_takes_no_more_memory_than_a_short_one(
    house: Hospital, token: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are made, put aside and sent one at a time: of 8,000 long ones never more than a few are there at once."""
    import tracemalloc

    from proband.record import tables

    secret = token("tables:read")
    row = {"subject": "study", "about": "x" * 400}
    monkeypatch.setitem(
        tables.TABLES, "queries", lambda state: ({"query": str(number)} | row for number in range(8_000))
    )
    tracemalloc.start()
    answer = sent(secret, "GET", "/api/tables/queries/rows")
    count = sum(1 for _ in answer.streaming_content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 8_001
    assert most < 2_000_000, "all of them would be more than twice as much"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_of_tokens_is_accessible_and_fits(browser: Any, address: str, width: int, scheme: str) -> None:  # fmt: skip
    page = opened(browser, address, MAKER, width=width, scheme=scheme)
    page.goto(f"{address}/tokens/")
    check_accessible_and_fits(page, "/tokens/")
    page.context.close()
