"""Files of commands that somebody hostile, or a broken program, has written: each is refused in our own words, and nothing is recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record import Record
from proband.terms.strict_json import read_strictly

from .synthetic import hospital

REFER = {"verb": "participant.refer", "subject": "S-2", "actor": "dr-1", "role": "physician", "site": "north"}
DEEP = "[" * 100_000

LINES = {
    "nested without end": DEEP,
    "data without end": json.dumps(REFER)[:-1] + ',"data":' + '{"a":' * 3000 + "1" + "}" * 3000 + "}",
    # the last one would count, and whoever reads the file sees the first
    "somebody twice": '{"verb":"participant.refer","subject":"S-2","subject":"S-3","actor":"dr-1","role":"physician","site":"north"}',
    "a verb that is a list": json.dumps({**REFER, "verb": ["participant.refer"]}),
    "a verb that is none": json.dumps({**REFER, "verb": None}),
    "data that are a list": json.dumps({**REFER, "data": [1]}),
    "signatures that are none": json.dumps({**REFER, "sign": [None]}),
    "half a surrogate pair": '{"verb":"participant.refer","subject":"S-\\ud800","actor":"dr-1","role":"physician","site":"north"}',
    "a number of 5,000 digits": json.dumps(REFER)[:-1] + ',"seen":' + "9" * 5000 + "}",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    house = hospital(folder=tmp_path / "record", forecast=False)
    house.record.close()
    return tmp_path


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_a_hostile_line_is_refused_at_both_doors(folder: Path, text: str) -> None:
    lines, record = folder / "lines.jsonl", str(folder / "record")
    lines.write_text(text, encoding="utf-8")
    for words in (["append", record, str(lines)], ["do", record, "--from", str(lines), "--actor", "dr-1"]):
        done = CliRunner().invoke(app, ["record", *words])
        assert isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code in (1, 2, 3)
        assert "Mend" in done.output
    opened = Record.open(folder / "record")
    assert opened.state.participants == {}
    opened.close()


@pytest.mark.parametrize(
    "words",
    [["case", "RECORD", "AE-1", "--with", "FILE", "--purpose", "x", "--actor", "sys-1"], ["prompt", "RECORD", "FILE"], ["sign", "FILE", "--key", "FILE"],
     ["offer", "FILE", "--to", "FILE", "--holder", "dr-1", "--name", "x"], ["do", "RECORD", "capsule.return", "CAP-1", "--queue", "FILE", "--actor", "sys-1"],
     ["do", "RECORD", "forecast.seal", "SYN", "--file", "FILE", "--actor", "sys-1"]],
)  # fmt: skip
@pytest.mark.parametrize("text", [DEEP, '{"a":1,"a":2}', "\x00", ""])
def test_a_hostile_file_is_no_traceback_at_any_verb(folder: Path, words: list[str], text: str) -> None:
    (folder / "file.json").write_text(text, encoding="utf-8")
    places = {"RECORD": str(folder / "record"), "FILE": str(folder / "file.json")}
    done = CliRunner().invoke(app, ["record", *(places.get(word, word) for word in words)])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (1, 2, 3)


def test_json_is_read_as_it_stands_or_not_at_all() -> None:
    assert read_strictly('{"a": {"b": 1}, "b": [1, 2]}') == {"a": {"b": 1}, "b": [1, 2]}
    with pytest.raises(ValueError, match="'b' stands twice"):
        read_strictly('{"a": {"b": 1, "b": 1}}')
    with pytest.raises(ValueError, match="nested"):
        read_strictly(DEEP)
