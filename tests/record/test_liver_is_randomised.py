"""The liver programme is randomised by the command line: both forms, two hundred people, in blocks as it is shipped and by minimisation."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from proband.cli.app import app
from proband.programme import load, locate
from proband.record import Record
from proband.record.verdicts import outcome_of_values
from proband.trial.allocation import plan_of
from proband.trial.allocation.again import balance, sequences
from proband.trial.allocation.draw import sequence_of

FORMS = ("decompensated-cirrhosis", "acute-on-chronic-failure")
CAUSES = ("hepatitis B", "alcohol", "other")
SCORES = ("MELD below 20", "MELD 20 or more")
EACH = 100


def told(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return " ".join(str(done.output).split())  # as wide as the terminal is, lines break elsewhere


def bundle_with(folder: Path, method: str) -> str:
    """The shipped bundle, or a copy of it that minimises."""
    if method == "stratified-blocked":
        return "liver-cells"
    copied = folder / "liver-cells"
    shutil.copytree(locate("liver-cells"), copied)
    yaml = YAML()
    head = yaml.load(copied / "programme.yaml")
    head["allocation"]["method"] = "minimisation"
    del head["allocation"]["block_sizes"]
    yaml.dump(head, copied / "programme.yaml")
    return str(copied)


YES, NO = {"truth": True}, {"truth": False}
#: what is so of everybody here, and not so
SO = ("can_consent", "transplant_opinion", "artery_reachable", "ascites_or_confusion_month")
NOT_SO = ("organ_offer", "liver_cancer", "cancer_five_years", "active_infection", "vein_blocked", "transplanted", "pregnant", "hiv", "heart_failure",
          "cells_before", "treated_here_before", "bleeding_month", "tips_half_year", "bile_blocked", "bleeding_two_months")  # fmt: skip
NUMBERS = {"age": 50, "platelets": 90, "weight": 70, "encephalopathy": 0, "meld": 18, "meld_3": 18, "meld_na": 20, "creatinine": 1, "creatinine_rise": 1,
           "child_pugh": 9, "albumin": 2.8, "bilirubin": 3, "admissions_year": 2, "sodium": 135, "haemoglobin": 12, "afp": 5, "bilirubin_uln": 12,
           "inr": 1.8, "fibrinogen": 150}  # fmt: skip


def screened(bundle: str) -> dict[str, dict[str, Any]]:
    """The data of a screening of somebody who passes, for each form."""
    values: dict[str, Any] = dict.fromkeys(SO, YES) | dict.fromkeys(NOT_SO, NO)
    values |= {name: {"low": float(number), "high": float(number)} for name, number in NUMBERS.items()}
    values |= {"sex": {"code": "male"}, "cause": {"code": "other"}}
    eligibility, found = load(bundle).eligibility, {}
    for form in FORMS:
        facts = {
            "through": "screening",
            "as_of": date.today().isoformat(),
            "values": values | {"form": {"code": form}},
        }
        assert outcome_of_values(eligibility, facts).value == "eligible"
        found[form] = {"outcome": "eligible", "facts": facts, "reasons": []}
    return found


def lines_of(bundle: str) -> list[dict[str, Any]]:
    """Everybody's way to a place, the two forms mixed as they come."""
    rng, passing = random.Random(11), screened(bundle)
    consent = load(bundle).head.consent
    version = consent.version_on(date.today(), "en")
    assert version is not None
    people = [form for form in FORMS for _ in range(EACH)]
    rng.shuffle(people)
    by = {"actor": "dr-1", "role": "investigator", "site": "north"}
    agreed = {
        "version": version.id,
        "language": "en",
        "age_years": 50,
        "by": "participant",
        "capacity": "has",
        "teach_back": [True] * len(consent.teach_back),
    }
    lines: list[dict[str, Any]] = []
    for number, form in enumerate(people, 1):
        person = f"L-{number}"
        levels = {"sub-indication": form, "cause": rng.choice(CAUSES), "score-at-entry": rng.choice(SCORES)}
        lines += [
            {"verb": "participant.refer", "subject": person, **by},
            {"verb": "participant.screen", "subject": person, "data": passing[form], **by},
            {
                "verb": "consent.give",
                "subject": person,
                "data": agreed,
                **by,
                "sign": [{"signer": "dr-1", "role": "investigator"}],
            },
            {"verb": "participant.enrol", "subject": person, "data": {"number": number}, **by},
            {"verb": "participant.allocate", "subject": person, "data": {"stratum": levels}, **by},
        ]
    return lines


@pytest.mark.parametrize("method", ["stratified-blocked", "minimisation"])
def test_two_hundred_people_of_both_forms(tmp_path: Path, method: str) -> None:
    bundle = bundle_with(tmp_path, method)
    folder = str(tmp_path / "liver")
    told("record", "init", folder, "--study", "LIV-1", "--programme", bundle, "--custodian", "dm-1")
    told("record", "do", folder, "site.open", "north", "--jurisdiction", "GB", "--actor", "dm-1")
    for person, role, trainings in (
        ("dr-1", "investigator", ("good-clinical-practice", "protocol")),
        ("stat-1", "statistician", ("good-clinical-practice",)),
    ):
        told(
            "record",
            "do",
            folder,
            "staff.grant",
            person,
            "--data.role",
            role,
            "--sites",
            "north",
            "--actor",
            "dm-1",
        )
        for training in trainings:
            told(
                "record",
                "do",
                folder,
                "staff.train",
                person,
                "--training",
                training,
                "--valid_until",
                "2050-12-31",
                "--actor",
                "dm-1",
            )
    if method == "minimisation":
        told("record", "do", folder, "allocation.seal", "LIV-1", "--actor", "stat-1")
    else:
        listed = tmp_path / "list.json"
        told("allocation", "list", bundle, "--places", "60", "--out", str(listed))
        told("record", "do", folder, "allocation.seal", "LIV-1", "--list", str(listed), "--actor", "stat-1")
    lines = tmp_path / "people.jsonl"
    lines.write_text("\n".join(map(json.dumps, lines_of(bundle))))
    told("record", "append", folder, str(lines))

    # without the list: order, levels and commitments, and it says so; with it every place
    without = told("record", "verify", folder)
    assert "200 places in order" in without
    assert "no arm is proven without the sealed list" in without
    assert "200 places and 0 doses are those of the sealed list" in told(
        "record", "verify", folder, "--list", "vault"
    )
    if method == "stratified-blocked":
        assert "200 places and 0 doses are those of the sealed list" in told(
            "record", "verify", folder, "--list", str(listed)
        )
        told("allocation", "list", bundle, "--places", "60", "--out", str(tmp_path / "other.json"))
        assert "NOT VERIFIED" in told(
            "record", "verify", folder, "--list", str(tmp_path / "other.json"), code=1
        )

    record = Record.open(Path(folder))
    plan = plan_of(load(bundle))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    within_each: dict[str, Counter[str]] = defaultdict(Counter)
    people = sorted(record.state.participants.values(), key=lambda person: person.allocation_index or 0)
    for person in people:
        form = person.stratum["sub-indication"]
        # nobody is in an arm of the other form
        assert person.arm in plan.open_to(form)
        counts[form][person.arm] += 1
        within_each[sequence_of(plan, person.stratum) + form][person.arm] += 1
    record.close()
    assert {form: sum(one.values()) for form, one in counts.items()} == dict.fromkeys(FORMS, EACH)
    assert {form: set(one) for form, one in counts.items()} == {
        form: set(plan.open_to(form)) for form in FORMS
    }
    print(f"\n{method}: {dict(counts)}")
    if method == "stratified-blocked":
        # a sequence is off by at most what one block holds of an arm: six of twelve for two arms, four for three
        for name, one in within_each.items():
            arms = plan.open_to(name[-len(FORMS[1]) :] if name.endswith(FORMS[1]) else FORMS[0])
            assert max(one[arm] for arm in arms) - min(one[arm] for arm in arms) <= 12 // len(arms)
        assert re.search(r"differ by at most [0-6] within a sequence", without)
    else:
        strata = [person.stratum for person in people]
        usual = balance(plan, strata, sequences(plan, strata, 300, np.random.default_rng(1)))
        within = float(re.search(r"([0-9.]+) within a level of a factor", without.replace("\n", " "))[1])  # type: ignore[index]
        assert within <= 2 * usual.margin[1]
