"""The commands of the README, typed as they are printed, in a shell that knows nothing yet."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from proband.terms.extras import extras

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
INSTALLED = (ROOT / ".venv" / "bin" / "proband").exists()


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a person's shell would: no virtual environment is active, and its folder is not on the PATH."""
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not p.startswith(str(ROOT)))
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | {
        "PATH": path
    }
    return subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )  # fmt: skip


@pytest.mark.skipif(not INSTALLED, reason="there is no .venv here: the README's commands were not typed")
def test_the_shell_blocks_run_as_printed() -> None:
    make, *others = BLOCKS
    assert [line.split()[:2] for line in make.splitlines()] == [["make", "demo"], ["make", "test"]]
    typed = [block for block in others if "proband " in block]
    ended = [shell("\n".join([*others[: others.index(block)][:1], block])) for block in typed]
    told = [(done.returncode, done.stdout[-400:], done.stderr[-400:]) for done in ended]
    assert [code for code, _, _ in told] == [0, 3], told
    assert "nobody was treated" in ended[0].stdout
    assert "Mend" in ended[1].stderr, "it refuses and says what is missing"


def test_every_verb_in_the_text_is_one() -> None:
    from proband.cli.verbs import declared

    verbs = {one.name.split()[0] for one in declared()}
    named = set(re.findall(r"`proband ([a-z][a-z-]*)", README))
    assert named
    assert named <= verbs


def test_the_python_block_runs() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec(block, names)
    assert re.fullmatch(r"[0-9a-f]{64}", names["programme"].hash)  # type: ignore[attr-defined]


def test_the_table_of_extras_is_that_of_the_package() -> None:
    section = README.partition("## What an install holds")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, flags=re.MULTILINE)) == set(extras()) - {
        "benchmark"
    }
