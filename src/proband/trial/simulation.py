"""The simulation of a trial over all its scenarios: shards that can be run anywhere, kept, and taken up again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

import numpy as np

import proband
from proband.terms import ProbandError
from proband.terms.canonical import canonical
from proband.trial.conduct import ShardResult, run_shard
from proband.trial.elsewhere import ShardRunner, job
from proband.trial.forecast.document import analysis_code
from proband.trial.operating import ScenarioCharacteristics, characteristics
from proband.trial.packed_shards import packed, unpacked
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario

#: trials of one shard: small enough that its arrays stay in a few tens of megabytes, whatever the number of trials
SHARD = 500
#: form of what a shard holds and of how its numbers are drawn: a shard of another form is never taken up
FORM = 3


@dataclass(frozen=True, slots=True)
class TrialSimulation:
    """A finished simulation: the plan, what every scenario showed, and how it was run."""

    plan: SimulationPlan
    trials: int
    seed: int
    found: tuple[ScenarioCharacteristics, ...]
    key: str
    engine: str = "auto"

    @property
    def versions(self) -> dict[str, str]:
        """The software that ran it."""
        return {"proband": proband.__version__, "numpy": np.__version__, "python": platform.python_version()}


@dataclass(frozen=True, slots=True)
class _Shard:
    scenario: Scenario
    first: int
    count: int

    @property
    def name(self) -> str:
        return f"{self.scenario.id}-{self.first}-{self.count}"


def run_key(plan: SimulationPlan, scenarios: tuple[Scenario, ...], seed: int) -> str:
    """What a shard belongs to: programme, estimands, scenarios, seed, version and the code of the analyses; a shard kept under another key is
    never taken up.
    """
    return hashlib.sha256(
        canonical(
            {
                "programme": plan.programme_hash,
                "trial": plan.trial.id,
                "estimands": [stated.hash for stated in plan.estimands],
                "scenarios": [repr(scenario) for scenario in scenarios],
                "seed": seed,
                "version": proband.__version__,
                "code": analysis_code(),
                "form": FORM,
            }
        )
    ).hexdigest()


def simulate(
    plan: SimulationPlan, scenarios: tuple[Scenario, ...], *, trials: int = 10_000, seed: int = 20260101, workers: int = 1,
    shard: int = SHARD, kept: MutableMapping[str, bytes] | None = None, advance: Callable[[int], object] = lambda count: None,
    engine: str = "auto", elsewhere: ShardRunner | None = None,
) -> TrialSimulation:  # fmt: skip
    """Run every scenario.

    Parameters
    ----------
    trials
        Trials of each scenario.
    workers
        Processes; the result does not depend on it, nor on ``shard``.
    kept
        Where finished shards are kept by name, and looked for first: a run that was interrupted goes on where it stopped.
    advance
        Called with the number of trials that were finished.
    elsewhere
        What runs the shards instead of processes of this machine, as :class:`~proband.trial.elsewhere.SparkShards`; the result does not
        depend on it.

    Raises
    ------
    ProbandError
        ``trial.simulate.effect`` or ``trial.simulate.ratio`` for an effect that would change nothing, or that no hazard can have.
    """
    _refuse_strange_effects(plan, scenarios)
    key = run_key(plan, scenarios, seed)
    store: MutableMapping[str, bytes] = {} if kept is None else kept
    todo = [
        _Shard(scenario, first, min(shard, trials - first))
        for scenario in scenarios
        for first in range(0, trials, shard)
    ]
    parts: dict[str, list[tuple[int, ShardResult]]] = {scenario.id: [] for scenario in scenarios}
    for piece, result in _finished(plan, todo, seed, workers, key, store, engine, elsewhere):
        parts[piece.scenario.id].append((piece.first, result))
        advance(piece.count)
    found = tuple(
        characteristics(
            plan, scenario, [result for _, result in sorted(parts[scenario.id], key=lambda item: item[0])]
        )
        for scenario in scenarios
    )
    return TrialSimulation(plan, trials, seed, found, key, engine)


def _refuse_strange_effects(plan: SimulationPlan, scenarios: tuple[Scenario, ...]) -> None:
    for effect in (effect for scenario in scenarios for effect in scenario.effects):
        if effect.on not in plan.acted_on:
            raise ProbandError("trial.simulate.effect", on=effect.on, known=list(plan.acted_on))
        if effect.on in plan.ratios and effect.value < 0:
            raise ProbandError("trial.simulate.ratio", on=effect.on, value=effect.value)


def _finished(
    plan: SimulationPlan, todo: list[_Shard], seed: int, workers: int, key: str, store: MutableMapping[str, bytes], engine: str,
    elsewhere: ShardRunner | None = None,
) -> Iterator[tuple[_Shard, ShardResult]]:  # fmt: skip
    rest = []
    for piece in todo:
        result = _taken_up(store, key, piece)
        if result is None:
            rest.append(piece)
        else:
            yield piece, result
    if elsewhere is not None:
        jobs = [job(plan, piece.scenario, piece.first, piece.count, seed, engine) for piece in rest]
        for place, raw in elsewhere(jobs):
            piece = rest[place]
            result = _given_back(raw, piece)
            store[f"{key[:16]}-{piece.name}"] = raw
            yield piece, result
        return
    if workers <= 1 or len(rest) <= 1:
        for piece in rest:
            result = run_shard(plan, piece.scenario, piece.first, piece.count, seed, engine=engine)
            store[f"{key[:16]}-{piece.name}"] = packed(result)
            yield piece, result
        return
    # processes are started afresh: a fork would copy threads and locks of compiled code
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running: dict[Future[ShardResult], _Shard] = {}
        waiting = iter(rest)
        while True:
            for piece in islice(waiting, 2 * workers - len(running)):
                running[
                    pool.submit(
                        run_shard, plan, piece.scenario, piece.first, piece.count, seed, engine=engine
                    )
                ] = piece
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                piece, result = running.pop(future), future.result()
                store[f"{key[:16]}-{piece.name}"] = packed(result)
                yield piece, result


def _taken_up(store: Mapping[str, bytes], key: str, piece: _Shard) -> ShardResult | None:
    """A kept shard; one that cannot be read is run again."""
    raw = store.get(f"{key[:16]}-{piece.name}")
    return None if raw is None else unpacked(raw, piece.count)


def _given_back(raw: bytes, piece: _Shard) -> ShardResult:
    result = unpacked(raw, piece.count)
    if result is None:
        raise ProbandError("trial.simulate.shard", shard=piece.name)
    return result
