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


#: names of programmes and organs; a word may end in anything
NAMED = re.compile(
    r"spinal-cord-autologous|liver-cells|mitochondria-hpdl|\b(?:hpdl|lhon|liver|hepat|cirrho|spinal|mitochond|paraly|tetrapleg|parapleg)",
    re.IGNORECASE,
)
#: where such words stand, and why
MAY: dict[str, str] = {
    "instruments/": "scores of diseases",
    "natural_history/special/": "models of single diseases",
    "showcase/": "the demonstration plays the programmes that come with Proband",
    "programme/routes.py": "routes of administration are places of the body",
    "cli/score/": "instruments on the command line",
    "cli/record/demonstration.py": "plays a demonstration",
    "terms/errors/catalogue/instruments.py": "what instruments refuse",
    "exchange/rows/isncsci.py": "the file of an instrument",
    "analysis/": "titles of papers that a method comes from",
}
#: an example of a command names a bundle that comes with Proband
EXAMPLE = re.compile(
    r"Example: |^\s*proband |Start with: |^proband |e\.g\.|proband (?:screen|check|show|headline)"
)


def test_no_code_names_a_programme_or_an_organ() -> None:
    """Outside instruments, special models and the demonstration: lines of help that show an example may."""
    found = [
        line
        for line in spoken(SRC, NAMED, beside=("programmes/", *MAY))
        if not EXAMPLE.search(line.split(": ", 1)[1])
    ]
    assert found == []


def test_every_exception_is_needed() -> None:
    spoken_of = spoken(SRC, NAMED, beside=("programmes/",))
    assert [path for path in MAY if not any(line.startswith(path) for line in spoken_of)] == []
