"""Run the comparisons of the analyses with other software and write ``docs/validation.md``: ``python scripts/write_validation.py``.

Every comparison of ``tests/analysis`` counts itself; this script runs those tests once and groups what they counted by analysis and by
the software that computed the reference. Data that lie beside the checkout, R, lifelines, survival (Rust) and statsmodels are used where
they are present; what was not compared for want of one of them is counted too.
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
installation, with R and the Python packages named below if you have them. The first table says which software checked what; in the second each row is one analysis, the software that computed the reference, and a tolerance. *Numbers* is how many were compared within that
*tolerance* (absolute unless said; 0 is exact), *largest difference* what was found on the machine that wrote this page. A −2 log-likelihood may always be
lower than the reference's, never higher. "Plain reference" is the readable NumPy twin of a batch kernel. The rows of the last column ship with the package:
`proband qualify` reruns them on any installation, without R, network or checkout, and signs what it found.
Where R is installed a test runs `scripts/reference_numbers.R` anew and holds the shipped numbers against it.

"""

FOOT = """
## Not compared, and why

* SAS `TYPE=SP(EXP)` rows with two coordinates per observation: distances are between observations there, and between visits here.
* The effect after matching in MatchIt: six of its 185 controls are not the nearest one left, so the rule as written gives another number.
* The published aggregates of N-of-1 trials (mexiletine 2018, fibromyalgia 2006): individual data are not published, and nothing can be rerun without them.
* SAS limits of the rbmi example: run with other degrees of freedom; estimate and error are compared.
"""

#: reference values beside the checkout that no test asks for by their name, with the reason
NOT_ASKED = {
    "jm_prothro": "the data are those of an R package (JM) that is not at hand; the same model is compared on those of primary biliary cholangitis",
    "nof1_mexiletine": "individual data are not published",
    "nof1_fibromyalgia": "individual data are not published",
    "mmrm_type1": "no numbers of other software: the type I error of the MMRM, simulated anew by the tests of the kernel (three Monte-Carlo errors)",
    "bcg": "a count of rows, and no analysis",
}

#: families of software, by what a reference's name holds; the first that fits
FAMILIES = (
    ("plain reference", "the plain reference in NumPy (batch kernels)"), ("live", "R, run live on new data"), ("mmrm", "R package mmrm"), ("JMbayes2", "R packages for joint models"),
    ("JM ", "R packages for joint models"), ("rpact", "rpact and gsDesign"), ("gsDesign", "rpact and gsDesign"), ("lifelines", "lifelines (Python)"), ("(Rust)", "survival (Rust)"),
    ("statsmodels", "statsmodels (Python)"), ("SciPy", "SciPy"), ("SAS", "SAS"), ("East", "East"), ("R ", "R and its packages"), ("R,", "R and its packages"), ("(R package)", "R and its packages"),
    *((name, "R and its packages") for name in ("SingleCaseES", "clinfun", "nlme", "lme4", "survRM2", "metafor")), ("posteriordb", "posteriordb (Stan)"), ("prototype", "our own prototype, frozen"),
)  # fmt: skip


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
        found = json.loads(counted.read_text(encoding="utf-8"))
    (ROOT / "docs" / "validation.md").write_text(page(found["seen"], found["asked"], _kept()), encoding="utf-8")  # fmt: skip
    return run.returncode


def _kept() -> list[str]:
    """Ids of the reference values beside the checkout; none where they are not there."""
    path = ROOT.parent / "shared" / "evidence" / "statistics" / "reference_values.json"
    if not path.is_file():
        return []
    return [entry["id"] for entry in json.loads(path.read_text(encoding="utf-8"))["anchors"]]


def family(software: str) -> str:
    """What kind of software a reference is of."""
    return next((name for part, name in FAMILIES if part in software), "published tables, arithmetic by hand, brute force")  # fmt: skip


def page(seen: list[dict[str, Any]], asked: list[str], kept: list[str]) -> str:
    """The page from what was counted."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    checked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in seen:
        groups[entry["kernel"], entry["software"], entry["tolerance"]].append(entry)
        checked[family(entry["software"])].append(entry)
    lines = [HEAD + "## Which software checked what\n", "| software | numbers | analyses |", "|---|---|---|"]
    for name, entries in sorted(checked.items(), key=lambda item: -_numbers(item[1])):
        kernels = sorted({entry["kernel"].partition(",")[0] for entry in entries})
        lines.append(f"| {name} | {_numbers(entries)} | {'; '.join(kernels)} |")
    lines += _of_kept(asked, kept)
    lines += [
        "\n## Every comparison\n",
        "| analysis | reference | numbers | tolerance | largest difference | in `proband qualify` |",
        "|---|---|---|---|---|---|",
    ]
    for (kernel, software, tolerance), entries in sorted(groups.items()):
        worst = max(entry["largest_difference"] for entry in entries)
        own = "yes" if any(entry["qualified"] for entry in entries) else ""
        lines.append(f"| {kernel} | {software} | {_numbers(entries)} | {tolerance} | {worst:.0e} | {own} |")
    lines.append(f"\n{_numbers(seen)} numbers in {len(groups)} rows.\n")
    return "\n".join(lines) + FOOT


def _of_kept(asked: list[str], kept: list[str]) -> list[str]:
    """How many of the reference values beside the checkout were compared, and why the others were not."""
    if not kept:
        return ["\nThe reference values were not beside the checkout when this page was written."]
    left = [id for id in kept if id not in asked]
    found = [f"\nOf {len(kept)} sets of reference values kept beside the project {len(kept) - len(left)} were compared when this page was written.", ""]  # fmt: skip
    return found + [f"* `{id}` was not: {NOT_ASKED.get(id, 'its software or data were not installed')}." for id in left]  # fmt: skip


def _numbers(entries: list[dict[str, Any]]) -> int:
    return sum(entry["numbers"] for entry in entries)


if __name__ == "__main__":
    sys.exit(main())
