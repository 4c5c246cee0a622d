"""Mutation testing of the gates: does a test fail when a gate says something else?

Each mutant is one small change of one gate (a comparison, ``and`` for ``or``, a lost ``not``, another constant, a refusal that is not given).
The record's tests run against it; a mutant that none of them notices *survives*, and either a test is missing or the change means
nothing. Survivors stand in ``tests/record/surviving_mutants.toml``, each with a reason; the nightly run takes a sample.

    python scripts/mutate_gates.py --list
    python scripts/mutate_gates.py --sample 40 --seed 1
    python scripts/mutate_gates.py --of person.verdict
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
GATES = SOURCE / "proband" / "record" / "gates"
#: what must notice, the quickest first; the crash and forgery suites say nothing of single gates
TESTS = (
    "test_gates_one_by_one", "test_gates_closely", "test_named_staff", "test_keys", "test_commands", "test_time", "test_prompts", "test_enrolment",
    "test_product_results", "test_standing", "test_verdicts", "test_randomisation", "test_late_facts", "test_offline_time", "test_locks",
    "test_public_reports", "test_public_reports_of_logs", "test_versions_then", "test_handed_over", "test_life", "test_declaration", "test_door",
    "test_gates", "test_machine",
)  # fmt: skip
#: a mutant that runs longer than this has been noticed: it does not end
SECONDS = 600

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its name (module, function, what becomes what, which of several), and where it is made."""

    name: str
    path: Path
    node: int
    change: int

    @property
    def source(self) -> str:
        """The module with this change."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        old = list(ast.walk(tree))[self.node]
        new = list(_changes(old))[self.change]
        return ast.unparse(ast.fix_missing_locations(_Replaced(old, new).visit(tree)))


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that may take this one's place."""
    match node:
        case ast.Compare():
            for place, one in enumerate(node.ops):
                new = copy.deepcopy(node)
                new.ops[place] = _COMPARED[type(one)]()
                yield new
        case ast.BoolOp():
            new_op: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ast.BoolOp(new_op, node.values)
            for place, one in enumerate(node.values):
                if isinstance(node.op, ast.Or) and _asks_for_none(one):
                    # what follows cannot be asked of None: the body is refused as unreadable, and nothing changes
                    continue
                # one condition forgotten
                rest = [*node.values[:place], *node.values[place + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Return(value=ast.Call(func=ast.Name("Refusal"))):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Pass()


def _asks_for_none(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Is)
        and isinstance(node.comparators[0], ast.Constant)
    )


def _words(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 110 else text[:107] + "..."


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _inside(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function's body: not its decorators, annotations or docstring."""
    for place, statement in enumerate(function.body):
        if place == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        yield from ast.walk(statement)


def mutants() -> list[Mutant]:
    """Every mutant of every gate, in the order of the source."""
    found: list[Mutant] = []
    for path in sorted(GATES.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        places = {id(node): place for place, node in enumerate(ast.walk(tree))}
        for function in tree.body:
            if not isinstance(function, ast.FunctionDef):
                continue
            seen: Counter[str] = Counter()
            for node in _inside(function):
                for number, new in enumerate(_changes(node)):
                    what = f"{_words(node)} -> {_words(new)}"
                    seen[what] += 1
                    which = f" #{seen[what]}" if seen[what] > 1 else ""
                    name = f"{path.stem}.{function.name}: {what}{which}"
                    found.append(Mutant(name, path, places[id(node)], number))
    return found


def _tree_with(mutant: Mutant, folder: Path) -> None:
    """The package under ``folder``, all links but the changed module."""
    here, there = SOURCE / "proband", folder / "proband"
    for part in (*mutant.path.relative_to(here).parts, ""):
        there.mkdir()
        for entry in here.iterdir():
            if entry.name != part and entry.name != "__pycache__":
                (there / entry.name).symlink_to(entry)
        here, there = here / part, there / part
        if here == mutant.path:
            there.write_text(mutant.source, encoding="utf-8")
            return


def notices(mutant: Mutant, names: Sequence[str] = TESTS) -> str | None:
    """The first test that notices the mutant; ``None`` where it survives."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _tree_with(mutant, folder)
        tests = [path for name in names if (path := ROOT / "tests" / "record" / f"{name}.py").is_file()]
        try:
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", "not postgres", "--no-header", *map(str, tests)],
                cwd=ROOT, env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PROBAND_MUTANT": mutant.name},
                capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"nothing ended in {SECONDS} s"
    if done.returncode == 0:
        return None
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0] if failed else f"pytest ended with {done.returncode}"


def sample(count: int, seed: int) -> list[Mutant]:
    """So many mutants, the same for the same seed and source."""
    every = mutants()
    return random.Random(seed).sample(every, min(count, len(every)))


def main() -> None:
    """Run it; the exit status is 1 where a mutant survives."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first so many of the sample")
    parser.add_argument("--take", type=int, help="run only so many of the rest")
    parser.add_argument("--of", help="the mutants whose name begins so, all of them")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="modules of tests/record that must notice")
    parser.add_argument("--list", action="store_true", help="name every mutant, run none")
    arguments = parser.parse_args()
    every = mutants()
    if arguments.list:
        print(*(one.name for one in every), sep="\n", flush=True)
        return
    chosen = (
        [one for one in every if one.name.startswith(arguments.of)]
        if arguments.of
        else sample(arguments.sample, arguments.seed)[arguments.skip :][: arguments.take]
    )
    survived = 0
    for mutant in chosen:
        started = time.perf_counter()
        how = notices(mutant, arguments.tests)
        survived += how is None
        print(
            f"{'SURVIVED' if how is None else 'noticed '} {time.perf_counter() - started:5.0f} s  {mutant.name}   {how or ''}",
            flush=True,
        )
    print(f"{len(chosen)} of {len(every)} mutants, {survived} survived")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
