"""What the controlled studies of a programme come to: each difference with its interval, and pools with their prediction interval.

References
----------
Newcombe RG. Stat Med 1998;17:873-890 (difference of two shares). Haldane JBS. Ann Hum Genet 1956;20:309-311 and Anscombe FJ. Biometrika
1956;43:461-464 (one half added to every cell of a study that has an empty one). :mod:`proband.analysis.synthesis` for the pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from proband.analysis.proportions import newcombe
from proband.analysis.synthesis import random_effects
from proband.programme import Programme
from proband.programme.controlled import CONTROLLED, ControlledStudy, EvidencePool, controlled_rows
from proband.programme.evidence import EvidenceRow


@dataclass(frozen=True, slots=True)
class ComparedShares:
    """A controlled study with the difference of its shares, treated less control, as a fraction with a 95 % interval."""

    study: ControlledStudy
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PooledStudies:
    """A pool by our own code: the odds ratio with its 95 % interval, and the range in which a new study would fall.

    ``prediction`` is ``None`` with fewer than three studies: two say nothing of how much studies differ. ``published`` is the row of the published
    pool of the same question, where the bundle names one.
    """

    pool: EvidencePool
    studies: tuple[ControlledStudy, ...]
    people: int
    odds_ratio: float
    low: float
    high: float
    prediction: tuple[float, float] | None
    method: str
    corrected: int
    published: EvidenceRow | None


@dataclass(frozen=True, slots=True)
class ControlledEvidence:
    """All controlled studies of a programme, those that found nothing or harm first, and its pools."""

    programme: str
    programme_hash: str
    studies: tuple[ComparedShares, ...]
    pools: tuple[PooledStudies, ...]


def controlled_evidence(programme: Programme) -> ControlledEvidence:
    """Work out every comparison of a loaded programme.

    Harms beyond chance stand first, then null results, whatever the design: a reader who stops early has seen what speaks against.
    """
    rows = controlled_rows(programme.tables.get(CONTROLLED))
    compared = sorted((_compare(row) for row in rows), key=_order)
    by_id = {row.id: row for row in rows}
    pools = tuple(_pool(pool, by_id, programme) for pool in programme.pools)
    return ControlledEvidence(programme.id, programme.hash, tuple(compared), pools)


def _compare(study: ControlledStudy) -> ComparedShares:
    if study.treated is None or study.control is None:
        return ComparedShares(study, None, None, None)
    found = newcombe(*study.treated, *study.control)
    return ComparedShares(study, found.estimate, found.low, found.high)


def _order(compared: ComparedShares) -> tuple[int, int, str]:
    """Harms beyond chance, then what found nothing, then what counted nobody, and last what speaks for the product; in each studies by lot first."""
    study = compared.study
    by_lot = 0 if study.cells["design"] == "randomised" else 1
    if compared.low is None or compared.high is None:
        return 2, by_lot, study.cells["year"]
    better, worse = compared.low > 0, compared.high < 0
    if not study.good:
        better, worse = worse, better
    return 0 if worse else 3 if better else 1, by_lot, study.cells["year"]


def _pool(pool: EvidencePool, rows: dict[str, ControlledStudy], programme: Programme) -> PooledStudies:
    studies = tuple(rows[id] for id in pool.of)
    effects, errors, corrected = [], [], 0
    for study in studies:
        assert study.treated is not None and study.control is not None  # noqa: S101, PT018 (a lint refuses such pools)
        a, m = study.treated
        c, n = study.control
        cells = [float(a), float(m - a), float(c), float(n - c)]
        if 0.0 in cells:
            cells, corrected = [cell + 0.5 for cell in cells], corrected + 1
        effects.append(log(cells[0] * cells[3] / (cells[1] * cells[2])))
        errors.append(sum(1 / cell for cell in cells) ** 0.5)
    found = random_effects(effects, errors, display="exp")
    low, high = found.result.low, found.result.high
    prediction = (exp(found.prediction[0]), exp(found.prediction[1])) if len(studies) > 2 else None
    people = sum(study.treated[1] + study.control[1] for study in studies if study.treated and study.control)
    published = programme.evidence.get(pool.published) if pool.published else None
    return PooledStudies(
        pool, studies, people, exp(found.result.estimate), exp(low), exp(high), prediction, found.result.method, corrected, published
    )  # fmt: skip
