"""Forms: how a command's data are asked for and typed, worked out from the declaration of the data alone.

A form is the class of data, read as a person meets it: each field with its meaning, its kind, its choices. What is typed, ``--dose
"8e7 {cells}"`` or ``--into.0.id BAG-1``, becomes the value that the declaration asks for; what is wrong is told beside its field, all of it
at once. Nothing about a single command stands here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any, get_args

from pydantic import ValidationError

from proband.record.declare.data import Data
from proband.record.errors import RecordError

#: a field and what was typed for it
Typed = tuple[str, str]
Schema = Mapping[str, Any]

_YES = {"true": True, "yes": True, "false": False, "no": False}
_AMOUNT = re.compile(r"\s*([-+]?[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?)\s+(\S.*?)\s*")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_MEANING = re.compile(r"^\* ``([a-z][a-z0-9_]*)``: (.+(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_PLACE = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class AskedField:
    """One field of a form: its name, what it means, what may stand in it, and whether it must be given."""

    name: str
    meaning: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    #: whether it is given several times, once for each
    several: bool = False
    #: whether it is given by parts: ``--items.pain 7``
    parts: bool = False
    #: the fields of each of several, where each is an object
    inner: tuple[AskedField, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of a form, and what to do; ``kind`` is the sort of fault, as ``missing`` or ``too_short``."""

    field: str
    problem: str
    mend: str
    kind: str = "unreadable"

    def __str__(self) -> str:
        return f"--{self.field}: {self.problem}; {self.mend}"


class FormError(RecordError):
    """A form that is not filled in as its command asks; ``faults`` are all of them, each with its field."""

    def __init__(self, verb: str, faults: list[FieldFault]) -> None:
        self.faults = faults
        told = [{"field": one.field, "problem": one.problem, "mend": one.mend} for one in faults]
        super().__init__(
            "record.form.fields",
            verb=verb,
            faults="".join(f"\n  {one}" for one in faults),
            details={"fields": told},
        )


def fields_of(data: type[Data]) -> tuple[AskedField, ...]:
    """The fields of a form, in the order of the declaration."""
    schema = data.model_json_schema()
    return _fields(
        schema, schema, meanings_of(data), {one.__name__: meanings_of(one) for one in inner_models(data)}
    )


def _fields(
    root: Schema, schema: Schema, meanings: Mapping[str, str], others: Mapping[str, Mapping[str, str]]
) -> tuple[AskedField, ...]:
    needed = set(schema.get("required", ()))
    found = []
    for name, field in schema.get("properties", {}).items():
        plain = _plain(root, field)
        item = _plain(root, plain.get("items", {})) if plain.get("type") == "array" else {}
        choices = tuple(item.get("enum", plain.get("enum", ())))
        parts = plain.get("type") == "object" and not _is_amount(plain)
        inner = (
            item
            if item.get("properties") and not _is_amount(item)
            else plain
            if parts and "properties" in plain
            else {}
        )
        meaning = meanings.get(name) or str(field.get("description", "")) or name.replace("_", " ")
        found.append(
            AskedField(name, meaning, kind_of(root, field), name in needed, choices, plain.get("type") == "array", parts,
                       _fields(root, inner, others.get(str(inner.get("title")), {}), others))
        )  # fmt: skip
    return tuple(found)


def inner_models(data: type[Data]) -> list[type[Data]]:
    """The classes of data that stand in the fields of another one, at any depth."""
    found: list[type[Data]] = []
    waiting: list[Any] = [field.annotation for field in data.model_fields.values()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, Data) and one not in found:
            found.append(one)
            waiting += [field.annotation for field in one.model_fields.values()]
        waiting += get_args(one)
    return found


def meanings_of(data: type[Data]) -> dict[str, str]:
    """What the fields of a class of data mean: the lines ````name``: meaning`` of its docstring, also of what it is derived from."""
    found: dict[str, str] = {}
    for one in reversed(data.__mro__):
        if issubclass(one, Data) and one.__doc__:
            found |= {name: " ".join(text.split()) for name, text in _MEANING.findall(getdoc(one) or "")}
    return found


def kind_of(schema: Schema, field: Schema) -> str:
    """What may stand in a field, in a few words."""
    if "anyOf" in field:
        kinds = [kind_of(schema, one) for one in field["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    plain = _plain(schema, field)
    if _is_amount(plain):
        return "amount with its unit, as 80 kg"
    if "enum" in plain:
        return ", ".join(map(str, plain["enum"]))
    if "description" in field and "$ref" not in field and plain.get("type") not in ("array", "object"):
        return str(field["description"])
    if plain.get("type") == "array":
        return f"list of {kind_of(schema, plain.get('items', {}))}"
    if plain.get("type") == "object":
        parts = plain.get("properties")
        return f"{', '.join(parts)}" if parts else "named values"
    low, high = plain.get("minimum"), plain.get("maximum")
    within = (
        f", {low:g} to {high:g}"
        if low is not None and high is not None
        else f", {low:g} or more"
        if low is not None
        else ""
    )
    simple = {"string": "words", "boolean": "yes or no", "integer": "whole number", "number": "number"}
    return str(plain.get("const") or simple.get(str(plain.get("type")), "anything")) + within


def filled(
    verb: str,
    data: type[Data],
    typed: Iterable[Typed],
    given: Mapping[str, Any] | None = None,
    *,
    completed: bool = False,
    filled_in: Collection[str] = (),
) -> dict[str, Any]:
    """The data of a command from what was typed into its form.

    Parameters
    ----------
    verb
        The command, for the message.
    data
        The class of data that the form is made from.
    typed
        Fields with what was typed: a path with dots (``dose.value``, ``into.0.id``), a field of several once for each.
    given
        Values that were given whole, as from a file; what was typed is put into them.
    completed
        Whether more is still to come: then nothing is missing yet.
    filled_in
        Fields that the record fills in: they are not missing where nobody gives them.

    Raises
    ------
    FormError
        With everything that is wrong, each beside its field.
    """
    schema = data.model_json_schema()
    values: dict[str, Any] = json.loads(json.dumps(given)) if given else {}
    faults: list[FieldFault] = []
    fresh: set[str] = set()
    for path, text in typed:
        try:
            _put(schema, schema, values, path, text, path, fresh)
        except _Unreadable as wrong:
            faults.append(FieldFault(path, wrong.problem, wrong.mend))
    told = {one.field.partition(".")[0].replace("-", "_") for one in faults}
    faults += [
        one
        for one in faults_of(data, values)
        if one.field.partition(".")[0] not in told
        and not (one.kind == "missing" and (completed or one.field.replace("-", "_") in filled_in))
    ]
    if faults:
        raise FormError(verb, faults)
    return values


def faults_of(data: type[Data], values: Mapping[str, Any]) -> list[FieldFault]:
    """Everything that is wrong with data, each beside its field."""
    try:
        data.model_validate(values)
    except ValidationError as error:
        asked = {one.name: one for one in fields_of(data)}
        found: dict[str, FieldFault] = {}
        for one in error.errors(include_context=False, include_url=False):
            place = [str(part) for part in one["loc"]]
            name = place[0] if place else ""
            field = asked.get(name)
            path = (
                name
                if one["type"] == "missing" and len(place) == 1
                else ".".join(place[:1] + [p for p in place[1:] if _typable(p)])
            )
            found.setdefault(path, _fault(path, field, one["type"], one["msg"], one["input"]))
        return list(found.values())
    return []


def _typable(part: str) -> bool:
    """Whether a part of a place is one that a person types, and no name of a kind of value."""
    return re.fullmatch(r"[a-z0-9_.=&-]{1,64}", part, re.IGNORECASE) is not None and part not in (
        "bool",
        "float",
        "str",
        "int",
    )


def _fault(path: str, field: AskedField | None, kind: str, problem: str, value: Any) -> FieldFault:
    if field is None:
        return FieldFault(path, "there is no such field", "see the fields of the command")
    wanted = " or ".join(field.choices) if field.choices else field.kind
    if kind == "missing" and path == field.name:
        return FieldFault(path, "is missing", f"give {field.meaning} ({wanted})", kind)
    if kind in ("string_pattern_mismatch", "literal_error"):
        return FieldFault(path, f"{str(value)[:60]!r} is none", f"give {field.meaning} ({wanted})", kind)
    return FieldFault(path, problem[:1].lower() + problem[1:], f"give {field.meaning} ({wanted})", kind)


class _Unreadable(Exception):
    """What was typed cannot be what the field asks for."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem, self.mend = problem, mend


def _plain(schema: Schema, field: Schema) -> Schema:
    """A field's schema with references followed, and without "or nothing"."""
    while True:
        if "$ref" in field:
            field = schema["$defs"][str(field["$ref"]).rpartition("/")[2]]
        elif (
            "anyOf" in field
            and len(some := [one for one in field["anyOf"] if one.get("type") != "null"]) == 1
        ):
            field = some[0]
        else:
            return field


def _with_part(root: Schema, field: Schema, part: str) -> Schema:
    """Of the kinds of value that may stand in a field, the one that has a part of this name."""
    kinds = [_plain(root, one) for one in field.get("anyOf", ())]
    return next((one for one in kinds if part in one.get("properties", ())), _plain(root, field))


def _is_amount(plain: Schema) -> bool:
    return set(plain.get("properties", ())) == {"value", "unit"}


def _put(
    root: Schema, schema: Schema, into: dict[str, Any], path: str, text: str, shown: str, fresh: set[str]
) -> None:
    """Put what was typed at its place; lists and objects on the way are made."""
    name, dot, rest = path.partition(".")
    plain = _plain(root, schema)
    own = plain.get("properties", {})
    if name not in own and name.replace("-", "_") in own:
        name = name.replace("-", "_")
    named = next(iter(plain.get("patternProperties", {}).values()), plain.get("additionalProperties", False))
    inner = own.get(name, named)
    if inner is False:
        raise _Unreadable("there is no such field", f"its fields are {', '.join(own) or 'none'}")
    field: Schema = {} if inner is True else inner
    here = _with_part(root, field, rest.partition(".")[0]) if dot else _plain(root, field)
    if dot and here.get("type") == "array":
        _put_at(root, here, into.setdefault(name, []), rest, text, shown, fresh)
    elif dot and (here.get("type") == "object" or not here):
        at = into.setdefault(name, {})
        if not isinstance(at, dict):
            raise _Unreadable("is given whole and in parts", "give one of the two")
        _put(root, here or {"additionalProperties": True}, at, rest, text, shown, fresh)
    elif dot:
        raise _Unreadable("has no parts", f"give --{shown.rpartition('.')[0]}")
    elif here.get("type") == "array":
        # what a file gave is replaced by what is typed; what is typed again is added
        before = into.get(name, []) if shown in fresh else []
        whole = _json(text)
        into[name] = before + (
            whole if isinstance(whole, list) else [_read(root, here.get("items", {}), text)]
        )
    elif shown in fresh:
        raise _Unreadable("is given twice", "give it once")
    else:
        into[name] = _read(root, field, text)
    fresh.add(shown)


def _put_at(
    root: Schema, here: Schema, into: list[Any], path: str, text: str, shown: str, fresh: set[str]
) -> None:
    place, dot, rest = path.partition(".")
    if not _PLACE.fullmatch(place) or int(place) > len(into):
        raise _Unreadable(f"{place} is no place in the list", f"count from 0; the next is {len(into)}")
    if int(place) == len(into):
        into.append({} if dot else None)
    if dot:
        _put(root, here.get("items", {}), into[int(place)], rest, text, shown, fresh)
    else:
        into[int(place)] = _read(root, here.get("items", {}), text)


def _json(text: str) -> Any:
    """A value that was typed as JSON, ``None`` where it was not."""
    if text[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise _Unreadable(f"is no JSON: {error}", "close every bracket and quotation mark") from error


def _read(root: Schema, field: Schema, text: str) -> Any:
    """What was typed, as the kind of value that the field asks for."""
    kinds = [_plain(root, one) for one in field["anyOf"]] if "anyOf" in field else [_plain(root, field)]
    if text in ("", "null") and any(one.get("type") == "null" for one in kinds):
        return None
    kinds = [one for one in kinds if one.get("type") != "null"]
    names = {str(one.get("type")) for one in kinds}
    if "object" in names or "array" in names or not field:
        whole = _json(text)
        if whole is not None:
            return whole
    if any(map(_is_amount, kinds)) and (amount := _AMOUNT.fullmatch(text)):
        return {"value": float(amount[1]), "unit": amount[2]}
    if "boolean" in names and text.lower() in ({"true", "false"} if "string" in names else _YES):
        return _YES[text.lower()]
    if names & {"number", "integer"} and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return int(text) if re.fullmatch(r"[-+]?[0-9]+", text) else float(text)
    if "string" in names or any("enum" in one or "const" in one for one in kinds) or not field:
        return text
    raise _Unreadable(f"{text[:60]!r} cannot be read", f"give {kind_of(root, field)}")
