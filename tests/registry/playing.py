"""A story played in a real Chromium: a hospital of its own, and people at their screens who fill in forms, sign, and are refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from record.synthetic import STAFF, Hospital

from .conftest import PASSWORD

#: so long a page is waited for, in milliseconds
PATIENCE = 300_000
#: where the log of a story is kept: each is played on both
ENGINES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def store_for(request: pytest.FixtureRequest, *, nightly: bool = True) -> str | None:
    """Where the log of a story is kept: ``None`` in its folder, else a database of its own on a PostgreSQL server; that nightly, unless the story is short."""
    if request.param == "sqlite":
        return None
    if nightly and not os.environ.get("PROBAND_NIGHTLY"):
        pytest.skip("the story on PostgreSQL is played nightly (PROBAND_NIGHTLY=1)")
    _, where = request.getfixturevalue("postgres_database")()
    return str(where)


@contextmanager
def playing(house: Hospital, made: Hospital) -> Iterator[Hospital]:
    """Let the registry of this process serve another hospital for a while; everybody signs with the password that they have."""
    from django.test import override_settings

    from proband.registry import opened

    opened.use(made.record)
    try:
        with override_settings(PROBAND_RECORD=made.record.folder):
            yield made
    finally:
        opened.use(house.record)
        made.record.close()


class Screen:
    """Somebody at a screen, signed in by hand."""

    def __init__(
        self, browser: Any, address: str, person: str, way: tuple[str, str], *, width: int, scheme: str
    ) -> None:
        self.address, self.way = address, "@".join(way)
        self.context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        # a machine under load is slow and not wrong: what never comes is told late
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.page.goto(f"{address}/sign-in/")
        self.enter(person, PASSWORD)

    def enter(self, person: str, password: str) -> None:
        """Sign in by hand."""
        self.page.fill("#id_username", person)
        self.page.fill("#id_password", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def go(self, path: str) -> str:
        """What stands on a page."""
        self.page.goto(f"{self.address}{path}")
        return self.said

    @property
    def said(self) -> str:
        """The text of the page as it is read."""
        return str(self.page.locator("body").inner_text())

    def fill(self, verb: str, subject: str, fields: dict[str, str] | None = None, **said: str) -> None:
        """Fill in the form of a command and send it."""
        self.page.goto(f"{self.address}/do/{verb}/?subject={subject}")
        asked = {
            "reason": "synthetic",
            **{f"f.{name}": text for name, text in (fields or {}).items()},
            "as": self.way,
            **said,
        }
        for name, value in asked.items():
            at = self.page.locator(f'[name="{name}"]')
            assert at.count() == 1, (name, self.said)
            if at.evaluate("one => one.tagName") == "SELECT":
                at.select_option(value)
            else:
                at.fill(value)
        self.page.click("form.panel > .row button.btn")

    def sign(self, second: tuple[str, str] | None = None) -> None:
        """Sign what is shown, alone or with somebody beside."""
        assert self.page.locator("#password").count() == 1, self.said
        self.page.fill("#password", PASSWORD)
        if second is not None:
            self.page.fill("#second-person", second[0])
            self.page.fill("#second-role", second[1])
            self.page.fill("#second-password", PASSWORD)
        self.press("form.stackv > button.btn")

    def press(self, button: str) -> None:
        """Press it, and wait for the page that answers, or for the word that nothing did: at the bed a page stays until there is an answer."""
        self.page.evaluate("document.body.dataset.pressed = 'yes'")
        self.page.click(button)
        self.page.wait_for_selector("body:not([data-pressed]), [data-says]:not([hidden])", state="attached")

    def do(
        self,
        verb: str,
        subject: str,
        fields: dict[str, str] | None = None,
        *,
        second: tuple[str, str] | None = None,
        **said: str,
    ) -> int:
        """Do a command, and give the number of its event."""
        self.fill(verb, subject, fields, **said)
        if "/sign/" in self.page.url:
            self.sign(second)
        assert "/event/" in self.page.url, self.said
        return int(self.page.url.rstrip("/").rpartition("/")[2])


@contextmanager
def entering(
    browser: Any, address: str, staff: Mapping[str, tuple[str, str]] = STAFF
) -> Iterator[Callable[..., Screen]]:
    """A function that gives the screen of somebody of a hospital's staff, always the same one."""
    known: dict[str, Screen] = {}

    def enter(person: str, *, width: int = 1280, scheme: str = "light") -> Screen:
        if person not in known:
            known[person] = Screen(browser, address, person, staff[person], width=width, scheme=scheme)
        return known[person]

    try:
        yield enter
    finally:
        for one in known.values():
            one.context.close()
