"""The entrance: nobody sees anything without signing in; passwords, lockout, idle sessions, forged forms, headers."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from record.synthetic import Hospital

from .conftest import PASSWORD

OPEN = {"sign-in", "sheet", "key-script"}
#: addresses that are there where a hospital has a sign-on of its own, and none elsewhere
SIGN_ON = {"sign-on", "sign-on-back"}
#: pages of whoever has a secret address: a calendar, a participant with a PIN
BY_SECRET = {"calendar", "family-entrance", "family-page", "family-withdraw", "family-leave"}
#: pages that ask a passkey: they run one script, which is served from here
ASKING = {"keys", "key-made", "key-offer", "second-factor", "sign", "bed", "tablet", "tablet-worker"}
#: scripts that are served, each a file of its own
SCRIPTS = {"key-script", "bed-script", "code-reader", "tablet-script", "tablet-worker"}


def addresses() -> list[tuple[str, str]]:
    from django.urls import URLResolver, reverse

    from proband.registry.addresses import urlpatterns

    fill = {
        "name": "participants",
        "subject": "S-1",
        "seq": 1,
        "verb": "participant.refer",
        "key": "k",
        "coi": "COI-1",
        "secret": "none",
        "token": "0" * 32,
        "plan": "0" * 64,
        "number": 1,
    }
    found = []
    for one in urlpatterns:
        if isinstance(one, URLResolver):
            found += [
                (f"api:{inner.name}", "/api/" + str(inner.pattern).replace("<name>", "doses"))
                for inner in one.url_patterns
            ]
            continue
        wanted = {name: fill[name] for name in one.pattern.converters}
        found.append((one.name, reverse(one.name, kwargs=wanted)))
    return found


def test_no_page_but_the_entrance_is_shown_to_anybody(house: Hospital) -> None:
    from django.test import Client

    stranger = Client(SERVER_NAME="localhost")
    seen = addresses()
    assert len(seen) > 15
    for name, address in seen:
        for answer in (stranger.get(address), stranger.post(address, {})):
            if name == "second-factor":
                assert answer["Location"] == "/sign-in/"
            elif name in SIGN_ON:
                assert answer.status_code in (404, 405), name
            elif name in BY_SECRET:
                assert answer.status_code in (403, 404, 405), (
                    "an address that nobody made is none, a page that nobody opened is closed"
                )
            elif name not in OPEN | {"sign-out"}:
                assert answer.status_code == 302, name
                assert answer["Location"].startswith("/sign-in/"), name
    assert {
        name for name, address in seen if name not in BY_SECRET and stranger.get(address).status_code == 200
    } == OPEN


def test_every_answer_forbids_scripts_frames_and_caches(browsing: Any) -> None:
    client = browsing("dr-1")
    for name, address in addresses():
        if name == "sign-out":
            continue
        answer = client.get(address)
        assert answer.status_code < 500, name
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "unsafe" not in policy, name
        runs = re.findall(r"script-src ([^;]*)", policy)
        assert runs == ([] if name not in ASKING or answer.status_code != 200 else ["'self'"]), (
            f"{name}: no page of the registry runs a script, but those that ask a passkey or a scanner"
        )
        assert answer["X-Content-Type-Options"] == "nosniff"
        if name not in {"sheet", *SCRIPTS}:
            assert answer["X-Frame-Options"] == "DENY"
            assert "no-store" in answer["Cache-Control"], name
            if answer.get("Content-Disposition"):
                continue  # kept on a disk, and opened from there
            text = (b"".join(answer) if answer.streaming else answer.content).decode()
            own = r'<script src="/(?:keys/passkey|bed/bedside|bed/tablet/tablet)\.js"(?: data-reader="/bed/zxing\.js")? defer></script>'
            text = re.sub(own, "", text) if runs else text
            assert not re.search(r"<script|\sstyle=|\son[a-z]+=", text), name


def test_a_one_time_password_opens_nothing_but_the_choice_of_ones_own(house: Hospital, doing: Any) -> None:
    from django.test import Client

    from proband.registry import accounts
    from proband.registry.models import Account

    granted = doing("sys-1", "custodian@*", "staff.grant", "new-1", {"role": "physician", "sites": "north"})
    assert granted.status_code == 200, granted.content.decode()
    (once,) = re.findall(
        r"<dt>one-time password</dt><dd><code>([a-z2-7-]{19})</code>", granted.content.decode()
    )
    client = Client(SERVER_NAME="localhost")
    assert client.post("/sign-in/", {"username": "new-1", "password": once}).status_code == 302
    for address in ("/", "/table/participants/", "/do/participant.refer/"):
        assert client.get(address)["Location"] == "/password/"
    assert (
        client.post("/do/participant.refer/", {"subject": "X-1", "as": "physician@north"})["Location"]
        == "/password/"
    )
    short = client.post("/password/", {"old": once, "new": "short", "again": "short"})
    assert short.status_code == 422
    wrong = client.post("/password/", {"old": "no", "new": PASSWORD, "again": PASSWORD})
    assert wrong.status_code == 422
    both = client.post("/password/", {"old": "no", "new": "short", "again": "short"})
    assert both.content.decode().count('class="field bad"') == 2, "each beside its field"
    assert client.post("/password/", {"old": once, "new": PASSWORD, "again": PASSWORD})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert not Account.objects.get(username="new-1").one_time
    # the key went with it: it opens with the chosen password alone
    assert accounts.key_of(house.record, "new-1", PASSWORD) is not None
    with pytest.raises(Exception, match="does not open"):
        accounts.key_of(house.record, "new-1", once)


def test_nobodys_key_lies_open_on_this_machine(house: Hospital) -> None:
    folder: Path = house.record.folder / "keys" / "persons"
    files = list(folder.glob("*.key"))
    assert len(files) >= 12
    for path in files:
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY"), path
        assert path.stat().st_mode & 0o077 == 0
    assert house.record.people._known == {}, "a key is open only while it signs"


def test_five_wrong_passwords_lock_the_account_whatever_the_address(house: Hospital) -> None:
    from axes.utils import reset
    from django.test import Client

    for turn in range(5):
        client = Client(SERVER_NAME="localhost", REMOTE_ADDR=f"10.0.0.{turn}")
        answer = client.post("/sign-in/", {"username": "watch-1", "password": f"wrong {turn}"})
    assert answer.status_code == 429
    right = Client(SERVER_NAME="localhost").post("/sign-in/", {"username": "watch-1", "password": PASSWORD})
    assert right.status_code == 429, "the right password comes too late"
    other = Client(SERVER_NAME="localhost").post("/sign-in/", {"username": "qa-2", "password": PASSWORD})
    assert other.status_code == 302, "nobody else is locked"
    reset(username="watch-1")


def test_wrong_passwords_at_the_signature_lock_as_well(house: Hospital, browsing: Any, newcomer: Any) -> None:
    from axes.utils import reset

    client, person = browsing("dr-3"), newcomer()
    house.refer(person)
    consent = {
        "version": "text-1",
        "language": "en",
        "age_years": "40",
        "by": "participant",
        "capacity": "has",
        "teach_back": "yes\nyes",
    }
    fields = {f"f.{name}": value for name, value in consent.items()}
    house.screen(person)
    sent = client.post(
        "/do/consent.give/", fields | {"subject": person, "as": "physician@north", "key": "lock-1"}
    )
    assert sent.status_code == 302, sent.content.decode()[-3000:]
    codes = [client.post(sent["Location"], {"password": f"wrong {turn}"}).status_code for turn in range(5)]
    assert codes == [422, 422, 422, 422, 429]
    assert client.post(sent["Location"], {"password": PASSWORD}).status_code == 429
    assert house.record.state.participants[person].consented_at is None
    reset(username="dr-3")
    assert client.post(sent["Location"], {"password": PASSWORD})["Location"].startswith("/event/")
    assert house.record.state.participants[person].consented_at is not None


def test_an_idle_session_is_over(browsing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from proband.registry import guarding

    client = browsing("dr-1")
    assert client.get("/").status_code == 200
    now = guarding.time.time()
    monkeypatch.setattr(guarding.time, "time", lambda: now + 901)
    assert client.get("/")["Location"].startswith("/sign-in/")
    monkeypatch.undo()
    assert client.get("/")["Location"].startswith("/sign-in/"), "and stays over"


def test_a_form_from_elsewhere_does_nothing(house: Hospital, newcomer: Any) -> None:
    from django.test import Client

    from proband.registry.models import Account

    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(
        Account.objects.get(username="dr-1"), backend="django.contrib.auth.backends.ModelBackend"
    )
    before = house.record.state.seq
    answer = client.post("/do/participant.refer/", {"subject": newcomer(), "as": "physician@north"})
    assert answer.status_code == 403
    assert house.record.state.seq == before


def test_a_name_of_another_host_is_refused(house: Hospital) -> None:
    from django.test import Client

    assert Client(SERVER_NAME="evil.example").get("/sign-in/").status_code == 400


def test_the_settings_that_are_served_are_strict(tmp_path: Path) -> None:
    from proband.registry import accounts, deployment

    made = deployment._settings(tmp_path, tmp_path, ("h.example",), True, ())
    for name in (
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "CSRF_USE_SESSIONS",
        "SECURE_SSL_REDIRECT",
    ):
        assert made[name] is True
    assert made["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert made["SESSION_COOKIE_SAMESITE"] == "Strict"
    assert made["SECURE_HSTS_SECONDS"] > 3e7
    assert made["DEBUG"] is False
    assert made["PASSWORD_HASHERS"] == ["django.contrib.auth.hashers.ScryptPasswordHasher"]
    source = Path(accounts.__file__).read_text(encoding="utf-8")
    assert "_COST, _BLOCK, _LANES = 2**15, 8, 1" in source
    assert len(hashlib.scrypt(b"x", salt=b"y", n=2**15, r=8, p=1, maxmem=2**27, dklen=32)) == 32


def test_no_django_but_the_registry_is_needed_to_know_who_may_do_what(house: Hospital) -> None:
    """The registry's own tables hold no role, no site, no name: they are the record's."""
    from proband.registry.models import Account, PageRead

    assert {field.name for field in Account._meta.get_fields()} == {
        "id",
        "password",
        "last_login",
        "username",
        "is_active",
        "one_time",
    }
    assert {field.name for field in PageRead._meta.get_fields()} == {"id", "at", "person", "page", "subject"}
