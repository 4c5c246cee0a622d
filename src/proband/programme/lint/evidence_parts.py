"""A printed effect that its two groups do not give, and a whole that is not the sum of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.evidence import EvidenceFigure, EvidenceRow, digits_of
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("evidence-parts", "a printed effect is what its groups give, and a whole is the sum of its parts")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Figures with ``effect`` or ``parts`` that disagree with the rows named there."""
    for name, data in programme.evidence_files():
        for key in data.get("figures") or {}:
            figure = programme.figures[key]
            for path, message, value in (
                *_effect(figure, programme.evidence),
                *_parts(figure, programme.evidence),
            ):
                yield LintFinding(
                    name,
                    ("figures", key, path),
                    message,
                    "read the whole and its parts again in the source",
                    value,
                )


def _effect(figure: EvidenceFigure, rows: Mapping[str, EvidenceRow]) -> Iterator[tuple[str, str, object]]:
    effect = figure.effect
    if effect is None or figure.value is None:
        return
    absent = [pointer for pointer in (effect.of, effect.against) if pointer not in rows]
    if absent:
        yield "effect", f"there is no row {absent[0]}.", absent[0]
        return
    numbers = [rows[pointer].numbers for pointer in (effect.of, effect.against)]
    worked = _worked(effect.measure, numbers, figure.unit)
    if worked is None:
        yield (
            "effect",
            f"{effect.of} and {effect.against} have not the numbers of a {effect.measure}.",
            effect.measure,
        )
    elif abs(worked - figure.value) > _tolerance(figure.value, numbers, effect.measure):
        yield "value", f"{figure.value:g} is printed, and its groups give {worked:.4g}.", figure.value


def _worked(measure: str, numbers: list[Mapping[str, float | str]], unit: str) -> float | None:
    if measure == "mean-difference":
        first, second = (part.get("value") for part in numbers)
        return first - second if isinstance(first, float) and isinstance(second, float) else None
    shares = []
    for part in numbers:
        events, n, value = part.get("events"), part.get("n"), part.get("value")
        if isinstance(events, float) and isinstance(n, float):
            shares.append(events / n)
        elif isinstance(value, float):
            shares.append(value / 100.0)
        else:
            return None
    p, q = shares
    if measure == "risk-difference":
        return (p - q) * (100.0 if unit == "%" else 1.0)
    if measure == "risk-ratio":
        return p / q if q else None
    return (p / (1 - p)) / (q / (1 - q)) if 0 < q < 1 and p < 1 else None


def _tolerance(printed: float, numbers: list[Mapping[str, float | str]], measure: str) -> float:
    """Half a unit of the last digit of the printed effect, and as much again for parts that were rounded themselves."""
    half: float = 0.5 / 10 ** digits_of(f"{printed:.9g}")
    rounded = 0.0 if all("events" in part for part in numbers) else 1.0
    if measure in {"risk-difference", "mean-difference"}:
        return half + rounded * 2 * half + 1e-9
    return half + rounded * 0.02 * abs(printed) + 1e-9


def _parts(figure: EvidenceFigure, rows: Mapping[str, EvidenceRow]) -> Iterator[tuple[str, str, object]]:
    if not figure.parts:
        return
    if absent := [pointer for pointer in figure.parts if pointer not in rows]:
        yield "parts", f"there is no row {absent[0]}.", absent[0]
        return
    for key in ("events", "n"):
        whole = getattr(figure, key)
        counts = [rows[pointer].numbers.get(key) for pointer in figure.parts]
        numbers = [count for count in counts if isinstance(count, float)]
        if whole is not None and len(numbers) == len(counts) and sum(numbers) != whole:
            yield key, f"the whole has {key} {whole}, and its parts add up to {sum(numbers):g}.", whole
