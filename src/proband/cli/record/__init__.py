"""Verbs on records: ``proband record init``, ``append``, ``show``, ``rebuild``, ``export``, ``backup``, ``restore``, …

Each module holds the verbs of one kind of work.
"""

from __future__ import annotations

from importlib import import_module

import typer

from proband.cli.record.group import app

#: modules of this package that hold verbs, in the order in which the help lists them
VERBS = ("sending", "showing", "papers", "keeping", "verifying", "demonstration")

for _name in VERBS:
    import_module(f"{__name__}.{_name}")

__all__ = ["register"]


def register(parent: typer.Typer) -> None:
    """Add the verbs to the command line."""
    parent.add_typer(app, name="record")
