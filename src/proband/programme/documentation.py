"""``docs/bundle-fields.md``: every key of every file of a bundle, from the models that read them.

Type and meaning come from the model, the example from the bundles that are shipped, the places in USDM and FHIR from
:mod:`proband.programme.standards`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from proband.programme.bundle import Programme
from proband.programme.json_schema import FILES
from proband.programme.loading import bundled, load
from proband.programme.standards import STANDARDS, StandardPlaces
from proband.programme.words_only import WORDS
from proband.terms.markdown import WRITTEN, anchor, code, table

#: an example is shown up to this length
_LONGEST = 60

_HEAD = f"""# Fields of a bundle

{WRITTEN}

Every key of every file of a bundle. *Required* says whether the key must stand, or what holds where it does not; *USDM 4.0* and
*FHIR R4* name the place with the same meaning, where the standard has one. The examples are taken from the bundles that are
shipped. How the files hang together is told in [bundles.md](bundles.md); `proband schema FILE` gives the same as JSON Schema for an
editor.
"""

_WORDS = """A sentence in one of these fields is read by people. No gate, verdict, analysis or check goes by it. Beside them stand, in every part, the fields that only explain
what stands beside them (`note`, `why`, `name`, `title`, `label`, `description`, `definition`, `meaning`). Every other field is read by something that acts on it, which
a test holds: a new one can join neither in silence."""


def fields_page() -> str:
    """The page: a section for every file, in it a table for every kind of piece."""
    examples = _Examples()
    for name in bundled():
        examples.read(load(name))
    lines = [_HEAD]
    lines += table(
        ("file", "holds"), ((f"[`{file}`](#{anchor(file)})", _first(model)) for file, model in FILES.items())
    )
    told: set[type[BaseModel]] = set()
    for file, model in FILES.items():
        lines += [f"## {file}", ""]
        for piece in pieces(model):
            if piece not in told:
                told.add(piece)
                lines += _section(piece, examples, top=piece is model)
    lines += ["## Words, which nothing goes by", "", _WORDS, ""]
    lines += table(
        ("field", "what holds in its place"),
        ((code(field), reason) for field, reason in sorted(WORDS.items())),
    )
    return "\n".join(lines)


def _section(model: type[BaseModel], examples: _Examples, *, top: bool) -> Iterator[str]:
    if not top:
        yield f"### {model.__name__}"
        yield ""
    yield _doc(model)
    yield ""
    yield from table(
        ("key", "type", "required or default", "meaning", "example", "USDM 4.0", "FHIR R4"),
        (
            _row(model, name, info, examples)
            for name, info in model.model_fields.items()
            if name not in getattr(model, "FROM_ROW", ())  # a bundle never writes it
        ),
    )


def _row(model: type[BaseModel], name: str, info: FieldInfo, examples: _Examples) -> tuple[str, ...]:
    places = next(
        (STANDARDS[key] for base in model.__mro__ if (key := f"{base.__name__}.{name}") in STANDARDS),
        StandardPlaces(),
    )
    return (
        code(info.alias or name),
        _type(info.annotation),
        "yes" if info.is_required() else _default(info),
        info.description or "",
        code(examples.of(model, name)),
        code(places.usdm),
        code(places.fhir),
    )


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=False)
    if value in (None, "", [], (), {}) or info.default_factory is not None:
        return ""
    return code(_written(value.value if isinstance(value, Enum) else value))


def _doc(model: type[BaseModel]) -> str:
    """The docstring, up to what it says about errors and attributes."""
    text = (model.__doc__ or "").strip()
    for heading in ("Raises\n", "Attributes\n", "Parameters\n"):
        text = text.partition(heading)[0]
    return "\n".join(line.strip() for line in text.strip().splitlines()).replace("``", "`")


def _first(model: type[BaseModel]) -> str:
    return _doc(model).partition("\n")[0]


# -- types -----------------------------------------------------------------------------------------------------------------


def _bare(annotation: Any) -> Any:
    """An annotation without what only restricts it."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _type(annotation: Any) -> str:
    """A type in words; another piece of a bundle as a link to its table."""
    annotation = _bare(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(each) for each in arguments if each is not type(None)))
    if origin in (list, tuple):
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"{_type(arguments[0])} → {_type(arguments[1])}"
    if origin is Literal:
        return ", ".join(code(str(value)) for value in arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{anchor(annotation.__name__)})"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(code(str(member.value)) for member in annotation)
    plain = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "date": "date",
        "Any": "any value",
    }
    return plain[getattr(annotation, "__name__", str(annotation))]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def pieces(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every model below it, each once, in the order of the keys."""
    seen: dict[type[BaseModel], None] = {}

    def walk(piece: type[BaseModel]) -> None:
        if piece not in seen:
            seen[piece] = None
            for info in piece.model_fields.values():
                for inner in _models(info.annotation):
                    walk(inner)

    walk(model)
    yield from seen


# -- examples --------------------------------------------------------------------------------------------------------------


@dataclass
class _Examples:
    """The first short value of every key, as it stands in the bundles; else the one that the model gives."""

    found: dict[tuple[type[BaseModel], str], str] = field(default_factory=dict)

    def of(self, model: type[BaseModel], name: str) -> str:
        own = model.model_fields[name].examples
        return self.found.get((_definer(model, name), name), _written(own[0]) if own else "")

    def read(self, programme: Programme) -> None:
        for file, document in programme.documents.items():
            pattern = next((name for name in FILES if _fits(name, file)), None)
            if pattern is not None:
                self._piece(FILES[pattern], document.data)

    def _piece(self, model: type[BaseModel], data: Any) -> None:
        if not isinstance(data, Mapping):
            return
        for name, info in model.model_fields.items():
            value = data.get(info.alias or name)
            if value is None:
                continue
            shown = _flow(value)
            if shown is not None:
                self.found.setdefault((_definer(model, name), name), shown)
            self._below(info.annotation, value)

    def _below(self, annotation: Any, value: Any) -> None:
        models = list(_models(annotation))
        if not models:
            return
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                fitting = [model for model in models if set(each) <= _keys(model) and _tagged(model, each)]
                if fitting:
                    self._piece(fitting[0], each)
                else:  # a mapping from names to pieces
                    for inner in each.values():
                        self._below(annotation, inner)


def _definer(model: type[BaseModel], name: str) -> type[BaseModel]:
    """The model that a key was first written in: what several inherit has one example."""
    return next(base for base in reversed(model.__mro__) if name in getattr(base, "model_fields", {}))


def _fits(pattern: str, file: str) -> bool:
    folder, star, ending = pattern.partition("*")
    return file == pattern or bool(star and file.startswith(folder) and file.endswith(ending))


def _keys(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def _tagged(model: type[BaseModel], data: Mapping[str, Any]) -> bool:
    """Whether a key that has one permitted value has it."""
    for name, info in model.model_fields.items():
        annotation = _bare(info.annotation)
        if get_origin(annotation) is Literal and name in data and data[name] not in get_args(annotation):
            return False
    return True


def _flow(value: Any) -> str | None:
    """A value as it would be written on one line of YAML; ``None`` where that is long."""
    text = _written(value)
    if len(text) <= _LONGEST:
        return text
    if isinstance(value, list) and not any(isinstance(each, Mapping | list) for each in value):
        return f"[{_shortened(_written(value[0]), _LONGEST - 5)}, …]"
    if isinstance(value, Mapping) and not any(isinstance(each, Mapping | list) for each in value.values()):
        first = next(iter(value.items()))
        return f"{{{_shortened(f'{first[0]}: {_written(first[1])}', _LONGEST - 5)}, …}}"
    return None if isinstance(value, Mapping | list) else _shortened(text, _LONGEST)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return " ".join(str(value).split())
