"""``python -m proband``: the command line."""

from __future__ import annotations

from proband.cli import main

main()
