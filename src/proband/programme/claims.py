"""Claims: what a programme says in public, each sentence with its denominator, certainty, source and expiry.

``claims.yaml`` holds claims, the options that people really have (doing nothing is one of them), and how the claims make up
a page. No number stands in a text: it stands in a slot (:mod:`proband.programme.slots`) below its own source and level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Findings, Id, Model, Text, ValidationFinding
from proband.programme.slots import CountSlot, Slot, SlotBase, SlotName, TwoCounts, places
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

    domain: Annotated[
        Literal["risk-of-bias", "inconsistency", "indirectness", "imprecision", "publication-bias"],
        Field(description="GRADE's domain"),
    ]
    steps: Annotated[Literal[1, 2, 3], Field(description="How many ratings this takes away")]
    why: Annotated[Text, Field(description="What in the evidence leads to it")]


class Upgrade(Model):
    """One reason why certainty of observational evidence is higher, in GRADE's three domains."""

    domain: Annotated[
        Literal["large-effect", "gradient", "opposing-confounding"],
        Field(description="GRADE's domain", examples=["large-effect"]),
    ]
    steps: Annotated[Literal[1, 2], Field(description="How many ratings this adds", examples=[1])]
    why: Annotated[
        Text,
        Field(
            description="What in the evidence leads to it", examples=["larger than any bias that is known"]
        ),
    ]


class Certainty(Based):
    """How sure one can be about one outcome: GRADE's rating with the reasons that lead to it.

    The rating must follow from its reasons: randomised evidence starts high, observational evidence low; each step down
    or up moves it by one, never below very low and never above high. ``reviewed`` stays a draft until a panel has rated.
    """

    rating: Annotated[Rating, Field(description="The rating that follows from the reasons")]
    start: Annotated[
        Literal["randomised", "observational"] | None,
        Field(description="What kind of evidence it starts from"),
    ] = None
    down: list[Downgrade] = Field(default_factory=list, description="Reasons that lower it")
    up: list[Upgrade] = Field(default_factory=list, description="Reasons that raise it")
    reviewed: Annotated[
        Literal["draft, not a panel rating", "panel rating"],
        Field(description="Who has rated: nobody yet, or a panel"),
    ] = "draft, not a panel rating"
    panel: Annotated[
        str | None,
        Field(
            description="Who rated, and when; only with a panel rating", examples=["guideline panel, 2026-10"]
        ),
    ] = None

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

    speaker: Annotated[Text, Field(description="Who holds the opinion")]
    verified: Annotated[
        bool, Field(description="Whether person and statement were found in a source of their own")
    ]
    interest: Annotated[Text, Field(description="What they stand to gain")]


class Story(Model):
    """The rule by which a story was picked. A story without its denominator beside it does not build."""

    rule: Annotated[Text, Field(description="The rule by which the story was picked")]
    sampled: Annotated[
        Literal["everyone", "at-random", "first-and-last", "consecutive"],
        Field(description="From whom it was picked"),
    ]
    includes_non_responder: Annotated[
        bool, Field(description="Whether somebody who did not respond is told of")
    ]
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

    components: Annotated[
        dict[str, Id | Literal["not-reported"]],
        Field(min_length=2, description="Each component with the id of its own claim, or not-reported"),
    ]


class Claim(Model):
    """One public sentence.

    ``sources`` support the sentence as a whole, ``level`` is how well it was checked. A slot that names neither source nor
    level has the claim's first source and the claim's level. A claim of kind *gap* says that something was looked for and
    not found: level ``not-found``.
    """

    id: Annotated[Id, Field(description="Key of the claim")]
    kind: Annotated[
        ClaimKind, Field(description="What the claim is about; several lint rules hold for some kinds only")
    ]
    section: Annotated[PageSection, Field(description="In which part of the page it stands")]
    title: Annotated[str | None, Field(description="Heading, where it needs one")] = None
    text: Annotated[Text, Field(description="The sentence; a number stands as the name of a slot in braces")]
    slots: dict[SlotName, Slot] = Field(
        default_factory=dict, description="The numbers of the text, each in its slot"
    )
    sources: Annotated[list[str], Field(min_length=1, description="Ids of sources, the chief one first")]
    level: Annotated[Level, Field(description="How well the sentence was checked against its sources")]
    checked_on: Annotated[
        date, Field(description="Day on which it was last checked", examples=["2026-11-01"])
    ]
    expires: Annotated[date, Field(description="First day on which it counts as stale")]

    outcome: Annotated[str | None, Field(description="The outcome in a lay person's words")] = None
    certainty: Annotated[Certainty | None, Field(description="How sure one can be, with the reasons")] = None
    species: Annotated[
        Literal["human", "animal", "cells", "not-applicable"],
        Field(description="In whom or what it was seen"),
    ] = "not-applicable"
    design: Annotated[Literal["randomised", "concurrent-control", "historical-control", "no-control", "single-person", "pooled-mixed",
                    "observation", "register", "not-applicable"], Field(description="Design of the study behind it")] = "not-applicable"  # fmt: skip
    blinding: Annotated[
        Literal["blinded", "assessor-blinded", "open", "not-reported", "not-applicable"],
        Field(description="Whether those who assessed knew the treatment"),
    ] = "not-applicable"
    rests_on: Annotated[
        Literal["evidence", "simulation"], Field(description="A simulation is never evidence of benefit")
    ] = "evidence"

    population: Annotated[
        Id | None, Field(description="Shared by claims about the same people: same denominators")
    ] = None
    sub_indication: Annotated[Id | None, Field(description="Form of the condition that it is about")] = None
    product: Annotated[
        Id | None, Field(description="Id of the product that it is about", examples=["own-marrow-cells"])
    ] = None
    option: Annotated[Id | None, Field(description="Id of an option of this file")] = None
    comparator: Annotated[
        str | None, Field(description="What it is compared with, in words; none if nothing")
    ] = None
    follow_up: Annotated[
        SlotName | None, Field(description="The slot that says how long people were watched")
    ] = None
    jurisdiction: Annotated[str | None, Field(description="Where it holds")] = None

    composite: Annotated[
        Composite | None, Field(description="The components of an outcome made of several")
    ] = None
    opinion: Annotated[Opinion | None, Field(description="Whose opinion it is; only with kind: opinion")] = (
        None
    )
    story: Annotated[Story | None, Field(description="How the story was picked; only with kind: story")] = (
        None
    )
    note: Annotated[
        str | None,
        Field(
            description="Remark for the editor; it is not printed",
            examples=["asked for by a reader of the page"],
        ),
    ] = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """The schema of a claim as it is written: its two days may stand once, for the whole file."""
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core))
        schema["required"] = [key for key in schema["required"] if key not in {"checked_on", "expires"}]
        return schema

    @model_validator(mode="before")
    @classmethod
    def _slots_inherit(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("slots"), dict):
            return data
        sources, level = data.get("sources"), data.get("level")
        if not isinstance(sources, list) or not sources or level is None:
            return data

        def completed(slot: Any) -> Any:
            if not isinstance(slot, dict) or slot.get("type") in {"difference", "chance"}:
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
            if isinstance(slot, TwoCounts):
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

    id: Annotated[Id, Field(description="Key of the option")]
    name: Annotated[Text, Field(description="Name of the option")]
    kind: Annotated[
        Literal["no-treatment", "ordinary-care", "alternative", "experimental"],
        Field(description="What it is; doing nothing new is always one of the options"),
    ]
    about: Annotated[Text, Field(description="What it means, in a sentence")]


class PanelCell(Model):
    """What one option shows in a panel: a slot of a claim, or the reason why there is no figure."""

    option: Annotated[Id, Field(description="Id of the option")]
    claim: Annotated[Id | None, Field(description="Id of the claim whose figure is shown")] = None
    slot: Annotated[SlotName | None, Field(description="The slot of the claim")] = None
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

    id: Annotated[Id, Field(description="Key of the panel")]
    outcome: Annotated[Text, Field(description="The outcome in a lay person's words")]
    good: Annotated[bool, Field(description="Whether people wish for this outcome")]
    people: Annotated[Text, Field(description="Whom the hundred are like")]
    time_frame: Annotated[Text, Field(description="Within which time")]
    sub_indication: Annotated[Id | None, Field(description="Form of the condition that it is about")] = None
    per: Annotated[Literal[100, 1000], Field(description="Out of how many people it is drawn")] = 100
    cells: Annotated[list[PanelCell], Field(min_length=2, description="The same row for every option")]
    caution: Annotated[str | None, Field(description="Why the rows may not be set against each other")] = None


class FlowStage(Model):
    """One stage of the flow: how many people reached it, or that it was not reported."""

    stage: Annotated[
        Literal["screened", "consented", "harvested", "manufactured", "treated", "assessed", "lost", "died"],
        Field(description="The stage"),
    ]
    claim: Annotated[Id | None, Field(description="Id of the claim whose figure is shown")] = None
    slot: Annotated[SlotName | None, Field(description="The slot of the claim")] = None
    gap: Annotated[str | None, Field(description="Why no figure can be given")] = None

    @model_validator(mode="after")
    def _figure_or_gap(self) -> FlowStage:
        if (self.claim is None) == (self.gap is None) or (self.claim is None) != (self.slot is None):
            raise ValueError(f"stage {self.stage} needs a claim with its slot, or a gap, and not both")
        return self


#: every flow says something about each of these, in this order
FLOW_STAGES = ("screened", "consented", "harvested", "manufactured", "treated", "assessed", "lost", "died")


class StudyFlow(Based):
    """What became of everyone in one study, stage by stage; no stage may be left out."""

    id: Annotated[Id, Field(description="Key of the flow")]
    title: Annotated[Text, Field(description="Which study")]
    sub_indication: Annotated[Id | None, Field(description="Form of the condition that it is about")] = None
    stages: Annotated[list[FlowStage], Field(description="Every stage, in their order")]

    @model_validator(mode="after")
    def _every_stage(self) -> StudyFlow:
        if tuple(stage.stage for stage in self.stages) != FLOW_STAGES:
            raise ValueError(f"a flow names every stage in this order: {', '.join(FLOW_STAGES)}")
        return self


class ForestRow(Model):
    """One line of a forest plot: a slot with an interval."""

    label: Annotated[Text, Field(description="What the line is")]
    claim: Annotated[Id, Field(description="Id of the claim")]
    slot: Annotated[SlotName, Field(description="The slot with the interval")]


class Forest(Based):
    """Several results side by side with their intervals; they are never pooled here."""

    id: Annotated[Id, Field(description="Key of the plot")]
    title: Annotated[Text, Field(description="Title of the plot")]
    axis: Annotated[Text, Field(description="What the axis says")]
    sub_indication: Annotated[Id | None, Field(description="Form of the condition that it is about")] = None
    null_line: Annotated[float | None, Field(description="Where no difference lies")] = None
    rows: Annotated[list[ForestRow], Field(min_length=2, description="The lines")]


class TrajectoryFigure(Based):
    """A natural-history table of the bundle drawn as a band over time."""

    id: Annotated[Id, Field(description="Key of the figure")]
    title: Annotated[Text, Field(description="Title of the figure")]
    table: Annotated[
        str,
        Field(
            pattern=r"^natural_history/[a-z0-9_-]+\.csv$", description="The table of the bundle that is drawn"
        ),
    ]
    time: Annotated[str, Field(description="Column of the time")]
    centre: Annotated[str, Field(description="Column of the line")]
    spread: Annotated[
        str, Field(description="Column of the spread to both sides of the line, such as a standard deviation")
    ]
    where: dict[str, str] = Field(
        default_factory=dict, description="Column and value of the rows that are drawn"
    )
    group: Annotated[str | None, Field(description="Column by which lines are parted")] = None
    x_label: Annotated[Text, Field(description="What the horizontal axis says")]
    y_label: Annotated[Text, Field(description="What the vertical axis says")]
    caution: Annotated[Text, Field(description="What must not be read from it")]


class HeadlineTest(Based):
    """A result put to the headline test: how often would one see at least this if nobody had been treated?

    ``slot`` is the count of the claim (``minus`` that of its comparison group); the other fields are those of the headline
    test and say who the people were. Where no published natural history applies, the page shows the refusal.
    """

    claim: Annotated[Id, Field(description="Id of the claim")]
    slot: Annotated[SlotName, Field(description="Its count in the group of interest")]
    minus: Annotated[SlotName | None, Field(description="Its count in the comparison group")] = None
    outcome: Annotated[Text, Field(description="Outcome of the headline test")]
    baseline: Annotated[
        str | None, Field(description="State in which the people were at the beginning, or a mix of states")
    ] = None
    control_baseline: Annotated[str | None, Field(description="The same for the comparison group")] = None
    where: Annotated[
        dict[str, str],
        Field(description="What else tells the people apart", examples=[{"level": "cervical"}]),
    ] = {}
    baseline_window: Annotated[
        str | None, Field(description="When the first examination was, after the onset")
    ] = None
    follow_up: Annotated[str | None, Field(description="When the last examination was, after the onset")] = (
        None
    )
    era: Annotated[str | None, Field(description="In which years", examples=["2010s"])] = None
    groups: Annotated[
        Literal["randomised", "matched", "other-clinic", "historical", "unknown"],
        Field(description="How the two groups were made; only chance lets them speak for themselves"),
    ] = "unknown"
    why_these: Annotated[Text, Field(description="Where the description of the people comes from")]


class ChangeNote(Model):
    """One entry of "what changed": a date and what."""

    on: Annotated[date, Field(description="Day of the change")]
    what: Annotated[Text, Field(description="What changed")]


class Imprint(Based):
    """Who wrote the page, who paid, who profits, and how it is kept up to date."""

    written_by: Annotated[Text, Field(description="Who wrote the page, by role")]
    paid_by: Annotated[Text, Field(description="Who paid for it")]
    who_profits: Annotated[Text, Field(description="Who profits from what it says")]
    update_policy: Annotated[Text, Field(description="When it is checked again")]
    changes: Annotated[list[ChangeNote], Field(min_length=1, description="What changed, newest first")]


class ClaimsFile(Based):
    """``claims.yaml``. A claim without ``checked_on`` or ``expires`` of its own has those of the file."""

    title: Annotated[Text, Field(description="Title of the page")]
    for_whom: Annotated[Text, Field(description="Whom the page is for")]
    checked_on: Annotated[
        date, Field(description="Day of the last check, of every claim that names none of its own")
    ]
    expires: Annotated[date, Field(description="Day of expiry, of every claim that names none of its own")]
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
            examples=[{"clinic-page": "sells the treatment"}],
        ),
    ]
    options: Annotated[list[Option], Field(min_length=2, description="What a person can choose")]
    claims: Annotated[list[Claim], Field(min_length=1, description="The claims")]
    panels: list[Panel] = Field(
        default_factory=list, description="Pictures of a hundred people, one outcome each"
    )
    flows: list[StudyFlow] = Field(default_factory=list, description="What became of everyone in one study")
    forests: list[Forest] = Field(
        default_factory=list, description="Results side by side with their intervals"
    )
    trajectories: list[TrajectoryFigure] = Field(
        default_factory=list, description="Natural-history tables drawn over time"
    )
    headlines: list[HeadlineTest] = Field(
        default_factory=list, description="Results put to the headline test"
    )
    imprint: Annotated[Imprint, Field(description="Who wrote, who paid, who profits")]

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
        wrong = [*_repeated(self), *_names(self)]
        if not any(option.kind == "no-treatment" for option in self.options):
            wrong.append(
                ValidationFinding(
                    ("options",),
                    "no option has kind: no-treatment; doing nothing new is always an option.",
                    "add it",
                )
            )
        if wrong:
            raise Findings(wrong)
        return self

    @property
    def by_id(self) -> dict[str, Claim]:
        """Claims by id."""
        return {claim.id: claim for claim in self.claims}

    def in_section(self, section: PageSection) -> tuple[Claim, ...]:
        """The claims of a section, in the order of the file."""
        return tuple(claim for claim in self.claims if claim.section is section)


def _repeated(file: ClaimsFile) -> Iterator[ValidationFinding]:
    ids = [claim.id for claim in file.claims]
    for index, id in enumerate(ids):
        if id in ids[:index]:
            yield ValidationFinding(
                ("claims", index, "id"), f"another claim has the id {id!r}.", "give each its own id"
            )


def _names(file: ClaimsFile) -> Iterator[ValidationFinding]:
    """Options, claims and slots that a part of the file names and that are not there, each at its own place."""
    options = [option.id for option in file.options]
    claims = file.by_id

    def unknown(path: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> ValidationFinding:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        listed = names if len(names) <= _LISTED else []
        mend = (
            f"did you mean {near[0]!r}?"
            if near
            else f"use one of: {', '.join(listed) or 'those that are there'}"
        )
        return ValidationFinding(path, f"there is no {what} {name!r}.", mend)

    for index, claim in enumerate(file.claims):
        if claim.option is not None and claim.option not in options:
            yield unknown(("claims", index, "option"), "option", claim.option, options)
        for part, id in (claim.composite.components if claim.composite else {}).items():
            if id != "not-reported" and id not in claims:
                yield unknown(("claims", index, "composite", "components", part), "claim", id, claims)
    for index, panel in enumerate(file.panels):
        for at, cell in enumerate(panel.cells):
            if cell.option not in options:
                yield unknown(("panels", index, "cells", at, "option"), "option", cell.option, options)
    for path, key, claim_id, slot in _slots_named(file):
        if claim_id is None or slot is None:
            continue
        if claim_id not in claims:
            if key != "minus":  # told once, with the other slot of the same test
                yield unknown((*path, "claim"), "claim", claim_id, claims)
        elif slot not in claims[claim_id].slots:
            yield unknown((*path, key), f"slot of claim {claim_id}", slot, claims[claim_id].slots)


#: most names that a mend lists
_LISTED = 12


def _slots_named(file: ClaimsFile) -> Iterator[tuple[tuple[str | int, ...], str, str | None, str | None]]:
    for index, panel in enumerate(file.panels):
        for at, cell in enumerate(panel.cells):
            yield ("panels", index, "cells", at), "slot", cell.claim, cell.slot
    for index, flow in enumerate(file.flows):
        for at, stage in enumerate(flow.stages):
            yield ("flows", index, "stages", at), "slot", stage.claim, stage.slot
    for index, forest in enumerate(file.forests):
        for at, row in enumerate(forest.rows):
            yield ("forests", index, "rows", at), "slot", row.claim, row.slot
    for index, test in enumerate(file.headlines):
        yield ("headlines", index), "slot", test.claim, test.slot
        yield ("headlines", index), "minus", test.claim, test.minus
