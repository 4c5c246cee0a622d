"""Whatever is sent by the registry's own description of itself: no fault of the server, nothing for a stranger, nothing that the sender may not do.

The requests are drawn from ``/api/openapi.json`` and, for commands, from the JSON Schema of each form; then bent.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from proband.record import COMMANDS, verify_record
from proband.record.declare.gate import may
from proband.record.errands import form_of
from record.synthetic import STAFF, Hospital

from .test_registry_entrance import BY_SECRET, OPEN, SIGN_ON, addresses

EXAMPLES = 2000 if os.environ.get("PROBAND_NIGHTLY") else 150
VERBS = sorted(verb for verb, one in COMMANDS.items() if not one.by_record)
FORMS = {verb: form_of(COMMANDS[verb]).model_json_schema() for verb in VERBS}
held = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))

odd = st.one_of(
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(["\x00", "\ud800", "9" * 400, "../..", "[vault:x]", "2026-02-30", "{}", "*", "1e999", "dr-1", "N-001", "north"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)  # fmt: skip


def drawn(root: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """What a schema describes, and one time in some something else."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = root.get("$defs", root.get("components", {}).get("schemas", {}))[name]
    if depth > 4:
        return odd
    if "anyOf" in schema:
        return st.one_of([drawn(root, one, depth + 1) for one in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.one_of(st.sampled_from(schema.get("enum", [schema.get("const")])), odd)
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        parts = {name: drawn(root, one, depth + 1) for name, one in schema["properties"].items()}
        needed = {name: one for name, one in parts.items() if name in schema.get("required", ())}
        rest = {name: one for name, one in parts.items() if name not in needed}
        return st.one_of(
            st.fixed_dictionaries(needed, optional=rest),
            st.dictionaries(st.sampled_from([*parts, "no_such"]), odd, max_size=4),
        )
    if kind == "object":
        inner = schema.get("additionalProperties")
        return st.dictionaries(
            st.text("abz.-_0", min_size=1, max_size=6),
            drawn(root, inner, depth + 1) if isinstance(inner, dict) else odd,
            max_size=3,
        )
    if kind == "array":
        return st.one_of(st.lists(drawn(root, schema.get("items", {}), depth + 1), max_size=3), odd)
    plain: dict[str, st.SearchStrategy[Any]] = {
        "string": st.one_of(st.text("ab-01: 2026T", max_size=20), st.sampled_from(["2026-03-02", "2026-03-02T08:00:00Z", "N-001", "mg", "BAG-1"])),
        "integer": st.integers(-3, 2**70),
        "number": st.one_of(st.floats(), st.integers(-5, 100)),
        "boolean": st.booleans(),
        "null": st.none(),
    }  # fmt: skip
    return st.one_of(plain[kind], plain[kind], odd) if kind in plain else odd


def sent(client: Any, method: str, address: str, body: Any) -> Any:
    """As JSON, with what JSON has no word for written as Python does."""
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    return client.generic(method.upper(), address, content, content_type="application/json")


@pytest.fixture(scope="module")
def described(house: Hospital) -> dict[str, Any]:
    from django.test import Client

    from proband.registry.models import Account

    client = Client(SERVER_NAME="localhost")
    client.force_login(
        Account.objects.get(username="dr-1"), backend="django.contrib.auth.backends.ModelBackend"
    )
    found: dict[str, Any] = client.get("/api/openapi.json").json()
    return found


@seed(19)
@held
@given(data=st.data())
def test_every_command_by_its_own_schema(house: Hospital, browsing: Any, data: st.DataObject) -> None:
    """What is accepted was done by somebody who holds the role, whose role may do it, where they work; everything else is refused in words."""
    person = data.draw(st.sampled_from(sorted(STAFF)))
    own, site = STAFF[person]
    verb = data.draw(st.sampled_from(VERBS))
    state = house.record.state
    body = {
        "verb": verb,
        "subject": data.draw(st.one_of(st.sampled_from([*list(state.participants)[:3], *list(state.products)[:2], "new-1", "dr-1"]), st.text(max_size=8))),
        "role": data.draw(st.sampled_from([own, own, own, "custodian", "physician", ""])),
        "site": data.draw(st.sampled_from([site, site, site, "north", "south", "*", ""])),
        "data": data.draw(drawn(FORMS[verb], FORMS[verb])),
        "reason": data.draw(st.sampled_from(["why", None, ""])),
        "at": data.draw(st.sampled_from([None, None, "2026-03-01T08:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "x"])),
        "seen": data.draw(st.sampled_from([None, None, 0, -1, 10**30, 3])),
        "corrects": data.draw(st.sampled_from([None, None, 1, 0, -1, 10**30])),
        "key": data.draw(st.sampled_from([None, uuid.uuid4().hex, "", "k" * 5000])),
    }  # fmt: skip
    before = state.seq
    answer = sent(
        browsing(person), "post", data.draw(st.sampled_from(["/api/do", "/api/do", "/api/prompt"])), body
    )
    assert answer.status_code < 500
    if answer.status_code == 200 and house.record.state.seq > before:
        done = house.record.event(house.record.state.seq).body
        assert done["actor"] == person
        roles = house.record.state.persons[person].roles
        assert done["role"] in roles
        assert "*" in roles[done["role"]] or done["site"] in roles[done["role"]]
        assert may(house.record.state.view, done["role"], COMMANDS[done["command"]].permission)
    elif answer.status_code != 200:
        said = answer.json()
        assert said.get("reasons") or said.get("detail"), "every refusal says why"


@seed(20)
@held
@given(data=st.data())
def test_every_address_of_the_api_as_it_describes_itself(
    house: Hospital, browsing: Any, described: dict[str, Any], data: st.DataObject
) -> None:
    from django.test import Client

    path = data.draw(st.sampled_from(sorted(described["paths"])))
    method = data.draw(st.sampled_from(["get", "post", "put", "patch", "delete"]))
    said = described["paths"][path].get(method, {})
    schema = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    address = path
    for one in said.get("parameters", []):
        value = data.draw(
            st.one_of(st.sampled_from(["participants", "doses", "no"]), st.text("ab/%.?#", max_size=6))
        )
        address = address.replace(f"{{{one['name']}}}", value or "x")
    address = address.replace("{name}", "x").replace("{key}", "x")
    body = data.draw(drawn(described, schema) if schema else odd)
    before = house.record.state.seq
    stranger = sent(Client(SERVER_NAME="localhost"), method, address, body)
    assert not 200 <= stranger.status_code < 300, (path, method)
    assert stranger.status_code < 500
    # signed in, and sent by a page from elsewhere: no token
    forged = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    forged.cookies = browsing("dr-1").cookies
    if method != "get":
        assert not 200 <= sent(forged, method, address, body).status_code < 300
    assert sent(browsing("watch-1"), method, address, body).status_code < 500
    assert house.record.state.seq == before


@seed(21)
@held
@given(data=st.data())
def test_every_page_with_whatever_is_asked_and_posted(
    house: Hospital, browsing: Any, data: st.DataObject
) -> None:
    from django.test import Client

    name, address = data.draw(
        st.sampled_from([one for one in addresses() if one[0] not in ("sign-out", "sheet")])
    )
    keys = st.sampled_from(["q", "sort", "down", "page", "column", "value", "as", "subject", "corrects", "seen", "at", "participant", "visit", "person",
                            "since", "until", "lot", "field", "of", "f.data", "i.albumin", "u.albumin", "do", "key", "row", "second.person", "assertion", "offer"])  # fmt: skip
    words = data.draw(
        st.dictionaries(
            keys,
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(["\x00", "\ud7ff", "9" * 300, "1", "-1", "csv", "pdf", "record"]),
            ),
            max_size=5,
        )
    )
    before, person = house.record.state.seq, data.draw(st.sampled_from(["dr-1", "nurse-1", "lab-1", "sys-1"]))
    client = browsing(person)
    method = data.draw(st.sampled_from(["get", "post"]))
    answer = getattr(client, method)(address, words)
    assert answer.status_code < 500, (name, method, words)
    if name not in OPEN | BY_SECRET | SIGN_ON:
        stranger = getattr(Client(SERVER_NAME="localhost"), method)(address, words)
        assert stranger.status_code == 302
    assert house.record.state.seq == before


def test_the_record_holds_after_all_that(house: Hospital) -> None:
    house.record.sign_head()
    report = verify_record(house.record.folder)
    assert report.ok, str(report)
