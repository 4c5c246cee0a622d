"""`proband check` tells all that `page check` finds, in the bundle's own file and line, whichever text of the bundle a page is made from."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from proband.cli.app import run as program

sys.path.insert(0, str(Path(__file__).parent.parent / "mutation"))
from altered import Bench, Spot, spots

BUNDLE = "mitochondria-hpdl"  # the smallest page of the three


def sentences(bench: Bench) -> dict[str, list[Spot]]:
    """Texts of several words in the files from which public pages are made, by kind."""
    found: dict[str, list[Spot]] = {}
    for spot in spots(bench.folder):
        if (
            (
                spot.file in {"claims.yaml", "eligibility.yaml", "facts.yaml", "programme.yaml"}
                and spot.text.count(" ") >= 3
            )
            and not spot.text.endswith(('"', "'"))
            and "\n" not in spot.text
        ):
            found.setdefault(spot.kind, []).append(spot)
    return found


def told(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    program([*words, "--json"])
    data = json.loads(capsys.readouterr().out)
    return data[0]["problems"] if isinstance(data, list) else data["problems"]


def test_check_tells_what_page_check_tells_at_the_line_where_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(BUNDLE, tmp_path / BUNDLE)
    kinds = sentences(bench)
    assert len(kinds) > 15
    nightly = bool(os.environ.get("PROBAND_NIGHTLY"))
    found_any, elsewhere = 0, []
    for _, found in sorted(kinds.items())[:: 1 if nightly else 6]:
        spot = found[len(found) // 2]
        file = bench.folder / spot.file
        before = file.read_text(encoding="utf-8")
        file.write_text(before[: spot.end] + " of 37 cured people" + before[spot.end :], encoding="utf-8")
        pages = told(capsys, "page", "check", str(bench.folder))
        whole = told(capsys, "check", str(bench.folder))
        file.write_text(before, encoding="utf-8")
        assert {problem["code"] for problem in pages} <= {problem["code"] for problem in whole}, spot
        for problem in whole:
            assert (bench.folder / str(problem["file"])).is_file(), problem
        if any(problem["severity"] == "error" for problem in whole):
            found_any += 1
            places = [(problem["file"], problem["line"]) for problem in whole]
            if (spot.file, spot.line) not in places:
                elsewhere.append((spot.kind, spot.line, [(p["file"], p["line"], p["code"]) for p in whole]))
    assert found_any
    assert not elsewhere, "\n".join(map(str, elsewhere))


def test_a_bundle_that_breaks_only_its_pages_ends_with_one_and_without_them_with_nought(
    capsys: pytest.CaptureFixture[str],
) -> None:
    minimal = Path(__file__).parent.parent / "bundles" / "minimal"
    assert program(["check", str(minimal)]) == 1
    assert "page.incomplete" in capsys.readouterr().out
    assert program(["check", str(minimal), "--quick"]) == 0
