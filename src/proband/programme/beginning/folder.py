"""Writing the folder of a new programme: the files of a bundle from templates, with the clocks of the law where people are treated."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from proband.programme.beginning.kinds import KINDS, ProgrammeKind
from proband.programme.beginning.registry_entry import RegistryEntry
from proband.programme.loading import bundled, check, load
from proband.programme.problems import Problem
from proband.programme.writing import yaml_text
from proband.terms import ProbandError
from proband.terms.jurisdictions import applicable, jurisdiction

#: after so many days a first draft's facts are due: nobody has looked anything up yet
FIRST_LOOK = timedelta(days=90)
#: files of the consent of minors, written only where minors may take part
_MINORS = ("consent/assent-child.md", "consent/assent-teenager.md")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A folder that was written: where, its files, and what is still to be written in them."""

    folder: Path
    kind: str
    files: tuple[str, ...]
    todos: tuple[Problem, ...]

    def as_dict(self) -> dict[str, Any]:
        """The beginning as plain JSON values."""
        return {
            "folder": str(self.folder),
            "kind": self.kind,
            "files": list(self.files),
            "todo": [todo.as_dict() for todo in self.todos],
        }


def begin(
    folder: Path,
    kind: str,
    *,
    condition: str,
    jurisdictions: list[str],
    minors: bool = False,
    title: str | None = None,
    on: date | None = None,
    entry: RegistryEntry | None = None,
) -> Beginning:
    """Write the folder of a new programme; it checks clean as a draft, and its gaps are counted.

    Parameters
    ----------
    folder
        Where to write; its name is the programme's id. It must not be there yet, or be empty.
    kind
        One of :data:`KINDS`.
    condition
        Name of the condition, in words.
    jurisdictions
        Where people are treated; the clocks of each are those of the programmes that come with Proband, with their source.
    minors
        Whether people below majority may take part.
    title
        Title of the programme; made of product and condition by default.
    on
        Day of the first draft; today by default.
    entry
        An entry of a registry: what it says stands as notes in the files to which it belongs.

    Raises
    ------
    ProbandError
        ``new.kind``, ``new.folder``, ``new.id``, ``new.condition`` or ``new.clock`` where it cannot begin.
    """
    chosen = KINDS.get(kind)
    if chosen is None:
        raise ProbandError("new.kind", kind=kind, kinds=list(KINDS))
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", folder.name):
        raise ProbandError("new.id", id=folder.name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProbandError("new.folder", folder=folder)
    if len(condition.strip()) < 3:  # what a bundle takes as a text
        raise ProbandError("new.condition")
    places = list(dict.fromkeys(jurisdiction(place) for place in jurisdictions))
    day = on or date.today()
    written = _files(chosen, folder.name, condition.strip(), places, minors, title, day, entry)
    for name, text in written.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Beginning(folder, kind, tuple(written), check(folder, on=day).todos)


def _files(
    kind: ProgrammeKind,
    id: str,
    condition: str,
    places: list[str],
    minors: bool,
    title: str | None,
    day: date,
    entry: RegistryEntry | None,
) -> dict[str, str]:
    """Text of every file by its name."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    templates = _templates(minors)
    words = Environment(
        loader=FunctionLoader(templates.get), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, variable_start_string="<<", variable_end_string=">>",
        block_start_string="<%", block_end_string="%>", comment_start_string="<#", comment_end_string="#>",
        autoescape=False,  # noqa: S701 - YAML and Markdown for the writer's own disk; every text of the writer is quoted
    )  # fmt: skip
    words.filters["quoted"] = _quoted
    clocks, sources = _clocks(places)
    values = {
        **asdict(kind), "kind": kind.id, "biological": kind.biological, "id": id, "condition": condition,
        "title": title or f"{kind.product_name} for people with {condition}", "claims_title": title or f"{kind.product_name} for {condition}", "jurisdictions": places,
        "minors": minors, "today": day.isoformat(), "soon": (day + FIRST_LOOK).isoformat(),
        "product_id": "product", "product_kind": kind.product.value, "product_route": kind.route.value,
        "route": kind.access.value, "notes": entry.notes if entry else {}, "anchor": "allocation" if kind.controlled else "first-dose", "clocks": clocks, "law_sources": sources,
    }  # fmt: skip
    return {name: words.get_template(name).render(values) for name in templates}


def _templates(minors: bool) -> dict[str, str]:
    """Template of every file by its name, in order."""
    root = resources.files("proband.programme.beginning") / "templates"
    found = {f"{part}{entry.name}".removesuffix(".j2"): entry for part in ("", "consent/", "evidence/")
             for entry in (root / part if part else root).iterdir() if entry.name.endswith(".j2")}  # fmt: skip
    return {
        name: found[name].read_text(encoding="utf-8")
        for name in sorted(found)
        if minors or name not in _MINORS
    }


def _clocks(places: list[str]) -> tuple[str, str]:
    """The clocks of the law of these places and the sources behind them, as YAML; each as a shipped programme has it."""
    known = _known_clocks()
    clocks: dict[str, dict[str, Any]] = {}
    sources: dict[str, dict[str, Any]] = {}
    for place in places:
        fitting = [(clock, source) for code, clock, source in known if code in applicable(place)]
        if not fitting:
            raise ProbandError("new.clock", place=place, places=sorted({code for code, *_ in known}))
        for clock, source in fitting:
            clocks[clock["id"]] = clock
            sources[source["id"]] = source
    return _rows(clocks), _rows(sources)


@lru_cache(maxsize=1)
def _known_clocks() -> tuple[tuple[str, dict[str, Any], dict[str, Any]], ...]:
    """Jurisdiction, clock and source, as they are written, of every clock of a law in the programmes that come with Proband."""
    found: dict[tuple[str, str], tuple[str, dict[str, Any], dict[str, Any]]] = {}
    for name in bundled():
        programme = load(name)
        written = {
            source["id"]: source
            for _, data in programme.evidence_files()
            for source in data.get("sources") or []
        }
        for clock in programme.documents["safety.yaml"].data["clocks"]:
            if clock["jurisdiction"] != "any" and clock.get("source"):
                key = clock["jurisdiction"], clock["applies_to"]
                found.setdefault(key, (clock["jurisdiction"], clock, written[clock["source"]]))
    return tuple(found.values())


def _quoted(value: Any) -> str:
    """A value as a YAML flow scalar or list: JSON is YAML, and people read what they read."""
    return json.dumps(value, ensure_ascii=False)


def _rows(items: dict[str, dict[str, Any]]) -> str:
    return yaml_text(list(items.values())).rstrip("\n")
