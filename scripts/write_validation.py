"""Run the comparisons of the analyses with other software and write ``docs/validation.md``: ``python scripts/write_validation.py``.

Every comparison of ``tests/analysis`` counts itself; this script runs those tests once and groups what they counted by analysis and by
the software that computed the reference. Data that lie beside the checkout, and R, are used where they are present.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

HEAD = """# Validation of the analyses

Written by `python scripts/write_validation.py`, which runs `tests/analysis` and counts every number that was compared; run it on your own
installation. Each row is one analysis, the software that computed the reference, and a tolerance. *Numbers* is how many were compared within that
*tolerance* (absolute unless said; 0 is exact), *largest difference* what was found on the machine that wrote this page. A −2 log-likelihood may always be
lower than the reference's, never higher. "Plain reference" is the readable NumPy twin of a batch kernel. The rows of the last column ship with the package:
`proband qualify` reruns them on any installation, without R, network or checkout, and signs what it found.

"""

FOOT = """
## Not compared, and why

* SAS `TYPE=SP(EXP)` rows with two coordinates per observation: distances are between observations there, and between visits here.
* The effect after matching in MatchIt: six of its 185 controls are not the nearest one left, so the rule as written gives another number.
* Joint longitudinal–survival models by maximum likelihood in other software: JM and joineRML were not installed, and no published fit of theirs of the same model was found; JMbayes2 samples.
* The published aggregates of N-of-1 trials (mexiletine 2018, fibromyalgia 2006): individual data are not published, and nothing can be rerun without them.
* SAS limits of the rbmi example: run with other degrees of freedom; estimate and error are compared.
"""


def main() -> int:
    """Run the tests, then write the page; the exit status is that of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "counted.json"
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/analysis"],
            cwd=ROOT,
            env={**os.environ, "PROBAND_VALIDATION": str(counted)},
            check=False,
        )
        seen: list[dict[str, Any]] = json.loads(counted.read_text(encoding="utf-8"))
    (ROOT / "docs" / "validation.md").write_text(page(seen), encoding="utf-8")
    return run.returncode


def page(seen: list[dict[str, Any]]) -> str:
    """The page from what was counted."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for entry in seen:
        groups[entry["kernel"], entry["software"], entry["tolerance"]].append(entry)
    lines = [
        HEAD + "| analysis | reference | numbers | tolerance | largest difference | in `proband qualify` |",
        "|---|---|---|---|---|---|",
    ]
    for (kernel, software, tolerance), entries in sorted(groups.items()):
        numbers = sum(entry["numbers"] for entry in entries)
        worst = max(entry["largest_difference"] for entry in entries)
        own = "yes" if any(entry["qualified"] for entry in entries) else ""
        lines.append(f"| {kernel} | {software} | {numbers} | {tolerance} | {worst:.0e} | {own} |")
    total = sum(entry["numbers"] for entry in seen)
    lines.append(f"\n{total} numbers in {len(groups)} rows.\n")
    return "\n".join(lines) + FOOT


if __name__ == "__main__":
    sys.exit(main())
