"""The product: what it is, how it is made, what it must pass before it may be given, and by which route."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.donors import DonorRule
from proband.programme.model import Based, Duration, Id, Jurisdiction, Percentage, Slack, Temperature, Text
from proband.programme.routes import AdministrationRoute
from proband.terms import Quantity, convert


class ProductKind(StrEnum):
    """What kind of product it is; the kind decides which gates and which follow-up apply."""

    SMALL_MOLECULE = "small-molecule"
    AUTOLOGOUS_CELLS = "autologous-cells"
    ALLOGENEIC_CELLS = "allogeneic-cells"
    GENE_THERAPY = "gene-therapy"
    DEVICE = "device"
    DIET = "diet"
    VIRAL_VECTOR = "viral-vector"
    BASE_EDITOR = "base-editor"
    PRIME_EDITOR = "prime-editor"
    NUCLEASE_EDITOR = "nuclease-editor"
    RNA = "rna"
    LIPID_PARTICLE = "lipid-particle"
    OLIGONUCLEOTIDE = "oligonucleotide"
    PROTEIN = "protein"
    TISSUE = "tissue"
    AUTOLOGOUS_TISSUE = "autologous-tissue"

    @property
    def is_cells(self) -> bool:
        """Whether the product is living cells."""
        return self in {ProductKind.AUTOLOGOUS_CELLS, ProductKind.ALLOGENEIC_CELLS}

    @property
    def is_gene(self) -> bool:
        """Whether it brings a gene, changes one, or is read as one in the body (recombinant nucleic acids: Directive 2001/83/EC, annex I, part IV, 2.1)."""
        return self in {
            ProductKind.GENE_THERAPY,
            ProductKind.VIRAL_VECTOR,
            ProductKind.BASE_EDITOR,
            ProductKind.PRIME_EDITOR,
            ProductKind.NUCLEASE_EDITOR,
            ProductKind.RNA,
        }

    @property
    def is_tissue(self) -> bool:
        """Whether it is tissue."""
        return self in {ProductKind.TISSUE, ProductKind.AUTOLOGOUS_TISSUE}

    @property
    def is_biological(self) -> bool:
        """Whether it is cells, tissue or genes: it is tested for germs and their poisons, and traced to whoever gave or got it."""
        return self.is_cells or self.is_tissue or self.is_gene

    @property
    def of_the_person(self) -> bool:
        """Whether it is made from the very person who gets it: it is never pooled, and never made without something taken from them."""
        return self in {ProductKind.AUTOLOGOUS_CELLS, ProductKind.AUTOLOGOUS_TISSUE}


class CellClass(StrEnum):
    """Risk class by cell type: where the cells come from decides what can go wrong with them."""

    EMBRYONIC = "embryonic"
    ADULT = "adult"
    IPSC = "ipsc"
    DIRECTLY_REPROGRAMMED = "directly-reprogrammed"
    FETAL = "fetal"
    PERINATAL = "perinatal"


#: attributes that no retest and no exception overturns: an infection, a toxin or a changed genome is not a matter of count
NEVER_EXCEPTIONAL = (
    "sterility",
    "sterility-final",
    "mycoplasma",
    "endotoxin",
    "endotoxin-route-review",
    "genomic-integrity",
    "karyotype",
)
#: attributes of the one container that was tested; every other one is of the cells, and so of all that was made with them
OF_ONE_CONTAINER = ("viability", "count", "aggregates", "volume", "appearance", "container-closure")

#: the parts of a product's making, and by when each must be done: before it is finished, before it is released, before it is given
Phase = Literal["finish", "release", "giving"]


class ProcessStep(Based):
    """One manufacturing step, with what must be recorded at it.

    The place of a step says by when it is due: steps before the first labelling or freezing before the product is finished, steps before
    the first thawing before it is released, the others before it is given.
    """

    id: Annotated[Id, Field(description="Key of the step")]
    name: Annotated[Text, Field(description="Name of the step")]
    description: Annotated[Text, Field(description="What is done")]
    duration: Annotated[
        Duration | None,
        Field(
            description="How long it takes: shown beside the time that was taken; held to where duration_tolerance stands"
        ),
    ] = None
    duration_tolerance: Annotated[
        Slack | None,
        Field(
            description="How far the time between the recorded start and end may be from duration: further is a deviation that must be told, and puts the product aside",
            examples=[{"value": 4, "unit": "h"}],
        ),
    ] = None
    temperature_low: Annotated[Temperature | None, Field(description="Lowest temperature")] = None
    temperature_high: Annotated[Temperature | None, Field(description="Highest temperature")] = None
    records: Annotated[list[Literal["operator", "equipment", "reagent-lot", "temperature", "time", "count", "viability", "image"]],
                       Field(min_length=1, description="What must be recorded at it")]  # fmt: skip
    hold_point: Annotated[bool, Field(description="Work stops here until a second person agrees")]
    expansion_at_most: Annotated[
        Quantity | None,
        Field(
            description="How many times as many cells there may be after it as were counted before; empty: no bound is known, and a yield above what went in needs the word of a second person",
            examples=[{"value": 50, "unit": "1"}],
        ),
    ] = None
    recorded_as: Annotated[
        Literal["step", "identifier", "collection", "label", "freezing", "thawing"],
        Field(
            description="Which entry of the record shows that it was done: a process step, the identifier of the therapy event, a collection, a label applied, freezing, thawing"
        ),
    ] = "step"

    @model_validator(mode="after")
    def _range(self) -> ProcessStep:
        _in_order(self.temperature_low, self.temperature_high)
        if (
            self.expansion_at_most is not None
            and convert(self.expansion_at_most.value, self.expansion_at_most.unit, "1") < 1
        ):
            raise ValueError(f"expansion_at_most {self.expansion_at_most} is a factor of at least 1")
        if self.duration_tolerance is not None and (self.duration is None or self.recorded_as != "step"):
            raise ValueError(
                f"{self.id}: duration_tolerance goes with a duration, and with what is recorded as a step"
            )
        return self


def _in_order(low: Quantity | None, high: Quantity | None) -> None:
    if low is not None and high is not None and convert(low.value, low.unit, high.unit) > high.value:
        raise ValueError(f"the lowest temperature {low} is above the highest {high}")


class KeptRange(Based):
    """Between which temperatures a container is kept and carried in one of its states."""

    state: Annotated[
        Literal["fresh", "frozen", "thawed", "prepared"],
        Field(description="The state of the container that the range is for"),
    ]
    low: Annotated[Temperature | None, Field(description="Lowest temperature; empty: none is set")] = None
    high: Annotated[Temperature | None, Field(description="Highest temperature; empty: none is set")] = None

    @model_validator(mode="after")
    def _range(self) -> KeptRange:
        if self.low is None and self.high is None:
            raise ValueError("a range needs its lowest or its highest temperature")
        _in_order(self.low, self.high)
        return self


class ReleaseTest(Based):
    """One release test with its limit for the routes named; a route that is not named has no limit, and no release."""

    id: Annotated[Id, Field(description="Key of the test")]
    name: Annotated[Text, Field(description="Name of the test")]
    attribute: Annotated[Id, Field(description="Quality attribute that it measures")]
    routes: Annotated[
        list[AdministrationRoute],
        Field(
            min_length=1,
            description="Routes of administration that the limit holds for; a route not named has no release",
        ),
    ]
    operator: Annotated[
        Literal["<", "<=", ">", ">=", "==", "between", "negative", "conforms"],
        Field(description="How the result is compared with the limit"),
    ]
    limit: Annotated[Quantity | None, Field(description="The limit, with its unit")] = None
    upper: Annotated[Quantity | None, Field(description="Upper limit; only with operator between")] = None
    method: Annotated[Text, Field(description="How it is measured")]
    timing: Annotated[
        Literal["before-release", "after-release"], Field(description="Sterility cultures may read out later")
    ]
    required: Annotated[bool, Field(description="Whether there is no release without it")]

    @model_validator(mode="after")
    def _limit_fits_operator(self) -> ReleaseTest:
        needs = self.operator in {"<", "<=", ">", ">=", "==", "between"}
        if needs and self.limit is None:
            raise ValueError(f"operator {self.operator} needs a limit with a unit")
        if not needs and self.limit is not None:
            raise ValueError(f"operator {self.operator} takes no limit")
        if (self.operator == "between") != (self.upper is not None):
            raise ValueError("upper goes with operator between, and only with it")
        if self.limit and self.upper and self.limit.unit != self.upper.unit:
            raise ValueError(f"limit {self.limit} and upper {self.upper} are written in one unit")
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
    signatures: Annotated[int, Field(ge=2, le=5, description="How many people sign an exceptional release")]
    conditions: Annotated[
        Text,
        Field(
            description="Under which conditions it is allowed, in words for people: the record goes by attributes, signatures, the investigation and what the participant was told"
        ),
    ]
    attributes: Annotated[
        list[Id],
        Field(
            description="Quality attributes that may be outside their limits at an exceptional release; empty: any but an infection, a toxin or a changed genome",
            examples=[["count", "viability"]],
        ),
    ] = []
    retest: Annotated[
        list[Id],
        Field(
            description="Quality attributes of which, after an investigation, a later result of the same container takes the place of one outside its limit; empty: of none. Never an infection, a toxin or a changed genome",
            examples=[["viability"]],
        ),
    ] = []
    retests: Annotated[
        int,
        Field(
            ge=1,
            le=5,
            description="How often a container, with what it was made from, may be tested again for one of them: what failed more often has failed, whatever a later result says",
        ),
    ] = 1

    @model_validator(mode="after")
    def _never(self) -> OutOfSpecification:
        never = sorted(set(self.retest) & set(NEVER_EXCEPTIONAL))
        if never:
            raise ValueError(f"no retest overturns {', '.join(never)}; leave it out of retest")
        never = sorted(set(self.attributes) & set(NEVER_EXCEPTIONAL))
        if never:
            raise ValueError(f"no exception is made of {', '.join(never)}; leave it out of attributes")
        if self.attributes and not self.exceptional_release:
            raise ValueError("attributes say what an exceptional release may be for, and there is none")
        return self


class Product(Based):
    """One product of the programme."""

    id: Annotated[Id, Field(description="Key of the product")]
    name: Annotated[Text, Field(description="Name of the product")]
    kind: Annotated[
        ProductKind,
        Field(
            description="What kind of product it is; the kind decides which gates and which follow-up apply"
        ),
    ]
    cell_class: Annotated[
        CellClass | None, Field(description="Where the cells come from; needed for cells")
    ] = None
    cell_type: Annotated[str | None, Field(description="Type of the cells, in words")] = None
    source_material: Annotated[Text, Field(description="What it is made from")]
    manipulation: Annotated[
        Literal["none", "minimal", "substantial"], Field(description="How much it is changed")
    ]
    homologous_use: Annotated[
        bool, Field(description="Whether it is used for what it did in the body that it came from")
    ]
    authorised_in: Annotated[
        list[Jurisdiction],
        Field(
            description="Jurisdictions where a regulator authorised this very use: under conditional approval nobody is taken elsewhere"
        ),
    ]
    persists: Annotated[
        bool, Field(description="Whether the product or its effect stays in the body for good")
    ]
    manufacturing: Annotated[list[ProcessStep], Field(description="The steps of its making, in their order")]
    release_tests: Annotated[list[ReleaseTest], Field(description="What it must pass before it may be given")]
    release_signatures: Annotated[int, Field(ge=1, le=3, description="How many people sign a release")]
    out_of_specification: Annotated[
        OutOfSpecification | None, Field(description="What may happen to a product that failed a test")
    ] = None
    storage: Annotated[Text, Field(description="How it is kept")]
    shelf_life: Annotated[Duration | None, Field(description="How long it keeps")] = None
    after_thaw: Annotated[Duration | None, Field(description="How long it keeps after thawing")] = None
    after_preparation: Annotated[
        Duration | None,
        Field(
            description="How long it keeps once it is prepared for giving; where it stands, nothing is given that was not prepared"
        ),
    ] = None
    kept_at: Annotated[
        list[KeptRange],
        Field(description="Between which temperatures it is kept and carried, one range for each state"),
    ] = []
    mass_balance_tolerance: Annotated[
        Percentage | None,
        Field(
            description="By how much (%) the parts of a division, or a pool, may exceed what they come from, since counting is not exact; empty: by nothing"
        ),
    ] = None
    routes: Annotated[
        list[AdministrationRoute], Field(min_length=1, description="By which routes it may be given")
    ]
    pooling: Annotated[Literal["never", "allowed"], Field(description="Autologous cells are never pooled")]
    donors: Annotated[
        DonorRule | None,
        Field(
            description="What is asked of those who give what it is made of, where one lot is made of one or more donors and given to many"
        ),
    ] = None

    @model_validator(mode="after")
    def _cells_say_what_they_are(self) -> Product:
        if self.kind.is_cells and self.cell_class is None:
            raise ValueError("a cell product must state its cell_class (embryonic, adult, ipsc, …)")
        if not self.kind.is_cells and self.cell_class is not None:
            raise ValueError(f"cell_class belongs to cell products, not to kind {self.kind.value}")
        if self.kind.of_the_person and self.pooling != "never":
            raise ValueError(f"{self.kind.value.replace('-', ' ')} are never pooled; write pooling: never")
        if self.donors is not None and self.kind.of_the_person:
            raise ValueError(
                f"{self.kind.value.replace('-', ' ')} come from the person who is treated; leave donors out"
            )
        states = [kept.state for kept in self.kept_at]
        if len(set(states)) != len(states):
            raise ValueError("kept_at names a state twice")
        if self.mass_balance_tolerance is not None and not (
            0 <= convert(self.mass_balance_tolerance.value, self.mass_balance_tolerance.unit, "%") <= 100
        ):
            raise ValueError("mass_balance_tolerance is a share from 0 to 100 %")
        return self

    def due(self) -> list[tuple[ProcessStep, Phase]]:
        """The steps in their order, each with the moment before which it must be done."""
        phase: Phase = "finish"
        found: list[tuple[ProcessStep, Phase]] = []
        for step in self.manufacturing:
            if step.recorded_as == "thawing":
                phase = "giving"
            elif step.recorded_as in ("label", "freezing") and phase == "finish":
                phase = "release"
            found.append((step, phase))
        return found

    def kept(self, state: str) -> KeptRange | None:
        """The range of temperatures for a state; ``None`` where the programme sets none."""
        return next((one for one in self.kept_at if one.state == state), None)

    @property
    def is_experimental(self) -> bool:
        """Substantially manipulated or non-homologous, and authorised nowhere: shown as an experimental procedure."""
        return (self.manipulation == "substantial" or not self.homologous_use) and not self.authorised_in

    def release_tests_for(self, route: AdministrationRoute | str | None) -> list[ReleaseTest]:
        """The tests whose limits are written for a route; for one that nobody named, or that there is not, none are."""
        return [test for test in self.release_tests if route in test.routes]
