"""Limits that decide about people resting on figures that nobody checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms import Level

_DECIDING = {"product.yaml", "eligibility.yaml", "safety.yaml"}


@declare(
    "weak-figures",
    "release limits, dose rules, eligibility limits and stopping rules never rest on unverified figures",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Mappings with a number and level ``unverified`` or ``secondary`` in the files that decide about people."""
    for document in programme.documents.values():
        if document.file in _DECIDING:
            yield from _walk(programme, document.file, document.data, ())


def _walk(programme: Programme, file: str, value: Any, path: tuple[str | int, ...]) -> Iterator[LintFinding]:
    if isinstance(value, dict):
        if value.get("level") in {Level.UNVERIFIED.value, Level.SECONDARY.value} and _has_number(value):
            yield LintFinding(
                file,
                (*path, "level"),
                f"a {value['level']} figure decides about people here.",
                "read the primary source first, or make it a design choice (level: inference) and say so",
                value["level"],
            )
        for key, child in value.items():
            yield from _walk(programme, file, child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk(programme, file, child, (*path, index))


def _has_number(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_number(child) for child in value.values())
    if isinstance(value, list):
        return any(_has_number(child) for child in value)
    return isinstance(value, int | float) and not isinstance(value, bool)
