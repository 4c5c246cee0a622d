"""The product: what it is, how it is made, what it must pass before it may be given, and by which route."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Id, Text
from proband.terms import Quantity


class ProductKind(StrEnum):
    """What kind of product it is; the kind decides which gates and which follow-up apply."""

    SMALL_MOLECULE = "small-molecule"
    AUTOLOGOUS_CELLS = "autologous-cells"
    ALLOGENEIC_CELLS = "allogeneic-cells"
    GENE_THERAPY = "gene-therapy"
    DEVICE = "device"
    DIET = "diet"

    @property
    def is_cells(self) -> bool:
        """Whether the product is living cells."""
        return self in {ProductKind.AUTOLOGOUS_CELLS, ProductKind.ALLOGENEIC_CELLS}


class CellClass(StrEnum):
    """Risk class by cell type: where the cells come from decides what can go wrong with them."""

    EMBRYONIC = "embryonic"
    ADULT = "adult"
    IPSC = "ipsc"
    DIRECTLY_REPROGRAMMED = "directly-reprogrammed"
    FETAL = "fetal"
    PERINATAL = "perinatal"


class AdministrationRoute(StrEnum):
    """By which route a product is given. A release limit for one is not a limit for another."""

    ORAL = "oral"
    INTRAVENOUS = "intravenous"
    INTRATHECAL = "intrathecal"
    INTRASPINAL = "intraspinal"
    HEPATIC_ARTERY = "hepatic-artery"
    PORTAL_VEIN = "portal-vein"
    INTRAHEPATIC = "intrahepatic"
    INTRASPLENIC = "intrasplenic"
    INTRAVITREAL = "intravitreal"
    SUBCUTANEOUS = "subcutaneous"
    EXTERNAL = "external"


#: routes that reach the central nervous system, where endotoxin limits are far lower and imaging follow-up is due
CENTRAL_NERVOUS_ROUTES = frozenset({AdministrationRoute.INTRATHECAL, AdministrationRoute.INTRASPINAL})


class ProcessStep(Based):
    """One manufacturing step, with what must be recorded at it."""

    id: Id
    name: Text
    description: Text
    duration: Quantity | None = None
    temperature_low: Quantity | None = None
    temperature_high: Quantity | None = None
    records: Annotated[list[Literal["operator", "equipment", "reagent-lot", "temperature", "time", "count", "viability", "image"]],
                       Field(min_length=1)]  # fmt: skip
    hold_point: Annotated[bool, Field(description="Work stops here until a second person agrees")]


class ReleaseTest(Based):
    """One release test with its limit for the routes named; a route that is not named has no limit, and no release."""

    id: Id
    name: Text
    attribute: Id
    routes: Annotated[list[AdministrationRoute], Field(min_length=1)]
    operator: Literal["<", "<=", ">", ">=", "==", "between", "negative", "conforms"]
    limit: Quantity | None = None
    upper: Quantity | None = None
    method: Text
    timing: Annotated[
        Literal["before-release", "after-release"], Field(description="Sterility cultures may read out later")
    ]
    required: bool

    @model_validator(mode="after")
    def _limit_fits_operator(self) -> ReleaseTest:
        needs = self.operator in {"<", "<=", ">", ">=", "==", "between"}
        if needs and self.limit is None:
            raise ValueError(f"operator {self.operator} needs a limit with a unit")
        if not needs and self.limit is not None:
            raise ValueError(f"operator {self.operator} takes no limit")
        if (self.operator == "between") != (self.upper is not None):
            raise ValueError("upper goes with operator between, and only with it")
        if self.limit and self.upper and self.limit.value >= self.upper.value:
            raise ValueError(f"limit {self.limit} is not below upper {self.upper}")
        return self

    def passes(self, value: float | str) -> bool:
        """Whether a result (in the limit's unit, or ``negative``/``conforms``) is within the limit.

        A text where a number is due, or the other way round, is never a pass.
        """
        if self.operator in {"negative", "conforms"}:
            return isinstance(value, str) and value.strip().lower() == self.operator
        if isinstance(value, str) or value != value or self.limit is None:
            return False
        limit = self.limit.value
        match self.operator:
            case "<":
                return value < limit
            case "<=":
                return value <= limit
            case ">":
                return value > limit
            case ">=":
                return value >= limit
            case "==":
                return value == limit
            case _:
                return self.upper is not None and limit <= value <= self.upper.value


class OutOfSpecification(Based):
    """What may happen to a product that failed a test."""

    exceptional_release: Annotated[
        bool, Field(description="Whether the bundle allows release with a documented reason")
    ]
    signatures: Annotated[int, Field(ge=2, le=5)]
    conditions: Text


class Product(Based):
    """One product of the programme."""

    id: Id
    name: Text
    kind: ProductKind
    cell_class: CellClass | None = None
    cell_type: str | None = None
    source_material: Text
    manipulation: Literal["none", "minimal", "substantial"]
    homologous_use: bool
    authorised_in: Annotated[
        list[str], Field(description="Jurisdictions where a regulator authorised this very use")
    ]
    persists: Annotated[
        bool, Field(description="Whether the product or its effect stays in the body for good")
    ]
    manufacturing: list[ProcessStep]
    release_tests: list[ReleaseTest]
    release_signatures: Annotated[int, Field(ge=1, le=3)]
    out_of_specification: OutOfSpecification | None = None
    storage: Text
    shelf_life: Quantity | None = None
    after_thaw: Quantity | None = None
    routes: Annotated[list[AdministrationRoute], Field(min_length=1)]
    pooling: Annotated[Literal["never", "allowed"], Field(description="Autologous cells are never pooled")]

    @model_validator(mode="after")
    def _cells_say_what_they_are(self) -> Product:
        if self.kind.is_cells and self.cell_class is None:
            raise ValueError("a cell product must state its cell_class (embryonic, adult, ipsc, …)")
        if not self.kind.is_cells and self.cell_class is not None:
            raise ValueError(f"cell_class belongs to cell products, not to kind {self.kind.value}")
        if self.kind is ProductKind.AUTOLOGOUS_CELLS and self.pooling != "never":
            raise ValueError("autologous cells are never pooled; write pooling: never")
        return self

    @property
    def is_experimental(self) -> bool:
        """Substantially manipulated or non-homologous, and authorised nowhere: shown as an experimental procedure."""
        return (self.manipulation == "substantial" or not self.homologous_use) and not self.authorised_in

    def release_tests_for(self, route: AdministrationRoute | str) -> list[ReleaseTest]:
        """The tests whose limits are written for a route."""
        wanted = AdministrationRoute(route)
        return [test for test in self.release_tests if wanted in test.routes]
