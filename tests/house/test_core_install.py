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
for library in ("polars", "pyarrow", "duckdb", "sqlglot", "psycopg", "reportlab", "segno", "numba", "llvmlite", "pyspark",
                "django", "axes", "ninja", "fido2", "waitress"):
    sys.modules[library] = None
"""

#: rooms and parts of rooms that need an extra, and which; everything else is the core
NEED = {
    "proband.analysis.compiled": "speed",
    "proband.analysis.trial_frame": "columns",
    "proband.exchange.alike": "columns",
    "proband.exchange.disagreements": "columns",
    "proband.exchange.fact_table": "columns",
    "proband.exchange.gathering": "columns",
    "proband.exchange.omop.database_file": "columns",
    "proband.exchange.omop.in_columns": "columns",
    "proband.exchange.reading": "columns",
    "proband.exchange.rows.in_blocks": "columns",
    "proband.exchange.shared_reading": "columns",
    "proband.exchange.two_names": "columns",
    "proband.facts.table": "columns",
    "proband.instruments.isncsci.kernel": "speed",
    "proband.record.export": "columns",
    "proband.record.store.postgres": "postgres",
    "proband.registry": "registry",
    "proband.screening.away": "columns",
    "proband.screening.sql": "columns",
}

#: what the demonstration of everything needs, since it shows everything
SHOWN = ("proband.showcase.demonstration", "proband.showcase.headlines")

IMPORTS = (
    BLOCK
    + """
import pkgutil
from importlib import import_module
import proband
from proband.terms.extras import ExtraMissing
found = {}
for module in pkgutil.walk_packages(proband.__path__, "proband.", onerror=lambda name: None):
    if not module.name.endswith("__main__"):
        try:
            import_module(module.name)
        except ExtraMissing as error:
            found[module.name] = error.details["extra"]
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


def test_every_module_is_of_the_core_or_names_its_extra() -> None:
    found = blocked(IMPORTS)
    assert NEED.items() <= found.items()
    beside = {
        module: extra
        for module, extra in found.items()
        if module not in NEED and module not in SHOWN and "kernel" not in module
    }
    assert not beside, "needs an extra without being listed: is that meant?"


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
        ["record", "show", str(folder / "record"), "--as", "dm-1", "--json"],
        ["record", "demo", str(folder / "demo")],
        ["page", "build", "spinal-cord-autologous", "--out", str(folder / "site"), "--record", str(folder / "demo")],
        ["record", "batch-record", str(folder / "demo"), "B01-1-a", "--out", str(folder / "papers"), "--as", "quality-officer-north"],
        ["screen", "liver-cells", str(folder / "labs.csv"), "--json"],
        ["read", str(folder / "labs.csv")],
        ["record", "export", str(folder / "record"), str(folder / "out"), "--purpose", "p", "--actor", "dm-1", "--as", "dm-1"],
    ]  # fmt: skip
    return [(code, out, err) for code, out, err in blocked(VERBS, json.dumps(verbs))]


def test_core_verbs_work(told: list[tuple[int, str, str]]) -> None:
    assert [code for code, _, _ in told[:8]] == [0] * 8, told[:8]
    assert 0 <= json.loads(told[1][1])["probability"] <= 1
    assert "MELD 22" in told[2][1]
    _, batch, remark = told[7]
    assert batch.rstrip().endswith("batch-record-B01-1-a.html")
    assert "proband[pdf]" in remark


def test_verbs_that_need_an_extra_say_which(told: list[tuple[int, str, str]]) -> None:
    assert [code for code, _, _ in told[8:]] == [2] * 3
    error = json.loads(told[8][1])["error"]
    assert (error["code"], error["details"]["extra"]) == ("install.extra", "columns")
    for _, out, err in told[9:]:
        assert out == ""
        assert "pip install 'proband[columns]'" in err
