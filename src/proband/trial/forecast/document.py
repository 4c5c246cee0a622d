"""The forecast as a document: the question, what it is compared with, the code that will answer, and what is expected.

Its canonical bytes are what is sealed. A seal says who signed which bytes; *when* is proven by the record that the hash is
entered into, or by whoever else was given the hash: the day inside the document is a statement of the person who wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date as Day
from functools import cache
from hashlib import sha256
from importlib.abc import InspectLoader
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from proband import analysis
from proband.programme.bundle import Programme
from proband.programme.model import Id, Model, Text
from proband.programme.sealing import Hashed, Sealable, Sealed, first_fault, is_signed, seal_parts
from proband.terms.canonical import canonical
from proband.terms.errors import ProbandError
from proband.trial.forecast.prediction import Prediction

if TYPE_CHECKING:
    from proband.programme.sealing import PrivateKey

FORMAT: Literal["proband-forecast-1"] = "proband-forecast-1"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ForecastError(ProbandError):
    """A forecast that cannot be read, sealed, or scored."""


class ForecastBasis(Model):
    """On what the prediction rests: no effect, an effect that a source supplies, or the forecaster's own judgement, shown as that."""

    kind: Annotated[
        Literal["no-effect", "source", "own-judgement"],
        Field(
            description="No effect, an effect that a source of the bundle supplies, or somebody's judgement"
        ),
    ]
    source: Annotated[str | None, Field(description="Id of the source in the bundle")] = None

    @model_validator(mode="after")
    def _named(self) -> ForecastBasis:
        if (self.kind == "source") != (self.source is not None):
            raise ValueError("basis source names the source, and no other basis does")
        return self


class ForecastComparator(Hashed):
    """The cohort of untreated people, frozen with the forecast: where it comes from, and what it says will be seen."""

    described: Annotated[Text, Field(description="Which untreated people, in words")]
    tables: Annotated[
        dict[str, Sha256], Field(description="The hash of each table of natural history that it rests on")
    ]
    prediction: Annotated[
        Prediction, Field(description="What would be seen if nobody were helped: the forecast 'no effect'")
    ]


class ForecastAnalysis(Hashed):
    """The analysis that will be scored: in words, and the code of this version of the program."""

    described: Annotated[Text, Field(description="The analysis, in words")]
    version: Annotated[str, Field(description="Version of the program")]
    code: Annotated[Sha256, Field(description="The hash of the code of all analyses of this version")]


class ForecastDocument(Sealable):
    """What is expected of a study, before it is known."""

    sealed_as: ClassVar[str] = "forecast"

    format: Literal["proband-forecast-1"] = FORMAT
    programme: Annotated[Id, Field(description="Id of the programme")]
    programme_version: Annotated[str, Field(description="Its version")]
    programme_hash: Annotated[Sha256, Field(description="Its hash")]
    estimand: Annotated[Id, Field(description="Id of the estimand")]
    estimand_hash: Annotated[Sha256, Field(description="The hash of what the bundle says of the estimand")]
    question: Annotated[Text, Field(description="The primary question")]
    made_by: Annotated[str, Field(min_length=1, max_length=200, description="Who forecasts")]
    made_on: Annotated[Day, Field(description="The day that they state")]
    outcome_known: Annotated[
        bool,
        Field(description="Whether the forecaster may know the outcome; then it is retrospective, for ever"),
    ]
    comparator: ForecastComparator
    analysis: ForecastAnalysis
    basis: Annotated[ForecastBasis, Field(description="On what the prediction rests")]
    prediction: Annotated[Prediction, Field(description="What is expected to be seen")]
    why: Annotated[Text, Field(description="Why, in a sentence or two")]

    @model_validator(mode="after")
    def _comparable(self) -> ForecastDocument:
        mine, null = self.prediction, self.comparator.prediction
        if mine.kind != null.kind or getattr(mine, "people", None) != getattr(null, "people", None):
            raise ValueError(
                "prediction and 'no effect' must speak of the same thing, of the same number of people"
            )
        if getattr(mine, "unit", None) != getattr(null, "unit", None):
            raise ValueError("prediction and 'no effect' must be in the same unit")
        if (mine == null) != (self.basis.kind == "no-effect"):
            raise ValueError("basis no-effect belongs to the prediction of 'no effect', and to no other")
        return self


@cache
def analysis_code() -> str:
    """The hash of the code of every analysis of this installation: the sha256 over the source of each module, by its name."""
    found = {
        name: sha256(source.encode()).hexdigest()
        for name, source in _sources(analysis.__name__, analysis.__path__)
    }
    return sha256(canonical(found)).hexdigest()


def _sources(package: str, path: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The source of each module of a package as the import system has it; none of them is imported."""
    for found in iter_modules(path, f"{package}."):
        spec = found.module_finder.find_spec(found.name, None)
        if spec is None or not isinstance(spec.loader, InspectLoader):
            continue
        yield found.name, spec.loader.get_source(found.name) or ""
        if spec.submodule_search_locations is not None:
            yield from _sources(found.name, spec.submodule_search_locations)


def estimand_hash(programme: Programme, estimand: str) -> str:
    """The hash of what the bundle says of one estimand.

    Raises
    ------
    ForecastError
        ``forecast.estimand`` where the bundle has none of that id.
    """
    for each in programme.outcomes.estimands:
        if each.id == estimand:
            return sha256(canonical(each.model_dump(mode="json", exclude_none=True))).hexdigest()
    raise ForecastError(
        "forecast.estimand", estimand=estimand, programme=programme.id, known=[e.id for e in programme.outcomes.estimands]
    )  # fmt: skip


def forecast_from(told: Mapping[str, Any], programme: Programme | None = None) -> ForecastDocument:
    """A forecast from plain data, and held against its programme where that is given.

    Raises
    ------
    ForecastError
        ``forecast.unreadable`` with the field and what is wrong with it; ``forecast.other-programme``,
        ``forecast.other-estimand``, ``forecast.source``, ``forecast.tables`` where the bundle says something else.
    """
    try:
        # by JSON, as it will be sealed: a day is a text there, and no whole number is taken for a text
        document = ForecastDocument.model_validate_json(json.dumps(told, default=str))
    except ValueError as error:
        field, reason = first_fault(error, "forecast")
        raise ForecastError("forecast.unreadable", field=field, reason=reason) from error
    if programme is not None:
        _hold_against(document, programme)
    return document


def _hold_against(document: ForecastDocument, programme: Programme) -> None:
    if (document.programme, document.programme_hash) != (programme.id, programme.hash):
        raise ForecastError(
            "forecast.other-programme", named=f"{document.programme} {document.programme_hash[:12]}",
            given=f"{programme.id} {programme.hash[:12]}",
        )  # fmt: skip
    if document.estimand_hash != estimand_hash(programme, document.estimand):
        raise ForecastError("forecast.other-estimand", estimand=document.estimand)
    if document.basis.source is not None and document.basis.source not in programme.sources:
        raise ForecastError("forecast.source", source=document.basis.source, programme=programme.id)
    wrong = [
        name for name, hashed in document.comparator.tables.items() if programme.files.get(name) != hashed
    ]
    if wrong:
        raise ForecastError("forecast.tables", tables=wrong, programme=programme.id)


#: a forecast with the signature over its canonical bytes
SealedForecast: TypeAlias = Sealed[ForecastDocument]


def seal_forecast(document: ForecastDocument, key: PrivateKey) -> SealedForecast:
    """Sign the canonical bytes of a forecast."""
    return Sealed.by(document, key)


def read_sealed(text: str | bytes) -> SealedForecast:
    """A sealed forecast from its file, its signature checked.

    Raises
    ------
    ForecastError
        ``forecast.seal.unreadable``, ``forecast.unreadable``, ``forecast.seal.hash`` where the hash beside it is another,
        ``forecast.seal.forged`` where the signature does not belong to it.
    """
    try:
        parts = seal_parts(text, ForecastDocument)
        # told apart here: a key or signature that is none, and one that belongs to something else
        is_signed(b"", parts.public_key, parts.signature)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ForecastError("forecast.seal.unreadable", reason=str(error) or type(error).__name__) from error
    sealed = Sealed(forecast_from(parts.document), parts.public_key, parts.signature)
    if sealed.document.hash != parts.hash:
        raise ForecastError("forecast.seal.hash", stated=parts.hash[:12], found=sealed.document.hash[:12])
    if not sealed.genuine:
        raise ForecastError("forecast.seal.forged")
    return sealed
