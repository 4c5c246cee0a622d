"""What was read of a bundle is kept by its content: a file that changed is read again, a folder elsewhere is not."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from proband.programme import bundled, check, load, loading, locate

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of what was really read, one after the other."""
    found: list[str] = []
    read = loading.read

    def counted(contents: Any) -> Any:
        found.append(contents.digest)
        return read(contents)

    monkeypatch.setattr(loading, "read", counted)
    loading.forget()
    return found


def test_the_same_content_is_read_once_wherever_it_lies(tmp_path: Path, readings: list[str]) -> None:
    other = Path(shutil.copytree(MINIMAL, tmp_path / "elsewhere"))
    here, there = load(MINIMAL), load(other)
    assert len(readings) == 1
    assert here == there
    assert (check(MINIMAL).folder, check(other).folder) == (str(MINIMAL), str(other))
    loading.forget()
    load(MINIMAL)
    assert len(readings) == 2


def test_a_bundle_that_changed_on_disk_gives_new_answers(tmp_path: Path, readings: list[str]) -> None:
    folder = Path(shutil.copytree(locate("spinal-cord-autologous"), tmp_path / "bundle"))
    before = load(folder)
    path = folder / "natural_history" / "grade-conversion.csv"
    whole = path.read_text(encoding="utf-8")
    path.write_text("\n".join(whole.rstrip("\n").split("\n")[:-1]) + "\n", encoding="utf-8")
    after = load(folder)
    name = "natural_history/grade-conversion.csv"
    assert len(after.tables[name].rows) == len(before.tables[name].rows) - 1
    assert after.hash != before.hash
    path.write_text(whole, encoding="utf-8")
    again = load(folder)
    assert (again.hash, len(again.tables[name].rows)) == (before.hash, len(before.tables[name].rows))
    assert len(readings) == 2


def test_every_kind_of_change_is_seen(tmp_path: Path, readings: list[str]) -> None:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    assert not check(folder).errors
    (folder / "consent" / "information.md").write_bytes(b"\xff")
    assert [problem.code for problem in check(folder).errors] == ["bundle.file.encoding"]
    (folder / "consent" / "information.md").unlink()
    assert check(folder).errors
    shutil.copy(MINIMAL / "consent" / "information.md", folder / "consent")
    assert not check(folder).errors
    (folder / "strange.bin").write_bytes(b"")
    assert [problem.code for problem in check(folder).errors] == ["bundle.file.unknown"]
    (folder / "strange.bin").unlink()
    (folder / "link.md").symlink_to(folder / "facts.yaml")
    assert [problem.code for problem in check(folder).errors] == ["bundle.file.link"]


def test_the_day_of_judgement_is_no_part_of_what_is_kept(readings: list[str]) -> None:
    """Facts and approvals expire: the same files have other warnings on another day."""
    early = {problem.code for problem in check(MINIMAL, on=date(2026, 11, 1)).problems}
    late = {problem.code for problem in check(MINIMAL, on=date(2199, 1, 1)).problems}
    assert "lint.facts-expired" in late - early
    assert {problem.code for problem in check(MINIMAL, on=date(2026, 11, 1)).problems} == early
    assert len(readings) == 1


@pytest.mark.parametrize("name", bundled())
def test_what_is_kept_is_what_would_be_read(name: str) -> None:
    kept = load(name)
    assert load(name) is kept
    loading.forget()
    fresh = load(name)
    assert kept is not fresh
    assert kept.as_data() == fresh.as_data()
    assert (kept.head, kept.eligibility, kept.claims) == (fresh.head, fresh.eligibility, fresh.claims)
    assert (kept.warnings, kept.files) == (fresh.warnings, fresh.files)
