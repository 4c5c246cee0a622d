"""Headlines as newspapers write them, and whole stories: what was not read is named, and never answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.terms import ProbandError
from proband.trial.headline import read_headline
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.story import LONGEST_STORY, read_story, sentences
from shipped import loaded

TEXTS = Path(__file__).with_name("newspaper_texts.txt")
PROGRAMME = {
    "ais-conversion": "spinal-cord-autologous",
    "survival": "liver-cells",
    "meld-change": "liver-cells",
}
SPINE = "spinal-cord-autologous"
PEOPLE = [
    "-p",
    SPINE,
    "--baseline",
    "A",
    "--level",
    "cervical",
    "--baseline-window",
    "14-28d",
    "--follow-up",
    "1y",
]


def test_no_newspaper_headline_is_answered_about_words_that_were_not_read() -> None:
    lines = [line for line in TEXTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) >= 100
    wrong = []
    for line in lines:
        outcome, _, rest = line.partition(" | ")
        text, _, right = rest.rpartition(" => ")
        try:
            read = read_headline(text, loaded(PROGRAMME[outcome]), outcome).understood
        except ProbandError:
            read = "refused"
        if read.removeprefix("Understood: ").rstrip(".") != right:
            wrong.append((text, read))
    assert wrong == []


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("2 of 4 patients improved, the team said.", "2 of 4 patients improved"),
        ("According to the researchers, 2 of 4 patients improved.", "2 of 4 patients improved"),
        ("Doctors reported on Monday that 2 of 4 patients improved.", "2 of 4 patients improved"),
        ("2 of 4 patients improved, according to the study!", "2 of 4 patients improved"),
    ],
)
def test_who_reports_it_is_no_part_of_the_claim(sentence: str, text: str) -> None:
    found = read_story(sentence, loaded(SPINE))
    assert [(c.text, c.outcome) for c in found.understood] == [(text, "ais-conversion")]
    assert not found.partly
    assert not found.not_understood


@pytest.mark.parametrize(
    "sentence",
    [
        "No evidence was found that 2 of 4 patients improved.",
        "Fewer than 2 of 4 patients improved.",
        "It is not true that 2 of 4 patients improved.",
        "2 of 4 patients improved and two died.",
        "Critics doubt that 2 of 4 patients improved.",
        "The rival said 2 of 4 patients improved.",
        "The team said 2 of 4 patients improved before the cells.",
        # lines that a letter or a PDF wrapped, and points that end no sentence
        "The trial did not show that\n2 of 4 patients improved.",
        "The trial did not show that\r\n2 of 4 patients improved.",
        "2 of 4 patients improved\nin mice.",
        "2 of 4 patients improved\r\nin mice.",
        "2 of 4 patients improved\nIn Thailand that was denied.",
        "Nobody has shown that approx. 2 of 4 patients improved.",
        "He denies the claim, i.e. 2 of 4 patients improved.",
    ],
)
def test_a_claim_among_other_words_is_shown_with_them_and_not_answered(sentence: str) -> None:
    found = read_story(sentence, loaded(SPINE))
    assert not found.understood
    (claim,) = found.partly
    assert "improved" in claim.text
    assert claim.left_out
    assert all(word in sentence.lower() for word in " ".join(claim.left_out).split())


def test_every_sentence_with_a_number_is_accounted_for() -> None:
    story = (
        "Hope for the paralysed. The trial cost 12 million. 2 of 4 patients improved.\n\nMotor score rose by 8 points in 12 people. "
        "Half of them felt better! Dr. 5 of 7? The oldest was 61.5 years old."
    )
    found = read_story(story, loaded(SPINE))
    named = {c.sentence for c in (*found.understood, *found.partly)} | {
        s.sentence for s in found.not_understood
    }
    assert {c.outcome for c in found.understood} == {"ais-conversion", "motor-score-change"}
    for sentence in sentences(story):
        assert sentence in named or not any(c.isdigit() for c in sentence)
    assert any("Half of them" in s.sentence for s in found.not_understood)


def test_the_second_group_is_no_claim_of_its_own() -> None:
    found = read_story("2 of 4 patients improved vs. 5 of 8.", loaded(SPINE), outcome="ais-conversion")
    (claim,) = found.understood
    assert claim.read.control is not None
    assert (claim.read.control.events, claim.read.control.people) == (5, 8)


def test_bare_numbers_name_no_outcome() -> None:
    assert not read_story("2 of 4.", loaded(SPINE)).understood
    assert read_story("2 of 4.", loaded(SPINE), outcome="ais-conversion").understood


def test_a_book_is_refused() -> None:
    with pytest.raises(HeadlineUnclear):
        read_story("x" * (LONGEST_STORY + 1), loaded(SPINE))


def test_a_story_from_a_file_or_a_pipe(tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text(
        "2 of 4 patients improved, the team said. Up to 3 of 4 improved elsewhere.", encoding="utf-8"
    )
    run = CliRunner()
    from_file = run.invoke(app, ["headline", "--from", str(story), *PEOPLE])
    piped = run.invoke(app, ["headline", "--from", "-", *PEOPLE], input=story.read_text(encoding="utf-8"))
    assert from_file.exit_code == piped.exit_code == 0, from_file.output
    assert from_file.output == piped.output
    assert "Not read, and not answered" in from_file.output
    nothing = run.invoke(app, ["headline", "--from", "-", *PEOPLE, "--json"], input="Up to 3 of 4 improved.")
    assert nothing.exit_code == 2
    assert "3 of 4 improved" in nothing.output
    assert run.invoke(app, ["headline", "2 of 4", "--from", str(story), *PEOPLE]).exit_code == 2
    assert run.invoke(app, ["headline", *PEOPLE]).exit_code == 2
