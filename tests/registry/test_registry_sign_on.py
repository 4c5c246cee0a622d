"""Sign-on by a hospital's provider: over real sockets against a provider that speaks OpenID Connect, right and wrong in one thing at a time."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from record.synthetic import Hospital

pytest.importorskip("authlib")

from .conftest import PASSWORD
from .hospital_provider import CLIENT, SECRET, TestProvider

WRONG = ("described as another", "state of another", "no identity", "another issuer", "another audience", "asked by us for another", "too old", "another nonce", "no nonce",
         "never ends", "nobody", "unsigned", "signed by what both know", "another key")  # fmt: skip


@pytest.fixture
def provider(house: Hospital) -> Iterator[TestProvider]:
    from django.test import override_settings

    from proband.registry.models import HospitalAccount
    from proband.registry.sign_on import HospitalProvider

    made = TestProvider()
    with override_settings(PROBAND_SIGN_ON=HospitalProvider(made.issuer, CLIENT, SECRET)):
        yield made
    made.close()
    HospitalAccount.objects.all().delete()


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def there_and_back(begun: Any) -> str:
    """Where the provider sends a browser back to that was sent to it."""
    assert begun.status_code == 302, begun.content.decode()
    with pytest.raises(urllib.error.HTTPError, match="302") as answer:
        urllib.request.build_opener(_Stays()).open(begun["Location"], timeout=30)
    return str(answer.value.headers["Location"]).removeprefix("http://localhost")


def stranger() -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost")


def bound(client: Any) -> Any:
    """Somebody who is signed in binds whoever the provider says."""
    return client.get(asked_to_bind(client))


def asked_to_bind(client: Any) -> str:
    assert 'url=/sign-on/"' in client.post("/sign-on/bind/", {"password": PASSWORD}).content.decode()
    return there_and_back(client.get("/sign-on/")) + "&here=1"


def signed_on(client: Any) -> Any:
    return client.get(there_and_back(client.get("/sign-on/")) + "&here=1")


def test_whoever_bound_their_account_is_let_in_and_nobody_else(
    house: Hospital, browsing: Callable[[str], Any], provider: TestProvider
) -> None:
    client = stranger()
    assert "Sign in by your hospital" in client.get("/sign-in/").content.decode()
    refused = signed_on(client)
    assert refused.status_code == 422
    assert "registry.sign-on.unbound" in refused.content.decode()
    assert client.get("/").status_code == 302, "nobody gets an account by coming this way"
    done = bound(browsing("dr-1"))
    assert (done.status_code, done["Location"]) == (302, "/sign-on/own/")
    before = client.session.session_key
    assert signed_on(client)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert client.session["_auth_user_id"]
    assert client.session.session_key != before, "the session of before is none any more"
    # somebody else of the provider, and whoever took it back
    provider.subject = "s-2"
    assert "registry.sign-on.unbound" in signed_on(stranger()).content.decode()
    provider.subject = "s-1"
    assert "registry.sign-on.taken" in bound(browsing("dr-3")).content.decode(), (
        "one account there is one account here"
    )
    browsing("dr-1").post("/sign-on/own/")
    assert "registry.sign-on.unbound" in signed_on(stranger()).content.decode()


def test_an_issuer_that_ends_in_a_stroke_is_told_by_its_own_word(
    browsing: Callable[[str], Any], provider: TestProvider
) -> None:
    provider.named = f"{provider.issuer}/"
    bound(browsing("dr-1"))
    assert signed_on(stranger())["Location"] == "/"
    # and no other word is its own
    provider.bent = "another issuer"
    assert signed_on(stranger()).status_code == 422


@pytest.mark.parametrize("password", ["", "not the one that it is"])
def test_a_screen_that_was_left_alone_makes_nobody_a_way_in(
    browsing: Callable[[str], Any], provider: TestProvider, password: str
) -> None:
    client = browsing("dr-1")
    answer = client.post("/sign-on/bind/", {"password": password})
    assert answer.status_code == 422
    assert "registry.token.password" in answer.content.decode()
    # the way there begins for nobody
    assert client.get("/sign-on/")["Location"] == "/"


def test_it_signs_nothing(browsing: Callable[[str], Any], provider: TestProvider, house: Hospital) -> None:
    bound(browsing("dr-1"))
    client = stranger()
    signed_on(client)
    consent = {
        "verb": "consent.give",
        "subject": "X",
        "role": "physician",
        "site": "north",
        "data": {},
        "password": "",
    }
    before = house.record.state.seq
    assert client.post("/api/do", consent, content_type="application/json").status_code == 422
    assert house.record.state.seq == before


@pytest.mark.parametrize("wrong", WRONG)
def test_a_word_that_does_not_hold_opens_nothing(
    browsing: Callable[[str], Any], provider: TestProvider, wrong: str
) -> None:
    assert bound(browsing("dr-1"))["Location"] == "/sign-on/own/"
    from proband.registry.sign_on import client_of

    client_of.cache_clear()
    provider.bent = wrong
    client = stranger()
    begun = client.get("/sign-on/")
    if wrong != "described as another":
        begun = client.get(there_and_back(begun) + "&here=1")
    assert begun.status_code == 422, wrong
    assert "registry.sign-on.provider" in begun.content.decode()
    assert client.get("/").status_code == 302
    assert PASSWORD not in begun.content.decode()


def test_what_came_back_counts_once_in_its_own_browser_and_for_what_it_was_asked(
    browsing: Callable[[str], Any], provider: TestProvider
) -> None:
    from proband.registry.models import HospitalAccount

    mine = browsing("dr-1")
    bound(mine)
    client = stranger()
    back = there_and_back(client.get("/sign-on/")) + "&here=1"
    assert stranger().get(back).status_code == 422, "in another browser it opens nothing"
    assert client.get(back)["Location"] == "/"
    assert client.get(back).status_code == 422, "and never twice"
    # a way in that somebody else began is not bound to whoever follows their link
    provider.subject = "s-3"
    theirs = stranger()
    foreign = there_and_back(theirs.get("/sign-on/")) + "&here=1"
    mine.get(foreign)
    assert not HospitalAccount.objects.filter(subject="s-3").exists()
    # asked by somebody who signed out meanwhile, nothing is bound
    back = asked_to_bind(mine)
    mine.post("/sign-out/")
    assert mine.get(back).status_code == 422
    assert not HospitalAccount.objects.filter(subject="s-3").exists()


def test_nonsense_locks_nobody_out_and_is_kept(
    browsing: Callable[[str], Any], provider: TestProvider
) -> None:
    from proband.registry.models import PageRead

    bound(browsing("dr-1"))
    for turn in range(12):
        answer = stranger().get(f"/sign-on/back/?code=x&state={turn}&here=1")
        assert answer.status_code == 422
    assert signed_on(stranger())["Location"] == "/"
    kept = PageRead.objects.filter(page="sign-on", subject="registry.sign-on.provider")
    assert kept.count() >= 12


def test_without_a_provider_there_is_none_and_without_https_it_is_refused(
    house: Hospital, browsing: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry import sign_on

    for address in ("/sign-on/", "/sign-on/back/"):
        assert stranger().get(address).status_code == 404
    assert browsing("dr-1").post("/sign-on/bind/").status_code == 404
    assert "hospital" not in stranger().get("/sign-in/").content.decode()
    monkeypatch.setenv(sign_on.ISSUER, "http://sso.hospital.example.org")
    with pytest.raises(sign_on.SignOnFault) as refused:
        sign_on.provider_of_environment()
    assert refused.value.code == "registry.sign-on.issuer"


@pytest.mark.browser
def test_in_chromium_with_cookies_that_no_other_site_brings(
    browser: Any, address: str, browsing: Callable[[str], Any], provider: TestProvider
) -> None:
    """The provider is another site (127.0.0.1 beside localhost): the strict cookie comes back all the same, without any script."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sign-in/")
    page.fill("#id_username", "dr-1")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/password/")
    page.click("text=Hospital sign-on")
    page.fill("#password", PASSWORD)
    page.click("text=Bind my account")
    page.wait_for_selector("text=opens yours here")
    context.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sign-in/")
    page.click("text=Sign in by your hospital")
    page.wait_for_selector("text=What is due where you work")
    assert page.url == f"{address}/"
    context.close()
