"""The code knows no disease: programmes, organs and their words stand in bundles, in instruments and in the models that are about them."""

from __future__ import annotations

import re
from pathlib import Path

SRC = Path(__file__).parent.parent.parent / "src" / "proband"
#: what no trial and no generic natural history may speak of
DISEASE = re.compile(
    r"hpdl|liver|spinal|walking|meld|transplant|isncsci|\blhon\b|leigh|cirrhosis", re.IGNORECASE
)


def spoken(folder: Path, words: re.Pattern[str], *, beside: tuple[str, ...] = ()) -> list[str]:
    """The lines of the code below a folder that speak of such words; files below the paths of ``beside`` may."""
    return [
        f"{path.relative_to(SRC).as_posix()}:{number}: {line.strip()}"
        for path in sorted(folder.rglob("*.py"))
        if not path.relative_to(SRC).as_posix().startswith(beside)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]


def test_trials_pages_and_generic_natural_history_speak_of_no_disease() -> None:
    assert spoken(SRC / "trial", DISEASE) == []
    assert spoken(SRC / "natural_history", DISEASE, beside=("natural_history/special/",)) == []
    # what is drawn of one examination is about that examination
    assert spoken(SRC / "pages", DISEASE, beside=("pages/examination/",)) == []
    assert spoken(SRC / "facts", DISEASE) == []
    # the search finds what it looks for
    assert spoken(SRC / "natural_history" / "special", DISEASE)
