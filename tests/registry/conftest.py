"""One synthetic hospital for every test of the registry, with accounts, and browsers that are signed in.

Django is configured once in a process: so the hospital is of the session, each test takes participants of its own, and all run in one worker.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from record.conftest import postgres_database, postgres_server  # noqa: F401 - fixtures of the record
from record.synthetic import STAFF, Hospital, hospital

pytest.importorskip("django")

PASSWORD = "synthetic and long enough"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/registry/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("registry"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """The hospital in a folder, the registry configured over its record, everybody with a password of their own."""
    from proband.registry import deployment, opened

    folder: Path = tmp_path_factory.mktemp("registry") / "record"
    made = hospital(folder=folder)
    # a browser that another test has open runs a loop in this thread, and Django would take it for its own
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # the record's own clock stands: what the registry asks of it must be asked of that clock
    deployment.configure(folder, know_arms=[role for role, _ in STAFF.values()])
    opened.use(made.record)
    from proband.registry import accounts

    patch = pytest.MonkeyPatch()
    # as strong as a login is slow: the tests sign often, and one test holds the strength
    patch.setattr(accounts, "_COST", 2**4)
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    from proband.registry.models import Account

    keys = {person: made.record.people.get(person) for person in STAFF}
    for person, password in list(accounts.admit_all(made.record)):
        accounts.choose_password(made.record, Account.objects.get(username=person), password, PASSWORD)
    _with_keys_at_hand(made, keys)
    yield made
    patch.undo()
    opened.close()


def _with_keys_at_hand(house: Hospital, keys: dict[str, Any]) -> None:
    """What a test sets up without a browser is signed with keys that lie open for that moment, and for no other."""
    do, people = house.do, house.record.people

    def signed(*arguments: Any, **options: Any) -> Any:
        people._known = dict(keys)
        try:
            return do(*arguments, **options)
        finally:
            people._known = {}

    house.do = signed  # type: ignore[method-assign]


@pytest.fixture
def browsing(house: Hospital) -> Callable[[str], Any]:
    """A function that gives the browser of somebody who has signed in."""
    from django.test import Client

    from proband.registry.models import Account

    def signed_in(person: str) -> Any:
        client = Client(SERVER_NAME="localhost")
        client.force_login(
            Account.objects.get(username=person), backend="django.contrib.auth.backends.ModelBackend"
        )
        return client

    return signed_in


def with_a_bag(house: Hospital, letter: str) -> str:
    """Somebody whom no other test has, with a collection and a container made from it."""
    house.wait(days=20)
    person = f"{letter}-{len(house.record.state.participants) + 1}"
    house.admit(person)
    house.collect(person, f"COI-{person}", f"DIN-{person}")
    house.make(f"BAG-{person}", f"COI-{person}", [f"DIN-{person}"])
    return person


@pytest.fixture(scope="session")
def address(house: Hospital) -> Iterator[str]:
    """Where the registry is served, as ``proband serve`` serves it."""
    from proband.registry.serving import server

    running = server(0)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    yield f"http://localhost:{running.effective_port}"
    running.close()
    thread.join(5)


@pytest.fixture
def newcomer(house: Hospital) -> Callable[[], str]:
    """A function that names a participant whom no other test has."""

    def named() -> str:
        return f"N-{len(house.record.state.participants) + 1:03d}"

    return named


Doing = Callable[..., Any]


@pytest.fixture
def doing(browsing: Callable[[str], Any]) -> Doing:
    """A function that fills in a form, signs it where it is signed, and gives the last answer."""
    import uuid

    def do(
        person: str, way: str, verb: str, subject: str, fields: dict[str, str] | None = None, *,
        second: tuple[str, str] | None = None, password: str = PASSWORD, **said: str,
    ) -> Any:  # fmt: skip
        client = browsing(person)
        own = {f"f.{name}": value for name, value in (fields or {}).items()}
        beside = (
            {"second.person": second[0], "second.role": second[1], "second.password": PASSWORD}
            if second
            else {}
        )
        filled = {
            "subject": subject,
            "as": way,
            "key": uuid.uuid4().hex,
            "reason": "synthetic",
            "password": password,
        }
        answer = client.post(f"/do/{verb}/", filled | own | beside | said)
        if answer.status_code == 302 and answer["Location"].startswith("/sign/"):
            answer = client.post(answer["Location"], {"password": password} | beside)
        return answer

    return do
