"""JSON Schema of every file of a bundle, so that editors complete and check while one types."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from proband.programme.files import IN_FOLDERS, OPTIONAL, REQUIRED
from proband.programme.todo import KEY
from proband.terms import ProbandError

#: file (or pattern) → model
FILES: dict[str, type[BaseModel]] = {
    **REQUIRED,
    **OPTIONAL,
    **{f"{folder}/*.yaml": model for folder, model in IN_FOLDERS.items()},
}


def schema(file: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one file of a bundle.

    Raises
    ------
    ProbandError
        ``schema.unknown`` for a file that a bundle does not have.
    """
    model = FILES.get(file)
    if model is None:
        raise ProbandError("schema.unknown", file=file, files=list(FILES))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": file,
        **_with_todo(model.model_json_schema(mode="validation")),
    }


_TODO = {
    "description": "What is still to be written here; only a draft may hold one",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def _with_todo(value: Any) -> Any:
    """The same schema, with ``todo`` among the keys of every mapping of known keys."""
    if isinstance(value, dict):
        out = {key: _with_todo(inner) for key, inner in value.items()}
        if out.get("additionalProperties") is False and isinstance(out.get("properties"), dict):
            out["properties"] = {**out["properties"], KEY: _TODO}
        return out
    return [_with_todo(inner) for inner in value] if isinstance(value, list) else value


def schema_file_name(file: str) -> str:
    """The name under which a file's schema is written: ``programme.schema.json``, ``evidence.schema.json``."""
    return file.replace("/*.yaml", "").replace(".yaml", "") + ".schema.json"
