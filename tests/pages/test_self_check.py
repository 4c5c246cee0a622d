"""The browser's evaluator against Python's: the same truth on thousands of generated people, and never a word that decides."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from proband.pages.catalogue import Catalogue
from proband.pages.self_check import SelfCheckError, specification
from proband.pages.tone import tone
from proband.programme import Programme
from proband.programme.eligibility import observable
from proband.programme.expression import (
    Comparison,
    Expression,
    Number,
    OneOf,
    Scaled,
    Sum,
    Term,
    atoms,
    check,
)
from proband.screening.kleene import evaluate
from proband.screening.values import Value

CASES = 6000
DRIVER = Path(__file__).with_name("self_check_driver.js")
SCRIPT = Path(str(files("proband.pages") / "assets" / "self-check.js"))

#: forms that the bundles' own criteria may not use, so that every kind of node is compared
EXTRA = (
    "age >= 18 and age < 65.5",
    "not (a <= 2.5 * b) or known(a)",
    "a - b > 3 or a + b <= -1.5",
    "grade in ['A', 'B', 'D'] and grade != 'B'",
    "level <= 'C7' and level > 'C2'",
    "sex in ['female'] or not ill",
    "not ill and not known(b)",
    "a == 2 or b != 3",
    "a in [1, 2, 4]",
    "0 <= a <= 10 and (b > 1 or not (b > 1))",
)


def values_of(rng: random.Random, expression: Expression, observables: dict[str, Any]) -> dict[str, Value]:
    """One generated person: known, unknown, bounded on one side or both, near the limits that the rule names."""
    limits = [number for atom in atoms(expression.root) for number in _limits(atom)] or [0.0]
    found: dict[str, Value] = {}
    for name in expression.names:
        kind, allowed = observables[name]
        draw = rng.random()
        if draw < 0.2:
            found[name] = Value(reason="nothing on record")
        elif kind == "boolean":
            found[name] = Value(truth=rng.random() < 0.5)
        elif kind == "code":
            found[name] = Value(code=rng.choice([*(value.lower() for value in allowed), "other"]))
        else:
            centre = rng.choice(limits) + rng.choice([0.0, 0.0, rng.uniform(-3, 3), 1.0, -1.0])
            if kind == "ordered":
                centre = float(rng.randrange(max(1, len(allowed))))
            width = rng.choice([0.0, 0.0, 0.0, abs(rng.gauss(0, 2))])
            low, high = centre - width, centre + width
            if kind == "ordered":
                low, high = float(math.floor(low)), float(math.ceil(high))
            found[name] = Value(low=None if draw < 0.25 else low, high=None if 0.25 <= draw < 0.3 else high)
    return found


def _limits(atom: Any) -> list[float]:
    if isinstance(atom, Comparison):
        return [number for side in (atom.left, atom.right) for number in _in_term(side)]
    return list(atom.values) if isinstance(atom, OneOf) else []


def _in_term(term: Term) -> list[float]:
    if isinstance(term, Number):
        return [term.value]
    if isinstance(term, Scaled):
        return [term.factor, *_in_term(term.term)]
    return [*_in_term(term.left), *_in_term(term.right)] if isinstance(term, Sum) else []


def plain(value: Value) -> dict[str, Any]:
    return {
        "low": value.low,
        "high": value.high,
        "truth": value.truth,
        "code": value.code,
        "known": value.is_known,
    }


@pytest.fixture(scope="module")
def cases(programmes: dict[str, Programme]) -> list[tuple[Expression, dict[str, Value]]]:
    rng = random.Random(20261122)
    pool: list[tuple[Expression, dict[str, Any]]] = []
    for programme in programmes.values():
        kinds = {o.id: (o.type, o.signature.values) for o in programme.eligibility.observables}
        pool += [(expression, kinds) for expression in programme.eligibility.expressions.values()]
    made = {"age": ("number", ()), "a": ("number", ()), "b": ("number", ()), "grade": ("ordered", tuple("ABCDE")), "ill": ("boolean", ()),
            "level": ("ordered", tuple(f"C{n}" for n in range(1, 9))), "sex": ("code", ("female", "male"))}  # fmt: skip
    observables = {
        name: observable(
            {"id": name, "label": f"the {name}", "type": kind, "values": list(values) if kind in {"ordered", "code"} else [],
             "codes": [{"system": "Proband", "code": name}]}
        )
        for name, (kind, values) in made.items()
    }  # fmt: skip
    signatures = {name: observable.signature for name, observable in observables.items()}
    pool += [(check(text, signatures), made) for text in EXTRA for _ in range(3)]
    return [
        (expression, values_of(rng, expression, kinds))
        for expression, kinds in (rng.choice(pool) for _ in range(CASES))
    ]


def expected(cases: list[tuple[Expression, dict[str, Value]]]) -> list[bool | None]:
    return [evaluate(expression.root, values) for expression, values in cases]


def lines(cases: list[tuple[Expression, dict[str, Value]]]) -> str:
    return "\n".join(
        json.dumps(
            {
                "root": expression.to_json()["root"],
                "values": {name: plain(value) for name, value in values.items()},
            }
        )
        for expression, values in cases
    )


@pytest.mark.node
def test_the_script_agrees_with_screening_on_thousands_of_people(
    cases: list[tuple[Expression, dict[str, Value]]],
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node absent: the comparison runs in the browser test instead")
    answer = subprocess.run(
        [node, str(DRIVER), str(SCRIPT)],
        input=lines(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    theirs, ours = json.loads(answer.stdout), expected(cases)
    assert len(theirs) == len(ours) >= 5000
    wrong = [
        (expression.text, values)
        for (expression, values), a, b in zip(cases, theirs, ours, strict=True)
        if a is not b
    ]
    assert wrong == []
    assert {None, True, False} <= set(ours)
    assert min(ours.count(truth) for truth in (None, True, False)) > 500


@pytest.mark.browser
def test_the_script_agrees_with_screening_in_the_browser_too(
    browser, cases: list[tuple[Expression, dict[str, Value]]]
) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><p>nothing</p>")
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    theirs = page.evaluate(
        "(lines) => lines.split('\\n').map((line) => JSON.parse(line)).map(({ root, values }) => ProbandCheck.evaluate(root, values))",
        lines(cases),
    )
    assert theirs == expected(cases)
    assert len(theirs) >= 5000
    page.close()


def test_only_what_has_plain_words_is_asked_and_every_rule_is_there(programmes: dict[str, Programme]) -> None:
    for programme in programmes.values():
        found = specification(programme.eligibility)
        assert [rule["id"] for rule in found["rules"]] == [
            criterion.id for criterion in programme.eligibility.criteria
        ]
        assert all(question["ask"] for question in found["questions"])
        for rule in found["rules"]:
            assert tone().forbidden_in_self_check(rule["words"]) == []


def test_a_rule_of_a_later_day_is_never_settled_today_and_a_rule_for_some_says_for_whom(
    programmes: dict[str, Programme],
) -> None:
    eligibility = programmes["spinal-cord-autologous"].eligibility
    first = eligibility.criteria[0].model_copy(
        update={"visits": ("pre-dose",), "cohorts": (eligibility.cohorts[0].id,)}
    )
    found = specification(eligibility.model_copy(update={"criteria": (first, *eligibility.criteria[1:])}))[
        "rules"
    ][0]
    assert found["later"]
    assert found["words"].endswith(f"Only for: {eligibility.cohorts[0].label}.")


def test_a_rule_that_decides_instead_of_informing_is_refused(programmes: dict[str, Programme]) -> None:
    eligibility = programmes["liver-cells"].eligibility
    first = eligibility.criteria[0].model_copy(update={"plain": "You are eligible if you are ill."})
    broken = eligibility.model_copy(update={"criteria": (first, *eligibility.criteria[1:])})
    translated = Catalogue("xx", {"You are eligible if you are ill.": "Chi sta male può chiedere."})
    for catalogue in (None, translated, Catalogue("qps")):
        with pytest.raises(SelfCheckError, match="'eligible'"):
            specification(broken, catalogue)
