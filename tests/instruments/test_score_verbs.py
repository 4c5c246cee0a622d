"""``proband instruments`` and ``proband score`` as a person types them."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.cli.instruments import example_line
from proband.instruments import REGISTRY, get

RUN = CliRunner()

MELD = ["score", "meld", "--bilirubin", "2.1mg/dL", "--creatinine", "168umol/L", "--inr", "1.8"]


def run(*words: str) -> tuple[int, str, str]:
    result = RUN.invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_one_person() -> None:
    code, out, _ = run(*MELD, "--no-dialysis")
    assert code == 0
    assert "MELD 22" in out
    assert "variant optn" in out


def test_as_json_with_explanation() -> None:
    code, out, _ = run(*MELD, "--dialysis=no", "--json", "--explain")
    answer = json.loads(out)
    assert code == 0
    assert answer["value"] == 22
    assert answer["inputs"]["creatinine"]["given"] == "168 umol/L"
    assert answer["inputs"]["creatinine"]["used"] == pytest.approx(1.9004, abs=1e-4)
    assert any("result: 22" in line for line in answer["explanation"])


def test_no_score_names_what_is_missing_and_ends_with_3() -> None:
    code, out, err = run(*MELD)
    assert code == 3
    assert "missing: dialysis" in out
    assert "--no-dialysis" in err
    code, out, _ = run(*MELD, "--json")
    assert code == 3
    assert json.loads(out)["reason"]["items"] == ["dialysis"]
    assert json.loads(out)["value"] is None


def test_a_bare_number_is_refused_where_units_compete() -> None:
    words = ["score", "meld", "--bilirubin", "54", "--creatinine", "170", "--inr", "2", "--no-dialysis"]
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert "bilirubin 54 has no unit" in err
    assert "54umol/L" in err
    assert run(*words, "--units", "si")[0] == 0
    assert run(*words, "--unit", "bilirubin=umol/L", "--unit", "creatinine=umol/L")[0] == 0
    assert "25" in run(*words, "--units", "si")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score", "meldd"], "did you mean meld"),
        (["score", "meld", "--foo", "1"], "its items are --bilirubin"),
        (["score", "meld", "--bilirubin"], "has no value"),
        (["score", "meld", "--bilirubin", "1mg/dL", "--bilirubin", "2mg/dL"], "given twice"),
        (["score", "meld", "1mg/dL"], "belongs to no item"),
        (["score", "meld", "--variant", "x"], "name one of optn"),
        (["score", "meld", "--assume", "dialysis"], "item=value"),
        (["score", "meld", "--units", "metric"], "us or si"),
        (["score", "meld", "--units", "si", "--unit", "bilirubin=mg/dL"], "contradict"),
        (["score", "meld", "--bilirubin", "1 mmHg"], "mg/dL or umol/L"),
        (["score", "elf"], "name one of xp, cp"),
        (["score", "meld", "--input", "nowhere.csv"], "no file"),
        (["score", "isncsci"], "exam.json"),
        (["score", "isncsci", "nowhere.json"], "cannot be read"),
        (["instruments", "nothing-like-it"], "no instrument"),
        (["instruments", "meld", "--form", "pdf"], "json or html"),
        (["instruments", "--form", "json"], "name one"),
    ],
)
def test_errors_are_one_paragraph_with_the_mend(words: list[str], said: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert said in " ".join(err.split())
    assert "Traceback" not in err


def test_errors_as_json() -> None:
    code, out, _ = run("score", "meldd", "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "instruments.unknown"


def test_help_lists_the_items_of_an_instrument() -> None:
    code, out, _ = run("score", "--help")
    assert code == 0
    assert "Example: proband score" in " ".join(out.split())
    code, out, _ = run("score", "clif-c-aclf", "--help")
    assert code == 0
    assert "white_cells" in out
    assert "proband score clif-c-aclf --clif-c-of 11" in " ".join(out.split())


def test_negative_answers_and_choices() -> None:
    code, out, _ = run("score", "goal-attainment", "--goals", "2", "--goal-1", "-1", "--goal-2", "2")
    assert code == 0
    assert "56.2" in out
    code, out, _ = run(
        *("score", "child-pugh", "--bilirubin", "2.5", "mg/dL", "--albumin", "30g/L", "--inr", "1.9"),
        *("--ascites", "slight", "--encephalopathy", "none"),
    )
    assert code == 0
    assert "9 (B)" in out


def test_answers_from_a_json_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(get("maddrey").example), encoding="utf-8")
    code, out, _ = run("score", "maddrey", str(file))
    assert code == 0
    assert "severe" in out


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables(tmp_path: Path, kind: str) -> None:
    table = pl.DataFrame(
        {
            "person": ["a", "b", "c"],
            "bili": [54.0, 36.0, None],
            "creat": [170.0, 100.0, 90.0],
            "inr": [2.0, 1.2, 1.0],
        }
    )
    source, target = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    table.write_csv(source) if kind == "csv" else table.write_parquet(source)
    words = ["score", "meld", "--input", str(source), "--map", "bilirubin=bili", "--map", "creatinine=creat"]
    code, _, err = run(*words)
    assert code == 2
    assert "unit of column 'bili'" in " ".join(err.split())
    code, out, err = run(*words, "--units", "si", "--assume", "dialysis=no", "--out", str(target))
    assert code == 0
    assert "2 of 3 rows scored" in err
    assert "missing: bilirubin" in err
    scored = pl.read_csv(target) if kind == "csv" else pl.read_parquet(target)
    assert scored["meld"].to_list() == [25, 12, None]
    assert scored["person"].to_list() == ["a", "b", "c"]
    code, out, _ = run(*words, "--units", "si", "--assume", "dialysis=no", "--json")
    summary = json.loads(out)
    assert (summary["rows"], summary["scored"]) == (3, 2)
    assert summary["no_score"] == {"missing: bilirubin": 1}
    assert summary["table"][2]["meld"] is None
    code, out, _ = run(*words, "--units", "si", "--assume", "dialysis=no")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows[2]["meld_reason"] == "missing: bilirubin"
    assert run(*words, "--units", "si", "--out", str(tmp_path / "x.xlsx"))[0] == 2


def test_a_text_column_of_bare_numbers_needs_its_unit_too(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        "bilirubin,creatinine,inr,dialysis\n54,1.0 mg/dL,2.0,no\n<5,1.0 mg/dL,1.0,no\n", encoding="utf-8"
    )
    code, out, err = run("score", "meld", "--input", str(source))
    assert code == 2
    assert out == ""
    assert "unit of column 'bilirubin'" in " ".join(err.split())
    code, out, _ = run("score", "meld", "--input", str(source), "--unit", "bilirubin=umol/L", "--json")
    summary = json.loads(out)
    assert [row["meld"] for row in summary["table"]] == [19, None]
    assert "bilirubin" in summary["table"][1]["meld_reason"]


def test_an_assumption_needs_its_unit_too() -> None:
    code, _, err = run("score", "meld", "--bilirubin", "1mg/dL", "--assume", "creatinine=90")
    assert code == 2
    assert "creatinine 90 has no unit" in err


def test_isncsci(tmp_path: Path) -> None:
    exam = get("isncsci").example
    file = tmp_path / "exam.json"
    file.write_text(json.dumps(exam), encoding="utf-8")
    code, out, _ = run("score", "isncsci", str(file))
    assert code == 0
    assert "AIS A, neurological level T4" in out
    code, out, _ = run("score", "isncsci", str(file), "--json", "--explain")
    answer = json.loads(out)
    assert answer["answers"]["asiaImpairmentScale"] == "A"
    assert set(answer["explanation"]) == set(answer["answers"])
    code, out, _ = run("score", "isncsci", str(file), "--explain")
    assert "neurological level" in out
    table = tmp_path / "exams.csv"
    pl.DataFrame([exam, exam | {"c5RightTouch": "7"}]).write_csv(table)
    code, out, _ = run("score", "isncsci", "--input", str(table), "--json")
    summary = json.loads(out)
    assert (summary["rows"], summary["scored"]) == (2, 1)
    assert summary["table"][0]["isncsci_asiaImpairmentScale"] == "A"
    assert summary["table"][1]["isncsci_asiaImpairmentScale"] is None
    assert "c5RightTouch" in summary["table"][1]["isncsci_reason"]
    file.write_text(json.dumps(exam | {"c5RightTouch": "9"}), encoding="utf-8")
    code, _, err = run("score", "isncsci", str(file))
    assert code == 2
    assert "c5RightTouch" in err


def test_the_sheet_of_an_examination_can_be_printed() -> None:
    code, out, _ = run("instruments", "isncsci", "--form", "svg")
    assert code == 0
    assert "<svg" in out
    assert run("instruments", "meld", "--form", "svg")[0] == 2


def test_listing() -> None:
    code, out, _ = run("instruments", "--json")
    assert code == 0
    assert {one["id"] for one in json.loads(out)} == set(REGISTRY)
    assert run("instruments")[0] == 0


@pytest.mark.parametrize("id", sorted(REGISTRY))
def test_every_instrument_can_be_shown(id: str) -> None:
    code, out, _ = run("instruments", id)
    assert code == 0
    assert "Licence" in out
    assert json.loads(run("instruments", id, "--json")[1])["id"] == id
    assert json.loads(run("instruments", id, "--form", "json")[1])["instrument"] == id
    assert run("instruments", id, "--form", "html")[1].startswith("<form")
    assert run("instruments", id, "--dictionary", "redcap")[1].startswith("Variable / Field Name")
    assert run("instruments", id, "--dictionary", "csv")[1].startswith("instrument,version")


@pytest.mark.parametrize("id", sorted(set(REGISTRY) - {"isncsci"}))
def test_the_printed_example_works(id: str) -> None:
    line = example_line(get(id))
    if line.endswith("…"):
        return
    code, _, err = run(*shlex.split(line)[1:])
    assert code == 0, (line, err)
