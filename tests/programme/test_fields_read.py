"""Every field of a bundle is read by something that acts on it, or is said to be words alone: a new field joins neither in silence.

``fields_read.json`` says which packages read a field, by the types that mypy finds (``python scripts/fields_read.py``, a minute of processor time; run
again and compared in ``make nightly``). Where types do not reach, the place is said here and looked up.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import runpy
from functools import cache
from pathlib import Path

import pytest

from proband.programme.documentation import fields_page, pieces
from proband.programme.json_schema import FILES
from proband.programme.words_only import EXPLAINING, WORDS, reason_of

HOME = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("fields_read.json")
READ: dict[str, list[str]] = json.loads(TABLE.read_text(encoding="utf-8"))
#: where a number or name becomes a verdict, a gate, an answer or a page
ACTING = {"record", "screening", "trial", "analysis", "natural_history", "instruments", "exchange", "mechanism", "facts", "pages", "registry"}  # fmt: skip

VIEW, PAGES = "record/programme_view.py", "pages/templates/"
#: fields that are read where types do not tell: as a key of what is written, from a value of any type, in a template
OTHERWISE = {
    **dict.fromkeys(
        (
            "Access.insurance", "Access.regulator_authorisation", "Access.route", "Access.jurisdictions", "ProgrammeFile.code_systems", "ProgrammeFile.verdict_valid_for",
            "ProgrammeFile.consent", "ProgrammeFile.masking", "ProgrammeFile.roles", "Role.id", "Role.may", "Role.training", "SinglePatient.baseline_days",
            "SinglePatient.baseline_over", "SinglePatient.generic_outcome",
        ),
        VIEW,
    ),
    "Hold.blocks": "record/gates/person.py",
    "Hold.scope": "record/gates/person.py",
    "Hold.lifted_by": "record/commands/holds.py",
    "AssentBand.document": "record/own_view.py",
    "DonorConsentText.document": "programme/lint/references.py",
    "ProgrammeFile.mechanism": PAGES + "findings.html.j2",
    "DossierRow.step": PAGES + "findings.html.j2",
    "DossierRow.statement": PAGES + "findings.html.j2",
    "DossierRow.evidence": PAGES + "findings.html.j2",
    "DossierRow.gap": PAGES + "findings.html.j2",
    **dict.fromkeys(("OutcomeWords.not_happened", "OutcomeWords.people", "OutcomeWords.unit"), "trial/headline/grammar.py"),
    "Upgrade.steps": "programme/claims.py",
    "Figure.events": "terms/sources.py",
    "Figure.n": "terms/sources.py",
    "EvidenceFigure.text": "programme/evidence.py",
    "EvidencePool.id": "programme/controlled.py",
    "EvidenceSelection.left_out": PAGES + "studies.html.j2",
    "EvidenceSelection.rule": PAGES + "studies.html.j2",
    "FigureCheck.found": "programme/printed.py",
    "ElapsedTime.plausible": "programme/eligibility/computed.py",
    "ElapsedTime.whole": "programme/value_range.py",
    "EventCount.whole": "programme/value_range.py",
    "EventCount.unit": "programme/eligibility/measured.py",
    "SaysNumber.whole": "programme/value_range.py",
    **dict.fromkeys(("Selection.gene", "Selection.zygosity", "Selection.pathogenicity", "Selection.hgvs"), "programme/eligibility/observable.py"),
    **dict.fromkeys(("SlotBase.disputed", "SlotBase.readers", "SlotBase.source", "SlotBase.level"), "programme/slots.py"),
    "ThreePlusThree.kind": "programme/escalation.py",
    "BayesianInterval.kind": "programme/escalation.py",
}  # fmt: skip


def definer(piece: type, name: str) -> str:
    return [one for one in piece.__mro__ if name in inspect.get_annotations(one)][-1].__name__


def fields() -> dict[str, type]:
    """Every field of every file, by the model that it was first written in."""
    return {
        f"{definer(piece, name)}.{name}": piece
        for model in FILES.values()
        for piece in pieces(model)
        for name in piece.model_fields
    }


FIELDS = fields()


@cache
def text_of(file: str) -> str:
    return (HOME / "src" / "proband" / file).read_text(encoding="utf-8")


def test_the_table_is_of_the_fields_that_there_are() -> None:
    """A field that is new, or gone: run ``python scripts/fields_read.py``."""
    assert set(READ) == set(FIELDS)


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_is_read_or_said_to_be_words(field: str) -> None:
    model, name = field.split(".")
    acts = set(READ[field]) & ACTING
    if field in OTHERWISE:
        # a place that is said by hand is looked up there, and said nowhere that types tell it
        assert not acts, f"{field} is read by {acts}: take it out of OTHERWISE"
        assert re.search(rf"\.{name}\b|[\"']{name}[\"']", text_of(OTHERWISE[field])), field
        return
    if field in WORDS:
        return
    assert acts or "check" in READ[field] or reason_of(model, name), (
        f"nothing goes by {field}: have a gate, a verdict, an analysis or a check read it, or say in proband.programme.words_only what holds in its place"
    )


def test_what_is_said_to_be_words_is_there() -> None:
    assert set(WORDS) <= set(FIELDS)
    assert set(OTHERWISE) <= set(FIELDS)
    assert not set(WORDS) & set(OTHERWISE)
    assert all(any(field.endswith(f".{name}") for field in FIELDS) for name in EXPLAINING)


#: words that some gate repeats, or that a page shows: read, and yet nothing goes by them
REPEATED = {"pages", "exchange", "registry", "check"}
#: of these the record tells what they say beside what it does by another field
TOLD = {
    "TitrationStep.condition",
    "WithdrawalLevel.keeps",
    "CapacityCheck.trigger",
    "NaturalHistoryFile.caveats",
}


def test_nothing_that_is_acted_on_is_called_words() -> None:
    acted = {field: READ[field] for field in WORDS if not set(READ[field]) <= REPEATED and field not in TOLD}
    assert not acted, "take them out of words_only, for something reads them"


def test_the_page_of_fields_says_which_are_words() -> None:
    page = fields_page()
    for field, reason in WORDS.items():
        assert f"| `{field}` | {reason} |" in page


@pytest.mark.skipif(
    not os.environ.get("PROBAND_NIGHTLY"), reason="mypy over the whole project: in make nightly"
)
def test_the_table_says_what_the_types_say() -> None:
    before = TABLE.read_text(encoding="utf-8")
    try:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(HOME / "scripts" / "fields_read.py"), run_name="__main__")
        assert ended.value.code == 0
        assert TABLE.read_text(encoding="utf-8") == before
    finally:
        TABLE.write_text(before, encoding="utf-8")
