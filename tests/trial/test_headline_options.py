"""Every option of the headline test against every kind of headline: it changes the answer, or it is refused with what to leave out."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from proband.terms import ProbandError
from proband.trial.headline import HeadlineUnclear
from proband.trial.headline.answer import headline as asked
from shipped import headline, loaded

_ACUTE = {"baseline": "A", "level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}
_SPINAL = {"programme": "spinal-cord-autologous", **_ACUTE}
_LIVER = {"programme": "liver-cells", "baseline": "cirrhosis", "follow_up": "24w"}
_ALONE = _SPINAL | {"level": "thoracic", "baseline": "B", "baseline_window": "13-23m", "follow_up": "36m"}
#: one headline of every kind, with the conditions that its outcome needs
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "count, examined": ("3 of 8", _SPINAL | {"outcome": "ais-conversion"}),
    "two counts, examined": ("6 of 8 against 2 of 9", _SPINAL | {"outcome": "ais-conversion"}),
    "two counts, no history": ("9 of 10 against 2 of 9", _ALONE | {"outcome": "ais-conversion"}),
    "late count": (
        "1 of 8",
        _SPINAL | {"outcome": "ais-conversion", "level": "all", "baseline_window": "12-24m", "follow_up": "5y"},
    ),
    "survivors": ("20 of 50 alive", _LIVER | {"outcome": "survival", "baseline": "aclf"}),
    "two groups of survivors": ("30 of 50 alive against 20 of 49", _LIVER | {"outcome": "survival", "baseline": "aclf"}),
    "mean change": ("motor score rose by 15 points in 12 people", _SPINAL | {"outcome": "motor-score-change"}),
    "two mean changes": (
        "motor score rose by 15 points (SD 14) in 12 people against 8 (SD 12) in 10",
        _SPINAL | {"outcome": "motor-score-change"},
    ),
    "two changes of a liver score": (
        "MELD fell by 2 points in 12 people against 1 in 10",
        _LIVER | {"outcome": "meld-change"},
    ),
    "recovery at any time": (
        "3 of 9 recovered some vision",
        {"programme": "mitochondria-hpdl", "outcome": "visual-recovery", "baseline": "LHON m.11778"},
    ),
}  # fmt: skip
#: for every option values of which at least one differs from what is taken without it, where it can be heeded at all
OPTIONS: dict[str, tuple[Any, ...]] = {
    "baseline": ("B", "compensated", "MPV17"),
    "level": ("T1-9",),
    "baseline_window": ("30d", "12-30m", "13-20m"),
    "follow_up": ("6m", "1y", "3y"),
    "era": ("1995-1997",),
    "where": ({"colour": "green"},),
    "control_baseline": ("B", "MELD 35", "unstable-decompensated", "A:2,B:7", "A:4,B:6"),
    "people": (7,),
    "trials": (300,),
    "seed": (5,),
    "difference": (0.31,),
    "groups": ("randomised",),
    "sources": (["lin-2017-abstract"], ["shin-2015"], ["shi-2025-abstract"]),
    "outcomes": (3,),
    "looks": (3,),
    "examiners": (1,),
    "examiner_error": (False,),
    "heterogeneity": (False,),
    "late_exams": (0.9,),
}


def test_every_option_of_the_headline_test_is_tried() -> None:
    fixed = {"text", "programme", "outcome"}
    assert set(inspect.signature(asked).parameters) - fixed == set(OPTIONS)


#: where no natural history fits, what describes the people and the examiners decides only that, and the answer says so
_DECIDES_ONLY_THAT = {
    *_ACUTE,
    "era",
    "where",
    "control_baseline",
    "examiners",
    "examiner_error",
    "late_exams",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_is_accepted_and_ignored(kind: str, option: str) -> None:
    text, conditions = KINDS[kind]
    given: dict[str, Any] = {"trials": 200, **conditions}
    plain = headline(text, **given).to_dict()
    values = OPTIONS[option]
    if option == "sources":
        values = tuple(v for v in values if set(v) <= set(loaded(given["programme"]).sources))
        assert values
    if plain["natural_history_refused"] and option in _DECIDES_ONLY_THAT:
        assert "no " in " ".join(plain["assumptions"]).lower()
        return
    accepted = [answer for value in values if (answer := _answered(text, given | {option: value}))]
    assert not accepted or any(answer != plain for answer in accepted)


def _answered(text: str, given: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return headline(text, **given).to_dict()
    except ProbandError as refusal:
        if not refusal.mend:
            raise
        return None


def test_an_option_without_meaning_is_named() -> None:
    text, conditions = KINDS["survivors"]
    with pytest.raises(HeadlineUnclear, match="--level") as refused:
        headline(text, **conditions, level="cervical")
    assert "leave out --level" in refused.value.mend


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LIN-2017-abstract", "lin-2017-abstract"),
        (" lin-2017-abstract ", "lin-2017-abstract"),
        ("10.1002/HEP.29189", "lin-2017-abstract"),
        ("https://doi.org/10.1002/hep.29189", "lin-2017-abstract"),
        ("lin2017-abstract", "lin-2017-abstract"),
        ("ISRCTN10368050", "match-2025"),
        ("nobody", None),
        ("", None),
    ],
)
def test_a_source_that_the_bundle_does_not_have_is_refused_with_the_one_that_was_meant(
    name: str, meant: str | None
) -> None:
    given = _LIVER | {"outcome": "survival", "baseline": "aclf", "groups": "randomised", "trials": 200}
    with pytest.raises(HeadlineUnclear) as refusal:
        headline("30 of 50 alive against 20 of 49", sources=[name], **given)
    assert refusal.value.code == "trial.headline.source"
    assert (repr(meant) in refusal.value.mend) if meant else ("by its id" in refusal.value.mend)
    if meant:  # what the mend says works
        assert headline("30 of 50 alive against 20 of 49", sources=[meant], **given).groups == "randomised"


@pytest.mark.parametrize("difference", [1e-9, -0.0004, 0.9999999, 1.0])
def test_a_difference_that_no_share_can_show_is_refused(difference: float) -> None:
    given = _SPINAL | {"outcome": "ais-conversion", "trials": 200}
    with pytest.raises(HeadlineUnclear) as refusal:
        headline("2 of 4", difference=difference, **given)
    assert refusal.value.code == "trial.headline.difference"
    for share in (0.001, -0.999):
        assert headline("2 of 4", difference=share, **given).design is not None


@pytest.mark.parametrize("baseline", ["A:1", "A:7", "A:0", "A:99999999999", "A:3,"])
def test_a_mix_of_one_kind_of_people_counts_them_too(baseline: str) -> None:
    with pytest.raises(ProbandError, match="adds up to") as refusal:
        headline("2 of 4", **_SPINAL | {"outcome": "ais-conversion", "trials": 200, "baseline": baseline})
    assert refusal.value.code == "natural_history.question.mix-sum"


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("2 of 4", _SPINAL | {"outcome": "ais-conversion", "baseline": "A:2,A:2"}),
        ("2 of 4", _SPINAL | {"outcome": "ais-conversion", "baseline": "A:3, AIS a:1"}),
        ("2 of 4", _SPINAL | {"outcome": "ais-conversion", "level": "cervical:2,Cervical:2"}),
        ("2 of 4", _LIVER | {"outcome": "survival", "baseline": "MELD 20-29:3,meld20-29:1", "follow_up": "90d"}),
        ("2 of 4 against 3 of 5", _LIVER | {"outcome": "survival", "baseline": "aclf", "control_baseline": "aclf:2,ACLF:3"}),
    ],
)  # fmt: skip
def test_a_mix_that_names_one_kind_of_people_twice_is_refused(text: str, given: dict[str, Any]) -> None:
    with pytest.raises(ProbandError) as refusal:
        headline(text, **given | {"trials": 200})
    assert refusal.value.code == "natural_history.question.mix-twice"


def test_of_whom_a_mix_has_none_is_not_drawn() -> None:
    given = _SPINAL | {"outcome": "ais-conversion", "trials": 200}
    assert headline("2 of 4", **given | {"baseline": "A:4,B:0"}).domains == headline("2 of 4", **given | {"baseline": "A"}).domains  # fmt: skip
    given = _LIVER | {"outcome": "survival", "follow_up": "90d", "trials": 200}
    some, alone = (
        headline("2 of 4", **given | {"baseline": b}) for b in ("MELD 20-29:4,MELD 30-39:0", "MELD 20-29")
    )
    assert (some.domains, some.probability) == (alone.domains, alone.probability)


def test_what_the_refusal_of_a_text_without_its_people_says_works() -> None:
    given = _SPINAL | {"trials": 200}
    for text, mended, outcome in (
        ("3 patients improved", "3 of 20 improved", "ais-conversion"),
        ("motor score rose by 8 points", "motor score rose by 8 points in 20 people", "motor-score-change"),
    ):
        with pytest.raises(HeadlineUnclear) as refusal:
            headline(text, outcome=outcome, **given)
        assert (
            refusal.value.mend
            == "give the count and of how many, '5 of 20'; to a mean change add 'in 20 people'"
        )
        assert headline(mended, outcome=outcome, **given).people == 20
