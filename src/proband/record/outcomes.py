"""An outcome as the record keeps it: what an instrument asked, answered by its own form, and what follows from the answers.

The catalogue of instruments judges both, at the command and again at every replay: an answer that its form does not allow,
and a score that does not follow from the answers that stand with it, are found whatever path they took into the log. Where
no answers are known (a total copied from a letter), the scores are taken as told, within the instrument's range.

An instrument that is not in the catalogue (a diary, an image, a questionnaire under licence) is taken where the programme's
schedule names it. Nobody but the programme knows its form, so only the kinds of its values are judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from proband.record.programme_view import ProgrammeView
from proband.terms import ProbandError

#: a score may be written with so much rounding and still follow from its items
CLOSE = 1e-9


def outcome_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the record adds to the data of ``outcome.record``: version, variant, typed items, scores.

    Parameters
    ----------
    data
        Visit, day, instrument, and ``items`` as people write them (``{"bilirubin": "2.1 mg/dL"}``) or in their kept form.
        What is given already is kept, and judged by the gate.

    Returns
    -------
    dict
        What is to be added; nothing for an instrument that is not in the catalogue.

    Raises
    ------
    ProbandError
        ``instruments.item.unknown``, ``instruments.answer.invalid``, ``instruments.unit.wrong``,
        ``instruments.variant.unknown`` or ``instruments.variant.unnamed``.
    """
    from proband.instruments.answers import scored, typed
    from proband.instruments.catalogue import REGISTRY

    instrument = REGISTRY.get(str(data.get("instrument")))
    if instrument is None:
        return {}
    added: dict[str, Any] = {}
    if data.get("instrument_version") is None:
        added["instrument_version"] = instrument.version
    given = data.get("items")
    if not given or not isinstance(given, Mapping):
        if data.get("variant") is None and instrument.default_variant is not None:
            added["variant"] = instrument.default_variant
        return added
    items = typed(instrument, given)
    result = scored(instrument, items, data.get("variant"))
    added |= {"items": items, "variant": result.variant}
    if not data.get("scores"):
        added |= {"scores": result.scores, "no_score": result.reason}
    return added


def mismatch(view: ProgrammeView, data: Mapping[str, Any]) -> str | None:
    """What is wrong with the instrument, the answers or the scores of an outcome, in words; ``None`` where nothing is."""
    from proband.instruments.catalogue import REGISTRY

    name = data["instrument"]
    if name not in REGISTRY:
        if any(activity.instrument == name for activity in view.schedule.activities):
            return None if data["items"] or data["scores"] else f"nothing of {name} is recorded"
        return f"{name} is neither in the catalogue of instruments nor in the programme's schedule"
    version = REGISTRY[name].version
    if data["instrument_version"] != version:
        return f"{name} is told by version {data['instrument_version']!r}; it is judged by {version!r}"
    if not data["items"]:
        return _copied(name, data)
    try:
        expected, canonical = _expected(
            name, data["variant"], orjson.dumps(data["items"], option=orjson.OPT_SORT_KEYS)
        )
    except ProbandError as error:
        return error.message
    if canonical != data["items"]:
        wrong = next(item for item in data["items"] if canonical.get(item) != data["items"][item])
        return f"{wrong} of {name} is {data['items'][wrong]!r}, which is not the form of its answer"
    if data["scores"].keys() != expected.keys():
        return (
            f"the scores of {name} are {', '.join(data['scores']) or 'not there'}, not {', '.join(expected)}"
        )
    for score, value in expected.items():
        if not _same(data["scores"][score], value):
            return f"{score} is {data['scores'][score]!r}, and {value!r} follows from the items"
    return None


@lru_cache(maxsize=4096)
def _expected(
    name: str, variant: str | None, items: bytes
) -> tuple[dict[str, float | str | None], dict[str, Any]]:
    """The scores that follow from items, and the items in their kept form; the same items are worked out once."""
    from proband.instruments.answers import scored, typed
    from proband.instruments.catalogue import REGISTRY

    instrument = REGISTRY[name]
    canonical = typed(instrument, orjson.loads(items))
    return scored(instrument, canonical, variant).scores, canonical


def _copied(name: str, data: Mapping[str, Any]) -> str | None:
    """What is wrong with scores that stand without the items they came from."""
    from proband.instruments.answers import outputs
    from proband.instruments.catalogue import REGISTRY

    instrument, scores = REGISTRY[name], data["scores"]
    if unknown := sorted(scores.keys() - set(outputs(instrument))):
        return f"{name} does not give {', '.join(unknown)}"
    if all(value is None for value in scores.values()):
        return f"there are neither items nor scores of {name}"
    if data["variant"] not in {one.name for one in instrument.variants}:
        return f"{data['variant']!r} is no variant of {name}"
    total = scores.get(name)
    low, high = instrument.total_low, instrument.total_high
    if low is None and high is None:
        return None
    if total is not None and (
        isinstance(total, str) or not (low or -math.inf) <= total <= (high or math.inf)
    ):
        return f"{name} is {total!r}, and runs from {low} to {high}"
    return None


def _same(given: object, expected: float | str | None) -> bool:
    if isinstance(given, float | int) and isinstance(expected, float):
        return math.isclose(given, expected, rel_tol=CLOSE, abs_tol=CLOSE)
    return given == expected
