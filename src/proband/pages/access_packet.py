"""The single-patient access packet: the fields of the regulator's form, filled from the bundle where it can fill them.

Field list of Form FDA 3926 from a third-party copy (secondary). The packet is for the treating doctor. It carries no dose:
the plan is referred to by clause, and the doctor writes the amount on the form itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.rendering import NavigationLink, Page, render
from proband.pages.tone import tone
from proband.programme import Programme
from proband.programme.access import Approval
from proband.programme.claims import Claim, ClaimKind, PageSection


@dataclass(frozen=True, slots=True)
class PacketField:
    """One field of the form: what the bundle says, claims that support it, and what the doctor still has to write."""

    title: str
    texts: tuple[tuple[str, str], ...]
    claims: tuple[Claim, ...]
    to_write: tuple[str, ...]


def fields(programme: Programme, ledger: Ledger, catalogue: Catalogue | None = None) -> list[PacketField]:
    """The fields in the order of the form; texts are pairs of (text, key in the bundle).

    Raises
    ------
    ValueError
        If a text of the bundle that would be repeated carries an amount, as it is written or in the language of the page.
    """
    english = Catalogue()
    found = _fields(programme, ledger, catalogue or english)
    for item in (*found, *_fields(programme, ledger, english)):
        for text, key in item.texts:
            if amount := tone().dose_in(text):
                raise ValueError(
                    f"{key} carries {amount!r}; a packet refers to the plan and repeats no amount"
                )
    return found


def _fields(programme: Programme, ledger: Ledger, catalogue: Catalogue) -> list[PacketField]:
    said = catalogue.text
    head = programme.head
    claims = ledger.claims
    single = head.single_patient
    alternatives = tuple(
        (f"{said(option.name)}: {said(option.about)}", f"options.{option.id}")
        for option in claims.options
        if option.kind != "experimental"
    )
    monitoring = tuple(
        (f"{said(activity.name)}.", f"schedule.activities.{activity.id}")
        for activity in programme.schedule.activities
    )
    baseline = ((said(single.baseline), "single_patient.baseline"),) if single else ()
    stopping = tuple(
        (said(rule.why), f"safety.stopping_rules.{rule.id}") for rule in programme.safety.stopping_rules
    )
    ethics = head.access.ethics_approval
    concurrence = (
        f"{ethics.body}, {ethics.id}"
        if isinstance(ethics, Approval)
        else said("None yet: %(why)s", why=said(ethics.why))
    )
    clauses = tuple(
        (
            said(
                "Given as the plan says: %(what)s. The amount stands in the plan, not here.",
                what=said(programme.products[regimen.product].name)
                if regimen.product in programme.products
                else regimen.id,
            ),
            f"regimens.{regimen.id}",
        )
        for regimen in programme.regimens.values()
    )
    shared = (
        (said(single.data_sharing), "single_patient.data_sharing"), (said(single.registry_or_waiver), "single_patient.registry_or_waiver"),
    ) if single else ()  # fmt: skip
    return [
        PacketField(said("The child"), (), (), (said("initials or code"), said("age"), said("weight"), said("consent of the guardians; assent of the child"))),
        PacketField(said("Indication"), ((said(head.indication.name), "indication.name"), (said(head.indication.description), "indication.description")), (), (said("variants found, and how"),)),
        PacketField(said("History in brief"), (), (), (said("course in dated milestones, with how sure each date is"), said("what was tried, how long, and what came of it"))),
        PacketField(said("Why nothing else will do"), alternatives, tuple(c for c in claims.in_section(PageSection.PER_HUNDRED) if c.kind is ClaimKind.BENEFIT), (said("why these are not enough for this child"),)),
        PacketField(said("Plan"), clauses, (), (said("amount and steps, from the plan, checked by a second person"),)),
        PacketField(said("What is measured"), (*baseline, *monitoring), (), (said("who measures, and where"),)),
        PacketField(said("When to change or stop"), stopping, tuple(c for c in claims.in_section(PageSection.HARMS) if c.kind is ClaimKind.HARM), (said("who decides, day and night"),)),
        PacketField(said("Letter of authorisation"), (), (), (said("letter from whoever holds the file on the substance, or the data on its quality"),)),
        PacketField(said("The doctor"), (), (), (said("name, licence, experience"), said("signature and date"))),
        PacketField(said("Ethics board"), ((concurrence, "access.ethics_approval"),), (), (said("full board, or agreement of its chair, with the date"),)),
        PacketField(said("What others will learn"), shared, (), (said("registry entry"),)),
    ]  # fmt: skip


def access_packet_page(
    programme: Programme,
    ledger: Ledger,
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink] = (),
    *,
    theme: str | None = None,
) -> Page | None:
    """The packet, or ``None`` where the programme is not for single patients.

    Raises
    ------
    ValueError
        If a text of the bundle that would be repeated carries an amount.
    """
    if programme.head.single_patient is None:
        return None
    title = catalogue.text("Access for a single patient: %(what)s", what=catalogue.text(ledger.claims.title))
    lead = catalogue.text(
        "For the treating doctor: the fields of the regulator's form, filled in where the plan can fill them."
    )
    return render(
        "access_packet.html.j2", f"{ledger.programme}-access-packet.html", title, lead, catalogue=catalogue, ledgers=[ledger], navigation=navigation,
        banners=ledger.banners, theme=theme,
        context={"ledger": ledger, "voice": Voice(ledger, catalogue), "fields": fields(programme, ledger, catalogue), "lead": lead, "programme": programme},
    )  # fmt: skip


@page_of_programme(
    "access-packet",
    "Access for a single patient",
    route="clinician",
    where=lambda programme: programme.head.single_patient is not None,
)
def declared(made: ProgrammeInputs) -> Page | None:
    """The packet, for programmes that may be used in a single patient."""
    return access_packet_page(made.programme, made.ledger, made.catalogue, made.navigation, theme=made.theme)
