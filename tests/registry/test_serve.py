"""``proband serve`` as it is typed: everybody's home, the second time with the same accounts; nightly of the demonstration hospital."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from record.synthetic import hospital

pytest.importorskip("django")


def serve(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proband", "serve", *words], capture_output=True, text=True, check=False, timeout=240,
        env={**os.environ, "COLUMNS": "200", **(environment or {})},
    )  # fmt: skip


@pytest.fixture(params=["synthetic", "demonstration"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A record that nobody has served yet, or an empty place, into which the demonstration is played."""
    if request.param == "synthetic":
        hospital(folder=tmp_path / "hospital").record.close()
    elif not os.environ.get("PROBAND_NIGHTLY"):
        pytest.skip("the demonstration hospital is played into a registry nightly (PROBAND_NIGHTLY=1)")
    return tmp_path / "hospital"


def test_everybody_is_shown_their_home(folder: Path) -> None:
    first = serve(str(folder), "--once")
    assert first.returncode == 0, first.stderr
    row = r"│\s*(\S+)\s*│[^│]*│\s*([a-z2-7]{4}(?:-[a-z2-7]{4}){3})\s*│"
    told = dict(re.findall(row, first.stdout))
    assert len(told) >= 12
    assert len(set(told.values())) == len(told)
    assert f"the homes of {len(told)} of {len(told)} people were shown" in first.stdout
    again = serve(str(folder), "--json")
    assert again.returncode == 0, again.stderr
    shown = json.loads(again.stdout)
    assert shown["accounts_made"] == 0
    assert set(shown["homes"]) == set(told)
    assert set(shown["homes"].values()) == {200}
    assert not [password for password in told.values() if password in again.stdout + again.stderr], (
        "told once"
    )
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, f"{path} is not the owner's alone"
        if path.is_file():
            assert not [one for one in told.values() if one.encode() in path.read_bytes()], path
    _served(folder)


def _served(folder: Path) -> None:
    """On a terminal it stays, on this machine's own address alone."""
    with subprocess.Popen(
        [sys.executable, "-m", "proband", "serve", str(folder), "--stay", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as running:  # fmt: skip
        try:
            line = ""
            while "http://localhost:" not in line:
                line = running.stdout.readline()
                assert line, "it ended"
            (address,) = re.findall(r"http://localhost:\d+", line)
            with urllib.request.urlopen(f"{address}/", timeout=20) as answer:
                assert answer.url.startswith(f"{address}/sign-in/")
                assert "Content-Security-Policy" in answer.headers
                assert "waitress" not in answer.headers.get("Server", "")
        finally:
            running.terminate()


@pytest.mark.parametrize(("said", "known"), [((), ["played"]), (("--knows-arms", "nurse"), ["nurse"])])
def test_roles_that_are_said_to_know_the_arms_are_heard_where_the_demonstration_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: tuple[str, ...], known: list[str]
) -> None:
    from typer.testing import CliRunner

    from proband.cli.app import app
    from proband.registry import serving
    from proband.showcase.hospital import working
    from proband.terms import ProbandError

    heard = []

    def prepared(folder: Path, **options: object) -> None:
        heard.append(options["know_arms"])
        raise ProbandError("record.missing", folder=folder)

    monkeypatch.setattr(working, "working_hospital", lambda folder, until, **_: ["played"])
    monkeypatch.setattr(serving, "prepared", prepared)
    CliRunner().invoke(app, ["serve", str(tmp_path / "new"), "--once", *said])
    assert heard == [known]


def test_a_folder_that_cannot_be_a_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text("{}", encoding="utf-8")
    done = serve(str(tmp_path), "--once")
    assert done.returncode == 2
    assert "record.json" in done.stderr
