"""What pydantic finds wrong in a file of a bundle, in our words: line, key, value and mend."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from proband.programme.documents import Document
from proband.programme.model import Findings
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.terms.yaml12 import KeyPath

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """What pydantic found in a document, each with its line, in sentences that name the mend."""
    found: dict[tuple[int, str, str], Problem] = {}
    items = _of_one_branch(document, error.errors())
    for item in items:
        if item["type"] == "too_short" and any(_below(other["loc"], item["loc"]) for other in items):
            continue  # the list is short because one of its items is wrong, which is told there
        path = _path_in_document(document, item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, Findings):
            for finding in cause.findings:
                place = (*path, *finding.path)
                problem = bundle_problem(
                    "bundle.value.rule",
                    document.file,
                    document.line_of(place),
                    key_text(place),
                    problem=_sentence(finding.message),
                    correction=finding.mend,
                )
                found.setdefault((problem.line, problem.key, problem.message), problem)
            continue
        value = item.get("input")
        shown = "" if isinstance(value, dict | list) or item["type"] == "missing" else shortened(value)
        place = (document.file, document.line_of(path), key_text(path))
        problem = _in_words(item, path, model, place, shown)
        found.setdefault((problem.line, problem.key, problem.message), problem)
    return list(found.values())


#: what says that a value is of another branch, rather than wrong in this one
_SHAPE = frozenset({"missing", "extra_forbidden", "model_type", "dict_type"})


def _of_one_branch(document: Document, items: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The same faults, of each union only those of the branch that the value comes nearest to: one wrong value is one problem.

    A union reports each of its branches, with the branch's name in the place. The nearest one is that with the fewest keys
    missing or too many; where that is even, one that lists what may be written.
    """
    unions: dict[tuple[int | str, ...], dict[int | str, list[ErrorDetails]]] = {}
    rest = []
    for item in items:
        at = _first_branch(document, item["loc"])
        if at is None:
            rest.append(item)
        else:
            unions.setdefault(item["loc"][:at], {}).setdefault(item["loc"][at], []).append(item)
    for place, branches in unions.items():
        inside = [item.copy() for item in min(branches.values(), key=_distance)]
        for item in inside:
            item["loc"] = (*place, *item["loc"][len(place) + 1 :])
        rest += _of_one_branch(document, inside)
    return rest


def _below(loc: tuple[int | str, ...], above: tuple[int | str, ...]) -> bool:
    return len(loc) > len(above) and loc[: len(above)] == above


def _distance(faults: Sequence[ErrorDetails]) -> tuple[int, int, int]:
    kinds = [fault["type"] for fault in faults]
    return (
        sum(kind in _SHAPE for kind in kinds),
        len(kinds),
        -sum(kind in {"literal_error", "enum"} for kind in kinds),
    )


def _first_branch(document: Document, loc: tuple[int | str, ...]) -> int | None:
    """Where in a location the first step stands that is no key of the document but the name of a union's branch."""
    value: Any = document.data
    for index, step in enumerate(loc):
        if _stands_in(value, step):
            value = value[step]
        else:  # at the end of a mapping it is a key that is missing
            return None if isinstance(value, dict) and index == len(loc) - 1 else index
    return None


def _stands_in(value: Any, step: int | str) -> bool:
    """Whether a step leads further into a value of the document."""
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _path_in_document(document: Document, loc: tuple[int | str, ...]) -> tuple[str | int, ...]:
    """The part of pydantic's location that stands in the document: it inserts the names of union branches."""
    path: tuple[str | int, ...] = ()
    value: Any = document.data
    for index, step in enumerate(loc):
        if _stands_in(value, step):
            value = value[step]
        elif isinstance(value, dict) and index == len(loc) - 1:
            return (*path, step)  # a missing key: named, though it has no line of its own
        else:
            continue
        path = (*path, step)
    return path


def _in_words(
    item: Any, path: KeyPath, model: type[BaseModel], place: tuple[str, int, str], shown: str
) -> Problem:
    kind, context = item["type"], item.get("ctx", {})
    message = item["msg"].rstrip(".")
    last = str(path[-1]) if path else ""
    given = shortened(item.get("input"))
    if kind == "missing":
        return bundle_problem("bundle.key.missing", *place, value=shown, name=last)
    if kind == "extra_forbidden":
        if item.get("input") is None:
            return bundle_problem("bundle.key.comma", *place, name=last)
        known = sorted(_all_keys(model) - {last})
        near = next(iter(get_close_matches(last, known, n=1)), None)
        return bundle_problem("bundle.key.unknown", *place, value=shown, name=last, near=near)
    if kind in {"enum", "literal_error"}:
        expected = context.get("expected", "the allowed values")
        return bundle_problem("bundle.value.choice", *place, value=shown, given=given, expected=expected)
    if kind == "value_error":
        rule = _sentence(item["msg"].removeprefix("Value error, "))
        return bundle_problem(
            "bundle.value.rule",
            *place,
            value=shown,
            problem=rule,
            correction="correct what the message names",
        )
    if kind == "string_pattern_mismatch":
        pattern = context.get("pattern")
        return bundle_problem("bundle.value.form", *place, value=shown, given=given, pattern=pattern)
    if kind in {"too_short", "string_too_short"}:
        return bundle_problem("bundle.value.empty", *place, value=shown, problem=message)
    if "date" in kind:
        return bundle_problem("bundle.value.date", *place, value=shown, given=given)
    if "type" in kind or "parsing" in kind or kind.endswith("_from_float"):
        return bundle_problem("bundle.value.kind", *place, value=shown, problem=message)
    return bundle_problem("bundle.value.other", *place, value=shown, problem=message)


def _sentence(text: str) -> str:
    return text.rstrip(". ") + "."


def _all_keys(model: type[BaseModel], seen: set[type] | None = None) -> set[str]:
    """Every key of a model and of the models inside it: candidates for "did you mean"."""
    seen = seen if seen is not None else set()
    if model in seen:
        return set()
    seen.add(model)
    keys = set(model.model_fields)
    for info in model.model_fields.values():
        for inner in _models_in(info.annotation):
            keys |= _all_keys(inner, seen)
    return keys


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for argument in getattr(annotation, "__args__", ()) for inner in _models_in(argument)]


def shortened(value: Any) -> str:
    """A value as text of at most 60 characters."""
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"
