"""The three programmes that come with Proband: they load, every section is used, and every number has a source."""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest

from proband.programme import bundled, check, load, locate
from proband.programme.documents import read_yaml
from proband.programme.regimen import DoseRule, Withheld
from proband.terms import Level

NAMES = ("liver-cells", "mitochondria-hpdl", "spinal-cord-autologous")
LEVELS = {level.value for level in Level}


def test_the_three_are_there() -> None:
    assert tuple(bundled()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_they_load_without_error(name: str) -> None:
    report = check(name)
    assert report.errors == (), "\n".join(map(str, report.errors))
    assert report.programme is not None
    assert report.programme.head.status.value == "demonstration"
    assert report.programme.banners[0].startswith("DEMONSTRATION")


# --- a walk that knows nothing of the models --------------------------------------------------------------------------


def unsourced(value: Any, known: set[str], covered: bool, path: str = "") -> list[str]:
    """Every number that has no mapping with a known source and a level around it."""
    if isinstance(value, dict):
        names = [value.get("source")] + (
            value.get("sources") if isinstance(value.get("sources"), list) else []
        )
        covered = covered or (
            value.get("level") in LEVELS and any(isinstance(n, str) and n in known for n in names)
        )
        return [
            line for key, child in value.items() for line in unsourced(child, known, covered, f"{path}.{key}")
        ]
    if isinstance(value, list):
        return [
            line
            for index, child in enumerate(value)
            for line in unsourced(child, known, covered, f"{path}[{index}]")
        ]
    if isinstance(value, int | float) and not isinstance(value, bool) and not covered:
        return [f"{path} = {value}"]
    return []


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source_and_a_level(name: str) -> None:
    folder = locate(name)
    documents = {}
    for path in sorted(folder.rglob("*.yaml")):
        document, problems = read_yaml(path, path.relative_to(folder).as_posix())
        assert document is not None, problems
        documents[document.file] = document.data
    sources = {
        item["id"]
        for data in documents.values()
        for item in (data.get("sources") or [])
        if isinstance(item, dict)
    }
    assert sources
    missing = []
    numbers = 0
    for file, data in documents.items():
        if file.startswith("natural_history/"):
            continue  # the description of a table; the rows below carry source and level one by one
        if file.startswith("evidence/"):
            data = {
                key: value for key, value in data.items() if key != "sources"
            }  # years of publication are the source
        missing += [f"{file}: {line}" for line in unsourced(data, sources, False)]
        numbers += len(
            re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])", (folder / file).read_text(encoding="utf-8"))
        )
    assert missing == []
    assert numbers > 50
    rows = 0
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file_:
            for row in csv.DictReader(file_):
                rows += 1
                assert row["source"] in sources, f"{path.name}: {row}"
                assert row["level"] in LEVELS, f"{path.name}: {row}"
    assert rows > 0


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_decides_rests_on_an_unverified_figure(name: str) -> None:
    programme = load(name)
    for document in programme.documents.values():
        if document.file in {"eligibility.yaml", "product.yaml", "safety.yaml"}:
            text = str(document.data)
            assert "'unverified'" not in text, document.file


def test_together_they_use_every_section_in_anger() -> None:
    loaded = [load(name) for name in NAMES]
    products = [product for programme in loaded for product in programme.products.values()]
    regimens = [regimen for programme in loaded for regimen in programme.regimens.values()]
    assert {"small-molecule", "autologous-cells", "allogeneic-cells"} <= {
        product.kind.value for product in products
    }
    assert any(product.release_tests and len(product.routes) >= 1 for product in products)
    assert any(isinstance(regimen.dose, DoseRule) for regimen in regimens)
    for programme in loaded:
        assert programme.head.indication.aetiology
        assert {"nothing", "ordinary-care"} <= {item.kind for item in programme.head.comparators}
        assert programme.outcomes.estimands
        assert programme.safety.stopping_rules
        assert programme.eligibility.criteria
        assert programme.claims.claims
        assert programme.facts
        assert programme.consent_texts
        assert programme.natural_history
        assert {criterion.purpose.value for criterion in programme.eligibility.criteria} >= {
            "safety",
            "enrichment",
        }
    assert any(programme.head.consent.assent for programme in loaded)
    assert any(programme.head.single_patient for programme in loaded)
    assert any(programme.head.indication.sub_indications for programme in loaded)
    assert any(programme.safety.surveillance for programme in loaded)
    assert any(programme.outcomes.co_interventions for programme in loaded)


def test_hpdl_carries_no_dose_and_says_why() -> None:
    doses = [regimen.dose for regimen in load("mitochondria-hpdl").regimens.values()]
    assert doses
    for dose in doses:
        assert isinstance(dose, Withheld)
        assert dose.withheld == "not-public-to-us"
        assert len(dose.why) > 20


def test_liver_keeps_its_sub_indications_apart() -> None:
    names = {item.id for item in load("liver-cells").head.indication.sub_indications}
    assert len(names) >= 2


def test_persisting_cells_are_followed_for_fifteen_years() -> None:
    for name in NAMES:
        programme = load(name)
        if any(product.persists and product.kind.is_cells for product in programme.products.values()):
            assert programme.schedule.long_term_follow_up.years >= 15
