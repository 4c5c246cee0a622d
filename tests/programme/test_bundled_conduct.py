"""What people sign, and whether the parts of a bundle agree with each other where no model can see it."""

from __future__ import annotations

import itertools
import re
from functools import cache

import pytest

from proband.pages import reading
from proband.programme import Programme
from proband.programme import load as load_bundle
from proband.programme.regimen import DoseRule, Withheld
from proband.programme.routes import CENTRAL_NERVOUS_ROUTES
from proband.record.commands import COMMANDS
from proband.terms import convert


@cache
def load(name: str) -> Programme:
    """A bundle, read once for all tests of this module (it is frozen)."""
    return load_bundle(name)


NAMES = ("spinal-cord-autologous", "liver-cells", "mitochondria-hpdl")

#: what a dose would look like in a text that people sign
DOSE = re.compile(r"\d\s*(mg|g|mL|ml|million|cells?)\b|×\s*10|\b\d+e\d+|per kilo|/kg", re.IGNORECASE)


def sentences(text: str) -> str:
    """A Markdown text as plain sentences, one per line where a line has no full stop."""
    plain = re.sub(r"[#*_]", "", text)
    return re.sub(r"^\s*(?:-|\d+\.)\s*", "", plain, flags=re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_what_people_sign_is_plain_and_carries_no_dose(name: str) -> None:
    texts = load(name).consent_texts
    assert texts
    for file, text in texts.items():
        assert reading.grade(sentences(text)) <= 8.0, file
        assert not DOSE.search(text), f"{file}: {DOSE.search(text)}"
        assert re.search(r"demonstration|sample", text[:400]), file
        assert re.search(r"not know|is not$", text, re.MULTILINE) or "is not" in text, file


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_a_version_an_assent_or_named_where_it_is_needed(name: str) -> None:
    programme = load(name)
    consent = programme.head.consent
    used = {version.document for version in consent.versions} | {band.document for band in consent.assent}
    rules = " ".join(rule.why for rule in consent.reconsent)
    for file in programme.consent_texts:
        assert file in used or file in rules, file


@pytest.mark.parametrize("name", NAMES)
def test_each_consent_version_names_itself_and_what_is_new(name: str) -> None:
    programme = load(name)
    for version in programme.head.consent.versions:
        text = programme.consent_texts[version.document]
        assert f"ersion {version.id}" in text, version.id
        if version.supersedes:
            assert "What is new" in text
            assert version.supersedes in text


@pytest.mark.parametrize("name", NAMES)
def test_an_arm_gives_only_what_can_be_computed_or_says_why_not(name: str) -> None:
    programme = load(name)
    for arm in programme.head.arms:
        if arm.regimen is None:
            continue
        dose = programme.regimens[arm.regimen].dose
        if name == "mitochondria-hpdl":
            assert isinstance(dose, Withheld)
        else:
            assert isinstance(dose, DoseRule), f"{arm.id} gives a regimen without a dose"


@pytest.mark.parametrize("name", NAMES)
def test_dose_visits_allow_no_day_that_the_interval_forbids(name: str) -> None:
    programme = load(name)
    activities = {a.id for a in programme.schedule.activities if "administration" in a.measures}
    visits = [v for v in programme.schedule.visits if activities & set(v.activities)]
    for arm in programme.head.arms:
        regimen = programme.regimens.get(arm.regimen or "")
        own = [v for v in visits if not v.arms or arm.id in v.arms]
        if regimen is None or regimen.administrations is None or not own:
            continue
        assert len(own) == regimen.administrations, arm.id
        for first, second in itertools.pairwise(own):
            assert regimen.interval is not None
            assert regimen.interval_tolerance is not None
            interval = convert(regimen.interval.value, regimen.interval.unit, "d")
            slack = convert(regimen.interval_tolerance.value, regimen.interval_tolerance.unit, "d")
            assert abs(second.target_day - first.target_day - interval) < 1
            low, high = second.late_span
            assert second.target_day - low <= slack
            assert high - second.target_day <= slack


@pytest.mark.parametrize("name", NAMES)
def test_forms_of_a_condition_are_never_compared_with_each_other(name: str) -> None:
    programme = load(name)
    for estimand in programme.outcomes.estimands:
        arms = [
            programme.arms[id] for id in (estimand.treatment, estimand.comparator) if id in programme.arms
        ]
        forms = [set(arm.sub_indications) for arm in arms if arm.sub_indications]
        assert all(form == forms[0] for form in forms), estimand.id
        if forms:
            assert {estimand.sub_indication} <= forms[0], estimand.id


def test_roles_use_the_verbs_that_the_record_knows() -> None:
    known = {command.permission for command in COMMANDS.values()}
    for name in NAMES:
        for role in load(name).head.roles:
            unknown = set(role.may) - known
            assert not unknown, f"{name}: {role.id} may {sorted(unknown)}, which the record does not know"


@pytest.mark.parametrize("name", NAMES)
def test_whoever_prepares_checks_releases_and_gives_may_do_it(name: str) -> None:
    programme = load(name)
    may = {role.id: set(role.may) for role in programme.head.roles}
    for regimen in programme.regimens.values():
        assert "product.process" in may[regimen.prepared_by]
        assert "dose.check" in may[regimen.checked_by]
    signatures = max(product.release_signatures for product in programme.products.values())
    for verb, least in (
        ("product.release", signatures),
        ("product.administer", 2),
        ("hold.lift", 2),
        ("participant.consent", 2),
    ):
        assert sum(verb in verbs for verbs in may.values()) >= least, verb
    for hold in programme.safety.holds:
        assert all("hold.lift" in may[role] for role in hold.lifted_by), hold.id


def test_no_limit_for_the_nervous_system_claims_to_be_published() -> None:
    """No table that was read is written for these routes, so no limit may stand at level read."""
    for product in load("spinal-cord-autologous").products.values():
        for test in product.release_tests:
            if CENTRAL_NERVOUS_ROUTES & set(test.routes) and test.limit is not None:
                assert test.level in {None, "inference"}, test.id


def test_the_unverified_threshold_is_shown_and_decides_nothing() -> None:
    programme = load("spinal-cord-autologous")
    shown = [key for key, figure in programme.figures.items() if figure.level == "unverified"]
    assert shown
    sources = {programme.figures[key].source for key in shown}
    for product in programme.products.values():
        assert not sources & {test.source for test in product.release_tests}
