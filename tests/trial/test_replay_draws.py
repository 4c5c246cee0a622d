"""The draws of the replay: eight people to a random word are people drawn one by one, and how many are drawn at once changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from proband.trial import replay
from proband.trial.replay import FEW_DRAWN, ExamModel, replay_counts

_ALL = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15


def _mixed(z: int) -> int:
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _ALL
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _ALL
    return z ^ (z >> 31)


def _one_by_one(share: float, people: int, trial: int, seed: int) -> int:
    """The count of one trial as the module's text says it, in whole numbers of Python: one person after the other."""
    key = _mixed(seed + _GAMMA & _ALL)
    state = _mixed(key ^ (trial * 0xD1342543DE82EF95 + 1 & _ALL))
    state = state + _GAMMA & _ALL  # the cohort's draw
    words, count = -(-people // 8), 0
    for person in range(people):
        byte = _mixed(state + (person // 8 + 1) * _GAMMA & _ALL) >> (8 * (person % 8)) & 255
        first = min(int(share * 256), 255)
        rest = _mixed(state + (words + 1 + person) * _GAMMA & _ALL) >> 11
        # byte / 256 and then 53 further bits: a number in [0, 1) with 61 bits, below the share or not
        count += byte < first or (byte == first and rest < (share * 256 - first) * 2**53)
    return count


@pytest.mark.parametrize("share", [0.0, 1e-9, 0.003, 1 / 256, 0.2497, 0.5, 255 / 256, 0.9999, 1.0])
@pytest.mark.parametrize("people", [FEW_DRAWN + 1, 24, 101, 1999])
def test_eight_people_to_a_word_are_the_people_one_by_one(share: float, people: int) -> None:
    drawn = replay_counts(
        np.full((1, 400), share), [people], [0], trials=6, seed=5, exam=ExamModel(examiners=1)
    )[:, 0]
    assert drawn.tolist() == [_one_by_one(share, people, trial, 5) for trial in range(6)]


@pytest.mark.parametrize("share", [0.0, 0.002, 0.0703, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("people", [17, 63, 300])
def test_their_number_is_binomial(share: float, people: int) -> None:
    """The largest distance of two distribution functions; with 30,000 trials chance alone stays below 0.012 in 999 of 1000 cases."""
    drawn = replay_counts(
        np.full((1, 400), share), [people], [0], trials=30_000, seed=3, exam=ExamModel(examiners=1)
    )[:, 0]
    at = np.arange(people + 1)
    seen = np.searchsorted(np.sort(drawn), at, side="right") / len(drawn)
    assert np.max(np.abs(seen - binom.cdf(at, people, share))) < 0.012


def test_how_many_are_drawn_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.stack([np.linspace(0.02, 0.7, 400), np.linspace(0.1, 0.9, 400)])

    def counts() -> list[list[int]]:
        exam = ExamModel(examiner_sd=0.3, late_share=0.1, late_extra=0.02)
        found: list[list[int]] = replay_counts(
            table, [205, 23], [0, 1], trials=700, seed=9, exam=exam, apart=True
        ).tolist()
        return found

    whole = counts()
    monkeypatch.setattr(replay, "_AT_ONCE", 1 << 12)
    assert counts() == whole
