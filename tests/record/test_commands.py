"""A walk over every command: each is declared whole, each reaches a projection, each is permitted to somebody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proband.programme import load, locate
from proband.record.commands import BY_EVENT, COMMANDS, CommandType
from proband.record.declare.change import CHANGES
from proband.record.declare.command import BASE
from proband.record.gates import CUSTODIAN, GATES, may
from proband.record.programme_view import ProgrammeView, view_of

ALL = list(COMMANDS.values())


@pytest.fixture(scope="module")
def view() -> ProgrammeView:
    return view_of(load(locate("spinal-cord-autologous")))


@pytest.mark.parametrize("one", ALL, ids=[one.verb for one in ALL])
def test_a_command_is_declared_whole(one: CommandType) -> None:
    assert re.fullmatch(r"[a-z-]+\.[a-z-]+", one.verb)
    assert re.fullmatch(r"[a-z-]+\.[a-z-]+", one.event)
    assert re.fullmatch(r"[a-z-]+(\.[a-z-]+)+", one.permission)
    assert BY_EVENT[one.event] is one
    assert one.summary, "every command says what it is"
    assert set(one.gates) <= set(GATES)
    assert len(one.gates) == len(set(one.gates))
    # its event changes a projection, or is one of the few that are kept for the reader alone
    assert (one.event in CHANGES) != one.for_the_reader
    # data are closed and documented
    schema = one.data.model_json_schema()
    assert schema.get("additionalProperties") is False
    if one.by_record:
        assert one.gates == ("derived",)
        return
    if one.verb == "study.open":
        return
    if one.permission == "recovery.use":
        # nobody holds the role: what counts is the key of the envelope
        assert {"clock", "signature", "stage"} <= set(one.gates)
        return
    for gate in ("authority", "site", "clock", "reason", "signature"):
        if (one.verb, gate) == ("clock.reset", "clock"):
            # it is what puts the clock right
            continue
        assert gate in one.gates, f"{one.verb} passes no gate {gate}"
    # with a referral, or a taking over, somebody begins to be there
    if one.subject == "participant" and one.verb not in ("participant.refer", "participant.take-over"):
        assert {"stage", "alive", "correction", "retraction"} & set(one.gates) or one.verb in (
            "decision.record",
        ), one.verb


def test_the_deviation_alone_leaves_out_training_and_version() -> None:
    short = {one.verb for one in ALL if not one.by_record and not set(BASE) <= set(one.gates)}
    # what really happened can always be recorded, by whoever saw it
    assert short == {
        "study.open",
        "deviation.record",
        "recovery.announce",
        "recovery.complete",
        "clock.reset",
    }


def test_whoever_touches_the_body_passes_consent_verdict_and_holds() -> None:
    gates = set(COMMANDS["product.administer"].gates)
    for gate in ("consent", "verdict", "forecast", "release", "identity", "expiry", "route", "dose", "second-check", "hold", "withdrawal",
                 "interval", "authority", "training", "site", "custody", "bedside", "used", "capacity", "alive", "programme", "arm"):  # fmt: skip
        assert gate in gates, gate


@pytest.mark.parametrize("one", [one for one in ALL if "authority" in one.gates], ids=lambda one: one.verb)
def test_somebody_in_the_spinal_cord_programme_may_do_it(one: CommandType, view: ProgrammeView) -> None:
    if one.permission == "kit.keep":
        # there are kits only where those who treat are masked, and there nobody is
        assert not view.is_allocation_masked
        return
    if one.permission.startswith(("donor.", "stock.")):
        # donors and a stock of lots are of what is made of nobody's own cells, and there all is
        assert all(product.kind.value == "autologous-cells" for product in view.products)
        return
    roles = [role.id for role in view.roles if may(view, role.id, one.permission)]
    assert roles or may(view, CUSTODIAN, one.permission), f"nobody may {one.permission}"


def test_the_custodian_treats_nobody() -> None:
    for one in ALL:
        if one.subject == "product" or one.verb in ("participant.screen", "consent.give", "therapy.open"):
            assert not may(None, CUSTODIAN, one.permission), one.verb


def test_the_example_on_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "record.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/record.md", "exec"), {})
    assert "authority" in capsys.readouterr().out
