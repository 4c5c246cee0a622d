"""The tutorial, typed as it is printed into an empty folder: from nothing to a sealed programme with a page, a screened file and one person treated."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.programme import check, load
from proband.record import Record, verify_record
from terminal import Clock

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
#: the day on which it was written, and the day on which what it says runs out: claims rot, also those of a tutorial
WRITTEN, RUNS_OUT = "2026-11-30", "2027-11-30"


def typed() -> Iterator[str | tuple[str, str]]:
    """The lines of the page, and the files that they write."""
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE):
        lines = iter(block.splitlines())
        for line in lines:
            if found := re.fullmatch(r"cat > (\S+) <<'END'", line):
                content = []
                while (written := next(lines)) != "END":
                    content.append(written)
                yield found[1], "\n".join(content) + "\n"
            else:
                yield line


def test_every_line_of_the_tutorial_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    clock = Clock()
    clock.keeps_records(monkeypatch)
    shown: dict[str, str] = {}
    refused = ""
    for line in typed():
        today = clock.now.date()
        if isinstance(line, tuple):
            # as if it had been written today
            text = (
                line[1]
                .replace(WRITTEN, today.isoformat())
                .replace(RUNS_OUT, (today + timedelta(days=365)).isoformat())
            )
            Path(line[0]).write_text(text, encoding="utf-8")
        elif moved := re.fullmatch(r"# (\d+) days later", line):
            clock.wait(days=int(moved[1]))
        elif told := re.fullmatch(r"# refused: (.+)", line):
            refused = told[1]
        else:
            words = line.replace("TODAY", today.isoformat()).replace(
                "IN-A-MONTH", f"{today + timedelta(days=30)}T00:00Z"
            )
            program, *arguments = shlex.split(words)
            assert program == "proband"
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == (3 if refused else 0), f"{line}\n{result.output}\n{result.exception!r}"
            assert refused in result.output + str(result.exception), line
            refused = ""
            shown[line] = result.output
    assert "todo" in shown["proband check --quick lamp"]
    report = check(Path("lamp"))
    assert not report.problems
    assert not report.todos
    assert Path("lamp/seal.json").exists()
    page = Path("site/lamp.html").read_text(encoding="utf-8")
    assert "Nobody was treated, so nobody knows if it helps." in page
    assert "ELIGIBLE" in shown["proband screen lamp people.json --explain ada"]
    assert verify_record("rec").ok
    record = Record.open(Path("rec"))
    state = record.state
    record.close()
    person = state.participants["P-1"]
    assert [dose.stands for dose in person.doses] == [True]
    assert person.visits.keys() == {"baseline", "week-1"}
    assert state.programme == load("lamp").hash
    assert "P-1" in shown["proband record show rec visits"]


def test_what_the_tutorial_says_of_a_change_is_so(tmp_path: Path) -> None:
    files = {line[0]: line[1] for line in typed() if isinstance(line, tuple) and line[0].startswith("lamp/")}
    assert len(files) == 10
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("age >= 18", "age >= 17"), encoding="utf-8")
    told = [problem.message for problem in check(tmp_path / "lamp").problems]
    assert any("18" in message for message in told), told
