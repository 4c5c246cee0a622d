"""What pydantic finds wrong in a file of a bundle, in our words: line, key, value and mend."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from proband.programme.documents import Document
from proband.programme.model import Findings
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.terms.yaml12 import KeyPath


def problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """What pydantic found in a document, each with its line, in sentences that name the mend."""
    found: dict[tuple[int, str, str], Problem] = {}
    for item in error.errors():
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
    # an union reports each of its branches; what a branch of another shape says is noise beside a real reason
    problems = list(found.values())
    union_noise = {(p.line, p.key) for p in problems if p.code != "bundle.key.unknown"}
    return [
        p for p in problems if not (p.code == "bundle.key.unknown" and (p.line, p.key) in union_noise)
    ] or problems


def _path_in_document(document: Document, loc: tuple[int | str, ...]) -> tuple[str | int, ...]:
    """The part of pydantic's location that stands in the document: it inserts the names of union branches."""
    path: tuple[str | int, ...] = ()
    value: Any = document.data
    for index, step in enumerate(loc):
        inside_dict = isinstance(value, dict) and step in value
        inside_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if inside_dict or inside_list:
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
        near = next(iter(get_close_matches(last, sorted(_all_keys(model)), n=1)), None)
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
