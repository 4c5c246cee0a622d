"""The scripts of the headline form run by Node beside the table of a page: one way for every test that asks them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import pytest


def answers_of_form(
    table: dict[str, Any], asks: Sequence[Any], folder: Path, once: str, *, unless: str, before: str = "", seconds: float = 120
) -> list[Any]:  # fmt: skip
    """What the body ``once`` of a JavaScript function of ``a`` returns for each ask.

    It knows the evaluator ``h``, the reader ``reading``, the table ``t``, Node's ``fs`` in ``folder``, and what ``before`` declares. The test is skipped
    where there is no Node, with ``unless``: what was not compared.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip(f"Node absent: {unless}")
    (folder / "table.json").write_text(json.dumps(table), encoding="utf-8")
    (folder / "asks.json").write_text(json.dumps(asks), encoding="utf-8")
    assets = resources.files("proband.pages") / "assets"
    evaluator, reader = (json.dumps(str(assets / name)) for name in ("headline.js", "headline-reading.js"))
    program = (
        f"const fs=require('fs'),h=require({evaluator}),reading=require({reader}),t=JSON.parse(fs.readFileSync('table.json'));{before}"
        f"console.log(JSON.stringify(JSON.parse(fs.readFileSync('asks.json')).map(a=>{{{once}}})))"
    )
    done = subprocess.run([node, "-e", program], cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answers: list[Any] = json.loads(done.stdout)
    return answers
