"""What Proband is made of: a bill of materials (CycloneDX 1.6, JSON) from the lock file, and a check of every part.

    python scripts/parts.py            write build/parts.cdx.json
    python scripts/parts.py --check    exit with 1 where a part is not pinned by its hash, or comes under a licence that does not go with Apache-2.0

Nothing is asked of a network: known weaknesses of parts are not looked up here (a scanner takes the bill of materials).
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: words of licences that do not go with Apache-2.0 in one program, wherever they stand
COPYLEFT = re.compile(
    r"\bA?GPL|General Public License|SSPL|Commons Clause|BUSL|CC-BY-NC|non-?commercial", re.IGNORECASE
)
#: parts under such words that are taken all the same, and why
TAKEN = {
    "psycopg": "LGPL: a library that is imported as it is, in an extra of its own",
    "psycopg-binary": "LGPL: as psycopg",
    "docutils": "public domain and BSD; the GPL is that of one mode for Emacs, and only the documentation is built with it",
}
#: parts that say nothing of their licence in their metadata, by what stands in their repository
SAID_ELSEWHERE = {"axe-playwright-python": "MIT"}


def locked(root: Path = ROOT) -> list[dict[str, Any]]:
    """Every part of the lock file but Proband itself."""
    lock = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    return [
        one for one in lock["package"] if "virtual" not in one["source"] and "editable" not in one["source"]
    ]


def licence(name: str) -> str | None:
    """What a part that is installed says of its licence; ``None`` where it is not installed on this machine."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classes = [
        one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or [] if one.startswith("License")
    ]
    first = (said.get("License") or "").partition("\n")[0]
    return said.get("License-Expression") or "; ".join(classes) or first or SAID_ELSEWHERE.get(name, "")


def faults(parts: list[dict[str, Any]]) -> Iterator[str]:
    """What is wrong with the parts, one sentence each."""
    for one in parts:
        files = [*one.get("wheels", []), *([one["sdist"]] if "sdist" in one else [])]
        if "registry" not in one["source"]:
            yield f"{one['name']} comes from {one['source']}, not from the index"
        if not files or not all(str(file.get("hash", "")).startswith("sha256:") for file in files):
            yield f"{one['name']} {one['version']} is not pinned by the sha256 of each of its files"
        said = licence(one["name"])
        if said == "":
            yield f"{one['name']} does not say under which licence it comes"
        if said and COPYLEFT.search(said) and one["name"] not in TAKEN:
            yield f"{one['name']} comes under {said}"


def bill(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The bill of materials: name, version, place, licence and hashes of every part."""
    components = []
    for one in sorted(parts, key=lambda part: (part["name"], part["version"])):
        place = f"pkg:pypi/{one['name']}@{one['version']}"
        files = [*one.get("wheels", []), *([one["sdist"]] if "sdist" in one else [])]
        said = licence(one["name"])
        components.append(
            {"type": "library", "name": one["name"], "version": one["version"], "purl": place, "bom-ref": place,
             **({"licenses": [{"license": {"name": said}}]} if said else {}),
             "externalReferences": [
                 {"type": "distribution", "url": file["url"], "hashes": [{"alg": "SHA-256", "content": file["hash"].partition(":")[2]}]}
                 for file in files
             ]}
        )  # fmt: skip
    about = {"component": {"type": "application", "name": "proband", "version": metadata.version("proband")}}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": about,
        "components": components,
    }


def main(arguments: list[str]) -> int:
    """Write the bill, or check the parts."""
    parts = locked()
    if "--check" in arguments:
        found = list(faults(parts))
        for one in found:
            print(one)
        print(f"{len(parts)} parts, {len(found)} faults")
        return 1 if found else 0
    target = ROOT / "build" / "parts.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(bill(parts), indent=1) + "\n", encoding="utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
