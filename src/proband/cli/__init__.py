"""The command line: the library's verbs, and nothing that a library user would miss."""

from __future__ import annotations

from proband.cli.app import main

__all__ = ["main"]
