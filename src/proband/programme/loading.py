"""From a folder to a :class:`~proband.programme.bundle.Programme`: every problem at once, with file, line, key, value and mend."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from proband.programme.bundle import EvidenceFile, FactsFile, NaturalHistoryFile, ProductFile, Programme
from proband.programme.claims import ClaimsFile
from proband.programme.design import ProgrammeFile
from proband.programme.documents import Document, Table, read_csv, read_text, read_yaml
from proband.programme.eligibility import Eligibility
from proband.programme.model import Findings
from proband.programme.outcomes import Outcomes
from proband.programme.problems import BundleError, Problem
from proband.programme.safety import Safety
from proband.programme.schedule import Schedule
from proband.terms import Fact, Figure, Level, ProbandError, Source
from proband.terms.canonical import CanonicalError, canonical

#: file of the bundle → model; all are required
REQUIRED: dict[str, type[BaseModel]] = {
    "programme.yaml": ProgrammeFile,
    "eligibility.yaml": Eligibility,
    "product.yaml": ProductFile,
    "schedule.yaml": Schedule,
    "outcomes.yaml": Outcomes,
    "safety.yaml": Safety,
    "claims.yaml": ClaimsFile,
    "facts.yaml": FactsFile,
}

#: files that are part of a sealed bundle but not of its meaning
SEAL_FILE = "seal.json"

M = TypeVar("M", bound=BaseModel)


@dataclass
class _Bundle:
    """What is known of a folder while it is being read."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    models: dict[str, BaseModel] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckReport:
    """The outcome of :func:`check`: every problem, and the programme where there is no error."""

    folder: str
    problems: tuple[Problem, ...]
    programme: Programme | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that stop the bundle from loading."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that a person should look at."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")


def bundled() -> list[str]:
    """Names of the programmes that come with Proband."""
    root = resources.files("proband") / "programmes"
    return sorted(
        entry.name for entry in root.iterdir() if entry.is_dir() and (entry / "programme.yaml").is_file()
    )


def locate(name: str | Path) -> Path:
    """The folder of a bundle given as a path, or as the name of one that comes with Proband.

    Raises
    ------
    ProbandError
        ``bundle.not-found`` with the names that exist.
    """
    path = Path(name)
    if path.is_dir():
        return path
    if path.is_file() and path.name in REQUIRED:
        return path.parent
    own = Path(str(resources.files("proband") / "programmes" / str(name)))
    if re.fullmatch(r"[a-z0-9][a-z0-9-]*", str(name)) and own.is_dir():
        return own
    raise ProbandError(
        f"there is no programme {str(name)!r}",
        mend=f"give a folder with a programme.yaml, or one of: {', '.join(bundled())}",
        code="bundle.not-found",
    )


def load(name: str | Path, *, on: date | None = None) -> Programme:
    """Load a bundle by folder or name.

    Parameters
    ----------
    on
        The day on which approvals and facts are judged; today by default.

    Raises
    ------
    BundleError
        With every problem, if there is an error. Warnings stand in ``Programme.warnings``.
    """
    report = check(name, on=on)
    if report.programme is None:
        raise BundleError(report.folder, list(report.problems))
    return report.programme


def check(name: str | Path, *, on: date | None = None) -> CheckReport:
    """Read a bundle and report all problems at once: form first, then references, then the lint checks."""
    from proband.programme.lint import run_all

    folder = locate(name)
    day = on or date.today()
    bundle = _Bundle(folder)
    _read_files(bundle)
    _check_references(bundle)
    programme = None
    if not any(problem.severity == "error" for problem in bundle.problems):
        programme = _assemble(bundle)
        found = run_all(programme, day)
        bundle.problems.extend(found)
        if any(problem.severity == "error" for problem in found):
            programme = None
        elif found:
            object.__setattr__(programme, "warnings", tuple(sorted(bundle.problems)))
    return CheckReport(str(folder), tuple(sorted(set(bundle.problems))), programme)


# --- reading ----------------------------------------------------------------------------------------------------------


def _read_files(bundle: _Bundle) -> None:
    folder = bundle.folder
    for name, model in REQUIRED.items():
        if not (folder / name).is_file():
            bundle.problems.append(Problem(name, 1, "", "the file is missing.", f"write {name}; `proband schema {name}` shows its keys",
                                           "bundle.file.missing"))  # fmt: skip
            continue
        _read_model(bundle, name, model)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            bundle.problems.append(
                Problem(
                    name,
                    1,
                    "",
                    "links are not allowed in a bundle.",
                    "put the file itself there",
                    "bundle.file.link",
                )
            )
            continue
        if not path.is_file() or name == SEAL_FILE or name in REQUIRED:
            continue
        part = name.split("/", 1)[0]
        if part == "evidence" and path.suffix == ".yaml":
            _read_model(bundle, name, EvidenceFile)
        elif part == "natural_history" and path.suffix == ".yaml":
            _read_model(bundle, name, NaturalHistoryFile)
        elif part in {"evidence", "natural_history"} and path.suffix == ".csv":
            table, problems = read_csv(path, name)
            bundle.problems.extend(problems)
            if table:
                bundle.tables[name] = table
        elif part == "consent" and path.suffix == ".md":
            text, problems = read_text(path, name)
            bundle.problems.extend(problems)
            if text is not None:
                bundle.texts[name] = text
        elif not name.endswith((".txt", "README.md")) and not path.name.startswith("."):
            bundle.problems.append(Problem(name, 1, "", "this file is not part of a bundle.", "remove it, or put it under evidence/, natural_history/ or consent/",
                                           "bundle.file.unknown"))  # fmt: skip
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and name != SEAL_FILE and not path.name.startswith("."):
            bundle.files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for name, read in bundle.models.items():
        if isinstance(read, EvidenceFile):
            _collect_evidence(bundle, name, read)


def _read_model(bundle: _Bundle, name: str, model: type[M]) -> None:
    document, problems = read_yaml(bundle.folder / name, name)
    bundle.problems.extend(problems)
    if document is None:
        return
    bundle.documents[name] = document
    try:
        bundle.models[name] = model.model_validate(document.data, strict=False)
    except ValidationError as error:
        bundle.problems.extend(_problems_of(error, document, model))


def _collect_evidence(bundle: _Bundle, name: str, model: EvidenceFile) -> None:
    document = bundle.documents[name]
    for index, source in enumerate(model.sources):
        if source.id in bundle.sources:
            bundle.problems.append(Problem(name, document.line_of(("sources", index)), f"sources[{index}].id",
                                           f"source {source.id!r} is defined twice in the bundle.", "keep one of them",
                                           "bundle.source.repeated", value=source.id))  # fmt: skip
        bundle.sources[source.id] = source
    for key, figure in model.figures.items():
        if key in bundle.figures:
            bundle.problems.append(Problem(name, document.line_of(("figures", key)), f"figures.{key}",
                                           f"figure {key!r} is defined twice in the bundle.", "keep one of them",
                                           "bundle.figure.repeated", value=key))  # fmt: skip
        bundle.figures[key] = figure


# --- pydantic's errors in our words -----------------------------------------------------------------------------------


def _problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
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
                    _key_text(place),
                    _sentence(finding.message),
                    finding.mend,
                    "bundle.value.rule",
                )
                found.setdefault((problem.line, problem.key, problem.message), problem)
            continue
        line, key = document.line_of(path), _key_text(path)
        message, mend, code = _in_words(item, path, model)
        value = item.get("input")
        shown = "" if isinstance(value, dict | list) or item["type"] == "missing" else _short(value)
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


def _key_text(path: tuple[str | int, ...]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else str(step))
    return text


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
            f"{_short(item.get('input'))!r} is none of {context.get('expected', 'the allowed values')}.",
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
            f"{_short(item.get('input'))!r} is not of the form {context.get('pattern')}.",
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
        return f"{_short(item.get('input'))!r} is not a date.", "write YYYY-MM-DD", "bundle.value.date"
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


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


# --- references and basis ---------------------------------------------------------------------------------------------


def _check_references(bundle: _Bundle) -> None:
    levels = {level.value for level in Level}
    for document in bundle.documents.values():
        # the description of a table repeats what its rows cover, and the rows carry their sources
        basis = "the table beside it" if document.file.startswith("natural_history/") else None
        _check_basis(bundle, document, document.data, (), basis)
    for table in bundle.tables.values():
        missing = [column for column in ("source", "level") if column not in table.header]
        if missing:
            bundle.problems.append(Problem(table.file, 1, "header", f"the table has no column {' and no column '.join(missing)}.",
                                           "add it: every row needs the id of its source and its verification level", "bundle.table.basis"))  # fmt: skip
            continue
        for row, line in zip(table.rows, table.lines, strict=True):
            if row["source"] not in bundle.sources:
                bundle.problems.append(Problem(table.file, line, "source", f"source {row['source']!r} is not in evidence/*.yaml.",
                                               _nearest(row["source"], bundle.sources), "bundle.source.unknown", value=row["source"] or ""))  # fmt: skip
            if row["level"] not in levels:
                bundle.problems.append(Problem(table.file, line, "level", f"{row['level']!r} is not a verification level.",
                                               f"use one of {', '.join(sorted(levels))}", "bundle.level.unknown", value=row["level"] or ""))  # fmt: skip
    for name in bundle.models:
        if name.startswith("natural_history/") and name.removesuffix(".yaml") + ".csv" not in bundle.tables:
            bundle.problems.append(Problem(name, 1, "", "there is no readable table of the same name beside it.",
                                           f"write {name.removesuffix('.yaml')}.csv", "bundle.table.missing"))  # fmt: skip
    for name in bundle.tables:
        if (
            name.startswith("natural_history/")
            and name.removesuffix(".csv") + ".yaml" not in bundle.documents
        ):
            bundle.problems.append(Problem(name, 1, "", "the table has no description and no domain.",
                                           f"write {name.removesuffix('.csv')}.yaml with title, columns and domain", "bundle.table.undescribed"))  # fmt: skip


def _check_basis(
    bundle: _Bundle, document: Document, value: Any, path: tuple[str | int, ...], basis: str | None
) -> None:
    """Walk a document: every number must stand below a mapping with source and level, and every source id must exist."""
    if isinstance(value, dict):
        named = value.get("source")
        # inside evidence files the sources themselves are defined; "source" there is the key of a figure
        if "level" in value and isinstance(named, str):
            basis = named
        elif "level" in value and isinstance(value.get("sources"), list) and value["sources"]:
            basis = str(value["sources"][0])
        elif document.file.startswith("evidence/") and path[:1] == ("sources",) and len(path) == 2:
            basis = str(value.get("id"))
        if isinstance(named, str) and (("level" in value) or document.file != "eligibility.yaml"):
            _check_source(bundle, document, (*path, "source"), named)
        elif (
            ("level" in value) != ("source" in value) and "sources" not in value and path[:1] != ("sources",)
        ):
            present, absent = ("level", "source") if "level" in value else ("source", "level")
            bundle.problems.append(Problem(document.file, document.line_of(path), _key_text(path), f"{present} stands here without {absent}.",
                                           f"write {absent} beside it", "bundle.basis.half"))  # fmt: skip
        for key in ("sources", "evidence"):
            if (
                path[:1] != ("sources",)
                and isinstance(value.get(key), list)
                and not (key == "sources" and path == ())
            ):
                for index, item in enumerate(value[key]):
                    if isinstance(item, str):
                        _check_source(bundle, document, (*path, key, index), item)
        for key, child in value.items():
            _check_basis(bundle, document, child, (*path, key), basis)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _check_basis(bundle, document, child, (*path, index), basis)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if basis is None:
            bundle.problems.append(Problem(document.file, document.line_of(path), _key_text(path), "this number has no source and no level.",
                                           "write source: and level: beside it or in a mapping around it", "bundle.number.unsourced",
                                           value=_short(value)))  # fmt: skip
        try:
            canonical(value)
        except CanonicalError:
            bundle.problems.append(Problem(document.file, document.line_of(path), _key_text(path), "no computer holds this number exactly.",
                                           "quote it if it is an identifier, write it as 1.5e21 if it is a size; leave it out if it is infinite",
                                           "bundle.number.size", value=_short(value)))  # fmt: skip


def _check_source(bundle: _Bundle, document: Document, path: tuple[str | int, ...], id: str) -> None:
    if id not in bundle.sources:
        bundle.problems.append(Problem(document.file, document.line_of(path), _key_text(path), f"source {id!r} is not in evidence/*.yaml.",
                                       _nearest(id, bundle.sources), "bundle.source.unknown", value=id))  # fmt: skip


def _nearest(id: str | None, known: dict[str, Any]) -> str:
    near = get_close_matches(id or "", known, n=1)
    return f"did you mean {near[0]!r}?" if near else "add it to evidence/sources.yaml"


def _assemble(bundle: _Bundle) -> Programme:
    models = bundle.models

    def get(name: str, model: type[M]) -> M:
        found = models[name]
        assert isinstance(found, model)  # noqa: S101 - read with exactly this model
        return found

    facts: list[Fact] = get("facts.yaml", FactsFile).facts
    return Programme(
        head=get("programme.yaml", ProgrammeFile),
        eligibility=get("eligibility.yaml", Eligibility),
        product_file=get("product.yaml", ProductFile),
        schedule=get("schedule.yaml", Schedule),
        outcomes=get("outcomes.yaml", Outcomes),
        safety=get("safety.yaml", Safety),
        claims=get("claims.yaml", ClaimsFile),
        facts=tuple(facts),
        sources=bundle.sources,
        figures=bundle.figures,
        natural_history={name.removeprefix("natural_history/").removesuffix(".yaml"): model
                         for name, model in models.items() if isinstance(model, NaturalHistoryFile)},
        tables=bundle.tables,
        consent_texts=bundle.texts,
        files=bundle.files,
        documents=bundle.documents,
        warnings=(),
    )  # fmt: skip
