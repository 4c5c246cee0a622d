"""``proband new``: each kind checks clean as a draft, has a page, and takes a synthetic person through the record up to the dose that is not written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from proband.cli.app import run as program
from proband.pages.site import build
from proband.programme import load
from proband.programme.beginning import KINDS, begin
from proband.programme.json_schema import FILES, schema
from proband.programme.loading import check
from proband.programme.sealing import SealError, key_from, seal
from proband.terms import ProbandError, yaml12
from proband.trial.headline.claimed import claimed_headlines

TODAY = date.today().isoformat()
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, ends: int = 0) -> str:
        code = program(list(words))
        said = capsys.readouterr()
        assert code == ends, said.out + said.err
        return said.out if ends < 2 else said.out + said.err

    return invoke


def started(where: Path, kind: str, **options: Any) -> Path:
    begin(where, kind, **{"condition": "a rare weakness", "jurisdictions": ["GB", "DE"], **options})
    return where


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("minors", [False, True])
def test_a_draft_has_no_problem_but_what_is_still_to_be_written(
    kind: str, minors: bool, tmp_path: Path
) -> None:
    folder = started(tmp_path / "mine", kind, minors=minors)
    report = check(folder)
    assert report.errors == report.warnings == ()
    assert len(report.todos) > 30
    assert any("DRAFT" in banner for banner in load(folder).banners)
    for file in (path for path in folder.rglob("*.yaml")):  # the schemas that editors use take it too
        name = file.relative_to(folder).as_posix()
        form = name if name in FILES else f"{name.split('/')[0]}/*.yaml"
        Draft202012Validator(schema(form)).validate(yaml12.read(file.read_text())[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_is_never_sealed_and_anything_but_a_draft_holds_no_todo(kind: str, tmp_path: Path) -> None:
    folder = started(tmp_path / "mine", kind)
    with pytest.raises(SealError) as refused:
        seal(folder, key_from(bytes(32)))
    assert refused.value.code == "seal.todo"
    head = folder / "programme.yaml"
    head.write_text(head.read_text().replace("status: draft", "status: active"))
    assert {problem.code for problem in check(folder).errors} >= {"bundle.todo"}


def test_every_form_of_a_todo_is_found_and_is_no_part_of_the_meaning(tmp_path: Path) -> None:
    folder = started(tmp_path / "mine", "device")
    before, count = load(folder).hash, len(check(folder).todos)
    (folder / "consent" / "more.md").write_text(
        "# More\n\n  TODO: a line\n<!-- todo: hidden -->\nnothing to do: here\n"
    )
    (folder / "evidence" / "studies.csv").write_text(
        "id,note,source,level\na,todo: look it up,proband-design,inference\n"
    )
    facts = folder / "facts.yaml"
    facts.write_text(facts.read_text() + "todo:\n  - one\n  - two\n")
    with_more = check(folder)
    assert with_more.errors == ()
    assert len(with_more.todos) == count + 5
    assert {(todo.file, todo.line) for todo in with_more.todos} >= {
        ("consent/more.md", 3), ("consent/more.md", 4), ("evidence/studies.csv", 2), ("facts.yaml", 7), ("facts.yaml", 6),
    }  # fmt: skip
    (folder / "consent" / "more.md").unlink()
    (folder / "evidence" / "studies.csv").unlink()
    assert load(folder).hash == before


def test_pages_of_every_kind_are_marked_as_draft(tmp_path: Path) -> None:
    drafts = [load(started(tmp_path / kind, kind)) for kind in KINDS]
    site = build(drafts, [claimed_headlines(draft) for draft in drafts])
    pages = {page.name: page.html for page in site.pages}
    for kind in KINDS:
        assert "DRAFT: this programme is being written" in pages[f"{kind}.html"]


HOSTILE = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=3, max_size=60).filter(
    lambda text: len(text.strip()) >= 3
)


@settings(max_examples=25, deadline=None)
@given(condition=HOSTILE, kind=st.sampled_from(sorted(KINDS)))
def test_any_name_of_a_condition_is_kept_as_it_was_typed(
    condition: str, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = started(tmp_path_factory.mktemp("named") / "mine", kind, condition=condition)
    report = check(folder)
    written = yaml.safe_load((folder / "programme.yaml").read_text(encoding="utf-8"))
    assert written["indication"]["name"] == condition.strip()
    # the word "trial" and the like are refused of whoever types them; nothing else may be wrong
    assert {problem.code for problem in report.errors} <= {"lint.word-trial"}


@pytest.mark.parametrize(
    ("code", "where", "given_"),
    [
        ("new.kind", "mine", {"kind": "cells"}),
        ("new.id", "My Programme", {}),
        ("new.condition", "mine", {"condition": " x "}),
        ("new.clock", "mine", {"jurisdictions": ["GB", "JP"]}),
        ("new.folder", ".", {}),
    ],
)
def test_what_cannot_begin_writes_nothing(
    code: str, where: str, given_: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "there" / where if where != "." else tmp_path / "there"
    (tmp_path / "there").mkdir()
    if where == ".":
        (folder / "kept.txt").write_text("mine")
    with pytest.raises(ProbandError) as refused:
        begin(folder, **{"kind": "device", "condition": "a weakness", "jurisdictions": ["GB"], **given_})
    assert refused.value.code == code
    assert [path.name for path in (tmp_path / "there").rglob("*")] == (["kept.txt"] if where == "." else [])


def test_what_is_not_said_is_named_where_nobody_can_be_asked(run: Run) -> None:
    said = run("new", "mine", "--kind", "device", ends=2)
    assert "--condition, --jurisdiction, --minors or --adults" in said
    told = json.loads(run("new", "mine", "--kind", "device", "--condition", "a weakness", "--jurisdiction", "gb", "--adults", "--json"))  # fmt: skip
    assert "programme.yaml" in told["files"]
    assert json.loads(run("check", "mine", "--json"))[0]["todo"] == len(told["todo"])


STAFF = {
    "dr-1": ("investigator", ["good-clinical-practice", "protocol"]),
    "ct-1": ("consent-taker", ["good-clinical-practice", "protocol"]),
    "ex-1": ("examiner", ["protocol"]),
    "st-1": ("statistician", ["good-clinical-practice"]),
}
SEEN = {
    "age": {"low": 40.0, "high": 41.0}, "has_condition": {"truth": True}, "can_consent": {"truth": True},
    "infection_now": {"truth": False}, "same_kind_before": {"truth": False},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_synthetic_person_goes_through_the_record_up_to_the_dose(kind: str, run: Run) -> None:
    run("new", "mine", "--kind", kind, "--condition", "a rare weakness", "--jurisdiction", "GB", "--adults")
    run("record", "init", "rec", "--study", "T-1", "--programme", "mine", "--custodian", "dm-1")

    def do(verb: str, subject: str, actor: str, *words: str, data: dict[str, Any] | None = None, ends: int = 0) -> str:  # fmt: skip
        if data is not None:
            Path("form.json").write_text(json.dumps(data))
            words = (*words, "--from", "form.json")
        return run("record", "do", "rec", verb, subject, "--actor", actor, *words, ends=ends)

    do("site.open", "north", "dm-1", "--jurisdiction", "GB")
    for person, (role, trainings) in STAFF.items():
        do("staff.grant", person, "dm-1", "--data.role", role, "--sites", "north")
        for training in trainings:
            do("staff.train", person, "dm-1", "--training", training, "--valid-until", "2099-01-01")
    assert "names no ethics (pending)" in do("participant.refer", "S-1", "dr-1", ends=3)
    for what in ("ethics", "authorisation", "insurance"):
        do("site.approve", "north", "dm-1", "--kind", what, "--decided_by", "synthetic", "--data.number", "1",
           "--since", "2020-01-01", "--expiry", "2099-01-01")  # fmt: skip
    do("participant.refer", "S-1", "dr-1")
    do("participant.screen", "S-1", "dr-1", data={"outcome": "eligible", "reasons": [],
       "facts": {"through": "screening", "as_of": TODAY, "values": SEEN}})  # fmt: skip
    do("consent.give", "S-1", "ct-1", data={"version": "v1", "language": "en", "age_years": 40, "by": "participant",
       "capacity": "has", "teach_back": [True, True, True]})  # fmt: skip
    do("participant.enrol", "S-1", "dr-1", "--number", "1")
    if KINDS[kind].controlled:
        do("allocation.seal", "T-1", "st-1")
        do("participant.allocate", "S-1", "dr-1")
    else:
        do("participant.allocate", "S-1", "dr-1", "--arm", "product")
    do("visit.record", "S-1", "ex-1", data={"visit": "baseline", "on": TODAY})
    flow = json.loads(run("record", "show", "rec", "flow", "--as", "dr-1", "--json"))
    assert flow["steps"]["allocated"] == 1
    assert json.loads(run("verify", "rec", "--json"))["ok"] is True
