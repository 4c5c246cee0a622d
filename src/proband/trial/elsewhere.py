"""Shards of a simulation run by another engine than this machine's processes: the same shards, and the same numbers.

Whatever runs them is given plain bytes and gives plain bytes back; no engine is imported here. Spark is what is tried
(:class:`SparkShards`): its workers need the same Proband installed, and nothing else.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import proband
from proband.terms import ProbandError
from proband.trial.conduct import run_shard
from proband.trial.packed_shards import packed

if TYPE_CHECKING:
    from proband.trial.plan import SimulationPlan
    from proband.trial.scenarios import Scenario


class ShardRunner(Protocol):
    """What runs shards: jobs made by :func:`job` in, the place of each and its packed result out, in any order."""

    def __call__(self, jobs: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Run every job by :func:`run_job`, wherever it likes."""
        ...


def job(plan: SimulationPlan, scenario: Scenario, first: int, count: int, seed: int, engine: str) -> bytes:
    """One shard as bytes, for a worker with the same version of Proband."""
    return pickle.dumps((proband.__version__, plan, scenario, first, count, seed, engine))


def run_job(work: tuple[int, bytes]) -> tuple[int, bytes]:
    """Run one job on whichever machine it is.

    Raises
    ------
    ProbandError
        ``trial.simulate.version`` where the worker has another Proband than who asked.
    """
    place, raw = work
    version, plan, scenario, first, count, seed, engine = pickle.loads(raw)  # noqa: S301 - made by job(), by who runs the simulation
    if version != proband.__version__:
        raise ProbandError("trial.simulate.version", asked=version, here=proband.__version__)
    return place, packed(run_shard(plan, scenario, first, count, seed, engine=engine))


class SparkShards:
    """Runs shards on a Spark session, some at a time, so that finished ones are kept while the others run.

    Parameters
    ----------
    session
        A ``pyspark.sql.SparkSession``: of this machine, or of a cluster whose workers have Proband.
    at_once
        Shards of one Spark job; four for each of its cores without it.
    """

    def __init__(self, session: Any, at_once: int | None = None) -> None:
        self.context = session.sparkContext
        self.at_once = at_once or 4 * int(self.context.defaultParallelism)

    def __call__(self, jobs: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Every job, in batches."""
        every = list(enumerate(jobs))
        for start in range(0, len(every), self.at_once):
            part = every[start : start + self.at_once]
            yield from self.context.parallelize(part, len(part)).map(run_job).collect()
