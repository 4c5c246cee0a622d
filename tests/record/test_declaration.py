"""A command is declared once, and whole: what is not said is refused; one file adds a command and a gate everywhere."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from proband import record
from proband.cli.app import app
from proband.pages.product.batch_record import batch_record_page
from proband.programme.permissions import PERMISSIONS
from proband.record import Record, verify_record
from proband.record.batch_record import batch_record
from proband.record.commands import BY_EVENT, COMMANDS, Command, Data, load_commands
from proband.record.custody import chain_of
from proband.record.declare.change import CHANGES, WHEN_VOID
from proband.record.declare.command import AT_ANY_STAGE, BASE, GATES, Context, as_it_happened, command
from proband.record.declare.gate import gate, may
from proband.record.documentation import gates_page
from proband.record.errors import RecordError, Refusal, Refused
from proband.record.export import export
from proband.record.gates import CUSTODIAN
from proband.record.gates.stages import stage
from proband.record.rules_version import _own_modules, rules_name
from proband.terms.errors import catalogue

from .synthetic import hospital

REQUIRED: dict[str, Any] = {
    "subject": "participant",
    "stage": AT_ANY_STAGE,
    "withdrawal": None,
    "hold": None,
    "consent": None,
    "current_version": False,
    "watched": False,
    "reason": False,
    "signature": None,
    "live": False,
    "gates": (),
}

#: what need not be said, and what it then is: each forbids more than any other value, or opens nothing
SAFE_WHEN_NOT_SAID: dict[str, Any] = {
    "bears": as_it_happened,
    "way_back": None,
    "when_locked": None,  # refused, where it is about a participant or a container
    "at_closed_site": False,
    "texts_of_study": False,  # texts go with the person whom they are about
    "erases": False,
    "of_its_time": False,  # an earlier time reaches no version that is not in force any more
    "handed_over": None,  # it seals nothing
    "signed_at_any_site": False,
    "names_event": False,
    "on_the_spot": (),  # every gate is asked again when a device brings it back
    "permission": None,  # the verb itself, which no role has before a programme names it
    "draws": False,  # nothing sealed is opened to do it
    "base": (
        "name",
        "authority",
        "training",
        "site",
        "clock",
        "programme",
        "reason",
        "signature",
        "capsule",
        "locked",
    ),
    "own_site": True,
    "offline": False,
    "custodian": False,
    "by_record": False,  # whoever sends it needs a role that names it
    "keeps_refusal": False,
    "everywhere": False,
    "for_the_reader": False,  # an event without a change of the state is then refused
    "completion": None,
    "gives": (),  # everybody is asked for everything
    "fills": (),
    "replacement": None,  # it cannot be corrected
    "custody": None,
}

#: a file as a study would write it: a gate, a command, and what its event changes
STUDY = '''
"""Fitness to travel, which only this synthetic study asks for."""

from proband.record.declare.change import add_task, changes
from proband.record.declare.command import command
from proband.record.declare.data import Data, Ref
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.gates.stages import REFERRED
from proband.terms.errors import declare, refusal

declare(refusal("gate.escort.self", "{subject} cannot be their own escort", "name somebody else"))


@gate("escort", mend="name somebody who travels with them")
def escort(c):
    """Nobody travels alone."""
    if c.data["escort"] == c.subject:
        return Refusal("gate.escort.self", subject=c.subject)
    return None


@command("travel.allow", "travel.allowed", subject="participant", stage=(REFERRED,), withdrawal="procedures", hold=None, consent=None,
         current_version=False, watched=False, reason=False, signature=None, live=False,
         permission="participant.travel.record", gates=("alive", "escort"), keeps_refusal=True)
class AllowTravel(Data):
    """Whether a person may travel, and with whom."""

    escort: Ref


@changes("travel.allowed")
def _allowed(state, body, data):
    add_task(state, "travel", body["subject"], body["at"][:10], data["escort"], f"travel:{body['subject']}")
'''

#: and one for a product, which is a link of its chain of custody
LABORATORY = '''
"""A photograph of the bag, which only this synthetic laboratory takes."""

from proband.record.declare.change import changes
from proband.record.declare.command import AT_ANY_STAGE, CustodyWords, command
from proband.record.declare.data import Data, Words


@command("product.photograph", "product.photographed", permission="product.process", subject="product", stage=AT_ANY_STAGE,
         withdrawal=None, hold=None, consent=None, current_version=False, watched=False, reason=False, signature=None, live=False,
         gates=(), own_site=False, for_the_reader=True, custody=CustodyWords("photographed", lambda data: data["shows"]))
class Photograph(Data):
    """What a photograph of the bag shows."""

    shows: Words
'''


@pytest.fixture
def registries() -> Iterator[None]:
    """Whatever is declared in a test is forgotten after it."""
    all_of_them: tuple[dict[str, Any], ...] = (
        COMMANDS, BY_EVENT, GATES, CHANGES, WHEN_VOID, catalogue.registry(),
    )  # fmt: skip
    before = [dict(one) for one in all_of_them]
    _own_modules.cache_clear()
    yield
    _own_modules.cache_clear()
    for one, old in zip(all_of_them, before, strict=True):
        one.clear()
        one.update(old)


@pytest.mark.parametrize("left_out", REQUIRED)
def test_what_is_not_said_is_refused(left_out: str) -> None:
    said = {name: value for name, value in REQUIRED.items() if name != left_out}
    with pytest.raises(TypeError, match=left_out):
        command("silent.act", "silent.acted", **said)
    assert "silent.act" not in COMMANDS


def test_a_default_never_opens_anything() -> None:
    keywords = [one for one in signature(command).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
    assert {one.name for one in keywords if one.default is Parameter.empty} == set(REQUIRED)
    assert {
        one.name: one.default for one in keywords if one.default is not Parameter.empty
    } == SAFE_WHEN_NOT_SAID
    # and a command that says no more than it must passes every gate of conduct, and is done at one's own site only
    before = dict(COMMANDS), dict(BY_EVENT)
    try:
        command("silent.act", "silent.acted", **REQUIRED)(Data)
        declared = COMMANDS["silent.act"]
    finally:
        for kept, old in zip((COMMANDS, BY_EVENT), before, strict=True):
            kept.clear()
            kept.update(old)
    assert declared.gates == BASE
    assert declared.own_site
    assert not any((declared.offline, declared.custodian, declared.everywhere))
    assert declared.permission == "silent.act"


def test_a_gate_that_is_not_there_or_not_told_or_told_for_nothing_is_refused() -> None:
    for said, problem in (
        ({"gates": ("no-such-gate",)}, "no gate"),
        ({"gates": ("unique",)}, "which of the identifiers"),
        ({"alive": 3}, "nothing"),
    ):
        with pytest.raises(ValueError, match=problem):
            command("silent.act", "silent.acted", **{**REQUIRED, **said})
    with pytest.raises(ValueError, match="declared twice"):
        command("participant.refer", "silent.acted", **REQUIRED)(Data)
    with pytest.raises(ValueError, match="declared twice"):
        gate("alive", mend="none")(stage)
    with pytest.raises(ValueError, match="no text"):
        gate("wordless", mend="none")(lambda c: None)


def test_the_order_of_things_refuses_what_it_does_not_know() -> None:
    house = hospital()
    house.refer("S-1")
    body = next(
        event.body for event in house.record.events() if event.body["event"] == "participant.referred"
    )
    # a referral says that it may happen at any stage, and does not pass the gate; asked all the same, the gate says no
    assert "stage" not in COMMANDS["participant.refer"].gates
    refusal = stage(Context(house.record.state, body, COMMANDS["participant.refer"]))
    assert isinstance(refusal, Refusal)
    assert "does not say when it may happen" in refusal.message


def test_an_event_that_changes_nothing_says_so(
    registries: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "changes_nothing.py").write_text(STUDY.split("@changes")[0])
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match="declare below @changes"):
        load_commands("changes_nothing")
    sys.modules.pop("changes_nothing")


def test_one_file_adds_a_command_and_a_gate_everywhere(
    registries: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "our_study"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "travel.py").write_text(STUDY)
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "record"
    house = hospital(folder=folder)
    house.refer("S-1")
    with pytest.raises(RecordError, match="no command that anybody may send"):
        house.record.execute(
            Command("travel.allow", "S-1", {"escort": "G-1"}, actor="dr-1", role="physician", site="north")
        )
    load_commands("our_study")

    # permissions: a role that may, one that may not, and the custodian only where it is said
    view = house.record.state.view
    assert may(view, "physician", "participant.travel.record")
    assert not may(view, "nurse", "participant.travel.record")
    assert not may(view, CUSTODIAN, "participant.travel.record")
    with pytest.raises(Refused) as refused:
        house.do("travel.allow", "S-1", {"escort": "G-1"}, actor="nurse-1")
    assert refused.value.gates == ["authority"]

    # its own gate, and those that its declaration implies
    with pytest.raises(Refused) as refused:
        house.do("travel.allow", "S-1", {"escort": "S-1"})
    assert refused.value.gates == ["escort"]
    receipt = house.do("travel.allow", "S-1", {"escort": "G-1"})
    assert house.record.state.tasks["travel:S-1"].about == "G-1"
    with pytest.raises(Refused) as refused:
        house.do("travel.allow", "S-9", {"escort": "G-1"})
    assert "stage" in refused.value.gates

    # audit: in the log, in the trail, in the export, refused attempts too; and the whole verifies
    house.record.close()
    assert verify_record(folder).ok
    shown = CliRunner().invoke(app, ["record", "show", str(folder), "events", "--of", "S-1", "--json"])
    last = json.loads(shown.stdout)[-1]
    assert (last["seq"], last["event"], last["what"]) == (
        receipt.seq,
        "travel.allowed",
        "Whether a person may travel, and with whom.",
    )
    with Record.open(folder, clock=lambda: house._clock[0]) as again:
        export(
            again,
            tmp_path / "out",
            Command("record.export", again.study, actor="sys-1", role="custodian", site="*"),
            purpose="a test",
        )
    trail = pl.read_parquet(tmp_path / "out" / "events.parquet")
    assert trail.filter(pl.col("event") == "travel.allowed")["subject"].to_list() == ["S-1"]
    kept = pl.read_parquet(tmp_path / "out" / "deviations.parquet").filter(
        pl.col("kind") == "refused attempt"
    )
    assert [json.loads(row)["gates"] for row in kept["details"]][1] == ["escort"]

    # help and documentation
    listed = json.loads(CliRunner().invoke(app, ["record", "commands", "--json"]).stdout)
    assert "travel.allow" in {row["verb"] for row in listed}
    told = CliRunner().invoke(app, ["record", "commands", "travel.allow"]).stdout
    assert "Nobody travels alone." in " ".join(told.split())
    page = gates_page()
    assert (
        "| `escort` | Nobody travels alone. | Name somebody who travels with them. | `travel.allow` |" in page
    )
    assert (
        "| `travel.allow` | Whether a person may travel, and with whom. | `participant.travel.record` |"
        in page
    )


def test_one_file_adds_a_link_of_the_chain_of_custody_to_the_page_of_the_batch(
    registries: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "our_laboratory.py").write_text(LABORATORY)
    monkeypatch.syspath_prepend(str(tmp_path))
    load_commands("our_laboratory")
    with_file = rules_name()
    sys.modules.pop("our_laboratory")
    _own_modules.cache_clear()  # it is asked again, and now no file stands behind the command
    assert rules_name() != with_file
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.do("product.photograph", product, {"shows": "an intact seal"}, actor="lab-1")
    links = chain_of(house.record, coi)
    assert ("photographed", "an intact seal") in {(link.what, link.details) for link in links}
    html = batch_record_page(batch_record(house.record, product))
    assert "photographed" in html
    assert "an intact seal" in html


#: where the record itself sends a command, or reads what one event says; no rule stands there
NAMED = {
    "record.py": {"study.open"},
    "drafting.py": {"study.open", "staff.grant"},
    "recovering.py": {"recovery.announce", "recovery.complete"},
    "own_events.py": {"command.refuse", "hold.trigger", "record.restore"},
    "gates/keys.py": {"staff.revoke", "person.enrol"},
    # the use in a single patient becomes one of two people where a second is enrolled
    "gates/conduct.py": {"participant.enrol"},
    # what a tablet may do alone is the verb of which its answers are foretold
    "foretold.py": {"bedside.verify"},
    "capsule.py": {"capsule.conflict"},
    "custody.py": {"command.refused"},
    # what a command does beside the log stands by its verb: seeds, bundles, files and the vault are no business of its declaration
    "errands.py": {
        "allocation.disclose",
        "allocation.read",
        "allocation.seal",
        "allocation.unblind",
        "capsule.issue",
        "capsule.return",
        "forecast.seal",
        "kit.open",
        "kit.receive",
        "participant.erase",
        "personal.read",
        "personal.store",
        "programme.adopt",
    },
    # who opens arms is told what tells them, and that is the read of the log; who stops and goes on is shown the pack
    "reading.py": {"allocation.read", "allocation.unblind", "hold.lift", "hold.place"},
    "batch_record.py": {"command.refused", "product.processed"},
    "randomisation.py": {"allocation.sealed", "participant.allocated"},
    # what is held against the sealed list: the list, its places, their factors, its kits, whose they are, and what was given
    "allocation_check.py": {
        "allocation.corrected",
        "allocation.sealed",
        "kit.assigned",
        "kit.given",
        "kit.received",
        "participant.allocated",
        "product.administered",
    },
}


def test_no_verb_and_no_event_stands_in_a_second_place() -> None:
    """Tables of verbs went stale: a command that is in none of them is watched, held or forbidden by nothing."""
    folder = Path(record.__file__).parent
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        if path.parent.name == "commands":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and (node.value in COMMANDS or node.value in BY_EVENT):
                found.setdefault(path.relative_to(folder).as_posix(), set()).add(node.value)
    assert found == NAMED


def test_and_nothing_is_left_behind() -> None:
    assert "travel.allow" not in COMMANDS
    assert "escort" not in GATES


def test_the_permissions_that_a_bundle_may_name_are_those_that_commands_ask_for() -> None:
    """The lint of bundles knows them from a list of its own, since a bundle is checked without the record."""
    own = {"command.refuse", "record.restore", "recovery.use", "study.open"}
    asked = {one.permission for one in COMMANDS.values() if one.data.__module__.startswith("proband.")}
    assert asked - own == PERMISSIONS
