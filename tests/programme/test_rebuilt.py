"""A programme is what its canonical bytes say: read again from them alone it has the same hash, and bytes that were changed are none."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from proband.analysis.stated import state_estimand, typed_estimands
from proband.programme import bundled, load
from proband.programme.rebuilt import programme_from
from proband.terms import ProbandError

OWN = Path(__file__).parent.parent / "programmes"


@pytest.mark.parametrize("name", [*bundled(), *sorted(str(one.name) for one in OWN.iterdir() if (one / "programme.yaml").exists())])  # fmt: skip
def test_a_programme_from_its_bytes_is_the_same(name: str) -> None:
    programme = load(OWN / name if (OWN / name).is_dir() else name)
    again = programme_from(programme.canonical_bytes)
    assert again.canonical_bytes == programme.canonical_bytes
    assert again == programme
    assert again.head == programme.head
    assert again.figures == programme.figures
    assert again.claims == programme.claims
    for name in typed_estimands(programme):
        assert state_estimand(again, name).hash == state_estimand(programme, name).hash


@pytest.mark.parametrize("change", ["drop", "format", "other", "none"])
def test_bytes_of_no_bundle_are_refused(change: str) -> None:
    kept = orjson.loads(load("liver-cells").canonical_bytes)
    if change == "drop":
        del kept["safety"]
    elif change == "format":
        kept["format"] = "proband-bundle-1"
    elif change == "other":
        kept["sources"]["one-more"] = {"id": "one-more"}
    content = b"[]" if change == "none" else orjson.dumps(kept)
    with pytest.raises(ProbandError):
        programme_from(content)
