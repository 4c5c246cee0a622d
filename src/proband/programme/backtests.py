"""Published studies on which forecasts are tried out afterwards: what would have been said before, by a rule that was frozen first.

``backtests.yaml`` is optional. Whoever writes it knows how the studies ended, so nothing in it is ever a forecast made in time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Findings, Id, Model, Text, ValidationFinding


class BackTest(Based):
    """One published study and one thing that it found: a comparison of groups, or a count of people; or why it cannot be tried."""

    id: Annotated[Id, Field(description="Key of the back-test")]
    study: Annotated[str, Field(description="The study", examples=["Shin 2015"])]
    year: Annotated[int | None, Field(ge=1900, le=2100, description="Year of publication")] = None
    question: Annotated[Text, Field(description="What is forecast, in a sentence")]
    kind: Annotated[
        Literal["comparison", "count"],
        Field(description="Comparison: was it in favour at p below 5 %; count: of how many people"),
    ]
    favourable: Annotated[
        bool | None,
        Field(description="For a comparison: whether it came out in favour of the product at p below 5 %"),
    ] = None
    people: Annotated[int | None, Field(ge=1, description="For a count: of how many people")] = None
    events: Annotated[int | None, Field(ge=0, description="For a count: how many of them")] = None
    ask: Annotated[Id | None, Field(description="For a count: outcome as the natural history calls it")] = (
        None
    )
    baseline: Annotated[str | None, Field(description="Whom, as the headline test is asked", examples=["A:17,B:2"])] = None  # fmt: skip
    window: Annotated[str | None, Field(description="Time to the first examination", examples=["30d"])] = None
    follow_up: Annotated[str | None, Field(description="Time to the last one", examples=["1y"])] = None
    where: Annotated[
        dict[str, str],
        Field(description="Anything else that tells people apart", examples=[{"level": "T1-9"}]),
    ] = {}
    itself: Annotated[
        list[Id], Field(description="Sources of natural history that are this very study: with them it is circular")
    ] = []  # fmt: skip
    left_out: Annotated[
        Text | None, Field(description="Why no forecast of it can be tried; then nothing is scored")
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> BackTest:
        needs = {"comparison": ("year", "favourable"), "count": ("people", "events", "ask", "follow_up")}
        missing = [name for name in needs[self.kind] if getattr(self, name) is None]
        if self.left_out is None and missing:
            raise Findings([ValidationFinding((missing[0],), f"{self.id} has no {missing[0]}.", "give it, or say under left_out why it is not tried")])  # fmt: skip
        if self.events is not None and self.people is not None and self.events > self.people:
            raise Findings([ValidationFinding(("events",), f"{self.events} of {self.people} people.", "check both numbers")])  # fmt: skip
        return self


class FrozenRule(Model):
    """A rule by which every study is forecast, fixed before it is tried."""

    id: Annotated[Literal["no-effect", "earlier-studies"], Field(description="Which rule it is")]
    rule: Annotated[Text, Field(description="The rule in words")]


class BackTestsFile(Based):
    """``backtests.yaml``: published studies, the rules, and the hash of what they say, frozen."""

    rules: Annotated[list[FrozenRule], Field(min_length=1, description="The rules")]
    frozen: Annotated[
        str | None,
        Field(description="Hash of everything that the rules say, without any outcome of the study itself; a change is shown as one"),
    ] = None  # fmt: skip
    tests: Annotated[list[BackTest], Field(min_length=1, description="The studies")]
