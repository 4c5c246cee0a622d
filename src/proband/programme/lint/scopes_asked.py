"""Scopes of criteria that nothing asks, courses that no criterion opens, and doses before which nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.eligibility import Scope
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "scopes-asked",
    "what is asked for more doses opens a further course, every further course is opened by criteria, and something is asked before a second dose",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Criteria of a scope without a course, courses without criteria, repeated doses before which no criterion is asked."""
    criteria = programme.eligibility
    opened = {course.on for regimen in programme.regimens.values() for course in regimen.further}
    for index, one in enumerate(criteria.criteria):
        for scope in (Scope.CONTINUATION, Scope.RETREATMENT):
            if scope in one.scopes and scope.value not in opened:
                yield LintFinding(
                    "eligibility.yaml",
                    ("criteria", index, "scopes"),
                    f"{one.id} is asked for {scope.value}, and no regimen has a further course on {scope.value}.",
                    "write the course (further) in product.yaml, or leave the scope out",
                    scope.value,
                )
    for index, regimen in enumerate(programme.product_file.regimens):
        for number, course in enumerate(regimen.further):
            if not criteria.of_scope(course.on):
                yield LintFinding(
                    "product.yaml",
                    ("regimens", index, "further", number, "on"),
                    f"the course {course.id} is opened by criteria on {course.on}, and there are none.",
                    f"name {course.on} among the scopes of the criteria that decide",
                    course.on,
                )
        again = (regimen.administrations or 2) > 1 or bool(regimen.further)
        if again and criteria.has_scopes and not criteria.of_scope(Scope.BEFORE_DOSE):
            yield LintFinding(
                "product.yaml",
                ("regimens", index, "administrations"),
                f"{regimen.id} is given more than once, and no criterion is asked before a later dose.",
                "name before-dose among the scopes of what must still hold (an infection, a pregnancy), or leave its scopes out",
                regimen.administrations or "",
            )
