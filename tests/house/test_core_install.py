"""The core works without any extra, and what needs one says which: tried in a process that cannot import them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BLOCK = """
import json, sys
for library in ("polars", "pyarrow", "duckdb", "sqlglot", "psycopg", "reportlab", "segno", "numba", "llvmlite", "pyspark"):
    sys.modules[library] = None
"""

#: entrances that need an extra, and which
NEED = {
    "proband.exchange": "columns",
    "proband.facts.table": "columns",
    "proband.record.export": "columns",
    "proband.record.store.postgres": "postgres",
    "proband.screening.sql.engines": "columns",
}

#: rooms of the core
CORE = (
    "proband.programme",
    "proband.natural_history",
    "proband.trial.headline.answer",
    "proband.instruments",
    "proband.instruments.isncsci",
    "proband.screening",
    "proband.record",
    "proband.pages.site",
)

IMPORTS = (
    BLOCK
    + """
from importlib import import_module
from proband.terms.extras import ExtraMissing
found = {}
for module in sys.argv[1:]:
    try:
        import_module(module)
    except ExtraMissing as error:
        found[module] = error.details["extra"]
    else:
        found[module] = None
print(json.dumps(found))
"""
)

VERBS = (
    BLOCK
    + """
import contextlib, io
from proband.cli.app import run
told = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""
)


def blocked(program: str, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rooms_of_the_core_need_no_extra_and_the_others_name_theirs() -> None:
    assert blocked(IMPORTS, *CORE, *NEED) == dict.fromkeys(CORE) | NEED


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, str]]:
    folder: Path = tmp_path_factory.mktemp("core")
    (folder / "labs.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    verbs = [
        ["check", "liver-cells"],
        ["headline", "3 of 10", "-p", "liver-cells", "-o", "survival", "--baseline", "aclf", "--follow-up", "24w",
         "--trials", "200", "--json"],
        ["score", "meld", "--bilirubin", "2.1mg/dL", "--creatinine", "1.9mg/dL", "--inr", "1.8", "--no-dialysis"],
        ["record", "init", str(folder / "record"), "--study", "S", "--programme", "liver-cells", "--custodian", "dm-1"],
        ["record", "show", str(folder / "record"), "--json"],
        ["screen", "liver-cells", str(folder / "labs.csv"), "--json"],
        ["read", str(folder / "labs.csv")],
        ["record", "export", str(folder / "record"), str(folder / "out"), "--purpose", "p", "--actor", "dm-1"],
    ]  # fmt: skip
    return [(code, out, err) for code, out, err in blocked(VERBS, json.dumps(verbs))]


def test_core_verbs_work(told: list[tuple[int, str, str]]) -> None:
    assert [code for code, _, _ in told[:5]] == [0] * 5, told[:5]
    assert 0 <= json.loads(told[1][1])["probability"] <= 1
    assert "MELD 22" in told[2][1]


def test_verbs_that_need_an_extra_say_which(told: list[tuple[int, str, str]]) -> None:
    assert [code for code, _, _ in told[5:]] == [2] * 3
    error = json.loads(told[5][1])["error"]
    assert (error["code"], error["details"]["extra"]) == ("install.extra", "columns")
    for _, out, err in told[6:]:
        assert out == ""
        assert "pip install 'proband[columns]'" in err
