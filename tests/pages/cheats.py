"""Pages written by somebody who wants to mislead: one honest small page, and ways to bend it, each in one respect.

The cheats were written from the names of the rules alone, before their checks were read. Each is a change of the honest
page's data; :mod:`test_cheats` asks which rule refuses it. Everything here is synthetic.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from small_ledgers import SOURCES, small

from proband.pages.ledger import Ledger

Data = dict[str, Any]
Change = Callable[[Data], None]

DOWN = [{"domain": "risk-of-bias", "steps": 1, "why": "Everybody knew who got cells."}, {"domain": "imprecision", "steps": 2, "why": "Few people."}]  # fmt: skip
SURE = {"rating": "very-low", "start": "randomised", "down": DOWN}
COMPARED = {"species": "human", "design": "randomised", "blinding": "open", "population": "study", "comparator": "usual care"}  # fmt: skip


def count(events: int, n: int, **more: Any) -> Data:
    """A count of people that is public already."""
    return {"type": "n-of-n", "events": events, "n": n, "disclosure": "published", **more}


def honest() -> Data:
    """The data of a page with nothing wrong: every part says something, benefit and harm are counted in the same people."""
    plain = [
        ("one-sentence", "summary", "sentence", "Cells were tried in one small study. We do not know if they help."),
        ("course", "natural-course", "known", "Without cells the disease often stays as it is."),
        ("flow", "provenance", "flow", "We tell of all who took part."),
        ("per-hundred", "provenance", "per-hundred", "The groups of the study stand side by side."),
        ("like", "experience", "experience", "Cells are given once. The needle can hurt."),
        ("when", "time-to-result", "when", "A change may show within a year. It may never show."),
        ("check", "eligibility", "self-check", "This page can not tell you if you may take part."),
        ("law", "status", "allowed", "Ask your doctor if it is allowed where you live."),
        ("pays", "cost", "cost", "Nobody pays to take part in a proper study."),
        ("ask-1", "question", "offered", "Out of how many people did this help?"),
        ("ask-2", "question", "offered", "Who pays if it does me harm?"),
        ("ask-3", "question", "offered", "Which ethics board has said yes?"),
        ("flag-1", "red-flag", "offered", "You are asked to pay to take part."),
        ("whom", "support", "people", "Ask the clinic that looks after you."),
        ("wrote", "provenance", "imprint", "We wrote this page."),
    ]  # fmt: skip
    claims: list[Data] = [{"id": i, "kind": k, "section": s, "text": t} for i, k, s, t in plain]
    claims += [
        {"id": "benefit", "kind": "benefit", "section": "known", "outcome": "walk again", "option": "cells", "certainty": SURE, **COMPARED,
         "text": "{cells} walked with cells, and {care} without, after {time}.", "follow_up": "time",
         "slots": {"cells": count(7, 20, who="people given cells"), "care": count(6, 20, who="people given usual care"), "time": {"type": "follow-up", "value": 12, "unit": "months"}}},
        {"id": "harm", "kind": "harm", "section": "harms", "outcome": "serious harm", "option": "cells", **COMPARED,
         "text": "Serious harm came to {cells} with cells, and to {care} without.", "follow_up": "time",
         "slots": {"cells": count(8, 20, who="people given cells"), "care": count(5, 20, who="people given usual care"), "time": {"type": "follow-up", "value": 12, "unit": "months"}}},
    ]  # fmt: skip
    return {
        "claims": claims,
        "panels": [
            {"id": "walk", "outcome": "walk again", "good": True, "people": "people with the disease", "time_frame": "a year",
             "cells": [{"option": "nothing-new", "claim": "benefit", "slot": "care"}, {"option": "cells", "claim": "benefit", "slot": "cells"}]},
            {"id": "harmed", "outcome": "come to serious harm", "good": False, "people": "people with the disease", "time_frame": "a year",
             "cells": [{"option": "nothing-new", "claim": "harm", "slot": "care"}, {"option": "cells", "claim": "harm", "slot": "cells"}]},
        ],
        "flows": [{"id": "study", "title": "The study", "stages": [
            {"stage": "screened", "gap": "the paper does not say"}, {"stage": "consented", "gap": "the paper does not say"},
            {"stage": "harvested", "gap": "the paper does not say"}, {"stage": "manufactured", "gap": "the paper does not say"},
            {"stage": "treated", "gap": "the paper does not say"}, {"stage": "assessed", "claim": "benefit", "slot": "cells"},
            {"stage": "lost", "gap": "the paper does not say"}, {"stage": "died", "gap": "the paper does not say"}]}],
        "facts": ({"id": "law", "topic": "approval", "statement": "It is not approved.", "source": "paper", "level": "read", "checked_on": "2026-11-01", "checked_by": "editor", "expires": "2027-05-01"},),
    }  # fmt: skip


def ledger(data: Data) -> Ledger:
    """The ledger of such data."""
    data = copy.deepcopy(data)
    return small(*data.pop("claims"), **data)


def claim(data: Data, name: str) -> Data:
    return next(each for each in data["claims"] if each["id"] == name)


def says(name: str, text: str, **more: Any) -> Change:
    """The claim says something else."""
    return lambda data: claim(data, name).update(text=text, **more)


def adds(text: str, kind: str = "provenance", section: str = "known", **more: Any) -> Change:
    """One more claim, which looks like the honest ones around it."""
    return lambda data: data["claims"].append(
        {"id": "added", "kind": kind, "section": section, "text": text, **more}
    )


def sets(name: str, **fields: Any) -> Change:
    """Fields of a claim are others."""
    return lambda data: claim(data, name).update(fields)


def slot(name: str, which: str, **fields: Any) -> Change:
    """Fields of a slot are others."""
    return lambda data: claim(data, name)["slots"][which].update(fields)


def file(**fields: Any) -> Change:
    """Keys of the whole file are others."""
    return lambda data: data.update(fields)


def panel(which: int, **fields: Any) -> Change:
    return lambda data: data["panels"][which].update(fields)


def stage(name: str, **fields: Any) -> Change:
    """One stage of the flow tells something else."""

    def change(data: Data) -> None:
        stages = data["flows"][0]["stages"]
        at = next(index for index, each in enumerate(stages) if each["stage"] == name)
        stages[at] = {"stage": name, **fields}

    return change


def leaves_out(part: str) -> Change:
    """One part of the page has no claim."""
    return lambda data: data.update(claims=[each for each in data["claims"] if each["section"] != part])


def both(*changes: Change) -> Change:
    def change(data: Data) -> None:
        for each in changes:
            each(data)

    return change


def option(**fields: Any) -> Change:
    return lambda data: data.update(options=[
        {"id": "nothing-new", "name": "Nothing new", "kind": "no-treatment", "about": "Usual care."},
        {"id": "cells", "name": "Cells", "kind": "experimental", "about": "Cells are given.", **fields},
    ])  # fmt: skip


def number(value: float, **more: Any) -> Data:
    return {"type": "number", "value": value, **more}


@dataclass(frozen=True)
class Cheat:
    """One way to mislead: what it does to a reader, and the change of the page's data that does it."""

    trick: str
    change: Change


def _all() -> dict[str, Cheat]:
    known: dict[str, Cheat] = {}

    def cheat(trick: str, *changes: Change) -> None:
        for index, change in enumerate(changes, start=1):
            known[f"{trick} {index}"] = Cheat(trick, change)

    cheat(
        "fewer-denominators",
        says("benefit", "{cells|events} people walked with cells, {care|events} without, after {time}."),
        adds("{better} people walked.", slots={"better": number(7)}),
        adds("More than {better} people have walked since.", "experience", "experience", slots={"better": number(300)}),
        slot("benefit", "cells", n=10, who="people who finished"),
        both(slot("benefit", "cells", n=10), slot("benefit", "care", n=10)),
        says("harm", "Serious harm came to {cells|events} with cells, and to {care|events} without."),
    )  # fmt: skip
    cheat(
        "words-instead-of-counts",
        adds("Most people walked again.", "summary"),
        adds("Nearly everyone was helped.", "summary"),
        adds("A large majority got better.", "summary"),
        adds("Half of them walked.", "summary"),
        adds("Only a handful had harm.", "summary", "harms"),
        adds("Two thirds of the people walked.", "summary"),
        adds("A dozen people have walked.", "summary"),
        adds("Hardly anyone had harm.", "summary", "harms"),
    )  # fmt: skip
    cheat(
        "percent-without-n",
        adds("{share} walked.", slots={"share": number(70, unit="%")}),
        adds("{share|per-100} walked.", slots={"share": count(2, 3)}),
        adds("{share} percent got better.", slots={"share": number(70)}),
        adds("{share} of people walked.", "benefit", outcome="walk", option="cells", certainty=SURE, **COMPARED, slots={"share": {"type": "rate", "value": 70}}),
        adds("The rate of success was {share}.", slots={"share": number(0.7)}),
    )  # fmt: skip
    cheat(
        "relative-effect",
        adds("People were twice as likely to walk."),
        adds("It cut the risk of death by a third."),
        adds("The odds ratio was {r}.", slots={"r": number(3.2)}),
        adds("Deaths fell by {r}.", slots={"r": number(50, unit="%")}),
        adds("Walking went up {r} times.", slots={"r": number(3)}),
        adds("The risk was more than doubled without cells."),
        adds("There was a threefold gain."),
        adds("Half as many people died."),
    )  # fmt: skip
    cheat(
        "significance",
        adds("The gain was highly significant."),
        adds("The result was p = {p}.", slots={"p": number(0.03)}),
        adds("Chance can not explain this result."),
        adds("The result reached statistical significance."),
        adds("The gain was proved by statistics."),
    )  # fmt: skip
    cheat(
        "nothing-seen-is-nothing",
        adds("Nobody came to harm.", "summary", "harms"),
        adds("No side effects were seen.", "summary", "harms"),
        adds("There were no serious events.", "summary", "harms"),
        adds("{z|events} of {z|denominator} died.", "summary", "harms", slots={"z": count(0, 20)}),
        adds("Deaths: {z}.", "summary", "harms", slots={"z": number(0)}),
        adds("{z} died.", "harm", "harms", outcome="death", option="cells", **COMPARED, slots={"z": {"type": "rate", "value": 0}}),
        adds("All of them came through without any complication.", "summary", "harms"),
        adds("Harm did not occur.", "summary", "harms"),
        adds("Tumours were never found.", "summary", "harms"),
    )  # fmt: skip
    cheat(
        "composite",
        sets("benefit", outcome="alive and without a transplant"),
        sets("benefit", outcome="death/transplant"),
        sets("benefit", outcome="event-free survival"),
        sets("benefit", outcome="death, transplant or relapse"),
        says("benefit", "{cells} were alive or walked with cells, and {care} without, after {time}."),
        panel(0, outcome="alive without a relapse"),
    )  # fmt: skip
    cheat(
        "other-denominators",
        sets("harm", population="another-study"),
        says("harm", "Serious harm came to {cells|per-1000} with cells, and to {care|per-1000} without."),
        sets("benefit", population=None),
        both(slot("harm", "cells", n=200), slot("harm", "care", n=200)),
        lambda data: data["claims"].remove(claim(data, "harm")) or data["panels"].pop(),
    )  # fmt: skip
    cheat(
        "flattering-pictures",
        lambda data: data["panels"].pop(),
        panel(0, cells=[{"option": "cells", "claim": "benefit", "slot": "cells"}, {"option": "nothing-new", "gap": "it was not looked at"}]),
        panel(1, cells=[{"option": "cells", "gap": "no harm is known of"}, {"option": "nothing-new", "claim": "harm", "slot": "care"}]),
        panel(0, good=False),
        panel(1, good=True),
        panel(1, per=1000),
        panel(0, cells=[{"option": "nothing-new", "claim": "benefit", "slot": "cells"}, {"option": "cells", "claim": "benefit", "slot": "cells"}]),
        panel(0, cells=[{"option": "nothing-new", "claim": "benefit", "slot": "care"}, {"option": "cells", "claim": "harm", "slot": "cells"}]),
        panel(1, cells=[{"option": "nothing-new", "claim": "harm", "slot": "cells"}, {"option": "cells", "claim": "harm", "slot": "care"}]),
        panel(0, outcome="walk again thanks to the cells"),
        panel(0, people="lucky people like you"),
    )  # fmt: skip
    cheat(
        "mixed-groups",
        adds("{cells} walked with cells, and {care} without: {d}.", "benefit", outcome="walk", option="cells", certainty=SURE, follow_up="time", **COMPARED,
             slots={"cells": count(17, 20), "care": count(1, 20, source="press", level="secondary"), "d": {"type": "difference", "of": "cells", "minus": "care"}, "time": {"type": "follow-up", "value": 12, "unit": "months"}}),
        sets("benefit", design="pooled-mixed"),
        sets("benefit", design="randomised", comparator="none"),
        sets("benefit", sub_indication="early"),
    )  # fmt: skip
    cheat(
        "cherry-picked-time",
        sets("benefit", follow_up=None, text="{cells} walked with cells, and {care} without."),
        says("benefit", "{cells} walked with cells at some time, and {care} without, after {time}."),
        says("benefit", "At their best visit {cells} walked with cells, and {care} without, after {time}."),
        adds("Soon after the cells {b} walked.", slots={"b": count(15, 20)}),
    )  # fmt: skip
    cheat(
        "survivors-only",
        says("benefit", "Of those who lived, {cells} walked with cells, and {care} without, after {time}."),
        says("benefit", "Among people who finished the study {cells} walked, and {care} without, after {time}."),
        slot("benefit", "cells", who="survivors"),
        slot("benefit", "cells", who="people who completed all visits"),
        slot("benefit", "cells", who="responders"),
        both(stage("treated", claim="treated", slot="all"), adds("{all} got cells.", id="treated", section="flow", slots={"all": count(30, 30)})),
    )  # fmt: skip
    cheat(
        "double-counting",
        both(stage("treated", claim="treated", slot="all"), adds("{all} got cells.", id="treated", section="flow", slots={"all": count(12, 12)})),
        both(
            stage("treated", claim="treated", slot="all"), stage("lost", claim="lost", slot="gone"),
            adds("{all} got cells.", id="treated", section="flow", slots={"all": count(22, 22)}),
            adds("{gone} were lost.", id="lost", section="flow", kind="gap", level="not-found", slots={"gone": count(9, 22)}),
        ),
        adds("In a second study {cells} walked with cells, and {care} without, after {time}.", "benefit", outcome="walk again", option="cells", certainty=SURE, follow_up="time",
             **{**COMPARED, "population": "second"}, slots={"cells": count(7, 20, who="people given cells"), "care": count(6, 20, who="people given usual care"), "time": {"type": "follow-up", "value": 12, "unit": "months"}}),
    )  # fmt: skip
    cheat(
        "surer-than-it-is",
        sets("benefit", certainty={"rating": "high", "start": "randomised"}),
        sets("benefit", design="no-control", comparator="none"),
        sets("benefit", certainty={"rating": "moderate", "start": "observational", "up": [{"domain": "large-effect", "steps": 1, "why": "Large."}]}),
        sets("benefit", kind="experience", certainty=None),
        sets("benefit", kind="mechanism", certainty=None),
        sets("benefit", kind="summary", certainty=None),
        adds("It is now certain that cells work.", "summary"),
        adds("Studies show that cells help.", "summary"),
        adds("It works.", "summary"),
        adds("Cells clearly help people walk.", "summary"),
    )  # fmt: skip
    cheat(
        "level-that-rises",
        sets("benefit", sources=["press"]),
        slot("benefit", "cells", source="press"),
        slot("benefit", "cells", level="unverified"),
        slot("benefit", "cells", source="us"),
        slot("benefit", "cells", disputed=True),
    )  # fmt: skip
    cheat(
        "simulation-or-synthetic-as-real",
        sets("benefit", rests_on="simulation"),
        sets("one-sentence", rests_on="simulation", text="In our model most people walk."),
        adds("In our computer model {b} walked.", "benefit", outcome="walk", option="cells", certainty=SURE, follow_up="time", **COMPARED, slots={"b": count(15, 20), "time": {"type": "follow-up", "value": 12, "unit": "months"}}),
        adds("{b} synthetic people walked.", slots={"b": count(15, 20)}),
        sets("benefit", species="animal"),
        adds("{b} walked.", "benefit", outcome="walk", option="cells", certainty=SURE, follow_up="time", **{**COMPARED, "species": "animal"}, slots={"b": count(15, 20), "time": {"type": "follow-up", "value": 12, "unit": "months"}}),
    )  # fmt: skip
    cheat(
        "stale-law",
        sets("law", checked_on="2019-01-01", expires="2029-01-01"),
        sets("law", expires="2099-01-01"),
        sets("law", checked_on="2020-01-01", expires="2021-01-01"),
        file(facts=({**honest()["facts"][0], "checked_on": "2020-01-01", "expires": "2021-01-01"},)),
        file(facts=({**honest()["facts"][0], "expires": "2099-01-01"},)),
        sets("law", checked_on="2027-06-01", expires="2027-10-01"),
        says("law", "It is legal everywhere."),
        says("law", "It is fully approved."),
        says("law", "The law does not forbid it."),
    )  # fmt: skip
    cheat(
        "hidden-cost",
        says("pays", "The cells are free. You pay for the stay."),
        says("pays", "You only pay a small fee."),
        says("pays", "Your donation helps others."),
        says("pays", "It is worth every penny."),
        says("pays", "Money should not matter now."),
    )  # fmt: skip
    cheat(
        "dose-in-words",
        adds("Take five milligrams per kilo each day."),
        adds("One tablet each morning is enough."),
        adds("A spoonful in juice works well."),
        adds("It is taken twice a day."),
        adds("He got {x} of the powder.", slots={"x": number(2, unit="g")}),
        adds("He got {x} million cells per kilo.", slots={"x": number(2)}),
        adds("You can buy the powder online."),
        adds("Stir it into water."),
        adds("A chemical shop sells it."),
        adds("Half a gram was given at breakfast."),
    )  # fmt: skip
    cheat(
        "hidden-harm",
        sets("harm", section="nowhere"),
        adds("Harms were mild and passed soon.", "summary", "harms"),
        adds("It was well tolerated.", "summary", "harms"),
        adds("The death was not due to the cells.", "summary", "harms"),
        adds("There were no safety concerns.", "summary", "harms"),
        adds("The harms are no worse than those of an aspirin.", "summary", "harms"),
        says("harm", "Some had a rash.", slots={}, follow_up=None),
        adds("Side effects are rare.", "summary", "harms"),
        sets("harm", outcome="a change", text="A change was seen in {cells} with cells, and in {care} without."),
    )  # fmt: skip
    cheat(
        "safe-in-other-words",
        adds("It is safe."),
        adds("It is harmless."),
        adds("There is no risk."),
        adds("It is gentle and natural."),
        adds("You have nothing to lose."),
        adds("It is free of side effects."),
        adds("It can not hurt you."),
        adds("It is a low risk step."),
        adds("It is as safe as a blood test."),
        adds("The safety of cells is proven."),
    )  # fmt: skip
    cheat(
        "cure-in-other-words",
        adds("It heals the nerves."),
        adds("It gets rid of the disease."),
        adds("People are back to normal."),
        adds("It repairs the liver."),
        adds("It reverses the disease."),
        adds("He is no longer ill."),
        adds("It gives people their life back."),
        adds("The paralysed walk again.", "summary"),
        adds("It restores what was lost."),
        adds("She made a full recovery."),
        adds("The illness went away for good."),
        adds("It makes the lame whole."),
    )  # fmt: skip
    cheat(
        "superlatives",
        adds("It is the best there is."),
        adds("It is the most advanced way."),
        adds("A leading clinic does it."),
        adds("It is a world first."),
        adds("It is state of the art."),
        adds("It is a game changer."),
        adds("The results are amazing."),
        adds("It is very promising."),
        adds("It is unique."),
        adds("The gain was dramatic."),
        adds("It is a huge step."),
    )  # fmt: skip
    cheat(
        "authority",
        adds("Doctors recommend it."),
        adds("Experts agree that it helps."),
        adds("A prize went to this idea."),
        adds("The health office backs it."),
        adds("A top scientist stands behind it."),
        adds("It is trusted by clinics all over the world."),
        adds("A professor says that it works.", "opinion", opinion={"speaker": "a professor", "verified": False, "interest": "none"}),
    )  # fmt: skip
    cheat(
        "testimonials",
        adds('"I can feel my legs," says one man.', "experience", "experience"),
        adds("A mother says her son walks now.", "experience", "experience"),
        adds("Families tell us they would do it again.", "experience", "experience"),
        adds("Patients love it.", "experience", "experience"),
        adds("He walked to school.", "story", "experience", slots={"all": count(1, 1)},
             story={"rule": "the best", "sampled": "consecutive", "includes_non_responder": False, "non_responder_note": "nobody else", "denominator": "all"}),
        adds("My boy stood up, his father wrote.", "support", "people"),
    )  # fmt: skip
    cheat(
        "pressure",
        adds("Few places are left."),
        adds("Act now."),
        adds("It is your last chance."),
        adds("Time is running out."),
        adds("Without it your child will die."),
        adds("Do not wait."),
        adds("You owe it to your child."),
    )  # fmt: skip
    cheat(
        "promises-to-you",
        adds("You will walk."),
        adds("You will feel better."),
        adds("Your child could walk."),
        adds("Cells will help you."),
        adds("You can be one of them."),
    )  # fmt: skip
    cheat(
        "fine-print",
        option(name="The cure"),
        option(about="Gives you your life back."),
        option(name="Cells that heal"),
        file(title="Walking again"),
        file(title="New hope for a disease"),
        file(for_whom="the lucky few"),
        sets("course", title="A miracle"),
        file(imprint={"written_by": "leading experts", "paid_by": "nobody", "who_profits": "nobody", "update_policy": "often", "changes": [{"on": "2026-11-01", "what": "a breakthrough was added"}]}),
        panel(0, caution="It is safe all the same."),
        stage("lost", gap="they were cured and went home"),
        panel(0, time_frame="the best of days"),
    )  # fmt: skip
    cheat(
        "smuggled-numbers",
        both(file(names={"9of10": "a share"}), adds("It helped 9of10 people.")),
        adds("It helped ７ people."),
        adds("It helped VII people of X."),
        adds("It helped ⅔ of people."),
        adds("It helped seventy people."),
        both(file(names={"90": "a name"}), adds("It helped 90 people.")),
        adds("It helped umpteen-and-twenty people."),
        panel(0, outcome="walk again (9 of 10)"),
        option(about="Cells helped 9 of 10."),
        stage("lost", gap="only 2 of 300 left"),
        file(title="9 of 10 walk"),
        adds("It helped tens of people."),
        adds("It helped 𝟗 people."),
    )  # fmt: skip
    cheat(
        "hidden-letters",
        adds("It is s\u200bafe."),
        adds("It is ѕafe."),
        adds("It is sa\u00adfe."),
        adds("A break\u2060through."),
        adds("A m i r a c l e."),
        adds("\u202eefas si tI\u202c"),
        adds("It is SAFE!"),
        adds("It is ｓａｆｅ."),
        adds("Thumbs up 👍🎉."),
        adds("It is s.a.f.e."),
        adds("It is sáfe."),
    )  # fmt: skip
    cheat(
        "unit-tricks",
        adds("The score rose by {x} points.", "benefit", outcome="score", option="cells", certainty=SURE, **COMPARED, slots={"x": number(12)}),
        slot("benefit", "time", value=0.01, unit="centuries"),
        slot("benefit", "time", unit="sessions"),
        adds("The gain was {x}.", "benefit", outcome="score", option="cells", certainty=SURE, **COMPARED, slots={"x": number(300, unit="%")}),
    )  # fmt: skip
    cheat(
        "the-word-trial",
        adds("It was tested in a clinical trial."),
        adds("Join our trials."),
        file(title="The cells trial"),
        option(about="You take part in a trial."),
        adds("It is in phase II testing."),
    )  # fmt: skip
    cheat(
        "called-a-treatment",
        sets("benefit", text="{cells} walked after this therapy, and {care} without, after {time}."),
        option(name="Cell treatment"),
        option(about="You get a new medicine."),
        adds("The therapy is given once.", option="cells"),
    )  # fmt: skip
    cheat(
        "unreadable-harm",
        says("harm", "Notwithstanding multifactorial considerations, periprocedural complications necessitating hospitalisation materialised in {cells} with cells, and in {care} without."),
        adds("Adverse thromboembolic complications demonstrated considerable heterogeneity.", "summary", "harms"),
        panel(1, outcome="experience periprocedural thromboembolic complications"),
    )  # fmt: skip
    cheat(
        "nobody-said-so",
        sets("benefit", sources=["nobody"]),
        file(interests={"paper": "none"}, sources=[{k: v for k, v in each.items() if k not in {"doi", "url"}} for each in SOURCES]),
        slot("benefit", "cells", source="gone"),
        file(sources=[{k: v for k, v in each.items() if k != "conflict_of_interest"} for each in SOURCES]),
        file(sources=[{**each, "conflict_of_interest": "?"} for each in SOURCES]),
    )  # fmt: skip
    cheat(
        "left-out",
        *(leaves_out(part) for part in ("allowed", "when", "experience", "offered", "imprint")),
        says("wrote", "To be done."),
        says("law", "-"),
    )  # fmt: skip
    cheat(
        "small-cells",
        slot("benefit", "cells", events=2, disclosure=None),
        slot("benefit", "cells", events=2, disclosure="published", source="us", level="inference"),
        slot("benefit", "cells", events=1, n=1, disclosure="consented"),
    )  # fmt: skip
    # a claim in a language that the rules do not read: another language is a translation, in a catalogue
    cheat(
        "in-another-language",
        adds("Die Zellen heilen die Krankheit bei fast allen."),
        adds("Ein Durchbruch: sicher und ohne Nebenwirkungen."),
        adds("Neun von zehn Menschen gehen wieder."),
        adds("Les cellules sont sans danger pour les enfants."),
        adds("Las personas caminan con las nuevas cellulas."),
    )
    # written last, by somebody who tried to get past rules that stood: what got through, and was mended by its kind
    cheat(
        "what-got-through-at-last",
        adds("Those who stayed with us to the end walked better."),
        adds("Everybody whom we could still reach was well."),
        adds("Taking all forms of the disease together, people gain."),
        adds("A digital twin of each person walked after the cells."),
        adds("Our computer patients got better in the model, and so will people."),
        adds("The law has allowed this since long ago.", "status", "allowed"),
        adds("The cells cost nothing; only the stay is paid for.", "cost", "cost"),
        adds("A gift to our fund is welcome before the visit.", "cost", "cost"),
        adds("A spoon of it each morning is what most take."),
        adds("The powder is weighed like salt, a knife tip at a time."),
        option(name="New Life cells"),
        panel(0, caution="Look how much fuller the right side is."),
        lambda data: data["flows"][0].update(title="The study that changed everything"),
        option(name="RestoreWalk"),
        option(name="CureAll cells"),
        option(name="HealNow"),
        option(name="HopeCells"),
        sets("course", title="What every parent wishes for"),
        panel(0, outcome="the step that all had dreamt of"),
    )
    # written after the rules stood, to see whether they hold for what was not thought of
    cheat(
        "in-still-other-words",
        adds("There is hardly any danger."),
        adds("It poses no threat."),
        adds("It does no damage."),
        adds("Nothing bad has ever come of it.", "summary", "harms"),
        adds("It rids you of the illness."),
        adds("They were freed from the disease."),
        adds("Her sight came back."),
        adds("It beats every other way."),
        adds("No other clinic can do this."),
        adds("Its success is well known."),
        adds("Top doctors send their own children.", "summary"),
        adds("The ministry of health praised it."),
        adds('"It gave me hope", one father told us.', "experience", "experience"),
        adds("You should decide this week."),
        adds("Every day counts."),
        adds("You are sure to notice a change."),
        adds("This could be your child."),
        adds("The cost is easily met by a loan."),
        adds("Insurance is likely to pay."),
        adds("Two drops under the tongue will do."),
        adds("The usual amount is a pinch."),
        adds("Five in six walked.", "summary"),
        adds("The lion's share got better.", "summary"),
        adds("Practically all of them improved.", "summary"),
        adds("It worked in every case.", "summary"),
        adds("Response was 90 per hundred.", "summary"),
        adds("Patients gained up to {x} points.", "benefit", outcome="score", option="cells", certainty=SURE, **COMPARED, slots={"x": number(30)}),
        adds("Those who stuck with it walked.", "summary"),
        adds("People who came to the last visit walked better.", "summary"),
        adds("Risk fell from high to low."),
        adds("It is many times better than usual care."),
        adds("The difference is real and not luck."),
        adds("Deaths had other causes.", "summary", "harms"),
        adds("Side effects were what one would expect.", "summary", "harms"),
        adds("It is like a vaccine: a small jab.", "summary", "harms"),
        adds("Regulators have nothing against it."),
        adds("It is allowed in Thailand, Mexico and Japan."),
        adds("This is a phase three study."),
        file(for_whom="families who refuse to give up"),
        option(name="Rescue cells"),
        option(about="The step that others are waiting for."),
    )  # fmt: skip
    return known


#: Fresh cheats that nobody mended for: how many of them are refused is how far the word lists carry. They are measured, and a person reads the rest.
FRESH = (
    "It carries next to no downside.", "You can not go wrong with it.", "It leaves the body unharmed.", "The cells know where to go.",
    "Nature does the rest.", "He was given up on, and look at him now.", "The wheelchair stands in the attic.", "It turns the clock back.",
    "Specialists fly in from all over the world.", "It was on the evening news.", "Decades of work stand behind it.", "A famous singer had it done.",
    "The door closes in spring.", "Why should you be left out?", "Imagine your child at play.", "It pays for itself.", "Doubters were proved wrong.",
    "Cells go where drugs can not.", "Those in the know choose cells.", "Large studies are hardly needed.", "The gain speaks for itself.",
    "Placebo groups are cruel.", "Harm is in the eye of the beholder.", "A few bruises, that is all.", "Other sick people envy them.",
)  # fmt: skip


def _foreign() -> dict[str, Change]:
    """Ten honest pages on other matters, in words that come near to what is refused."""
    return {
        "a gene editor made for one child": both(
            says("one-sentence", "One child got an editor that was made for this child alone. It is not known if it is safe."),
            says("like", "It is given through a drip. The child stays in hospital and is watched day and night."),
            says("when", "Blood values can change within weeks. Whether the child is better may never be clear."),
        ),
        "islets from donors": both(
            says("course", "Insulin keeps people alive. Low sugar at night is what many people fear."),
            says("like", "You take drugs against rejection for as long as the islets last. They can harm the kidney."),
            says("ask-1", "How many people were free of insulin after some years, and out of how many?"),
        ),
        "donor cells in an open study": both(
            says("one-sentence", "Nobody can say yet whether cells from donors do more good than harm."),
            says("flag-1", '"It is safe and it works": whoever says so wants to sell.'),
            adds("A board that watches over safety can stop the study.", "provenance", "flow"),
        ),
        "a device on the skin": both(
            option(name="A device on the skin", about="Weak current is sent through the skin while you train."),
            says("like", "It tingles. Nobody said that it hurt, but the paper does not count harms."),
        ),
        "a drug that ended early": both(
            says("one-sentence", "The study was stopped early since the drug did not help."),
            adds("The maker said that the main goal was not met.", "provenance", "known"),
        ),
        "nothing was seen among few": both(
            sets("harm", text="Serious harm came to {cells} with cells, and to {care} without. The true figure with cells could still be as high as {cells|upper-bound}.",
                 slots={**claim(honest(), "harm")["slots"], "cells": count(0, 20, who="people given cells")}),
        ),
        "harm outweighs": both(
            says("benefit", "After {time}, {cells} walked with cells, and {care} without. Chance alone could make this difference."),
            says("harm", "More people came to serious harm with cells: {cells}, against {care} without."),
            adds("It is not clear that the gain is worth the harm.", "summary", "harms"),
        ),
        "seen in mice only": both(
            adds("In mice the legs moved better. This has not been shown in people.", "mechanism", "known", species="animal"),
            says("one-sentence", "The idea comes from work in mice. In people very little is known."),
        ),
        "a law that forbids it": both(
            says("law", "It is not allowed outside of a study in most countries that we looked at."),
            says("pays", "You pay nothing for the study. Ask who pays for the journey, and who pays if it does you harm."),
            says("flag-1", "They say that few places are left."),
        ),
        "an old operation, newly counted": both(
            option(name="The operation", about="A surgeon moves a nerve from one muscle to another."),
            says("course", "Some people get better by themselves in the first year. After that it is rare."),
            says("wrote", "Doctors who do the operation read this page. They are paid for it."),
        ),
    }  # fmt: skip


FOREIGN = _foreign()
CHEATS = _all()
