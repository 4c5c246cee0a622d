"""From the contents of a folder to a :class:`~proband.programme.bundle.Programme`: form first, then references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from proband.programme.access import ProgrammeStatus
from proband.programme.backtests import BackTestsFile
from proband.programme.basis import basis_problems
from proband.programme.bundle import FactsFile, ProductFile, Programme
from proband.programme.claims import ClaimsFile
from proband.programme.design import ProgrammeFile
from proband.programme.documents import Document, Table, csv_table, plain_text, yaml_document
from proband.programme.eligibility import Eligibility
from proband.programme.evidence import (
    EvidenceFigure,
    EvidenceFile,
    EvidenceRow,
    claims_with_numbers,
    decided_rows,
    evidence_rows,
)
from proband.programme.files import REQUIRED, form, model_of
from proband.programme.folder import Contents
from proband.programme.natural_history import NaturalHistoryFile
from proband.programme.outcomes import Outcomes
from proband.programme.problems import Problem, bundle_problem
from proband.programme.safety import Safety
from proband.programme.schedule import Schedule
from proband.programme.selection import EvidenceSelection
from proband.programme.todo import in_table, in_text, taken_out
from proband.programme.trials import TrialsFile
from proband.programme.validation_words import problems_of
from proband.programme.written import with_uris
from proband.terms import Source, TermError

M = TypeVar("M", bound=BaseModel)
CLAIMS = "claims.yaml"


@dataclass
class _Parts:
    """What is known of a bundle while it is being read."""

    problems: list[Problem]
    todos: list[Problem] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    models: dict[str, BaseModel] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    figures: dict[str, EvidenceFigure] = field(default_factory=dict)
    selections: dict[str, EvidenceSelection] = field(default_factory=dict)
    evidence: dict[str, EvidenceRow] = field(default_factory=dict)


def read(contents: Contents) -> tuple[tuple[Problem, ...], Programme | None]:
    """Read the files of a bundle: every problem of form and reference, and the programme where there is no error.

    The programme is not linted yet.
    """
    parts = _Parts(list(contents.problems))
    for name in (*REQUIRED, *(name for name in contents.raw if name not in REQUIRED)):
        if name in contents.raw:
            _read_file(parts, name, contents.raw[name])
        elif not any(problem.file == name for problem in contents.problems):
            parts.problems.append(bundle_problem("bundle.file.missing", name, 1, "", name=name))
    parts.problems += _todos(parts)
    parts.problems += _collect_evidence(parts)
    parts.problems += _fill_claims(parts)
    parts.problems += basis_problems(parts.documents, parts.tables, _listed(parts))
    if any(problem.severity == "error" for problem in parts.problems):
        return tuple(parts.problems), None
    return tuple(parts.problems), _assemble(parts, contents.files)


def _read_file(parts: _Parts, name: str, raw: bytes) -> None:
    match form(name):
        case "table":
            table, problems = csv_table(raw, name)
            if table:
                parts.tables[name] = table
                parts.todos += in_table(table)
        case "text":
            text, problems = plain_text(raw, name)
            if text is not None:
                parts.texts[name] = text
                parts.todos += in_text(text, name)
        case _:
            document, problems = yaml_document(raw, name)
            if document:
                parts.documents[name] = document
                parts.todos += taken_out(document)
                if name != CLAIMS:  # claims have their numbers from the rows, which are read first
                    problems += _model(parts, name, document.data)
    parts.problems += problems


def _todos(parts: _Parts) -> Iterator[Problem]:
    """What is still to be written: a warning each in a draft, an error in a programme that says it is more."""
    head = parts.documents.get("programme.yaml")
    status = head.data.get("status") if head and isinstance(head.data, dict) else None
    for todo in parts.todos:
        yield replace(todo, severity="warning" if status == ProgrammeStatus.DRAFT else "error")


def _model(parts: _Parts, name: str, data: Any) -> list[Problem]:
    model = model_of(name)
    head = parts.documents.get("programme.yaml")
    own = head.data.get("code_systems") if head and isinstance(head.data, dict) else None
    if isinstance(own, dict) and own:
        data = with_uris(data, own)
    try:
        parts.models[name] = model.model_validate(data, strict=False)
    except ValidationError as error:
        return problems_of(error, parts.documents[name], model)
    except (
        TermError
    ) as error:  # a rule of the file reckons with a unit in which what it compares is not measured
        return [
            bundle_problem("bundle.value.rule", name, 1, "", problem=error.message, correction=error.mend)
        ]
    return []


def _fill_claims(parts: _Parts) -> Iterator[Problem]:
    """Read the claims, each number from the row of evidence that it points to."""
    files = {name: model for name, model in parts.models.items() if isinstance(model, EvidenceFile)}
    parts.evidence, problems = evidence_rows(parts.documents, parts.tables, files)
    yield from problems
    if CLAIMS in parts.documents:
        data, problems = claims_with_numbers(
            parts.documents[CLAIMS], {**decided_rows(parts.documents), **parts.evidence}
        )
        yield from problems
        if not problems:
            yield from _model(parts, CLAIMS, data)


def _collect_evidence(parts: _Parts) -> Iterator[Problem]:
    """Gather sources and figures of all evidence files; each id may be defined once."""
    for name, model in parts.models.items():
        if not isinstance(model, EvidenceFile):
            continue
        document = parts.documents[name]
        for index, source in enumerate(model.sources):
            if source.id in parts.sources:
                place = (name, document.line_of(("sources", index)), f"sources[{index}].id")
                yield bundle_problem("bundle.source.repeated", *place, value=source.id, source=source.id)
            parts.sources[source.id] = source
        for key, figure in model.figures.items():
            if key in parts.figures:
                place = (name, document.line_of(("figures", key)), f"figures.{key}")
                yield bundle_problem("bundle.figure.repeated", *place, value=key, figure=key)
            parts.figures[key] = figure
        if model.selection is not None:
            if parts.selections:
                place = (name, document.line_of(("selection",)), "selection")
                yield bundle_problem(
                    "bundle.selection.repeated", *place, value=name, other=next(iter(parts.selections))
                )
            parts.selections[name] = model.selection


def _listed(parts: _Parts) -> set[str]:
    """Ids of all sources that are written, also in a file with a fault: what is wrong there is told there, once."""
    written = [
        source.get("id")
        for name, document in parts.documents.items()
        if name.startswith("evidence/") and isinstance(document.data, dict)
        for source in document.data.get("sources") or []
        if isinstance(source, dict)
    ]
    return {*parts.sources, *(id for id in written if isinstance(id, str))}


def _assemble(parts: _Parts, files: dict[str, str]) -> Programme:
    models = parts.models

    def get(name: str, model: type[M]) -> M:
        found = models[name]
        assert isinstance(found, model)  # noqa: S101 - read with exactly this model
        return found

    return Programme(
        head=get("programme.yaml", ProgrammeFile),
        eligibility=get("eligibility.yaml", Eligibility),
        product_file=get("product.yaml", ProductFile),
        schedule=get("schedule.yaml", Schedule),
        outcomes=get("outcomes.yaml", Outcomes),
        safety=get("safety.yaml", Safety),
        claims=get("claims.yaml", ClaimsFile),
        facts=tuple(get("facts.yaml", FactsFile).facts),
        sources=parts.sources,
        figures=parts.figures,
        selection=next(iter(parts.selections.values()), None),
        selection_file=next(iter(parts.selections), ""),
        pools=tuple(
            pool for model in models.values() if isinstance(model, EvidenceFile) for pool in model.pools
        ),
        evidence=parts.evidence,
        natural_history={name.removeprefix("natural_history/").removesuffix(".yaml"): model
                         for name, model in models.items() if isinstance(model, NaturalHistoryFile)},
        tables=parts.tables,
        consent_texts=parts.texts,
        files=files,
        documents=parts.documents,
        trials=get("trials.yaml", TrialsFile) if "trials.yaml" in models else None,
        backtests=get("backtests.yaml", BackTestsFile) if "backtests.yaml" in models else None,
        warnings=(),
    )  # fmt: skip
