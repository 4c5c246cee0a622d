"""A bundle that is changed on disk while the process runs gives new answers, under a new hash; so does nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proband.natural_history import therapies
from proband.natural_history.special import liver, spinal_exam, spinal_grades, trajectories
from proband.pages.headline.claimed import HeadlinesMissing
from proband.pages.site import build
from proband.programme import Programme, load, locate
from proband.trial.headline import headline
from proband.trial.headline.claimed import claimed_headlines
from shipped import loaded

SPINAL, LIVER, HPDL = "spinal-cord-autologous", "liver-cells", "mitochondria-hpdl"


def copied(name: str, folder: Path) -> Path:
    """A bundle of one's own."""
    shutil.copytree(locate(name), folder / name)
    return folder / name


def change(folder: Path, file: str, old: str, new: str) -> None:
    """One text of one file replaced once."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def drop_row(folder: Path, file: str, starts: str) -> None:
    """The first row of a table that starts so is deleted."""
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    gone = next(i for i, line in enumerate(lines) if line.startswith(starts))
    path.write_text("".join(lines[:gone] + lines[gone + 1 :]), encoding="utf-8")


def ask(programme: Programme) -> float:
    """The headline of the README."""
    answer = headline(
        "2 of 4",
        programme=programme,
        outcome="ais-conversion",
        baseline="A",
        level="cervical",
        baseline_window="14-28d",
        follow_up="1y",
        trials=2000,
    )
    assert answer.programme_hash == programme.hash
    assert answer.to_dict()["programme_hash"] == programme.hash
    return answer.predictive


def test_a_deleted_row_and_a_changed_figure_are_fitted_anew(tmp_path: Path) -> None:
    folder = copied(SPINAL, tmp_path)
    first = load(folder)
    assert first == loaded(SPINAL)
    assert hash(first) == hash(loaded(SPINAL))
    before = ask(first)
    assert before == ask(loaded(SPINAL))

    drop_row(folder, "natural_history/grade-conversion.csv", "Marino 1999,SCIMS,1999,,,A,all")
    second = load(folder)
    assert second != first
    assert second.hash != first.hash
    without = ask(second)
    assert without != before

    change(folder, "natural_history/grade-conversion.csv", ",improved,53,6,11.3,", ",improved,53,26,49.1,")
    third = load(folder)
    assert len({first.hash, second.hash, third.hash}) == 3
    assert ask(third) not in {before, without}

    # the programme that was loaded first still says what it said
    assert ask(first) == before


def test_a_touched_bundle_is_the_same_programme(tmp_path: Path) -> None:
    """Comments and layout mean nothing: same hash, same programme, nothing is fitted again."""
    folder = copied(SPINAL, tmp_path)
    first = load(folder)
    change(folder, "schedule.yaml", "\n", "\n# a comment\n")
    again = load(folder)
    assert again == first
    assert spinal_grades.grade_model(again, "A") is spinal_grades.grade_model(first, "A")


def test_every_kept_figure_follows_its_bundle(tmp_path: Path) -> None:
    """What is kept from one question to the next is kept for a content, not for a folder."""
    spinal, cells = copied(SPINAL, tmp_path), copied(LIVER, tmp_path)
    before = load(spinal), load(cells)
    kept = (
        spinal_exam.exam_model_figures(before[0]).leaning_sd,
        trajectories.between_registry_sd(before[0]),
        liver.between_cohort_sd(before[1]),
    )
    change(spinal, "natural_history/examiner-error.csv", "0.96", "0.90")
    change(spinal, "natural_history/within-person-change.csv", ",3122,3.8,", ",3122,12.0,")
    change(cells, "natural_history/meld3-survival.csv", "0.17698", "0.15")
    after = load(spinal), load(cells)
    new = (
        spinal_exam.exam_model_figures(after[0]).leaning_sd,
        trajectories.between_registry_sd(after[0]),
        liver.between_cohort_sd(after[1]),
    )
    assert all(a != b for a, b in zip(kept, new, strict=True)), (kept, new)


def test_therapies_follow_their_bundle(tmp_path: Path) -> None:
    folder = copied(HPDL, tmp_path)
    before = therapies.search("POLG", programme=load(folder))
    drop_row(folder, "evidence/contraindications.csv", before.contraindications[0].genes[0])
    after = therapies.search("POLG", programme=load(folder))
    assert len(after.contraindications) < len(before.contraindications)
    assert after.to_dict()["programme_hash"] == load(folder).hash != before.programme_hash


def test_a_page_refuses_answers_of_another_content(tmp_path: Path) -> None:
    """Numbers on a page are those of the bundle that the page is made from, or there is no page."""
    folder = copied(LIVER, tmp_path)
    old = claimed_headlines(load(folder), trials=100)
    change(folder, "natural_history/meld3-survival.csv", "0.17698", "0.15")
    with pytest.raises(HeadlinesMissing) as refused:
        build([load(folder)], [old])
    assert "claimed_headlines" in refused.value.mend
