"""What pydantic finds wrong in a file of a bundle, in our words: line, key, value and mend."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from proband.programme.documents import Document
from proband.programme.model import Findings
from proband.programme.problems import Problem, key_text


def problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """What pydantic found in a document, each with its line, in sentences that name the mend."""
    found: dict[tuple[int, str, str], Problem] = {}
    for item in error.errors():
        path = _path_in_document(document, item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, Findings):
            for finding in cause.findings:
                place = (*path, *finding.path)
                problem = Problem(
                    document.file,
                    document.line_of(place),
                    key_text(place),
                    _sentence(finding.message),
                    finding.mend,
                    "bundle.value.rule",
                )
                found.setdefault((problem.line, problem.key, problem.message), problem)
            continue
        line, key = document.line_of(path), key_text(path)
        message, mend, code = _in_words(item, path, model)
        value = item.get("input")
        shown = "" if isinstance(value, dict | list) or item["type"] == "missing" else shortened(value)
        found.setdefault(
            (line, key, message), Problem(document.file, line, key, message, mend, code, value=shown)
        )
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


def _in_words(item: Any, path: tuple[str | int, ...], model: type[BaseModel]) -> tuple[str, str, str]:
    kind, message = item["type"], item["msg"]
    last = str(path[-1]) if path else ""
    context = item.get("ctx", {})
    if kind == "missing":
        return (
            f"the key {last!r} is missing.",
            f"write {last}: …; `proband schema` tells what belongs there",
            "bundle.key.missing",
        )
    if kind == "extra_forbidden":
        near = get_close_matches(last, sorted(_all_keys(model)), n=1)
        return (
            f"the key {last!r} is unknown here.",
            f"did you mean {near[0]!r}?" if near else "remove it",
            "bundle.key.unknown",
        )
    if kind in {"enum", "literal_error"}:
        return (
            f"{shortened(item.get('input'))!r} is none of {context.get('expected', 'the allowed values')}.",
            "use one of them",
            "bundle.value.choice",
        )
    if kind == "value_error":
        return (
            _sentence(message.removeprefix("Value error, ")),
            "correct what the message names",
            "bundle.value.rule",
        )
    if kind == "string_pattern_mismatch":
        return (
            f"{shortened(item.get('input'))!r} is not of the form {context.get('pattern')}.",
            "write it in that form",
            "bundle.value.form",
        )
    if kind in {"too_short", "string_too_short"}:
        return (
            f"{message.rstrip('.')}.",
            "fill it in; if there is nothing, say why in the key made for it",
            "bundle.value.empty",
        )
    if "date" in kind:
        return f"{shortened(item.get('input'))!r} is not a date.", "write YYYY-MM-DD", "bundle.value.date"
    if "type" in kind or "parsing" in kind or kind.endswith("_from_float"):
        return (
            f"{message.rstrip('.')}.",
            "write a value of that kind; quote texts that look like numbers",
            "bundle.value.kind",
        )
    return f"{message.rstrip('.')}.", "correct the value", "bundle.value"


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
