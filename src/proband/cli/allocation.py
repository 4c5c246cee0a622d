"""The verb group ``allocation``: judge a plan before anybody comes, make the pharmacy's sealed list, replay and test what was done."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, print_json, print_table, say
from proband.cli.people_file import allocated_people
from proband.cli.verbs import group, verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    pass

group(
    "allocation",
    "Allocation by the bundle's plan: preview, sealed list, audit, re-randomisation test. Example: proband allocation preview liver-cells --people 60",
)

_Programme = typer.Argument(..., help="Name of a bundle, or its folder.")
_People = typer.Argument(
    ...,
    help="CSV of the people in the order of their allocation: a column for each factor, and arm.",
    exists=True,
    dir_okay=False,
)
_List = typer.Option(
    ..., "--list", help="The sealed list, or a JSON file with its seed.", exists=True, dir_okay=False
)


@verb("allocation preview")
def preview(
    programme: str = _Programme,
    people: int = typer.Option(60, "--people", min=2, max=5000, help="How many people come."),
    form: str | None = typer.Option(
        None, "--form", help="Form of the condition that all of them have; evenly mixed without it."
    ),
    replays: int = typer.Option(
        2000, "--replays", min=100, max=100_000, help="How often they are allocated."
    ),
    seed: int = typer.Option(20260101, "--seed", help="Seed of the preview; it is no seed of an allocation."),
    as_json: bool = JsonFlag,
) -> None:
    """Show what the plan of a bundle does with people whose levels are drawn evenly: how arms fill, how far a margin can be off, how well the next arm is guessed.

    Example: proband allocation preview liver-cells --people 60 --form decompensated-cirrhosis
    """
    import numpy as np

    from proband.programme import load
    from proband.trial.allocation import plan_of
    from proband.trial.allocation.again import balance, sequences

    with errors_as_text(as_json):
        loaded = load(programme)
        plan = plan_of(loaded)
        rng = np.random.default_rng(seed)
        levels = {f.name: [form] if form in f.levels else list(f.levels) for f in plan.factors}
        if form is not None and not any(form in f.levels for f in plan.factors):
            raise ProbandError(
                "allocation.level", factor="form", level=form, levels=[level for f in plan.factors for level in f.levels]
            )  # fmt: skip
        came = [{name: str(rng.choice(known)) for name, known in levels.items()} for _ in range(people)]
        found = balance(plan, came, sequences(plan, came, replays, rng))
        if as_json:
            print_json({"programme": loaded.hash, "plan": plan.hash, "people": people, "replays": replays, "counts": found.counts,
                        "margin": found.margin, "guessed": found.guessed, "by_luck": found.by_luck})  # fmt: skip
            return
        say(f"{plan.method}, plan {plan.hash[:16]}, programme {loaded.hash[:16]}: {people} people, allocated {replays:,} times.", "bold")  # fmt: skip
        print_table(
            "People in each arm", ["arm", "2.5 %", "half", "97.5 %"],
            [(arm, *(f"{n:.0f}" for n in counts)) for arm, counts in found.counts.items()], numeric=(1, 2, 3),
        )  # fmt: skip
        say(f"Largest difference of arms within a level of a factor: {found.margin[0]:.1f} people on average, {found.margin[1]:.0f} or less in 97.5 % of replays.")  # fmt: skip
        say(f"Who knows the arms so far and guesses the one behind is right {100 * found.guessed:.0f} of 100 times ({100 * found.by_luck:.0f} by luck).")  # fmt: skip


@verb("allocation list")
def list_verb(
    programme: str = _Programme,
    places: int = typer.Option(..., "--places", min=1, max=10_000, help="Places in each sequence."),
    out: Path = typer.Option(
        Path("allocation-list.json"), "--out", help="Where to write it; for the pharmacy alone."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Draw the sealed list of a blocked plan from a new seed. It is written for its keeper alone; what is shown is the hash that binds it.

    A record makes a seed and a list of its own: this one is for a study that is allocated without one.

    Example: proband allocation list liver-cells --places 30 --out allocation-list.json
    """
    from proband.programme import load
    from proband.trial.allocation import commitment, new_seed, plan_of
    from proband.trial.allocation.draw import sealed_list

    with errors_as_text(as_json):
        loaded = load(programme)
        plan = plan_of(loaded)
        seed = new_seed()
        drawn = sealed_list(seed, plan, places)
        told = {"programme": loaded.hash, "plan": plan.hash, "commitment": commitment(seed)}
        held = {**told, "seed": seed.hex(), "sequences": drawn}
        _write_private(out, json.dumps(held, indent=1, ensure_ascii=False) + "\n")
        if as_json:
            print_json({"file": str(out), **told, "sequences": len(drawn), "places": places})
            return
        say(
            f"{out}: {len(drawn)} sequences of {places} places. Give it to its keeper, and to nobody who enrols."
        )
        say(f"Publish this: {told['commitment']}")


@verb("allocation audit")
def audit(
    programme: str = _Programme, people: Path = _People, held: Path = _List, as_json: bool = JsonFlag
) -> None:
    """Work every place out again from the seed, after the study, and name the first that differs. Ends with 1 where one does.

    Example: proband allocation audit liver-cells people.csv --list allocation-list.json
    """
    from proband.programme import load
    from proband.trial.allocation import Placed, plan_of, replayed
    from proband.trial.allocation.lists import read_list

    with errors_as_text(as_json):
        plan = plan_of(load(programme))
        seed = read_list(held.read_bytes(), held, plan).seed
        rows = allocated_people(people)
        findings = replayed(seed, plan, [Placed(row, row["arm"]) for row in rows])
        if as_json:
            print_json({"plan": plan.hash, "people": len(rows), "findings": findings})
        else:
            for finding in findings:
                say(finding)
            say(f"{len(rows)} people, {len(findings)} places differ from the sealed seed.")
    raise typer.Exit(NO if findings else 0)


@verb("allocation test")
def again_verb(
    programme: str = _Programme,
    people: Path = _People,
    outcome: str = typer.Option(..., "--outcome", help="Column with a number for each person."),
    treated: str = typer.Option(..., "--treated", help="Arm whose mean is compared with all others."),
    replays: int = typer.Option(
        10_000, "--replays", min=100, max=1_000_000, help="How often they are allocated again."
    ),
    seed: int = typer.Option(20260101, "--seed", help="Seed: the same seed gives the same answer."),
    as_json: bool = JsonFlag,
) -> None:
    """Test 'no effect on anybody' by allocating the very same people again as the plan allocates: it rests on the allocation and on no model.

    Example: proband allocation test liver-cells people.csv --outcome change --treated own-marrow-artery
    """
    import numpy as np

    from proband.programme import load
    from proband.trial.allocation import plan_of
    from proband.trial.allocation.again import arm_names, difference_in_means, rerandomisation_test

    with errors_as_text(as_json):
        plan = plan_of(load(programme))
        rows = allocated_people(people)
        names = arm_names(plan)
        if treated not in names:
            raise ProbandError("allocation.history", arms=[treated])
        try:
            values = [float(row[outcome]) for row in rows]
        except (KeyError, ValueError) as error:
            raise ProbandError(
                "allocation.file", path=people, reason=f"column {outcome!r}: {error}"
            ) from error
        result = rerandomisation_test(
            plan, rows, [row["arm"] for row in rows], difference_in_means(values, names.index(treated)), replays=replays,
            generator=np.random.default_rng(seed),
        )  # fmt: skip
        if as_json:
            print_json(result.record())
            return
        say(result.words, "bold")
        low, high = result.diagnostics["p_low"], result.diagnostics["p_high"]
        say(f"{result.quantity}: {result.estimate:.4g}; p = {result.p:.4g} (the number of replays leaves {low:.4g} to {high:.4g}).")  # fmt: skip


def _write_private(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ProbandError("cli.write", path=path, reason=error.strerror) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
