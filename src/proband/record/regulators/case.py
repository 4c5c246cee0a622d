"""One case for a regulator: an adverse event with the person, the doses and the judgements around it, and what the site has to add.

What a report asks for and the record does not hold (licensed codes, names of organisations, identifiers of sender and receiver, age and sex) the site
supplies in a file of its own; nothing of it is guessed, and what is missing is listed. A masked allocation stays masked: as long as nobody has
opened it, a case says that the product is blinded, and names neither arm nor product.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.data import Data
from proband.record.errors import RecordError
from proband.record.paged import browse_values
from proband.record.record import Record
from proband.record.remembered import remembered
from proband.record.state import AdverseEvent

Short = Annotated[str, Field(min_length=1, max_length=200)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="country by ISO 3166-1, as GB")]
Code = Annotated[str, Field(pattern=r"^[0-9]{8}$", description="eight digits of MedDRA")]


class CodedTerm(Data):
    """A term of MedDRA, by whoever holds the licence: Proband ships none.

    * ``code``: the code of the lowest level term
    * ``version``: the version of MedDRA
    """

    code: Code
    version: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]$")]


class CaseSupplement(Data):
    """What the site adds to a case; every field may be left out, and is then missing in the draft.

    * ``sender``: the identifier of the sending organisation at the receiver
    * ``receiver``: the identifier of the receiver, as EVHUMAN
    * ``organisation``: the name of the sending organisation
    * ``case_number``: the sender's number of the case, as GB-ORG-0001
    * ``first_sender``: whether a regulator or somebody else sent it first
    * ``reporter_country``: the country of whoever reported it first
    * ``reporter_qualification``: 1 physician, 2 pharmacist, 3 another health professional, 4 lawyer, 5 consumer
    * ``reaction``: the code of the event
    * ``country``: the country in which it happened
    * ``outcome``: 0 unknown, 1 recovered, 2 recovering, 3 not recovered, 4 recovered with sequelae, 5 fatal
    * ``criteria``: why it is serious, besides death and danger to life
    * ``sex``: 1 male, 2 female
    * ``age``: the age in years at the onset
    * ``weight``: the weight in kilograms
    * ``indication``: the code of what was treated
    * ``sponsor_study_number``: the number of the study at its sponsor
    * ``narrative``: the course in words; no name and nothing else that identifies a person
    * ``product_name``: the name of the product for the receiver, where one product was given
    * ``documents``: whether the sender holds further documents on the case
    """

    sender: Short | None = None
    receiver: Short | None = None
    organisation: Short | None = None
    case_number: Short | None = None
    first_sender: Literal["regulator", "other"] | None = None
    reporter_country: Country | None = None
    reporter_qualification: Literal[1, 2, 3, 4, 5] | None = None
    reaction: CodedTerm | None = None
    country: Country | None = None
    outcome: Literal[0, 1, 2, 3, 4, 5] | None = None
    criteria: list[Literal["hospitalisation", "disability", "birth-defect", "other"]] = []
    sex: Literal[1, 2] | None = None
    age: Annotated[float | None, Field(ge=0, le=120)] = None
    weight: Annotated[float | None, Field(gt=0, le=500)] = None
    indication: CodedTerm | None = None
    sponsor_study_number: Short | None = None
    narrative: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    product_name: Short | None = None
    documents: bool | None = None


@dataclass(frozen=True, slots=True)
class GivenDose:
    """A dose of a case: on which day there, of which container (``None`` while the allocation is masked), with which lots."""

    on: str
    product: str | None
    kind: str | None
    route: str | None
    lots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SafetyCase:
    """One case as it stands at an event of the log; ``blinded``: the allocation is masked and nobody has opened it."""

    study: str
    title: str
    programme: str
    event: AdverseEvent
    first_received: str
    latest: str
    own: bool
    blinded: bool
    doses: tuple[GivenDose, ...]
    elsewhere: tuple[dict[str, Any], ...]
    died: str | None
    seq: int
    reports: dict[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What was given by the programme, each product once; empty while the allocation is masked, and where nothing was."""
        return tuple(dict.fromkeys(dose.kind or "unknown" for dose in self.doses)) if not self.blinded else ()

    @property
    def products_elsewhere(self) -> tuple[str, ...]:
        """What was given elsewhere, each product once."""
        return tuple(
            dict.fromkeys(one["product"] or "unknown product given elsewhere" for one in self.elsewhere)
        )

    def named(self, kind: str, site: CaseSupplement) -> str:
        """The name of a product for the receiver: the site's, where there is no other that it could mean."""
        return site.product_name if site.product_name and len(self.kinds) == 1 else kind

    @property
    def onset(self) -> str | None:
        """The onset as a day, a month or a year (``20260302``, ``202603``, ``2026``); ``None`` where it is not known as exactly as that."""
        return in_digits(self.event.onset)


def in_digits(text: str) -> str | None:
    """A remembered date in the digits of HL7, as far as it is exact; ``None`` where it is not."""
    when = remembered(text)
    if when is None:
        return None
    first, last = when.earliest, when.latest
    if first is None or last is None:
        return None
    if first == last:
        return f"{first:%Y%m%d}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y%m}"
    return (
        f"{first.year:04d}" if first == date(first.year, 1, 1) and last == date(first.year, 12, 31) else None
    )


def case_of(record: Record, name: str) -> SafetyCase:
    """The case of an adverse event, in the words of those who reported it.

    Raises
    ------
    RecordError
        ``record.case.unknown`` where there is no such event.
    """
    state, texts = record.state, record.texts
    known = state.adverse_events.get(name)
    if known is None:
        raise RecordError("record.case.unknown", event=name)
    event = replace(known, term=texts.revealed(known.term), onset=texts.revealed(known.onset))
    person, view = state.participants[event.participant], state.view
    blinded = person.arm_is_sealed and not person.unblinded
    doses = []
    for dose in person.given:
        bag = state.products.get(dose.product)
        # of a kit the log knows its number: which arm it is of is in the answer to the unblinding, and the site's to add
        regimen = view.regimen_of(bag) if view is not None and bag is not None else None
        doses.append(
            GivenDose(dose.day, None, None, None, ()) if blinded or bag is None else
            GivenDose(dose.day, bag.id, bag.kind or f"kit {bag.id}", regimen.route.value if regimen else None, tuple(bag.lots))
        )  # fmt: skip
    reports = {
        task.id.rpartition(":")[2]: task.due
        for task in browse_values(state.tasks)
        if task.id.startswith(f"report:{name}:")
    }
    return SafetyCase(
        state.study, view.title if view else "", view.version if view else "", event, event.first_aware, event.latest,
        not person.only_elsewhere, blinded, tuple(doses),
        tuple({key: texts.revealed(one[key]) for key in ("country", "when", "product")} for one in person.elsewhere), person.ended_at if person.dead() else None,
        state.seq, reports,
    )  # fmt: skip
