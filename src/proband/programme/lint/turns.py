"""Regimens that take turns: each is one of the bundle, is in the course of one other only, and has no course of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding

#: what stands at the regimen that leads, and would mean nothing at one that takes its turn
_OF_THE_COURSE = ("administrations", "interval", "interval_tolerance", "cycle", "titration", "late", "further", "washout", "alternates")  # fmt: skip


@declare(
    "turns",
    "regimens that take turns are regimens of the bundle, each in one course, whose number, spacing and rules stand once",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Names that are no regimen, regimens in two courses, and rules of a course that stand where nobody goes by them."""
    arms = {arm.regimen for arm in programme.head.arms}
    led: dict[str, str] = {}
    for index, lead in enumerate(programme.product_file.regimens):
        for position, id in enumerate(lead.alternates):
            path = ("regimens", index, "alternates", position)
            other = programme.regimens.get(id)
            if other is None:
                yield LintFinding("product.yaml", path, f"{id!r} is no regimen of this bundle.", f"use one of {', '.join(programme.regimens)}", id)  # fmt: skip
            elif id in arms or id == lead.id:
                yield LintFinding("product.yaml", path, f"{id} has a course of its own, and takes turns in that of {lead.id}.", "write it as another regimen", id)  # fmt: skip
            elif id in led:
                yield LintFinding("product.yaml", path, f"{id} takes turns in the course of {led[id]} already.", "write it as another regimen", id)  # fmt: skip
            else:
                led[id] = lead.id
                own = [name for name in _OF_THE_COURSE if getattr(other, name) not in (None, [])]
                if own:
                    place = [one.id for one in programme.product_file.regimens].index(id)
                    yield LintFinding(
                        "product.yaml", ("regimens", place, own[0]), f"{id} takes turns in the course of {lead.id}, where {own[0]} stands.", "leave it out here", id
                    )  # fmt: skip
        if lead.alternates and lead.spacing(1) is None:
            yield LintFinding(
                "product.yaml",
                ("regimens", index, "alternates"),
                f"nothing says how far apart the doses of {lead.id} are, which alternate.",
                "add interval or cycle",
                lead.id,
            )
