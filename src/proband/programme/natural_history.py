"""The description of a natural-history table: what its columns hold, whom it covers, how its outcomes are spoken of, what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from proband.programme.model import Based, Findings, Id, Model, Text, ValidationFinding


class ColumnMeaning(Model):
    """What a column of a natural-history table holds, and in which unit."""

    meaning: Annotated[Text, Field(description="What the column holds")]
    unit: Annotated[str | None, Field(description="UCUM unit of its numbers")] = None


Phrase = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(['.-]?[a-z0-9]+)*( [a-z0-9]+(['.-]?[a-z0-9]+)*)*$", max_length=80),
]


class OutcomeWords(Model):
    """How headlines speak of an outcome: phrases in small letters, every form that is meant (``improve``, ``improved``).

    An outcome that counts people names what is said of those in whom it happened and of those in whom it did not; negations (*did not*,
    *failed to*) are the reader's own and need not be listed. A score names what it is called. Words that stand nowhere here are not read,
    and a headline with words that were not read gets no answer.
    """

    happened: Annotated[list[Phrase], Field(description="Said of people in whom it happened")] = []
    not_happened: Annotated[list[Phrase], Field(description="Said of people in whom it did not happen")] = []
    events: Annotated[
        list[Phrase],
        Field(
            description="What the events are called that may come to one person more than once",
            examples=[["falls", "fall"]],
        ),
    ] = []
    measure: Annotated[
        list[Phrase], Field(description="What the score is called, for outcomes that are a mean change")
    ] = []
    unit: Annotated[
        list[Phrase], Field(description="What its points are called, besides points", examples=[["metres"]])
    ] = []
    people: Annotated[
        list[Phrase], Field(description="What the people are called, besides people and patients")
    ] = []

    @model_validator(mode="after")
    def _one_meaning(self) -> OutcomeWords:
        both = sorted(set(self.happened) & set(self.not_happened))
        if both:
            raise Findings(
                [
                    ValidationFinding(
                        ("not_happened",),
                        f"{both[0]!r} is said of people in whom it happened and of those in whom it did not.",
                        "keep it in one of the two lists",
                    )
                ]
            )
        if bool(self.happened) == bool(self.measure):
            raise Findings(
                [
                    ValidationFinding(
                        (),
                        "an outcome counts people (happened) or changes a score (measure).",
                        "name the words of one of the two",
                    )
                ]
            )
        if self.events and not self.happened:
            raise Findings(
                [
                    ValidationFinding(
                        ("events",),
                        "a score has no events.",
                        "leave events out, or name what is said of people (happened)",
                    )
                ]
            )
        return self


Kind = Literal["share", "time-to-event", "change", "counts"]
#: unit of a table's times → days
TIME_UNITS = {"d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25}
#: columns that the rows of each kind have, beside the cohort, its source and its level
KIND_COLUMNS: dict[Kind, tuple[str, ...]] = {
    "share": ("time", "n", "events"),
    "time-to-event": ("measure", "time", "value", "n"),
    "change": ("time", "n", "mean"),
    "counts": ("events", "person_time"),
}


class TableAnswer(Model):
    """An outcome that the rows of a table answer: of which kind they are, for whom and when.

    ``share``: how many of n had the outcome at a time. ``time-to-event``: shares still free of the event, medians and hazards. ``change``: mean
    change of a score with its spread. ``counts``: events in a time of observation. A question outside ``times``, ``years`` or the values of the
    ``strata`` is refused.
    """

    kind: Annotated[Kind, Field(description="Kind of the rows", examples=["share"])]
    better: Annotated[
        Literal["more", "fewer"], Field(description="Which direction is good news", examples=["more"])
    ]
    event: Annotated[
        Text,
        Field(
            description='The sentence part after "of N people", or what the score did',
            examples=["were free of relapse"],
        ),
    ]
    strata: Annotated[
        list[Id],
        Field(
            description="Columns that tell people apart; the first is the baseline of a question",
            examples=[["stage"]],
        ),
    ] = []
    times: Annotated[
        tuple[float, float],
        Field(
            description="First and last time that may be asked, in the unit of the column time",
            examples=[[6, 12]],
        ),
    ]
    years: Annotated[
        tuple[float, float] | None,
        Field(description="First and last calendar year that may be asked", examples=[[1995, 2020]]),
    ] = None
    unit: Annotated[str, Field(description="What the points of a score are called")] = "points"
    scale: Annotated[
        tuple[float, float] | None,
        Field(
            description="Lowest and highest value of a score: a change that it cannot show is refused",
            examples=[[0, 40]],
        ),
    ] = None
    blind: Annotated[
        list[Text],
        Field(
            description="What a comparison of this outcome cannot see, in plain words",
            examples=[["Training. Ask how many hours each group trained."]],
        ),
    ] = []

    @model_validator(mode="after")
    def _in_order(self) -> TableAnswer:
        for name, span in (("times", self.times), ("years", self.years)):
            if span is not None and not 0 <= span[0] <= span[1]:
                raise Findings(
                    [
                        ValidationFinding(
                            (name,), f"{span[0]:g} to {span[1]:g} is no span.", "give the smaller one first"
                        )
                    ]
                )
        if self.scale is not None and not (self.scale[0] < self.scale[1] and self.kind == "change"):
            raise Findings(
                [
                    ValidationFinding(
                        ("scale",),
                        f"{self.scale[0]:g} to {self.scale[1]:g} is no scale of a score.",
                        "give the lowest value first, and only for a change of a score",
                    )
                ]
            )
        return self


class NaturalHistoryFile(Based):
    """``natural_history/NAME.yaml``: what the table ``NAME.csv`` beside it holds and where it applies.

    Numbers in ``domain`` repeat what the rows cover; the rows carry source and level.
    """

    title: Annotated[Text, Field(description="What the table is")]
    columns: Annotated[dict[str, ColumnMeaning], Field(description="What each column holds")]
    domain: Annotated[dict[str, Any], Field(description="To whom, when and where the rows apply")]
    caveats: Annotated[list[Text], Field(description="What must not be read from it")] = []
    words: Annotated[
        dict[Id, OutcomeWords],
        Field(description="How headlines speak of the outcomes that the table answers"),
    ] = {}
    answers: Annotated[
        dict[Id, TableAnswer],
        Field(description="Outcomes that the rows answer by themselves, each with its kind and domain"),
    ] = {}
    licence: Annotated[Text, Field(description="Licence of the figures")]
    licence_notice: Annotated[str | None, Field(description="Notice that the licence asks for")] = None
