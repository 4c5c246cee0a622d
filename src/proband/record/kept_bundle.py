"""The bundle itself, as the record keeps it: in the event that begins or amends the study, so that its hash and its view need nobody's word.

What is hashed of a bundle are its canonical bytes; they stand in the event compressed, in lines of base64. Whoever has the log can work the hash out,
make the view by which the gates judge, and compare with the version before.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from proband.programme.amendment import AmendmentKind, compare, kind_of
from proband.record.programme_view import ProgrammeView, parts_of, view_of, view_of_written

if TYPE_CHECKING:  # a log is judged by what lies in it: nobody loads a bundle for that
    from proband.programme import Programme
    from proband.record.state import State

#: characters of a line, and the largest bundle that is read (design choices)
LINE, MOST = 16_000, 1 << 25
#: so many differences are written out; what there is beyond them is counted
WRITTEN_OUT = 200


def kept_lines(programme: Programme) -> list[str]:
    """The lines that an event holds of a bundle."""
    packed = base64.b64encode(zlib.compress(programme.canonical_bytes, 9)).decode()
    return [packed[start : start + LINE] for start in range(0, len(packed), LINE)]


def handed_over(programme: Programme | ProgrammeView) -> tuple[ProgrammeView, list[str] | None]:
    """The parts of a version by which the record judges, and the lines of its bundle; no lines where only the parts are at hand."""
    if isinstance(programme, ProgrammeView):
        return programme, None
    return view_of(programme), kept_lines(programme)


def canonical_bytes_of(lines: Sequence[str]) -> bytes:
    """The canonical bytes of a kept bundle.

    Raises
    ------
    ValueError
        Where the lines are none, or hold more than any bundle does.
    """
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(base64.b64decode("".join(lines), validate=True), MOST)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not reader.eof or reader.unused_data:
        raise ValueError("it ends too early, or too late")
    return content


def bundle_fault(view: ProgrammeView, lines: Sequence[str]) -> str | None:
    """Why a kept bundle is not the one of a view, in words; ``None`` where it is."""
    try:
        content = canonical_bytes_of(lines)
        digest = sha256(content).hexdigest()
        if digest != view.hash:
            return f"its hash is {digest[:12]}"
        if view_of_written(orjson.loads(content), digest) != view:
            return "it says something else than the parts by which the record judges"
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        return f"it cannot be read ({str(error)[:200]})"
    return None


def kind_and_difference(
    state: State, view: ProgrammeView, lines: Sequence[str] | None
) -> tuple[AmendmentKind, list[str]]:
    """Of which kind a version amends the one in force, and what differs, one a line.

    The whole bundles are compared where the record has both, else the parts by which it judges.

    Raises
    ------
    LookupError, TypeError, ValueError
        Where the lines hold no bundle.
    """
    now = state.programmes[state.programme]
    before = state.bundles.get(now.hash)
    if before is not None and lines is not None:
        found = compare(orjson.loads(canonical_bytes_of(before)), orjson.loads(canonical_bytes_of(lines)))
    else:
        told = parts_of(now), parts_of(view)
        if None in (now.approvals, view.approvals):
            # one of the two was made before views carried them: that is no change of the programme
            for parts in told:
                del parts["programme"]["access"]
        if not (now.forms and view.forms):
            for parts in told:
                del parts["programme"]["indication"]
        found = compare(*told)
    said = [str(change) for change in found[:WRITTEN_OUT]]
    return kind_of(found), said + (
        [f"and {len(found) - WRITTEN_OUT} more"] if len(found) > WRITTEN_OUT else []
    )
