"""What the Application Security Verification Standard asks and no other test holds; and the list of all its items, read as it stands in the docs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from named_tests import names_of_tests
from record.synthetic import Hospital

from .conftest import PASSWORD
from .test_registry_entrance import addresses

ROOT = Path(__file__).parent.parent.parent
LIST = ROOT / "docs" / "asvs.md"
STANDS = ("test", "made so", "site", "nothing of the kind", "open")
#: items of levels 1 and 2 in each chapter of version 5.0.0 (70 and 183 in all)
IN_CHAPTER = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7}  # fmt: skip


def _rows() -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in LIST.read_text(encoding="utf-8").splitlines()
        if line.startswith("| V")
    ]


def test_the_list_has_every_item_once_and_each_test_that_it_names_is_there() -> None:
    rows = _rows()
    names = [row[0] for row in rows]
    assert len(set(names)) == len(names) == 253
    by_chapter: dict[int, int] = {}
    for name in names:
        chapter = int(name[1:].split(".")[0])
        by_chapter[chapter] = by_chapter.get(chapter, 0) + 1
    assert by_chapter == IN_CHAPTER
    there = names_of_tests()
    counts = dict.fromkeys(STANDS, 0)
    for name, asks, stands, why in rows:
        counts[stands] += 1
        assert asks, name
        if stands == "test":
            assert why.strip("`") in there, (name, why)
        elif stands in ("made so", "open"):
            assert why, f"{name}: a reason"
    said = f"**253 items = {' + '.join(f'{counts[one]} {one}' for one in STANDS)}.**"
    assert said in LIST.read_text(encoding="utf-8"), said


def test_no_code_is_made_from_text() -> None:
    """No eval, no exec, no pickle, no process, in the whole registry."""
    for path in (ROOT / "src" / "proband" / "registry").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), path
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [one.name for one in node.names] + [getattr(node, "module", None) or ""]
                assert not {"pickle", "marshal", "shelve", "subprocess", "ctypes"} & set(names), path


@pytest.mark.parametrize(
    "there",
    ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "\\\\elsewhere.example"],
)
def test_a_link_from_elsewhere_leads_nowhere(house: Hospital, there: str) -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    sent = client.post("/sign-in/", {"username": "dr-1", "password": PASSWORD, "next": there})
    assert sent.status_code == 302
    assert sent["Location"] == "/"


def test_no_answer_opens_itself_to_another_origin(browsing: Any) -> None:
    client = browsing("dr-1")
    for name, address in addresses():
        if name == "sign-out":
            continue
        answer = client.get(address, HTTP_ORIGIN="https://elsewhere.example")
        assert not answer.has_header("Access-Control-Allow-Origin"), name
        assert answer["Referrer-Policy"] == "same-origin", name
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", name
        if answer.status_code == 200:
            kind = answer["Content-Type"]
            assert "charset=utf-8" in kind.lower() or kind.startswith("application/json"), (name, kind)
        assert {client.generic(method, address).status_code for method in ("TRACE", "PUT", "DELETE")} == {
            405
        }, name


def test_nothing_is_done_by_asking_for_a_page(house: Hospital, browsing: Any) -> None:
    """Every address by GET, with everything filled in that a form could hold, records nothing."""
    client, before = browsing("sys-1"), house.record.state.seq
    said = {
        "subject": "ASK-1",
        "as": "custodian@*",
        "key": "ask",
        "participant": "ASK-1",
        "password": PASSWORD,
        "do": "record",
        "reason": "x",
    }
    for name, address in addresses():
        if name != "sign-out":
            client.get(address, said)
    client.get("/do/participant.refer/", said)
    assert house.record.state.seq == before


def test_the_name_of_a_download_is_one_word(house: Hospital, browsing: Any) -> None:
    client, found = browsing("sys-1"), 0
    for address in (*(path for _, path in addresses()), "/table/participants/?as=csv"):
        if address == "/sign-out/":
            continue
        said = client.get(address).get("Content-Disposition", "")
        if said:
            found += 1
            assert re.fullmatch(r'attachment; filename="[\w.-]+"', said), (address, said)
    assert found >= 4


def test_which_passwords_are_taken(house: Hospital, browsing: Any) -> None:
    """Any signs, however long, as they are typed; not the common ones; fields that a manager fills in."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from proband.registry.models import Account

    dr = Account.objects.get(username="dr-1")
    for good in (
        "all small letters",
        "ÄÖÜ ärztlich 漢字 und mehr",
        "x" * 40 + " long " * 20,
        " begins and ends with a blank ",
    ):
        validate_password(good, dr)
    for bad in ("qwerty123456", "1q2w3e4r5t6y", "short", "123456123456"):
        with pytest.raises(ValidationError):
            validate_password(bad, dr)
    page = browsing("dr-1").get("/password/").content.decode()
    for name in ("old", "new", "again"):
        (field,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', page)
        assert 'type="password"' in field
        assert "autocomplete=" in field
        assert "maxlength" not in field
        assert "onpaste" not in field
    dr.set_password(" a Password as typed ")
    assert not dr.check_password("a Password as typed")
    assert not dr.check_password(" a password as typed ")


def test_a_session_is_a_new_one_after_signing_in(house: Hospital) -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.get("/sign-in/")
    planted = client.session
    planted["planted"] = "x"
    planted.save()
    client.cookies["proband"] = planted.session_key
    client.post("/sign-in/", {"username": "dr-1", "password": PASSWORD})
    assert client.cookies["proband"].value != planted.session_key
    cookie = client.cookies["proband"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


def test_a_session_ends_after_a_shift_however_much_it_is_used(
    browsing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry import guarding

    client, now = browsing("dr-1"), guarding.time.time()
    asked = 0
    while True:
        monkeypatch.setattr(guarding.time, "time", lambda at=now + asked * 600: at)
        answer = client.get("/keys/")
        if answer.status_code == 302:
            break
        asked += 1
        assert asked < 100
    assert asked * 600 == 12 * 3600 + 600


def test_another_password_ends_every_other_session(house: Hospital, browsing: Any) -> None:
    here, there = browsing("qa-2"), browsing("qa-2")
    assert "Sign out" in here.get("/").content.decode()
    assert there.get("/").status_code == 200
    other = f"{PASSWORD} anew"
    assert here.post("/password/", {"old": PASSWORD, "new": other, "again": other})["Location"] == "/"
    assert here.get("/").status_code == 200
    assert there.get("/")["Location"].startswith("/sign-in/")
    assert here.post("/password/", {"old": other, "new": PASSWORD, "again": PASSWORD})["Location"] == "/"


def test_signing_out_clears_the_browser(browsing: Any) -> None:
    client = browsing("dr-1")
    answer = client.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/")["Location"].startswith("/sign-in/")


def test_with_https_every_answer_says_so(house: Hospital, tmp_path: Path) -> None:
    from django.http import HttpResponse
    from django.middleware.security import SecurityMiddleware
    from django.test import RequestFactory, override_settings

    from proband.registry import deployment

    made = deployment._settings(tmp_path, tmp_path, ("h.example",), True, ())
    strict = {name: value for name, value in made.items() if name.startswith("SECURE_")}
    with override_settings(**strict, ALLOWED_HOSTS=["h.example"]):
        guarded = SecurityMiddleware(lambda request: HttpResponse("x"))
        plain = guarded(RequestFactory().get("/", SERVER_NAME="h.example"))
        assert plain.status_code == 301
        assert plain["Location"] == "https://h.example/"
        said = guarded(RequestFactory().get("/", SERVER_NAME="h.example", HTTP_X_FORWARDED_PROTO="https"))
        assert said["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_the_secrets_of_a_registry_are_its_owners_alone(house: Hospital) -> None:
    folder: Path = house.record.folder / "registry"
    for path in (folder / "secret.key", folder / "registry.db"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert folder.stat().st_mode & 0o077 == 0
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src" / "proband" / "registry").rglob("*.py")
    )
    assert (folder / "secret.key").read_text(encoding="ascii") not in source


def test_a_parameter_that_is_given_twice_is_read_once(house: Hospital, browsing: Any) -> None:
    """The last one, in forms and addresses alike: nobody is judged by one and recorded by another."""
    client, before = browsing("dr-1"), house.record.state.seq
    sent = client.post(
        "/do/participant.refer/?subject=TW-0&as=custodian@*",
        "subject=TW-1&subject=TW-2&as=custodian@*&as=physician@north&key=twice-1",
        content_type="application/x-www-form-urlencoded",
    )
    assert sent.status_code == 302, sent.content.decode()[-500:]
    assert house.record.state.seq == before + 1
    assert "TW-2" in house.record.state.participants
    assert "TW-1" not in house.record.state.participants
    refused = client.post(
        "/do/participant.refer/",
        "subject=TW-3&as=physician@north&as=custodian@*",
        content_type="application/x-www-form-urlencoded",
    )
    assert refused.status_code == 403
    assert "TW-3" not in house.record.state.participants


def test_every_sign_in_is_kept_right_or_wrong(house: Hospital) -> None:
    from axes.models import AccessAttempt, AccessLog
    from axes.utils import reset
    from django.test import Client

    before = AccessLog.objects.filter(username="lab-1").count()
    client = Client(SERVER_NAME="localhost")
    client.post("/sign-in/", {"username": "lab-1", "password": "wrong and long enough"})
    assert AccessAttempt.objects.filter(username="lab-1").count() == 1
    assert PASSWORD not in str(list(AccessAttempt.objects.values()))
    assert "wrong and long enough" not in str(list(AccessAttempt.objects.values()))
    client.post("/sign-in/", {"username": "lab-1", "password": PASSWORD})
    assert AccessLog.objects.filter(username="lab-1").count() == before + 1
    reset(username="lab-1")


def test_a_fault_of_the_server_tells_nothing(
    house: Hospital, browsing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry.views import shown

    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the machine")

    client, before = browsing("dr-1"), house.record.state.seq
    client.raise_request_exception = False
    monkeypatch.setattr(shown, "rows_for", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert house.record.state.seq == before
