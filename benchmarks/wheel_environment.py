"""A wheel of this checkout in an environment of its own: what somebody gets who has never seen the sources."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

_WEIGH = """
import json
from importlib.metadata import distributions
def size(file):
    try:
        return file.locate().lstat().st_size
    except OSError:
        return 0
print(json.dumps({d.metadata["Name"].lower(): sum(size(f) for f in d.files or [] if f.suffix != ".pyc") for d in distributions()}))
"""


class WheelEnvironmentError(Exception):
    """uv is absent, or it could not build or install the wheel (without a network, for example)."""


@dataclass(frozen=True)
class WheelEnvironment:
    """A virtual environment that holds the wheel, some extras and nothing of the checkout."""

    folder: Path

    @property
    def proband(self) -> Path:
        """The command."""
        return self.folder / "bin" / "proband"

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    def run(self, *words: str, within: Path) -> subprocess.CompletedProcess[str]:
        """Run ``proband WORDS`` in the folder ``within``, with nothing of this process's environment that finds sources."""
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV", "UV_"))
        }
        return subprocess.run(
            [self.proband, *words],
            cwd=within,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def weights(self) -> dict[str, float]:
        """Megabytes (10^6 bytes) of every installed distribution by name, compiled Python files left out."""
        done = subprocess.run([self.python, "-c", _WEIGH], capture_output=True, text=True, check=True)
        return {name: size / 1e6 for name, size in json.loads(done.stdout).items()}


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into a folder."""
    _uv("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, extras: Sequence[str] = ()) -> WheelEnvironment:
    """Make a virtual environment with the wheel and some of its extras."""
    _uv("venv", "--python", sys.executable, str(folder))
    wanted = f"{wheel}[{','.join(extras)}]" if extras else str(wheel)
    _uv("pip", "install", "--python", str(folder / "bin" / "python"), wanted)
    return WheelEnvironment(folder)


def _uv(*words: str) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".uv" / "bin"))
    if uv is None:
        raise WheelEnvironmentError("uv is not installed")
    done = subprocess.run(
        [uv, "--no-progress", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise WheelEnvironmentError(f"uv {words[0]} failed: {done.stderr.strip()[-400:]}")
