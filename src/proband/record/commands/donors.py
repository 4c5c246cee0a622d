"""Donors as people: registered, asked, tested, found fit or not, followed; and what they gave."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.programme.donors import DonorRule
from proband.record.declare.change import Body, add_task, changes, task_done
from proband.record.declare.command import Context, WayBack, command, never
from proband.record.declare.data import Amount, Data, Day, Language, Ref, TracedWords
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.donors import lots_of, made_of_it, made_too_late, not_followed, not_given, not_tested
from proband.record.errors import Refusal
from proband.record.family import spread
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.product import TestResult
from proband.record.programme_view import duration
from proband.record.state import State
from proband.record.stock import GRAVE, Donation, Donor

of_donor = partial(command, subject="donor", withdrawal=None, hold=None, consent=None, current_version=False, watched=False, live=False, bears=never)  # fmt: skip


def known(c: Context) -> Donor | None:
    """The donor whom an event is about."""
    return c.state.donors.get(c.subject)


@gate(
    "donor", mend="ask and test the donor first, as the programme says", says="what is missing of the donor"
)
def donor(c: Context) -> Refusal | None:
    """Nothing is taken of a donor who has not agreed, and nothing made of one who was not found fit to give it."""
    if known(c) is None:
        return Refusal("gate.donor.unknown", donor=c.subject)
    return c.told("donor")


def _nothing(c: Context) -> None:
    return None


@of_donor("donor.register", "donor.registered", stage=(), unique=NewNames("donors"), signature=None, reason=False, gates=(), permission="donor.register")  # fmt: skip
class RegisterDonor(Data):
    """Register somebody who gives cells or tissue for others, under a pseudonym that is no participant's."""


@changes("donor.registered")
def _registered(state: State, body: Body, data: dict[str, Any]) -> None:
    state.donors[body["subject"]] = Donor(body["subject"], body["site"], body["at"])


def _texts(c: Context) -> Refusal | None:
    told = {
        name
        for product in (c.view.products if c.view is not None else ())
        if product.donors is not None
        for name in product.donors.in_force(date.fromisoformat(c.data["on"]))
    }
    if c.data["version"] not in told:
        return Refusal("gate.donor.text", version=c.data["version"], day=c.data["on"], versions=sorted(told))
    return Refusal("gate.donor.day", day=c.data["on"]) if c.data["on"] > c.day else None


@of_donor("donor.consent", "donor.consented", stage=(), signature="consent of a donor", reason=False, gates=(), donor=_texts)  # fmt: skip
class ConsentDonor(Data):
    """A donor agrees to what they give for others: to the text in force, and to each thing by itself.

    * ``version``: the version of the donor's text, as the programme names it
    * ``language``: in which language
    * ``on``: the day
    * ``by``: who agreed: the donor, or who speaks for them
    * ``covers``: what they agreed to: to give, to be told and asked again (contact), to research
    """

    version: Ref
    language: Language
    on: Day
    by: Literal["donor", "parent", "relative"]
    covers: Annotated[list[Literal["donation", "contact", "research"]], Field(min_length=1)]


@changes("donor.consented")
def _consented(state: State, body: Body, data: dict[str, Any]) -> None:
    state.donors[body["subject"]].consents.append({**data, "at": body["at"]})


@of_donor(
    "donor.withdraw", "donor.withdrawn", stage=(), signature=None, reason=False, gates=(), donor=_nothing
)
class WithdrawDonor(Data):
    """A donor withdraws what they agreed to: nothing more is taken or made of them; what others were given stays given.

    * ``covers``: what they agree to no longer
    """

    covers: Annotated[list[Literal["donation", "contact", "research"]], Field(min_length=1)]


@changes("donor.withdrawn")
def _withdrawn(state: State, body: Body, data: dict[str, Any]) -> None:
    one = state.donors[body["subject"]]
    one.withdrawn = {
        **one.withdrawn,
        **{name: [*one.withdrawn.get(name, ()), body["at"]] for name in data["covers"]},
    }
    if "donation" in data["covers"]:
        made_too_late(state, body, one.id)


def _test_of_the_programme(c: Context) -> Refusal | None:
    tests = [one.id for product in (c.view.products if c.view else ()) if product.donors for one in product.donors.tests]  # fmt: skip
    if c.data["test"] not in tests:
        return Refusal("gate.donor.test", test=c.data["test"], tests=sorted(set(tests)))
    if c.data["sampled_on"] > c.day:
        return Refusal("gate.donor.day", day=c.data["sampled_on"])
    found = known(c)
    return Refusal("gate.donor.consent", donor=c.subject) if found and not found.agrees("donation", c.at) else None  # fmt: skip


@of_donor("donor.test", "donor.tested", way_back=WayBack(not_tested), stage=(), signature=None, reason=False, gates=(), donor=_test_of_the_programme)  # fmt: skip
class TestDonor(Data):
    """A result of a test of the donor. A positive one is not overturned by a negative one.

    * ``test``: the test, as the programme names it
    * ``result``: what was found
    * ``sampled_on``: the day of the sample
    * ``laboratory``: who tested it
    """

    test: Ref
    result: Literal["negative", "positive", "indeterminate"]
    sampled_on: Day
    laboratory: TracedWords


@changes("donor.tested")
def _tested(state: State, body: Body, data: dict[str, Any]) -> None:
    one = state.donors[body["subject"]]
    one.tests.append(
        {
            **{name: data[name] for name in ("test", "result", "sampled_on")},
            "at": body["at"],
            "seq": state.seq,
        }
    )
    if data["result"] == "positive":
        _reach(state, body, one, data["test"])
    last = one.last_of(data["test"])
    if last == "indeterminate":
        _left_open(state, body, one, data["test"])
    elif last == "negative":
        for name in state.tasks_of.get(("donor-test", one.id), ()):
            if name.startswith(f"indeterminate:{one.id}:{data['test']}:"):
                task_done(state, name)


def _left_open(state: State, body: Body, one: Donor, test: str) -> None:
    """What a donor's newest sample leaves open is open of everything that was made of them: it is put aside until somebody has looked into it. Nothing was found of whoever got it."""
    aside = [made for lot in lots_of(state, one.id) for made in (lot, *state.made_of(lot.id)) if made.status in OPEN_OR_RELEASED]  # fmt: skip
    for made in aside:
        made.set_aside()
    words = f"{test} of donor {one.id} is indeterminate: test a new sample" + (f", and look into {', '.join(made.id for made in aside)}" if aside else "")  # fmt: skip
    add_task(state, "donor-test", one.id, body["day"], words, f"indeterminate:{one.id}:{test}:{state.seq}")


def _reach(state: State, body: Body, one: Donor, what: str) -> None:
    """Everything that was made of a donor has what was found of them: it is put aside, and whoever got it is told and watched."""
    for lot in lots_of(state, one.id):
        spread(state, body, lot, what, TestResult(what, body["at"], state.seq, passes=False, of=lot.id, final=True), what)  # fmt: skip


def _rule(c: Context) -> DonorRule | None:
    """What the product asks of its donors; ``None`` where no donor is asked for it."""
    rule = c.view.product.get(c.data["product"]) if c.view is not None else None
    return rule.donors if rule is not None else None


def _unfit(c: Context) -> Refusal | None:
    found, rule = known(c), _rule(c)
    if rule is None or found is None:
        return Refusal("gate.donor.product", product=c.data["product"])
    if not c.data["eligible"]:
        return None
    if not found.agrees("donation", c.at):
        return Refusal("gate.donor.consent", donor=c.subject)
    if found.against:
        return Refusal("gate.donor.unfit", donor=c.subject, test=found.against, result="found")
    for test in rule.tests:
        last = found.last_of(test.id)
        if last != "negative":
            return Refusal("gate.donor.unfit", donor=c.subject, test=test.name, result=last or "unknown")
    return None


@of_donor("donor.determine", "donor.determined", stage=(), signature="donor eligibility", reason=False, gates=(), donor=_unfit)  # fmt: skip
class DetermineDonor(Data):
    """A responsible person says whether a donor may give for a product, having seen consent and tests.

    * ``product``: the product of the programme
    * ``eligible``: whether they may
    """

    product: Ref
    eligible: bool


@changes("donor.determined")
def _determined(state: State, body: Body, data: dict[str, Any]) -> None:
    state.donors[body["subject"]].determined.append(
        {**data, "at": body["at"], "by": body["actor"], "seq": state.seq}
    )
    if not data["eligible"]:
        made_too_late(state, body, body["subject"])


def _may_give(c: Context) -> Refusal | None:
    found = known(c)
    if _rule(c) is None or found is None:
        return Refusal("gate.donor.product", product=c.data["product"])
    return None if found.agrees("donation", c.at) else Refusal("gate.donor.consent", donor=c.subject)


@of_donor("donor.collect", "donor.collected", way_back=WayBack(not_given, made_of_it), stage=(), signature=None, reason=False, gates=(), donor=_may_give,
          unique=NewNames("donations", lambda body: [body["data"]["din"]]))  # fmt: skip
class CollectDonation(Data):
    """Take what a donor gives, under a donation number of its own. Nothing is made of it before the donor was found fit.

    * ``din``: the donation number
    * ``product``: the product of the programme that it is for
    * ``material``: what is taken
    * ``volume``: how much
    """

    din: Ref
    product: Ref
    material: TracedWords
    volume: Amount | None = None


@changes("donor.collected")
def _collected(state: State, body: Body, data: dict[str, Any]) -> None:
    name, view = body["subject"], state.view
    state.donations[data["din"]] = Donation(
        data["din"], name, data["product"], body["day"], body["site"], state.seq
    )
    rule = view.product[data["product"]].donors if view is not None else None
    for number, after in enumerate(rule.follow_up if rule is not None else ()):
        due = date.fromisoformat(body["day"]) + duration(after)
        add_task(state, "donor", name, due.isoformat(), f"ask donor {name} how they are since donation {data['din']}", f"donor:{data['din']}:{state.seq}:{number}")  # fmt: skip


@of_donor("donor.follow", "donor.followed", way_back=WayBack(not_followed), stage=(), signature=None, reason=False, gates=(), donor=_nothing, at_closed_site=True)  # fmt: skip
class FollowDonor(Data):
    """How a donor is since, and what they have learnt of themselves that concerns whoever was given their cells.

    * ``finding``: what was learnt; an infection, a malignancy or a disease in the genes reaches everything made of them
    """

    finding: Literal["well", "infection", "malignancy", "genetic", "other", "not-reached"]


@changes("donor.followed")
def _followed(state: State, body: Body, data: dict[str, Any]) -> None:
    one = state.donors[body["subject"]]
    one.followed.append({**data, "on": body["day"], "at": body["at"], "seq": state.seq})
    if data["finding"] != "not-reached":
        for name in state.tasks_of.get(("donor", one.id), ()):
            if state.tasks[name].due <= body["day"]:
                task_done(state, name)
    if data["finding"] in GRAVE:
        _reach(state, body, one, data["finding"])
