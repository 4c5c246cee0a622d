"""How every run ends: errors of every kind as JSON where that is asked, and nothing but a "no" ends with 1."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from door_process import command, proband

from proband.cli.app import run
from proband.cli.verbs import Declared, declared

VERBS = '''
import time
from proband.cli.output import JsonFlag, print_json, say
from proband.cli.verbs import verb


@verb("break")
def break_it(as_json: bool = JsonFlag) -> None:
    """Break. Example: proband break"""
    raise ValueError("one too many")


@verb("lose")
def lose(as_json: bool = JsonFlag) -> None:
    """Open what is not there. Example: proband lose"""
    open("/nowhere/at/all.txt")


@verb("need")
def need(as_json: bool = JsonFlag) -> None:
    """Need what is not installed. Example: proband need"""
    import sys
    sys.modules["segno"] = None
    import segno


@verb("wait")
def wait() -> None:
    """Wait. Example: proband wait"""
    print("waiting", flush=True)
    time.sleep(60)


@verb("flood")
def flood() -> None:
    """Write without end. Example: proband flood"""
    while True:
        say("water")
'''


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verbs")
    (folder / "endings.py").write_text(VERBS, encoding="utf-8")
    return folder


def error_of(*words: str, verbs: Path | None = None) -> tuple[int, dict[str, Any]]:
    """Exit code and error of ``proband WORDS --json``; there is nothing else on standard output."""
    done = proband(*words, "--json", verbs=verbs)
    body = json.loads(done.stdout)
    assert body.keys() == {"error"}
    assert body["error"]["exit_code"] == done.returncode
    return done.returncode, body["error"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["headline", "2 of 4"], "Missing option '--programme'"),
        (["headline", "2 of 4", "-p", "x", "-o", "y", "--trials", "many"], "many"),
        (["chekc"], "No such command 'chekc'. Did you mean 'check'?"),
        (["check", "--nonsense"], "No such option: --nonsense"),
        (["record", "init", "./nowhere"], "Missing option '--study'"),
        (["record", "keep"], "No such command 'keep'"),
        (["score"], "no instrument is named"),
        ([], "No such option: --json"),
    ],
)
def test_what_is_typed_wrongly_is_json_too(words: list[str], says: str) -> None:
    code, error = error_of(*words)
    assert (code, error["code"]) == (2, "door.usage")
    assert says.rstrip(".?") in error["message"]
    assert error["mend"].endswith("--help shows what it takes")


def test_without_json_it_is_the_usage_on_standard_error() -> None:
    done = proband("headline", "2 of 4")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage: proband headline" in done.stderr
    assert "--programme" in done.stderr


def test_json_after_the_end_of_options_is_a_word() -> None:
    done = proband("check", "--", "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error" in done.stderr


def test_a_fault_of_the_program_is_no_answer(added: Path) -> None:
    code, error = error_of("break", verbs=added)
    assert (code, error["code"]) == (70, "door.fault")
    assert error["message"].endswith("ValueError: one too many")
    done = proband("break", verbs=added)
    assert done.returncode == 70
    assert done.stdout == ""
    assert "Traceback" in done.stderr, "a fault is to be reported with its place"


def test_a_file_that_cannot_be_used_is_no_answer(added: Path) -> None:
    code, error = error_of("lose", verbs=added)
    assert (code, error["code"]) == (2, "door.file")
    assert error["message"] == "/nowhere/at/all.txt: No such file or directory"
    assert "Traceback" not in proband("lose", verbs=added).stderr


def test_what_is_not_installed_is_named_with_its_extra(added: Path) -> None:
    code, error = error_of("need", verbs=added)
    assert (code, error["code"]) == (2, "install.extra")
    assert "proband[pdf]" in error["mend"]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["instruments", "--json"]], ids=" ".join)
def test_a_closed_pipe_is_no_answer(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = proband(*words, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_head_ends_a_flood(added: Path) -> None:
    with subprocess.Popen(
        command("flood", verbs=added), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == "water\n"
        running.stdout.close()
        assert running.wait(timeout=60) == 141
        assert running.stderr.read() == ""


def test_ctrl_c_ends_with_130(added: Path) -> None:
    with subprocess.Popen(
        command("wait", verbs=added), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == "waiting\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
        assert running.stderr.read() == "interrupted\n"


@pytest.mark.parametrize("one", [one for one in declared() if not one.is_group], ids=lambda one: one.name)
def test_every_verb_answers_a_slip_in_json(one: Declared, capsys: pytest.CaptureFixture[str]) -> None:
    code = run([*one.name.split(), "--nonsense", "--json"])
    assert code == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 2
    assert error["mend"]
