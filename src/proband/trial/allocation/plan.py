"""The plan of an allocation, taken from a bundle: method, arms with their shares, and who may come to which of them.

An arm can be open to some forms of the condition only. Then each form has a sequence of its own, made of its own arms: the
sizes of the blocks must fit the arms of *each* form, and nobody is ever drawn for an arm of another form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import lcm
from typing import TYPE_CHECKING, Any, Literal

from proband.programme.design import Allocation, Arm
from proband.terms.canonical import canonical
from proband.terms.errors import ProbandError

if TYPE_CHECKING:  # a plan that is sealed in a log is replayed without a bundle
    from proband.programme.bundle import Programme

Method = Literal["simple", "blocked", "stratified-blocked", "minimisation"]
Measure = Literal["range", "variance", "standard-deviation"]
#: how the arms that balance less well share what the coin leaves: by their weights, or so that the ratio of the arms is kept
Coin = Literal["by-weight", "ratio-preserving"]

#: the probability of the arm that balances best where the bundle names none: our own choice, for which no source is claimed;
#: ``balance`` shows what a plan does with it
PROBABILITY = 0.8


class AllocationError(ProbandError):
    """A plan that cannot be carried out, or a participant who cannot be placed by it."""


@dataclass(frozen=True, slots=True)
class ArmShare:
    """An arm, its share relative to the others, and the forms of the condition it is open to; none means everybody."""

    id: str
    weight: int
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor that is balanced: its levels, and how much its imbalance counts in minimisation."""

    name: str
    levels: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class AllocationPlan:
    """How the next participant comes to an arm.

    Attributes
    ----------
    method
        ``simple`` draws every arm afresh by its weight; ``blocked`` and ``stratified-blocked`` take permuted blocks, for
        everybody or per combination of levels; ``minimisation`` takes the arm that balances the factors' margins best with
        probability ``probability`` (Pocock SJ, Simon R. Biometrics 1975;31:103-115).
    arms, block_sizes, factors
        As the bundle says. A block size is a multiple of the sum of the weights of the arms that a form is open to.
    form_factor
        The factor whose levels are the forms of the condition; None where every arm is open to everybody.
    probability, measure, coin
        Of minimisation. ``range``, ``variance`` and ``standard-deviation`` are Pocock and Simon's measures of the imbalance
        of one margin. With ``ratio-preserving`` the coin depends on the arm, so that arms of unequal shares are reached in
        their ratio (Han B, Enas NH, McEntegart D. Statistics in Medicine 2009;28:3329-3346); ``by-weight`` is the plain coin.

    Raises
    ------
    AllocationError
        ``allocation.arms``, ``allocation.blocks``, ``allocation.factors``, ``allocation.form``, ``allocation.probability``.
    """

    method: Method
    arms: tuple[ArmShare, ...]
    block_sizes: tuple[int, ...] = ()
    factors: tuple[Factor, ...] = ()
    form_factor: str | None = None
    probability: float = PROBABILITY
    measure: Measure = "range"
    coin: Coin = "ratio-preserving"

    def __post_init__(self) -> None:
        names = [arm.id for arm in self.arms]
        if not names or len(set(names)) != len(names) or any(arm.weight < 1 for arm in self.arms):
            raise AllocationError("allocation.arms", arms=names)
        if not 0.5 <= self.probability <= 1.0:
            raise AllocationError("allocation.probability", probability=self.probability)
        if self.method in ("stratified-blocked", "minimisation") and not self.factors:
            raise AllocationError("allocation.factors", method=self.method)
        limited = any(arm.forms for arm in self.arms)
        by_name = {factor.name: factor for factor in self.factors}
        if limited and self.form_factor not in by_name:
            raise AllocationError("allocation.form", arms=[arm.id for arm in self.arms if arm.forms])
        for form in self.forms:
            if not self.open_to(form):
                raise AllocationError("allocation.nobody", form=form)
            self._check_blocks(form)

    def _check_blocks(self, form: str | None) -> None:
        if self.method not in ("blocked", "stratified-blocked"):
            return
        total = sum(self.open_to(form).values())
        wrong = [size for size in self.block_sizes if size < 1 or size % total]
        if wrong or not self.block_sizes:
            step = lcm(*(sum(self.open_to(each).values()) for each in self.forms))
            raise AllocationError(
                "allocation.blocks", sizes=list(self.block_sizes), form=form or "everybody", total=total, step=step
            )  # fmt: skip

    @cached_property
    def forms(self) -> tuple[str | None, ...]:
        """The forms that have a sequence of their own; ``(None,)`` where all arms are open to everybody."""
        if self.form_factor is None or not any(arm.forms for arm in self.arms):
            return (None,)
        return next(factor.levels for factor in self.factors if factor.name == self.form_factor)

    def open_to(self, form: str | None) -> dict[str, int]:
        """The arms that somebody with this form may come to, with their weights, in alphabetical order."""
        return {
            arm.id: arm.weight
            for arm in sorted(self.arms, key=lambda arm: arm.id)
            if not arm.forms or form in arm.forms
        }

    def form_of(self, stratum: Mapping[str, str]) -> str | None:
        """The form of somebody with these levels, where arms are limited to forms."""
        return None if self.forms == (None,) else stratum[self.form_factor or ""]

    def checked(self, stratum: Mapping[str, str]) -> dict[str, str]:
        """The levels of the plan's factors, each known; other entries are left out.

        Raises
        ------
        AllocationError
            ``allocation.level`` for a factor that is missing or has a level that the plan does not know: somebody whose
            level is unknown cannot be placed, and no level is assumed.
        """
        for factor in self.factors:
            if stratum.get(factor.name) not in factor.levels:
                raise AllocationError(
                    "allocation.level", factor=factor.name, level=stratum.get(factor.name), levels=list(factor.levels)
                )  # fmt: skip
        return {factor.name: stratum[factor.name] for factor in self.factors}

    def written(self) -> dict[str, object]:
        """The plan as plain data, the same for the same plan."""
        return {
            "method": self.method,
            "arms": [
                {"id": a.id, "weight": a.weight, "forms": sorted(a.forms)}
                for a in sorted(self.arms, key=lambda a: a.id)
            ],
            "block_sizes": list(self.block_sizes),
            "factors": [{"name": f.name, "levels": list(f.levels), "weight": f.weight} for f in self.factors],
            "form_factor": self.form_factor,
            "probability": self.probability,
            "measure": self.measure,
            "coin": self.coin,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> AllocationPlan:
        """The plan that :meth:`written` wrote.

        Raises
        ------
        AllocationError
            ``allocation.unread`` for what is no written plan; and whatever keeps the plan from being carried out.
        """
        try:
            found = cls(
                written["method"],
                tuple(ArmShare(a["id"], a["weight"], tuple(a["forms"])) for a in written["arms"]),
                tuple(written["block_sizes"]),
                tuple(Factor(f["name"], tuple(f["levels"]), float(f["weight"])) for f in written["factors"]),
                written["form_factor"], float(written["probability"]), written["measure"], written["coin"],
            )  # fmt: skip
            same = found.written() == dict(written)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise AllocationError("allocation.unread", problem=f"{type(error).__name__}: {error}") from error
        if not same:
            raise AllocationError("allocation.unread", problem="it is not as a plan writes itself")
        return found

    @cached_property
    def hash(self) -> str:
        """The sha256 of the plan's canonical bytes."""
        return sha256(canonical(self.written())).hexdigest()


def plan_of(programme: Programme) -> AllocationPlan:
    """The plan that a bundle declares.

    Raises
    ------
    AllocationError
        ``allocation.undrawn`` where the bundle draws nobody, and whatever keeps the plan from being carried out.
    """
    forms = [form.id for form in programme.head.indication.sub_indications]
    return plan_from(programme.head.allocation, programme.head.arms, forms)


def plan_from(declared: Allocation, arms: list[Arm], forms: list[str]) -> AllocationPlan:
    """The plan of a declared allocation, its arms, and the forms of the condition."""
    if declared.method == "none" or declared.method == "sequential":
        raise AllocationError("allocation.undrawn", method=declared.method)
    factors = tuple(Factor(each.factor, tuple(each.levels)) for each in declared.strata)
    by_form = next((f.name for f in factors if f.levels and set(f.levels) <= set(forms)), None)
    return AllocationPlan(
        declared.method,
        tuple(ArmShare(arm.id, arm.weight, tuple(arm.sub_indications)) for arm in arms),
        tuple(declared.block_sizes),
        factors,
        by_form,
    )
