"""What the gates need to know of a programme, frozen into the log with the programme's hash.

The log must be judged years later, by somebody who has the log and not the bundle. So the event that adopts a version
carries these parts of it: the criteria of eligibility, the roles, consent texts and rules, regimens, products with their
release tests, safety rules and the schedule, exactly as the bundle's own models hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict

from proband.programme.access import Approval, Missing
from proband.programme.consent import Consent, GuardianRule, RepresentativeRule
from proband.programme.design import Allocation, Arm, Forecast, Masking
from proband.programme.eligibility import Eligibility
from proband.programme.product import Product
from proband.programme.regimen import Regimen
from proband.programme.safety import Safety
from proband.programme.schedule import Schedule
from proband.terms import Quantity, applicable, convert, jurisdiction
from proband.trial.allocation.plan import AllocationPlan, plan_from

if (
    TYPE_CHECKING
):  # a log is judged by the view that lies in it: the whole bundle is read only when a view is made of it
    from proband.programme import Programme
    from proband.record.product import Container


class RoleView(BaseModel):
    """A role: what it may do (permissions, ``*`` stands for any part) and the trainings that it needs."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: str
    name: str
    may: list[str]
    training: list[str]


class Approvals(BaseModel):
    """What of outside allows a programme to act: the decisions with their dates, or why there is none; ``None``: the bundle says nothing of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    ethics: Approval | Missing
    authorisation: Approval | Missing
    insurance: Approval | Missing | None = None


class UntreatedBaseline(BaseModel):
    """What must be measured of somebody before the first dose of a use in a single patient: with what, on how many days, over how long."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    outcome: str
    instrument: str
    days: int
    over: Quantity | None = None


PlacedRule = TypeVar("PlacedRule", GuardianRule, RepresentativeRule)


def _narrowest(rules: Sequence[PlacedRule], place: str) -> PlacedRule | None:
    """The rule of the narrowest jurisdiction that has one; where two are of the same place, the last."""
    by_place = {rule.jurisdiction: rule for rule in rules}
    return next((by_place[code] for code in (place, *applicable(place)) if code in by_place), None)


class ProgrammeView(BaseModel):
    """The parts of one version of a programme by which the record judges; ``hash`` is that of the whole bundle.

    ``eligibility`` is ``None`` only in a log that was begun before views carried it; verdicts are then taken as told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: str
    version: str
    hash: str
    title: str
    status: str
    jurisdictions: list[str]
    arms: list[Arm]
    allocation: Allocation
    masking: list[Masking]
    roles: list[RoleView]
    consent: Consent
    verdict_valid_for: Quantity
    forecast: Forecast
    products: list[Product]
    regimens: list[Regimen]
    safety: Safety
    schedule: Schedule
    eligibility: Eligibility | None = None
    #: the forms of the condition; empty in a log that was begun before views carried them
    forms: list[str] = []
    #: ``None`` in a log that was begun before views carried it: then only what was recorded of a site counts
    approvals: Approvals | None = None
    #: people reach the product by a conditional approval: then it is given where it is authorised, and nowhere else
    conditional: bool = False
    #: ``None`` where the programme asks for none
    baseline: UntreatedBaseline | None = None
    #: it is the use in a single patient: nobody else is enrolled; of a log that was begun before views said so nothing is asked
    single: bool = False

    @cached_property
    def permissions(self) -> dict[str, frozenset[str]]:
        """Verbs by role."""
        return {role.id: frozenset(role.may) for role in self.roles}

    @cached_property
    def trainings(self) -> dict[str, tuple[str, ...]]:
        """Trainings that a role must have."""
        return {role.id: tuple(role.training) for role in self.roles}

    @cached_property
    def product(self) -> dict[str, Product]:
        """Products by id."""
        return {product.id: product for product in self.products}

    @cached_property
    def regimen(self) -> dict[str, Regimen]:
        """Regimens by id."""
        return {regimen.id: regimen for regimen in self.regimens}

    @cached_property
    def arm(self) -> dict[str, Arm]:
        """Arms by id."""
        return {arm.id: arm for arm in self.arms}

    @cached_property
    def holds(self) -> dict[str, Any]:
        """Holds by id."""
        return {hold.id: hold for hold in self.safety.holds}

    @cached_property
    def verdict_days(self) -> float:
        """For how many days a verdict is fresh."""
        return convert(self.verdict_valid_for.value, self.verdict_valid_for.unit, "d")

    @cached_property
    def texts_of_criteria(self) -> frozenset[str]:
        """Every text that stands in the criteria: what they compare with."""
        return (
            frozenset(_texts(self.eligibility.model_dump(mode="json"))) if self.eligibility else frozenset()
        )

    @property
    def is_allocation_masked(self) -> bool:
        """Whether the arm is sealed in the log: those who take part or treat must not know it.

        Where only assessors and analysts are masked, the arm stands open in the log and is withheld from their roles.
        """
        hidden = {"participant", "treating-team"}
        return any(mask.masked and mask.role in hidden for mask in self.masking)

    @property
    def masks_somebody(self) -> bool:
        """Whether the treatment is hidden from anybody: then no table that whoever has the record can read names an arm."""
        return any(mask.masked for mask in self.masking)

    @property
    def draws(self) -> bool:
        """Whether the programme draws the arm of the next participant."""
        return self.allocation.method not in ("none", "sequential")

    @cached_property
    def plan(self) -> AllocationPlan:
        """The plan by which it draws.

        Raises
        ------
        AllocationError
            As :func:`proband.trial.allocation.plan.plan_from`.
        """
        limited = {form for arm in self.arms for form in arm.sub_indications}
        # a view that says no forms: a factor with any of those that arms name is the factor of forms
        told = [each.levels for each in self.allocation.strata if limited & set(each.levels)]
        forms = self.forms or sorted(limited.union(*told))
        return plan_from(self.allocation, self.arms, forms)

    @cached_property
    def arms_differ_in(self) -> list[str]:
        """What keeps the arms from being given alike, so that no kit can hide which it is: arms without a regimen, and fields of the regimens that differ."""
        given = [self.regimen.get(arm.regimen or "") for arm in self.arms]
        without = [arm.id for arm, one in zip(self.arms, given, strict=True) if one is None]
        if any(one.alternates for one in given if one is not None):
            return without or ["alternates"]
        alike = [one.model_dump(include=set(_ALIKE)) for one in given if one is not None]
        return without or [name for name in _ALIKE if any(one[name] != alike[0][name] for one in alike)]

    def unauthorised(self, place: str) -> list[str]:
        """The products that the arms bring and that no regulator of a jurisdiction has authorised, where people reach them by a conditional approval."""
        if not self.conditional:
            return []
        brought = {
            one.product for arm in self.arms if not arm.is_control for one in self.taking_turns(arm.regimen)
        }
        there = {place, *applicable(place)}
        return sorted(
            id for id in brought if id in self.product and not there & set(self.product[id].authorised_in)
        )

    def regimen_of(self, product: Container) -> Regimen | None:
        """How a container is given: by the regimen under which it was made; a kit by what the regimens of all arms have in common."""
        return self.regimen.get(product.regimen) if product.kit is None else self.masked_regimen

    @cached_property
    def given_products(self) -> frozenset[str]:
        """The products that an arm leads to: a kit could be of any of them, and so could what somebody gets whose arm is under seal."""
        return frozenset(one.product for arm in self.arms for one in self.taking_turns(arm.regimen))

    def taking_turns(self, regimen: str | None) -> tuple[Regimen, ...]:
        """The regimens by which the doses of a course are given, in their turn: of most courses one; none where there is no such regimen."""
        lead = self.regimen.get(regimen or "")
        return tuple(self.regimen[id] for id in lead.turns if id in self.regimen) if lead is not None else ()

    def course_of(self, regimen: Regimen | None) -> Regimen | None:
        """The regimen whose number, spacing, steps and rules hold for a dose: the one in whose course it takes its turn."""
        if regimen is None:
            return None
        return next((one for one in self.regimens if regimen.id in one.alternates), regimen)

    @property
    def masked_regimen(self) -> Regimen | None:
        """How kits are given, whichever arm they are of; ``None`` where the arms are not given alike."""
        return None if self.arms_differ_in else self.regimen.get(self.arms[0].regimen or "")

    @cached_property
    def _consent_chains(self) -> dict[str, dict[str, str]]:
        """For every version: which consented versions still stand for it, and why ('same' or 'unchanged for you')."""
        by_id = {version.id: version for version in self.consent.versions}
        chains: dict[str, dict[str, str]] = {}
        for version in self.consent.versions:
            standing = {version.id: "same"}
            step = version
            while step.supersedes and step.reconsent == "none" and step.supersedes in by_id:
                standing[step.supersedes] = "no re-consent asked"
                step = by_id[step.supersedes]
            chains[version.id] = standing
        return chains

    def consent_stands(self, consented: str, language: str, day: date) -> bool:
        """Whether consent to a version is good on a day for what touches the body.

        It is where it was given to the version in force, or to an earlier one that was replaced without asking anybody
        to consent anew.
        """
        current = self.consent.version_on(day, language)
        return current is not None and consented in self._consent_chains[current.id]

    @cached_property
    def planned_visits(self) -> frozenset[str]:
        """What may be recorded as a visit: those of the schedule, and planned looking for harm."""
        return frozenset(
            [visit.id for visit in self.schedule.visits]
            + [planned.id for planned in self.safety.surveillance]
        )

    def guardian_rule(self, jurisdiction: str) -> GuardianRule | None:
        """The rule on guardians of the narrowest jurisdiction that has one."""
        return _narrowest(self.consent.guardians, jurisdiction)

    def representative_rule(self, jurisdiction: str) -> RepresentativeRule | None:
        """The rule on who consents for adults who cannot, of the narrowest jurisdiction that has one."""
        return _narrowest(self.consent.representatives, jurisdiction)

    def blocks_of(self, level: str) -> frozenset[str]:
        """What a level of withdrawal blocks."""
        for entry in self.consent.withdrawal:
            if entry.id == level:
                return frozenset(entry.blocks)
        return frozenset()


#: in what two arms must be alike so that whoever gives and gets them cannot tell them apart
_ALIKE = ("route", "dose", "administrations", "interval", "interval_tolerance", "cycle", "late", "washout", "titration", "further", "companions", "prepared_by", "checked_by", "bedside_persons")  # fmt: skip


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from _QUOTED.findall(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


#: a text within an expression of a criterion
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")


def view_of(programme: Programme) -> ProgrammeView:
    """The view of a loaded bundle.

    Parameters
    ----------
    programme
        A bundle that was loaded and checked.
    """
    return view_of_written(programme.as_data(), programme.hash)


def view_of_written(data: Mapping[str, Any], digest: str) -> ProgrammeView:
    """The view of a bundle from what is written in it (:meth:`proband.programme.bundle.Programme.as_data`), and its hash.

    Raises
    ------
    LookupError, TypeError, ValueError
        Where it is no bundle.
    """
    # imported here: the whole bundle is read only when a view is made of it
    from proband.programme.written import with_uris

    # codes of a system of the bundle's own are known by its URI, as they are in the files that people send
    data = with_uris(data, data["programme"].get("code_systems") or {})
    head, made = data["programme"], data["product"]
    roles = [{name: role[name] for name in ("id", "name", "may", "training")} for role in head["roles"]]
    return ProgrammeView.model_validate({
        **{name: head[name] for name in ("id", "version", "title", "status", "arms", "allocation", "masking", "consent", "verdict_valid_for", "forecast")},
        "hash": digest, "jurisdictions": [jurisdiction(code) for code in head["access"]["jurisdictions"]], "roles": roles,
        "products": made["products"], "regimens": made["regimens"], "safety": data["safety"], "schedule": data["schedule"],
        "eligibility": data["eligibility"],
        "forms": [form["id"] for form in head["indication"]["sub_indications"]],
        "approvals": {"ethics": head["access"]["ethics_approval"], "authorisation": head["access"]["regulator_authorisation"],
                      "insurance": head["access"].get("insurance")},
        "conditional": head["access"]["route"] == "conditional-approval",
        "single": head.get("single_patient") is not None,
        "baseline": _baseline(head.get("single_patient") or {}, data["outcomes"]["outcomes"]),
    })  # fmt: skip


def _baseline(single: Mapping[str, Any], outcomes: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The baseline that a use in a single patient must bring, with the instrument of its outcome."""
    if single.get("baseline_days") is None:
        return None
    measured = next(one for one in outcomes if one["id"] == single["generic_outcome"])
    return {"outcome": measured["id"], "instrument": measured["instrument"], "days": single["baseline_days"], "over": single.get("baseline_over")}  # fmt: skip


def parts_of(view: ProgrammeView) -> dict[str, Any]:
    """What a view holds of a bundle, in the places where a bundle says it: two views are compared by it."""
    told = view.model_dump(mode="json")
    whole = {name: told.pop(name) for name in ("safety", "schedule", "eligibility")}
    made = {name: told.pop(name) for name in ("products", "regimens")}
    del told["hash"]
    approvals, conditional = told.pop("approvals"), told.pop("conditional")
    told["access"] = approvals
    if conditional:
        told["route"] = "conditional-approval"
    baseline, single = told.pop("baseline"), told.pop("single")
    if baseline is not None or single:
        told["single_patient"] = baseline or {}
    told["indication"] = {"sub_indications": told.pop("forms")}
    return {"programme": told, "product": made, **whole}


def days(quantity: Quantity) -> float:
    """A duration in days."""
    return convert(quantity.value, quantity.unit, "d")


def duration(quantity: Quantity) -> timedelta:
    """A duration."""
    return timedelta(days=days(quantity))
