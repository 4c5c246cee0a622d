"""Every part that is locked is pinned by its hash and comes under a licence that goes with ours; a fault of each kind is found; the bill names all."""

from __future__ import annotations

import copy
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def parts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parts", ROOT / "scripts" / "parts.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_no_part_is_at_fault(parts: ModuleType) -> None:
    assert list(parts.faults(parts.locked())) == []


def test_each_kind_of_fault_is_found(parts: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = next(one for one in parts.locked() if one["name"] == "django")

    def bent(**changes: Any) -> list[str]:
        return list(parts.faults([copy.deepcopy(sound) | changes]))

    assert bent() == []
    assert "not pinned" in bent(wheels=[{"url": "x"}])[0]
    assert "not pinned" in bent(wheels=[], sdist={"url": "x", "hash": "md5:00"})[0]
    assert "not from the index" in bent(source={"git": "https://example.org/x"})[0]
    for said in ("GPL-3.0-only", "AGPL-3.0", "GNU General Public License v2 (GPLv2)", "SSPL-1.0"):
        monkeypatch.setattr(parts, "licence", lambda _, said=said: said)
        assert f"comes under {said}" in bent()[0]
    monkeypatch.setattr(parts, "licence", lambda _: "")
    assert "does not say" in bent()[0]
    monkeypatch.setattr(parts, "licence", lambda _: None)
    assert bent() == [], "of what is not installed here the lock alone speaks"


def test_the_bill_names_every_part_with_its_hashes(parts: ModuleType) -> None:
    found = parts.bill(parts.locked())
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert {(one["name"], one["version"]) for one in found["components"]} == {
        (one["name"], one["version"]) for one in parts.locked()
    }
    for one in found["components"]:
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert one["externalReferences"]
        for file in one["externalReferences"]:
            assert re.fullmatch(r"[0-9a-f]{64}", file["hashes"][0]["content"])
