"""What an instrument is: items with units and limits, versions and variants, licence, sources, important change.

Everything that a form, a data dictionary or a documentation page says about an instrument is here, and the rule that
computes it stands beside: one object, :class:`Instrument`. The model holds no result; results are in
:mod:`proband.instruments.scoring`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from proband.terms import Level, ProbandError, Source, compatible

FloatArray: TypeAlias = NDArray[np.float64]


class InstrumentError(ProbandError):
    """An instrument was asked for wrongly: unknown id, variant, item, unit or column."""


class ItemKind(StrEnum):
    """What an item's answer is."""

    QUANTITY = "quantity"
    POINTS = "points"
    CHOICE = "choice"
    YES_NO = "yes-no"


class Direction(StrEnum):
    """Which way the score runs."""

    HIGHER_IS_WORSE = "higher = worse"
    HIGHER_IS_BETTER = "higher = better"
    NO_DIRECTION = "no direction of its own"


class AnswerOption(BaseModel):
    """One answer of a choice: the number that stands for it in arrays, its label, and other spellings that are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: float
    label: str
    also: tuple[str, ...] = ()


class Limits(BaseModel):
    """Two pairs of bounds, inclusive, in the item's unit.

    Outside ``possible`` there is no score. Outside ``usual`` there is one, with a warning that asks for a second look
    at value and unit. The bounds are entry checks chosen by this project, unless ``source`` says otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    possible_low: float = -np.inf
    possible_high: float = np.inf
    usual_low: float = -np.inf
    usual_high: float = np.inf
    source: str = "entry check chosen by this project, not a clinical limit"

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if not self.possible_low <= max(self.usual_low, self.possible_low):
            raise ValueError("the usual range lies outside the possible one")
        if self.possible_low > self.possible_high or self.usual_low > self.usual_high:
            raise ValueError("a lower bound lies above its upper bound")
        return self


class Item(BaseModel):
    """One question of an instrument.

    ``unit`` is the unit in which the formula is written and in which bare numbers of arrays are read; ``units`` are
    those offered on forms. ``required`` items that are missing give no score; an optional one that is missing is left
    to the rule, which says for itself when it cannot decide.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_]*$")]
    label: str
    kind: ItemKind
    unit: str = "1"
    units: tuple[str, ...] = ()
    analyte: str | None = None
    limits: Limits = Limits()
    step: float | None = None
    options: tuple[AnswerOption, ...] = ()
    required: bool = True
    section: str = ""
    help: str = ""
    level: Level = Level.READ

    @model_validator(mode="after")
    def _consistent(self) -> Item:
        if self.kind is ItemKind.CHOICE and not self.options:
            raise ValueError(f"{self.name}: a choice needs its options")
        for unit in self.units:
            if not compatible(unit, self.unit, self.analyte):
                raise ValueError(f"{self.name}: {unit} cannot become {self.unit}")
        return self

    @property
    def entry_units(self) -> tuple[str, ...]:
        """Units offered for entry, the formula's own first."""
        return (self.unit, *(unit for unit in self.units if unit != self.unit))

    @property
    def unit_must_be_said(self) -> bool:
        """Whether a bare number is ambiguous: more than one unit is in use and a slip would pass unseen."""
        return self.kind is ItemKind.QUANTITY and len(self.entry_units) > 1


class Variant(BaseModel):
    """One published (or circulating) form of a score, chosen by name.

    ``level`` is the verification level of what this variant rests on; it travels with every value it computes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    meaning: str
    level: Level
    source: str = ""
    needs: tuple[str, ...] = ()


class ImportantChange(BaseModel):
    """A change that matters (or that exceeds measurement error), with whom it was found in and how well it is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["minimal important change", "measurement error", "substantial change", "cut-off"]
    value: float | None
    high: float | None = None
    unit: str
    population: str
    source: str
    level: Level


class Disagreement(BaseModel):
    """Something that public implementations or texts do differently, and what is done here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: str
    what: str
    here: str


@dataclass(frozen=True, slots=True)
class Computed:
    """What a rule returns for a block of rows.

    ``value`` and ``unrounded`` are float64 of the block's length, NaN where the rule gives none. ``category`` is an
    index into the instrument's ``categories`` (-1: none). ``details`` are further named columns. ``rule`` is 0, or 1 +
    the index of the reason in the instrument's ``rules``: why there is no score although no required item is missing.
    """

    value: FloatArray
    unrounded: FloatArray | None = None
    category: NDArray[np.int8] | None = None
    details: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    rule: NDArray[np.uint8] | None = None


#: (columns in the formula's units by item name, variant name) → results
Rule: TypeAlias = Callable[[Mapping[str, FloatArray], str], Computed]


class Instrument(BaseModel):
    """An instrument: what it asks, what it means, on whose authority, and how it is computed."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    name: str
    area: Annotated[str, Field(min_length=3, description="Field of medicine under which it is listed")]
    purpose: Annotated[str, Field(description="One sentence: what is measured, for whom")]
    items: tuple[Item, ...]
    value_name: str = "score"
    value_unit: str = "{score}"
    total_low: float | None = None
    total_high: float | None = None
    direction: Direction
    version: str
    licence: str
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    default_variant: str | None = None
    categories: tuple[str, ...] = ()
    details: Annotated[dict[str, str], Field(description="Further outputs: name → meaning with unit")] = {}
    rules: Annotated[
        tuple[str, ...], Field(description="Reasons, beyond missing and impossible, for no score")
    ] = ()
    important_changes: tuple[ImportantChange, ...] = ()
    population: str
    age_low: float | None = None
    age_high: float | None = None
    formula: Annotated[str, Field(description="The rule in words and symbols, for the documentation")]
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[str, ...] = ()
    item_texts: Literal["free", "structure only"] = "free"
    example: dict[str, Any] = {}
    example_variant: str | None = None
    compute: Annotated[Rule | None, Field(exclude=True, repr=False)] = None

    @model_validator(mode="after")
    def _coherent(self) -> Instrument:
        names = [item.name for item in self.items]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.id}: an item name occurs twice")
        variants = [variant.name for variant in self.variants]
        if len(set(variants)) != len(variants):
            raise ValueError(f"{self.id}: a variant name occurs twice")
        if self.default_variant is not None and self.default_variant not in variants:
            raise ValueError(f"{self.id}: default variant {self.default_variant!r} is not among the variants")
        for variant in self.variants:
            if unknown := set(variant.needs) - set(names):
                raise ValueError(f"{self.id}: variant {variant.name} needs unknown items {sorted(unknown)}")
        return self

    @property
    def item_names(self) -> tuple[str, ...]:
        """The items' names in order."""
        return tuple(item.name for item in self.items)

    def item(self, name: str) -> Item:
        """The item of that name.

        Raises
        ------
        InstrumentError
            ``instruments.item.unknown``.
        """
        for item in self.items:
            if item.name == name:
                return item
        raise InstrumentError(
            "instruments.item.unknown", instrument=self.id, item=name, items=self.item_names
        )

    def variant(self, name: str | None = None) -> Variant:
        """The variant of that name, or the default one.

        Raises
        ------
        InstrumentError
            ``instruments.variant.unknown``; ``instruments.variant.unnamed`` where variants disagree so much that
            there is no default.
        """
        wanted = name if name is not None else self.default_variant
        choices = [variant.name for variant in self.variants]
        if wanted is None:
            raise InstrumentError("instruments.variant.unnamed", instrument=self.id, choices=choices)
        for variant in self.variants:
            if variant.name == wanted:
                return variant
        raise InstrumentError(
            "instruments.variant.unknown", instrument=self.id, variant=wanted, choices=choices
        )

    def required_items(self, variant: str) -> tuple[str, ...]:
        """Names of the items without which this variant gives no score."""
        needs = self.variant(variant).needs
        return tuple(item.name for item in self.items if item.required or item.name in needs)

    def metadata(self) -> dict[str, Any]:
        """The whole description as plain JSON values (without the rule; infinite bounds become ``None``)."""
        plain: dict[str, Any] = self.model_dump(mode="json")
        for item in plain["items"]:
            limits = item["limits"]
            for key, bound in limits.items():
                if isinstance(bound, float) and not np.isfinite(bound):
                    limits[key] = None
        return plain
