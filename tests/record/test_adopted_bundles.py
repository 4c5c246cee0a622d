"""What is adopted is the bundle itself: the record hashes it, works out what differs and of which kind that is, and asks for the signatures of that kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proband.programme import Programme, diff, load, locate
from proband.record.commands import Command, Signature
from proband.record.errors import Refused
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.kept_bundle import canonical_bytes_of, handed_over
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.verify import verify_store

from .frozen_logs import thaw
from .synthetic import WHY, hospital, view

ID = "mitochondria-hpdl"
FIRST = ("version: 1.0.0", "version: 1.1.0")
#: amendments by name: the file, what stood there, what stands there now
OPTIONAL = ("product.yaml", "required: true", "required: false")
LONGER = ("programme.yaml", "verdict_valid_for: {value: 14", "verdict_valid_for: {value: 60")
SPELT = ("programme.yaml", "One child with HPDL deficiency", "One child with HPDL deficiencies")
FUNDED = ("programme.yaml", "\nfunding:\n", "\nfunding:\n  - Nobody else, said in one sentence more\n")


@cache
def bundle(
    root: Path, version: str = "1.0.0", *edits: tuple[str, str, str], status: str = "demonstration"
) -> Programme:
    """The bundle with edits in its files, loaded."""
    folder = root / f"{version}-{status}-{abs(hash(edits))}"
    shutil.copytree(locate(ID), folder)
    for name, old, new in (("programme.yaml", "version: 1.0.0", f"version: {version}"), ("programme.yaml", "status: demonstration", f"status: {status}"), *edits):  # fmt: skip
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return load(folder)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


class Study:
    """A record that was begun with a whole bundle, with a custodian and a physician who answers for participants."""

    def __init__(self, where: str, first: Any) -> None:
        self.clock = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
        self.record = Record(open_store(where, create=True), "HPDL", clock=lambda: self.clock[0])
        self.record.recovery = SigningKey.generate()
        self.record.open_study(first, "sys-1")
        self.do("site.open", "north", {"jurisdiction": "GB"})
        self.physician = next(
            role.id for role in self.record.state.view.roles if "participant.decision.record" in role.may
        )  # type: ignore[union-attr]
        self.grant("dr-1", self.physician, ["north"])
        for training in self.record.state.view.trainings[self.physician]:  # type: ignore[union-attr]
            self.do("staff.train", "dr-1", {"training": training, "valid_until": "2035-01-01"})

    def do(
        self, verb: str, subject: str, data: dict[str, Any], signers: tuple[tuple[str, str], ...] = ()
    ) -> Any:
        self.clock[0] += timedelta(minutes=1)
        signatures = [
            Signature(
                who, role, "scripted" if self.record.state.view.status == "demonstration" else "password"
            )
            for who, role in signers
        ]  # type: ignore[union-attr]
        return self.record.execute(
            Command(
                verb,
                subject,
                data,
                actor="sys-1",
                role="custodian",
                site="*",
                reason=WHY,
                signatures=signatures,
            )
        )

    def grant(self, person: str, role: str, sites: list[str]) -> None:
        self.do("staff.grant", person, {"role": role, "sites": sites}, (("sys-1", "custodian"),))

    def adopt(self, new: Any, *more: str, **said: Any) -> Any:
        made, lines = handed_over(new)
        roles = {"sys-2": "custodian", "dr-1": self.physician}
        data = {
            "programme": made.model_dump(mode="json"),
            "bundle": lines,
            "amends": self.record.state.programme,
            "changes": [WHY],
            **said,
        }
        return self.do(
            "programme.adopt", "HPDL", data, (("sys-1", "custodian"), *((who, roles[who]) for who in more))
        )

    def refused(self, code: str, *args: Any, **said: Any) -> str:
        before = self.record.state.seq
        with pytest.raises(Refused) as found:
            self.adopt(*args, **said)
        assert [one.code for one in found.value.refusals] == [code]
        assert self.record.state.seq == before
        return found.value.message


@pytest.fixture
def study(where: str, root: Path) -> Iterator[Study]:
    made = Study(where, bundle(root))
    yield made
    made.record.store.close()


def stands(study: Study) -> None:
    state = study.record.state
    assert state.invalid == {}
    assert fold_all(study.record.events(), "HPDL") == state
    assert verify_store(study.record.store, "HPDL", None, {}).rules_ok


def test_the_record_keeps_the_bundle_that_it_was_begun_and_amended_with(study: Study, root: Path) -> None:
    amended = bundle(root, "1.1.0", LONGER)
    receipt = study.adopt(amended, "dr-1")
    kept = study.record.state.bundles
    assert {name: canonical_bytes_of(lines) for name, lines in kept.items()} == {
        one.hash: one.canonical_bytes for one in (bundle(root), amended)
    }
    # what differs is what `proband diff` shows of the two
    shown = diff(bundle(root), amended)
    assert receipt.body["data"]["kind"] == shown.kind == "substantial"
    assert receipt.body["data"]["difference"] == [str(change) for change in shown.changes]
    stands(study)


KINDS = [
    ("typo", (SPELT,)),
    ("non-substantial", (FUNDED,)),
    ("substantial", (LONGER,)),
    ("substantial", (OPTIONAL, SPELT)),
    ("typo", ()),
]


@pytest.mark.parametrize(("kind", "edits"), KINDS)
def test_each_kind_is_worked_out_and_asks_for_its_signatures(
    where: str, root: Path, kind: str, edits: tuple[Any, ...]
) -> None:
    study = Study(where, bundle(root))
    new = bundle(root, "1.1.0", *edits)
    for said in {"typo", "non-substantial", "substantial"} - {kind}:
        assert kind in study.refused("gate.amendment.kind", new, "dr-1", kind=said)
    study.refused("gate.amendment.difference", new, "dr-1", difference=["nothing"])
    if kind == "substantial":
        study.refused("gate.amendment.answering", new)
        study.grant("sys-2", "custodian", ["*"])
        # two who grant roles answer for nobody
        study.refused("gate.amendment.answering", new, "sys-2")
        study.adopt(new, "dr-1")
    elif kind == "non-substantial":
        study.refused("gate.amendment.second", new)
        study.grant("sys-2", "custodian", ["*"])
        study.adopt(new, "sys-2")
    else:
        study.adopt(new)
    assert study.record.state.programme == new.hash
    stands(study)


def test_a_bundle_with_every_test_made_optional_is_no_typo(study: Study, root: Path) -> None:
    message = study.refused("gate.amendment.kind", bundle(root, "1.1.0", OPTIONAL), "dr-1", kind="typo")
    assert "release_tests" in message
    assert "required" in message


def _other_hash(made: dict[str, Any]) -> None:
    made["programme"] = made["programme"] | {"hash": "ab" * 32}


def _other_view(made: dict[str, Any]) -> None:
    programme = made["programme"] = dict(made["programme"])
    programme["verdict_valid_for"] = {"value": 900.0, "unit": "d"}


def _no_bundle(made: dict[str, Any]) -> None:
    made["bundle"] = None


def _another_bundle(made: dict[str, Any]) -> None:
    made["bundle"] = made["first"]


def _half(made: dict[str, Any]) -> None:
    made["bundle"] = made["bundle"][:1]


def _no_base64(made: dict[str, Any]) -> None:
    made["bundle"] = ["AAAA"]


BENDS: tuple[Callable[[dict[str, Any]], None], ...] = (
    _other_hash,
    _other_view,
    _no_bundle,
    _another_bundle,
    _half,
    _no_base64,
)


def test_a_hash_or_a_view_that_the_bundle_does_not_give_is_refused(study: Study, root: Path) -> None:
    new = bundle(root, "1.1.0", LONGER)
    made, lines = handed_over(new)
    for bend in BENDS:
        told = {
            "programme": made.model_dump(mode="json"),
            "bundle": lines,
            "first": handed_over(bundle(root))[1],
        }
        bend(told)
        del told["first"]
        with pytest.raises(Refused) as refused:
            study.adopt(new, "dr-1", kind="substantial", **told)
        assert "bundle" in refused.value.gates, bend.__name__


def test_a_version_comes_after_all_before_it(study: Study, root: Path) -> None:
    study.adopt(bundle(root, "1.1.0", LONGER), "dr-1")
    study.refused("gate.amendment.version", bundle(root, "1.0.9", LONGER, SPELT), "dr-1")
    study.refused("gate.amendment.version", bundle(root, "1.1.0", LONGER, SPELT), "dr-1")


def test_a_demonstration_stays_one_and_a_draft_goes_into_no_other_record(where: str, root: Path) -> None:
    """Scripted signatures count in a demonstration, and a draft proves nothing: neither is slipped under a study that treats people."""
    synthetic = hospital(where, programme=view(status="active"))
    for status in ("demonstration", "draft"):
        synthetic.method = "password"
        with pytest.raises(Refused) as refused:
            synthetic.adopt(view("2.0.0", status=status))
        assert refused.value.refusals[0].code == "gate.amendment.status"
    assert not synthetic.record.state.begun_as_draft


def test_what_was_begun_as_a_draft_is_one_for_ever(where: str) -> None:
    drafted = hospital(where, programme=view(status="draft"))
    drafted.method = "password"
    # two custodians, so that nothing else makes it a draft
    drafted.do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    drafted.adopt(view("2.0.0", status="draft"))
    drafted.adopt(view("3.0.0", status="active"))
    assert drafted.record.state.draft
    report = verify_store(drafted.record.store, "SYN", None, {})
    assert any("draft for ever" in one for one in report.draft_because)
    with pytest.raises(Refused, match="cannot follow"):
        drafted.adopt(view("4.0.0", status="demonstration"))


def test_without_bundles_the_parts_by_which_it_judges_are_compared(where: str) -> None:
    """A log that was begun without bundles says so; what the gates judge by is still compared, whatever somebody calls it."""
    house = hospital(where)
    products = view().model_dump(mode="json")["products"]
    for test in products[0]["release_tests"]:
        test["required"] = False
    made = view("2.0.0", products=products)
    data = {
        "programme": made.model_dump(mode="json"),
        "amends": house.record.state.programme,
        "changes": ["typo corrected"],
        "kind": "typo",
    }
    with pytest.raises(Refused) as refused:
        house.do("programme.adopt", "SYN", data, actor="sys-1", site="*")
    assert [one.code for one in refused.value.refusals] == ["gate.amendment.kind"]
    report = verify_store(house.record.store, "SYN", None, {})
    assert any("taken as told" in one for one in report.draft_because)


def test_a_bundle_amended_three_times_replays_with_each_event_under_its_version(
    where: str, root: Path
) -> None:
    study = Study(where, bundle(root))
    made = [
        bundle(root),
        bundle(root, "1.1.0", SPELT),
        bundle(root, "1.2.0", SPELT, FUNDED),
        bundle(root, "2.0.0", SPELT, FUNDED, LONGER),
    ]
    at = []
    for number, version in enumerate(made):
        if number:
            study.adopt(version, "dr-1")
        study.clock[0] += timedelta(days=1)
        at.append(
            study.record.execute(
                Command(
                    "participant.refer", f"S-{number}", {}, actor="dr-1", role=study.physician, site="north"
                )
            )
        )
    assert [one.body["programme"] for one in at] == [version.hash for version in made]
    state = study.record.state
    assert [state.version_at(one.body["at"]) for one in at] == [version.hash for version in made]
    assert [state.participants[f"S-{number}"].programme for number in range(4)] == [
        version.hash for version in made
    ]
    assert [state.programmes[version.hash].version for version in made] == [
        "1.0.0",
        "1.1.0",
        "1.2.0",
        "2.0.0",
    ]
    stands(study)


def test_an_amendment_of_an_older_release_is_brought_up_and_its_signatures_hold(tmp_path: Path) -> None:
    """It said ``substantial``, and nobody had worked out a difference; what was signed is what was written then."""
    events = thaw("envelope-4", tmp_path / "record")
    (adopted,) = [event for event in events if event.body["event"] == "programme.adopted"]
    assert "substantial" in adopted.body["data"]
    assert "kind" not in adopted.body["data"]
    state = fold_all(events, "SYN")
    assert state.invalid == {}
    assert state.programmes[state.programme].version == "2.0.0"
    forged = [
        event
        if event.seq != adopted.seq
        else event._replace(raw=event.raw.replace(b'"substantial":true', b'"substantial":false'))
        for event in events
    ]
    assert adopted.seq in fold_all(forged, "SYN").invalid
