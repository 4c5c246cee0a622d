"""Doors open fast because a verb imports what it needs: a budget of modules for each, since times depend on the machine.

``benchmarks/doors.py`` measures the times.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest

#: what takes long to import
HEAVY = (
    "IPython", "PIL", "cryptography", "duckdb", "jinja2", "llvmlite", "markdown_it", "numba", "numpy", "pint", "polars", "psycopg",
    "pyarrow", "pydantic", "pygments", "pyspark", "reportlab", "rich", "ruamel.yaml", "scipy.optimize", "scipy.special",
    "scipy.stats", "segno", "sqlglot", "yaml",
)  # fmt: skip

BUNDLE = {"pydantic", "yaml"}
ANSWER = BUNDLE | {"numpy", "rich"}

PROGRAM = f"""
import contextlib, io, json, sys
from proband.cli.app import run
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    code = run(sys.argv[1:])
print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))
"""

#: what is typed, and what it may import of all that
BUDGETS: dict[str, set[str]] = {
    "--help": set(),
    "--version": set(),
    "record --help": set(),
    "headline --help": set(),
    "check --help": set(),
    "screen --help": set(),
    **{f"record {verb} --help": set() for verb in ("backup", "intake", "verify")},
    "check --quick spinal-cord-autologous": BUNDLE,
    "headline '2 of 4' -p spinal-cord-autologous -o ais-conversion --baseline A --level cervical --baseline-window 14-28d "
    "--follow-up 1y --trials 100": ANSWER,
    "therapies COQ4": ANSWER,
    "score meld --bilirubin 2.1mg/dL --creatinine 1.9mg/dL --inr 1.8 --no-dialysis": {"numpy", "pydantic"},
}  # fmt: skip


@pytest.mark.parametrize("typed", BUDGETS, ids=lambda typed: typed[:24])
def test_a_verb_imports_no_more_than_it_may(typed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *shlex.split(typed)], capture_output=True, text=True, check=True
    )
    code, loaded = json.loads(done.stdout)
    assert code == 0
    assert set(loaded) <= BUDGETS[typed], f"proband {typed} imports more than it may"


def test_completing_a_word_imports_none_of_them() -> None:
    program = (
        f"import atexit, sys; atexit.register(lambda: print(*(n for n in {HEAVY!r} if n in sys.modules), file=sys.stderr));"
        "from proband.cli.app import main; main()"
    )
    environment = {**os.environ, "_PROBAND_COMPLETE": "complete_bash", "COMP_WORDS": "proband headline x --trials 5 --contr",
                   "COMP_CWORD": "5"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.split() == ["--control-baseline"]
    assert done.stderr.split() == []
