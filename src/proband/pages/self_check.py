"""The self-check: the programme's own criteria, compiled to plain JSON for a small evaluator in the browser.

It informs and never decides: an answer is "nothing you entered rules this out", "this needs your team" or "this rule
would exclude". It stores nothing, sends nothing and ends in a sheet for the doctor. The evaluator
(``assets/self-check.js``) is Kleene's three-valued logic over intervals, the same as :mod:`proband.screening.kleene`.
"""

from __future__ import annotations

import json
from typing import Any

from proband.pages.catalogue import Catalogue
from proband.pages.tone import tone
from proband.programme.eligibility import Criterion, Eligibility, Observable
from proband.terms import ProbandError


class SelfCheckError(ProbandError):
    """The criteria cannot be shown to a family as they stand."""


def rule_words(eligibility: Eligibility, criterion: Criterion, catalogue: Catalogue | None = None) -> str:
    """A criterion as a family reads it: its plain words, else the protocol's, else made from the expression.

    A rule for some groups only says for which.
    """
    page = catalogue or Catalogue()
    words = page.text(criterion.plain or criterion.text or eligibility.words(criterion.id))
    if not criterion.cohorts:
        return words
    labels = {cohort.id: page.text(cohort.label) for cohort in eligibility.cohorts}
    groups = "; ".join(labels[id] for id in criterion.cohorts)
    return page.text("%(rule)s. Only for: %(groups)s.", rule=words.rstrip("."), groups=groups)


def is_asked_later(criterion: Criterion) -> bool:
    """Whether a rule is looked at on later days only, so that nothing entered today can settle it."""
    return bool(criterion.visits) and "screening" not in criterion.visits


def specification(eligibility: Eligibility, catalogue: Catalogue | None = None) -> dict[str, Any]:
    """Questions and rules as plain JSON values.

    A question is an observable that has plain words; all others are for the team. A rule keeps its typed tree.

    Raises
    ------
    SelfCheckError
        ``pages.self-check.word`` if a text decides (eligible, should …) instead of informing.
    """
    page = catalogue or Catalogue()
    asked: dict[str, Observable] = {}
    rules = []
    for criterion in eligibility.entry_criteria:
        expression = eligibility.expressions[criterion.id]
        # the words that decide are English ones: the rule is judged as it was written, whatever the language of the page
        words = rule_words(eligibility, criterion)
        if found := tone().forbidden_in_self_check(words):
            raise SelfCheckError("pages.self-check.word", criterion=criterion.id, word=found[0], words=words)
        for name in expression.names:
            observable = eligibility.by_id[name]
            if observable.plain:
                asked.setdefault(name, observable)
        rules.append(
            {
                "id": criterion.id,
                "kind": criterion.kind.value,
                "words": rule_words(eligibility, criterion, page),
                "later": is_asked_later(criterion),
                "names": list(expression.names),
                "root": expression.to_json()["root"],
            }
        )
    return {"questions": [_question(observable, page) for observable in asked.values()], "rules": rules}


def as_json(specification: dict[str, Any]) -> str:
    """A specification as JSON that may stand inside a script element."""
    text = json.dumps(specification, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _question(observable: Observable, page: Catalogue) -> dict[str, Any]:
    plausible = observable.plausible_result
    return {
        "id": observable.id,
        "ask": page.text(observable.plain or ""),
        "label": page.text(observable.label),
        "type": observable.type,
        "unit": observable.result_unit if observable.type == "number" else None,
        "values": list(observable.signature.values),
        "low": plausible.low if plausible else None,
        "high": plausible.high if plausible else None,
    }
