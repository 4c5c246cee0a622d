"""Claims: what a programme says in public, each sentence with its denominator, certainty, source and expiry.

``claims.yaml`` holds claims, the options that people really have (doing nothing is one of them), and how the claims make up
a page. No number stands in a text: it stands in a slot (:mod:`proband.programme.slots`) below its own source and level.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Id, Model, Text
from proband.programme.slots import CountSlot, DifferenceSlot, Slot, SlotBase, SlotName, places
from proband.terms import Level, weakest


class ClaimKind(StrEnum):
    """What a claim is about; several lint rules hold for some kinds only."""

    SUMMARY = "summary"
    BENEFIT = "benefit"
    HARM = "harm"
    NATURAL_COURSE = "natural-course"
    MECHANISM = "mechanism"
    EXPERIENCE = "experience"
    TIME_TO_RESULT = "time-to-result"
    ELIGIBILITY = "eligibility"
    STATUS = "status"
    COST = "cost"
    OPTION = "option"
    QUESTION = "question"
    RED_FLAG = "red-flag"
    SUPPORT = "support"
    PROVENANCE = "provenance"
    OPINION = "opinion"
    STORY = "story"
    GAP = "gap"


class PageSection(StrEnum):
    """The thirteen parts of a public page, in the order in which they always stand, and two further ones."""

    SENTENCE = "sentence"
    KNOWN = "known"
    FLOW = "flow"
    PER_HUNDRED = "per-hundred"
    HARMS = "harms"
    EXPERIENCE = "experience"
    WHEN = "when"
    SELF_CHECK = "self-check"
    ALLOWED = "allowed"
    COST = "cost"
    OFFERED = "offered"
    PEOPLE = "people"
    IMPRINT = "imprint"
    AFTERCARE = "aftercare"
    NOWHERE = "nowhere"


#: the fixed order of a page; a page that leaves one out does not build
PAGE_ORDER = tuple(
    section for section in PageSection if section not in {PageSection.AFTERCARE, PageSection.NOWHERE}
)


class Rating(StrEnum):
    """GRADE's four ratings of one outcome, and the absence of any human evidence."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    VERY_LOW = "very-low"
    NONE = "no-human-evidence"

    @property
    def points(self) -> int:
        """4 for high … 1 for very low, 0 where there is no human evidence."""
        return {Rating.HIGH: 4, Rating.MODERATE: 3, Rating.LOW: 2, Rating.VERY_LOW: 1, Rating.NONE: 0}[self]


class Downgrade(Model):
    """One reason why certainty is lower, in GRADE's five domains."""

    domain: Literal["risk-of-bias", "inconsistency", "indirectness", "imprecision", "publication-bias"]
    steps: Annotated[Literal[1, 2, 3], Field(description="How many ratings this takes away")]
    why: Text


class Upgrade(Model):
    """One reason why certainty of observational evidence is higher, in GRADE's three domains."""

    domain: Literal["large-effect", "gradient", "opposing-confounding"]
    steps: Literal[1, 2]
    why: Text


class Certainty(Based):
    """How sure one can be about one outcome: GRADE's rating with the reasons that lead to it.

    The rating must follow from its reasons: randomised evidence starts high, observational evidence low; each step down
    or up moves it by one, never below very low and never above high. ``reviewed`` stays a draft until a panel has rated.
    """

    rating: Rating
    start: Literal["randomised", "observational"] | None = None
    down: list[Downgrade] = Field(default_factory=list)
    up: list[Upgrade] = Field(default_factory=list)
    reviewed: Literal["draft, not a panel rating", "panel rating"] = "draft, not a panel rating"
    panel: Annotated[str | None, Field(description="Who rated, and when; only with a panel rating")] = None

    @model_validator(mode="after")
    def _follows(self) -> Certainty:
        if self.rating is Rating.NONE:
            if self.start or self.down or self.up:
                raise ValueError("no-human-evidence takes no start and no reasons: there is nothing to rate")
            return self
        if self.start is None:
            raise ValueError("start is missing: randomised or observational")
        points = (
            (4 if self.start == "randomised" else 2)
            + sum(u.steps for u in self.up)
            - sum(d.steps for d in self.down)
        )
        expected = min(4, max(1, points))
        if self.rating.points != expected:
            right = next(rating for rating in Rating if rating.points == expected)
            raise ValueError(
                f"rating {self.rating.value} does not follow from its reasons, which lead to {right.value}"
            )
        if (self.reviewed == "panel rating") != (self.panel is not None):
            raise ValueError("a panel rating names its panel, and a draft names none")
        return self


class Opinion(Model):
    """Who holds an opinion, whether that person and their words could be verified, and what they stand to gain."""

    speaker: Text
    verified: Annotated[
        bool, Field(description="Whether person and statement were found in a source of their own")
    ]
    interest: Text


class Story(Model):
    """The rule by which a story was picked. A story without its denominator beside it does not build."""

    rule: Text
    sampled: Literal["everyone", "at-random", "first-and-last", "consecutive"]
    includes_non_responder: bool
    non_responder_note: Annotated[
        str | None, Field(description="Needed where there was none: nobody else was treated")
    ] = None
    denominator: Annotated[SlotName, Field(description="The slot that counts everyone treated")]

    @model_validator(mode="after")
    def _both_sides(self) -> Story:
        if not self.includes_non_responder and not self.non_responder_note:
            raise ValueError("a story without anyone who did not respond must say why (non_responder_note)")
        return self


class Composite(Model):
    """An outcome made of several: every component is named with its own claim, or as not reported."""

    components: Annotated[dict[str, Id | Literal["not-reported"]], Field(min_length=2)]


class Claim(Model):
    """One public sentence.

    ``sources`` support the sentence as a whole, ``level`` is how well it was checked. A slot that names neither source nor
    level has the claim's first source and the claim's level. A claim of kind *gap* says that something was looked for and
    not found: level ``not-found``.
    """

    id: Id
    kind: ClaimKind
    section: PageSection
    title: str | None = None
    text: Text
    slots: dict[SlotName, Slot] = Field(default_factory=dict)
    sources: Annotated[list[str], Field(min_length=1, description="Ids of sources, the chief one first")]
    level: Level
    checked_on: date
    expires: date

    outcome: Annotated[str | None, Field(description="The outcome in a lay person's words")] = None
    certainty: Certainty | None = None
    species: Literal["human", "animal", "cells", "not-applicable"] = "not-applicable"
    design: Literal["randomised", "concurrent-control", "historical-control", "no-control", "single-person", "pooled-mixed",
                    "observation", "register", "not-applicable"] = "not-applicable"  # fmt: skip
    blinding: Literal["blinded", "assessor-blinded", "open", "not-reported", "not-applicable"] = (
        "not-applicable"
    )
    rests_on: Annotated[
        Literal["evidence", "simulation"], Field(description="A simulation is never evidence of benefit")
    ] = "evidence"

    population: Annotated[
        Id | None, Field(description="Shared by claims about the same people: same denominators")
    ] = None
    sub_indication: Id | None = None
    product: Id | None = None
    option: Annotated[Id | None, Field(description="Id of an option of this file")] = None
    comparator: Annotated[
        str | None, Field(description="What it is compared with, in words; none if nothing")
    ] = None
    follow_up: Annotated[
        SlotName | None, Field(description="The slot that says how long people were watched")
    ] = None
    jurisdiction: str | None = None

    composite: Composite | None = None
    opinion: Opinion | None = None
    story: Story | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _slots_inherit(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("slots"), dict):
            return data
        sources, level = data.get("sources"), data.get("level")
        if not isinstance(sources, list) or not sources or level is None:
            return data

        def completed(slot: Any) -> Any:
            if not isinstance(slot, dict) or slot.get("type") == "difference":
                return slot
            return {"source": sources[0], "level": level, **slot}

        return {**data, "slots": {name: completed(slot) for name, slot in data["slots"].items()}}

    @model_validator(mode="after")
    def _holds_together(self) -> Claim:
        named = {name for name, _ in places(self.text)}
        if missing := sorted(named - set(self.slots)):
            raise ValueError(f"the text names {', '.join(missing)}, which no slot defines")
        for name, view in places(self.text):
            if view not in self.slots[name].views:
                offered = ", ".join(sorted(v.value for v in self.slots[name].views))
                raise ValueError(f"slot {name} has no view {view.value}; it offers {offered}")
        for name, slot in self.slots.items():
            if isinstance(slot, DifferenceSlot):
                for of in (slot.of, slot.minus):
                    if not isinstance(self.slots.get(of), CountSlot):
                        raise ValueError(f"slot {name} needs {of} to be an n-of-n slot of the same claim")
        for role in (self.follow_up, self.story.denominator if self.story else None):
            if role is not None and role not in self.slots:
                raise ValueError(f"{role} is named but no slot defines it")
        if self.expires <= self.checked_on:
            raise ValueError(f"expires {self.expires} is not after checked_on {self.checked_on}")
        if (self.kind is ClaimKind.OPINION) != (self.opinion is not None):
            raise ValueError("opinion goes with kind: opinion, and only with it")
        if (self.kind is ClaimKind.STORY) != (self.story is not None):
            raise ValueError("story goes with kind: story, and only with it")
        if (self.kind is ClaimKind.GAP) != (self.level is Level.NOT_FOUND):
            raise ValueError("level not-found goes with kind: gap, and only with it")
        return self

    def standing_level(self) -> Level:
        """The weakest level among the claim's own and those of its slots: what must be marked on the page."""
        return weakest(
            self.level, *(slot.level for slot in self.slots.values() if isinstance(slot, SlotBase))
        )

    def all_sources(self) -> tuple[str, ...]:
        """Ids of every source behind the claim, the claim's own first, without repetition."""
        slots = [slot.source for slot in self.slots.values() if isinstance(slot, SlotBase)]
        return tuple(dict.fromkeys([*self.sources, *slots]))

    def is_expired(self, on: date) -> bool:
        """Whether the claim is stale on a day (the day of expiry itself counts as stale)."""
        return on >= self.expires


class Option(Based):
    """Something that a person can choose. Doing nothing new is always one of them."""

    id: Id
    name: Text
    kind: Literal["no-treatment", "ordinary-care", "alternative", "experimental"]
    about: Text


class PanelCell(Model):
    """What one option shows in a panel: a slot of a claim, or the reason why there is no figure."""

    option: Id
    claim: Id | None = None
    slot: SlotName | None = None
    gap: Annotated[str | None, Field(min_length=10, description="Why no figure can be given")] = None

    @model_validator(mode="after")
    def _figure_or_gap(self) -> PanelCell:
        if (self.claim is None) == (self.gap is None):
            raise ValueError(f"option {self.option} needs a claim with its slot, or a gap, and not both")
        if (self.claim is None) != (self.slot is None):
            raise ValueError(f"option {self.option}: claim and slot go together")
        return self


class Panel(Based):
    """ "If 100 people like you": one outcome, one time-frame, the same row for every option."""

    id: Id
    outcome: Text
    good: Annotated[bool, Field(description="Whether people wish for this outcome")]
    people: Annotated[Text, Field(description="Whom the hundred are like")]
    time_frame: Text
    sub_indication: Id | None = None
    per: Literal[100, 1000] = 100
    cells: Annotated[list[PanelCell], Field(min_length=2)]
    caution: Annotated[str | None, Field(description="Why the rows may not be set against each other")] = None


class FlowStage(Model):
    """One stage of the flow: how many people reached it, or that it was not reported."""

    stage: Literal[
        "screened", "consented", "harvested", "manufactured", "treated", "assessed", "lost", "died"
    ]
    claim: Id | None = None
    slot: SlotName | None = None
    gap: str | None = None

    @model_validator(mode="after")
    def _figure_or_gap(self) -> FlowStage:
        if (self.claim is None) == (self.gap is None) or (self.claim is None) != (self.slot is None):
            raise ValueError(f"stage {self.stage} needs a claim with its slot, or a gap, and not both")
        return self


#: every flow says something about each of these, in this order
FLOW_STAGES = ("screened", "consented", "harvested", "manufactured", "treated", "assessed", "lost", "died")


class StudyFlow(Based):
    """What became of everyone in one study, stage by stage; no stage may be left out."""

    id: Id
    title: Text
    sub_indication: Id | None = None
    stages: list[FlowStage]

    @model_validator(mode="after")
    def _every_stage(self) -> StudyFlow:
        if tuple(stage.stage for stage in self.stages) != FLOW_STAGES:
            raise ValueError(f"a flow names every stage in this order: {', '.join(FLOW_STAGES)}")
        return self


class ForestRow(Model):
    """One line of a forest plot: a slot with an interval."""

    label: Text
    claim: Id
    slot: SlotName


class Forest(Based):
    """Several results side by side with their intervals; they are never pooled here."""

    id: Id
    title: Text
    axis: Text
    sub_indication: Id | None = None
    null_line: Annotated[float | None, Field(description="Where no difference lies")] = None
    rows: Annotated[list[ForestRow], Field(min_length=2)]


class TrajectoryFigure(Based):
    """A natural-history table of the bundle drawn as a band over time."""

    id: Id
    title: Text
    table: Annotated[str, Field(pattern=r"^natural_history/[a-z0-9_-]+\.csv$")]
    time: str
    centre: str
    spread: str
    where: dict[str, str] = Field(default_factory=dict)
    group: str | None = None
    x_label: Text
    y_label: Text
    caution: Text


class HeadlineTest(Based):
    """A result put to the headline test: how often would one see at least this if nobody had been treated?

    ``slot`` is the count of the claim (``minus`` that of its comparison group); the other fields are those of the headline
    test and say who the people were. Where no published natural history applies, the page shows the refusal.
    """

    claim: Id
    slot: SlotName
    minus: SlotName | None = None
    outcome: Text
    baseline: str | None = None
    control_baseline: str | None = None
    level_of_injury: str | None = None
    baseline_window: str | None = None
    follow_up: str | None = None
    era: str | None = None
    why_these: Annotated[Text, Field(description="Where the description of the people comes from")]


class ChangeNote(Model):
    """One entry of "what changed": a date and what."""

    on: date
    what: Text


class Imprint(Based):
    """Who wrote the page, who paid, who profits, and how it is kept up to date."""

    written_by: Text
    paid_by: Text
    who_profits: Text
    update_policy: Text
    changes: Annotated[list[ChangeNote], Field(min_length=1)]


class ClaimsFile(Based):
    """``claims.yaml``. A claim without ``checked_on`` or ``expires`` of its own has those of the file."""

    title: Text
    for_whom: Text
    checked_on: date
    expires: date
    names: Annotated[
        dict[str, str],
        Field(
            default_factory=dict, description="Names with digits that may stand in a text, and what each is"
        ),
    ]
    interests: Annotated[
        dict[str, Text],
        Field(
            default_factory=dict,
            description="What the publisher of a source stands to gain, where the source does not say",
        ),
    ]
    options: Annotated[list[Option], Field(min_length=2)]
    claims: Annotated[list[Claim], Field(min_length=1)]
    panels: list[Panel] = Field(default_factory=list)
    flows: list[StudyFlow] = Field(default_factory=list)
    forests: list[Forest] = Field(default_factory=list)
    trajectories: list[TrajectoryFigure] = Field(default_factory=list)
    headlines: list[HeadlineTest] = Field(default_factory=list)
    imprint: Imprint

    @model_validator(mode="before")
    @classmethod
    def _claims_inherit(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("claims"), list):
            return data
        dates = {key: data[key] for key in ("checked_on", "expires") if key in data}
        claims = [{**dates, **claim} if isinstance(claim, dict) else claim for claim in data["claims"]]
        return {**data, "claims": claims}

    @model_validator(mode="after")
    def _holds_together(self) -> ClaimsFile:
        ids = [claim.id for claim in self.claims]
        if repeated := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"claims with the same id: {', '.join(repeated)}")
        options = {option.id for option in self.options}
        if not any(option.kind == "no-treatment" for option in self.options):
            raise ValueError("no option has kind: no-treatment; doing nothing new is always an option")
        for claim in self.claims:
            if claim.option is not None and claim.option not in options:
                raise ValueError(f"claim {claim.id} names option {claim.option}, which does not exist")
        claims = self.by_id
        places = [(f"panel {p.id}", c.claim, c.slot) for p in self.panels for c in p.cells]
        places += [(f"flow {f.id}", s.claim, s.slot) for f in self.flows for s in f.stages]
        places += [(f"forest {f.id}", r.claim, r.slot) for f in self.forests for r in f.rows]
        places += [("headlines", h.claim, slot) for h in self.headlines for slot in (h.slot, h.minus)]
        for where, claim_id, slot in places:
            if claim_id is None or slot is None:
                continue
            if claim_id not in claims:
                raise ValueError(f"{where} names claim {claim_id}, which does not exist")
            if slot not in claims[claim_id].slots:
                raise ValueError(f"{where} names slot {slot}, which claim {claim_id} does not have")
        for panel in self.panels:
            if unknown := sorted({cell.option for cell in panel.cells} - options):
                raise ValueError(f"panel {panel.id} names options that do not exist: {', '.join(unknown)}")
        return self

    @property
    def by_id(self) -> dict[str, Claim]:
        """Claims by id."""
        return {claim.id: claim for claim in self.claims}

    def in_section(self, section: PageSection) -> tuple[Claim, ...]:
        """The claims of a section, in the order of the file."""
        return tuple(claim for claim in self.claims if claim.section is section)
