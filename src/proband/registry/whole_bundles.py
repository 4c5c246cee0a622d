"""The whole programme behind a record, for pages that need more of it than its gates do: claims, questions, texts."""

from __future__ import annotations

from functools import lru_cache

from proband.analysis.stated import typed_estimands
from proband.programme import Programme, bundled, load, locate
from proband.record import Record
from proband.record.kept_bundle import canonical_bytes_of
from proband.registry.reading import NotShown


@lru_cache(maxsize=8)
def _read(digest: str, lines: tuple[str, ...]) -> Programme:
    from proband.programme.rebuilt import programme_from

    return programme_from(canonical_bytes_of(lines))


def programme_in_force(kept: Record) -> Programme:
    """The programme of the version in force: out of the log, or the bundle that ships with Proband where that is the very one.

    Raises
    ------
    NotShown
        ``registry.bundle`` where the log keeps only the parts by which it judges, and no bundle that ships is the one.
    """
    with kept.reading() as state:
        digest, view = str(state.programme), state.view
        lines = state.bundles.get(digest)
    if lines is not None:
        return _read(digest, tuple(lines))
    if view is not None and view.id in bundled():
        found = load(locate(view.id))
        if found.hash == digest:
            return found
    raise NotShown("registry.bundle", hash=digest[:12])


def questions_of_one(programme: Programme) -> list[str]:
    """The questions of a programme that are about one person's own course."""
    summaries = {one.id: one.summary for one in programme.outcomes.estimands}
    return [name for name in typed_estimands(programme) if summaries[name] == "within-person-change"]


def is_asked_of_one(kept: Record) -> bool:
    """Whether the programme in force asks anything of one person; no where the whole of it is not at hand."""
    try:
        return bool(questions_of_one(programme_in_force(kept)))
    except NotShown:
        return False
