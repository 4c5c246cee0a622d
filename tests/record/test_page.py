"""The life on the page of the record, typed as it is printed into an empty folder, by a clock that the page moves."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.programme import load, locate
from proband.record import Record, verify_record
from proband.record.verdicts import screening_data
from proband.showcase.hospital.person import facts_of
from terminal import Clock

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "record.md").read_text(encoding="utf-8")
BEGAN = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def typed() -> Iterator[str | tuple[str, str]]:
    """The lines of the page's life, and the files that they write."""
    section = PAGE.partition("## A life by the command line")[2].partition("\n## ")[0]
    for block in re.findall(r"^```sh\n(.*?)^```", section, flags=re.DOTALL | re.MULTILINE):
        lines = iter(block.splitlines())
        for line in lines:
            found = re.fullmatch(r"cat > (\S+) <<'END'", line)
            if found:
                content = []
                while (written := next(lines)) != "END":
                    content.append(written)
                yield found[1], "\n".join(content) + "\n"
            else:
                yield line


def test_the_life_on_the_page_goes_through_from_referral_to_the_last_visit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    clock = Clock(BEGAN)
    clock.keeps_records(monkeypatch)
    programme = load(locate("spinal-cord-autologous"))
    # what intake makes of files: everything that the criteria ask for of one made-up person
    facts = facts_of(programme.eligibility, "S-1", referred=date(2026, 6, 1), as_of=date(2026, 6, 1))
    screened = screening_data(programme, facts, date(2026, 6, 1), "confirmation")
    Path("screening.json").write_text(json.dumps(screened), encoding="utf-8")
    shown: dict[str, str] = {}
    lines = list(typed())
    assert sum(isinstance(line, str) and " do " in line for line in lines) > 40
    for line in lines:
        if isinstance(line, tuple):
            Path(line[0]).write_text(line[1], encoding="utf-8")
        elif moved := re.fullmatch(r"# (\d+) days later", line):
            clock.wait(days=int(moved[1]))
        else:
            program, *arguments = shlex.split(line)
            assert program == "proband"
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
            shown[line] = result.stdout
    assert "7 → " not in shown["proband record show sci history --of S-1 --field items.pain --as dr-1"]
    assert "4 → 3" in shown["proband record show sci history --of S-1 --field items.pain --as dr-1"]
    assert "signed" in shown["proband record show sci locks --as dm-1"]
    assert "telephone: 0000" in next(text for line, text in shown.items() if "personal.read" in line)
    assert "DRAFT" in Path("ae-1.xml").read_text(encoding="utf-8")
    report = verify_record("sci")
    assert report.ok
    record = Record.open(Path("sci"))
    person = record.state.participants["S-1"]
    record.close()
    assert [dose.stands for dose in person.doses] == [True]
    assert {"baseline", "month-24"} <= person.visits.keys()
    assert person.ended == "completed"
