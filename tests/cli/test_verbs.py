"""Verbs are found in the source without being imported, and what is found is what is there."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest
import typer
from door_process import proband
from typer.testing import CliRunner

from proband.cli import verbs
from proband.cli.app import app
from proband.cli.verbs import Declared, VerbGroup, declared

RUN = CliRunner()
VERBS = [one for one in declared() if not one.is_group]

HELLO = '''
from proband.cli.output import say
from proband.cli.verbs import verb
import typer


@verb("hello")
def hello(name: str = typer.Argument(..., help="Whom.")) -> None:
    """Greet somebody.

    Example: proband hello Ada
    """
    say(f"Hello {name}")


@verb("record hello")
def hello_record() -> None:
    """Greet a record.

    Example: proband record hello
    """
    say("Hello record")
'''


def test_what_the_source_declares_is_what_its_modules_declare() -> None:
    for one in declared():
        import_module(one.module)
    assert set(verbs._WRITTEN) == {one.name for one in VERBS}
    assert len({one.name for one in declared()}) == len(declared()), "each once"
    for one in VERBS:
        assert verbs._WRITTEN[one.name][0].__module__ == one.module


def test_every_group_that_a_verb_names_is_declared() -> None:
    groups = {one.name for one in declared() if one.is_group}
    assert {one.name.rpartition(" ")[0] for one in VERBS} - {""} == groups


def test_every_verb_has_help_with_an_example() -> None:
    listing = RUN.invoke(app, ["--help"])
    assert listing.exit_code == 0
    for one in declared():
        shown = RUN.invoke(app, [*one.name.split(), "--help"])
        assert shown.exit_code == 0, one.name
        assert f"Usage: proband {one.name} " in shown.output
        text = " ".join(shown.output.split())
        assert "Example: " in text or one.is_group, one.name
        if not one.is_group:
            assert one.example
            assert f"proband {one.name}" in one.example
            assert f"\n  {one.example}\n" in listing.output, one.name


def test_options_are_there_when_everything_is_loaded() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, VerbGroup)
    loaded = root.load().commands
    assert "programmes" in {parameter.name for parameter in loaded["check"].params}
    inner = loaded["record"]
    assert isinstance(inner, VerbGroup)
    assert {"study", "custodian"} <= {parameter.name for parameter in inner.commands["init"].params}


def test_a_verb_is_added_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO, encoding="utf-8")
    assert proband("hello", "Ada", verbs=tmp_path).stdout == "Hello Ada\n"
    assert proband("record", "hello", verbs=tmp_path).stdout == "Hello record\n"
    listing = proband("--help", verbs=tmp_path).stdout
    assert "Greet somebody." in listing
    assert "  proband hello Ada\n" in listing
    assert "  proband record hello\n" in listing
    assert "Did you mean 'hello'?" in proband("helo", "Ada", verbs=tmp_path).stderr


def test_the_example_is_one_line() -> None:
    one = Declared("x", "m", "Do it.\n\nExample: proband x --long\n    --option   (then: nothing)\n\nMore.")
    assert one.example == "proband x --long --option"
    assert Declared("x", "m", "Example: proband x · proband x y").example == "proband x"
    assert Declared("x", "m", "Nothing.").example is None


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("proband hea", "headline"),
        ("proband record init --cust", "--custodian"),
        ('proband headline "2 of 4" --trials 500 --contr', "--control-baseline"),
        ("proband page bu", "build"),
    ],
)
def test_completion_offers_verbs_and_options(typed: str, offered: str) -> None:
    environment = {**os.environ, "_PROBAND_COMPLETE": "complete_bash", "COMP_WORDS": typed,
                   "COMP_CWORD": str(len(typed.split()) - 1 - typed.count('"2 of 4"') * 2)}  # fmt: skip
    done = proband(environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert offered in done.stdout.split()
