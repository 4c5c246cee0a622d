"""Mutation testing of the gates: does a test fail when a gate says something else?

Each mutant is one small change of one gate (a comparison, ``and`` for ``or``, a lost ``not``, another constant, a refusal that is not given).
The record's tests run against it; a mutant that none of them notices *survives*, and either a test is missing or the change means
nothing. Each test is run once to learn to which statements of the gates it comes; then each mutant gets a fork of this process, and in it
the tests that come to what was changed, the quickest first. Survivors stand in ``tests/record/surviving_mutants.toml``, each with a reason; the nightly run takes a sample.

    python scripts/mutate_gates.py --list
    python scripts/mutate_gates.py --sample 40 --seed 1
    python scripts/mutate_gates.py --of person.verdict
    python scripts/mutate_gates.py --called --sample 40
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import importlib
import inspect
import json
import os
import random
import signal
import sys
import time
import traceback
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
RECORD = SOURCE / "proband" / "record"
GATES = RECORD / "gates"
#: what gates call, and what decides beside them whether a dose is valid, questioned or clean; mutated where it is asked for
CALLED = tuple(
    RECORD / f"{name}.py"
    for name in (
        "afterwards",
        "bounds",
        "capacity",
        "commands/bag",
        "doses",
        "known",
        "permissions",
        "standing_consent",
    )
)
RECORD_TESTS = ROOT / "tests" / "record"
#: where the lines that each test runs are kept, for as long as neither the record nor its tests have changed
LEARNT = ROOT / "build" / "mutants"
#: say nothing of single gates, or run the program as another process, where no mutant is
LEFT_OUT = (
    "test_log",
    "test_growth",
    "test_long_record",
    "test_cli",
    "test_figures",
    "test_snapshot",
    "test_url_mirror",
    "test_threads",
    "test_sessions",
    "test_page",
)
#: what must notice
TESTS = tuple(path.stem for path in sorted(RECORD_TESTS.glob("test_*.py")) if path.stem not in LEFT_OUT)
#: a mutant that runs longer than this has been noticed: it does not end
SECONDS = 600

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its name (module, function, what becomes what, which of several), and where it is made.

    ``line``: of the statement that is changed; a test that never comes to it cannot notice.
    """

    name: str
    path: Path
    function: str
    line: int
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


def _statements(function: ast.FunctionDef) -> dict[int, int]:
    """By node the line of the innermost statement that it is a part of."""
    lines: dict[int, int] = {}
    # walked from the outside in, so that the innermost is written last
    for statement in ast.walk(function):
        if isinstance(statement, ast.stmt):
            lines.update((id(node), statement.lineno) for node in ast.walk(statement))
    return lines


def module_of(path: Path) -> str:
    """The name under which a file of the record is imported."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def mutants(paths: Sequence[Path] = ()) -> list[Mutant]:
    """Every mutant of every gate, or of some files, in the order of the source."""
    found: list[Mutant] = []
    for path in paths or sorted(GATES.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        places = {id(node): place for place, node in enumerate(ast.walk(tree))}
        for function in tree.body:
            if not isinstance(function, ast.FunctionDef):
                continue
            seen: Counter[str] = Counter()
            lines = _statements(function)
            for node in _inside(function):
                for number, new in enumerate(_changes(node)):
                    what = f"{_words(node)} -> {_words(new)}"
                    seen[what] += 1
                    which = f" #{seen[what]}" if seen[what] > 1 else ""
                    name = f"{path.stem}.{function.name}: {what}{which}"
                    found.append(Mutant(name, path, function.name, lines[id(node)], places[id(node)], number))
    return found


def _code_of(code: CodeType, name: str) -> CodeType:
    """The code of a function at the top of a module."""
    return next(one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name)


def put_in_place(mutant: Mutant) -> None:
    """Change the running program: whoever holds the function runs the mutant from now on."""
    module = importlib.import_module(module_of(mutant.path))
    function = inspect.unwrap(getattr(module, mutant.function))
    function.__code__ = _code_of(compile(mutant.source, str(mutant.path), "exec"), mutant.function)


class Marks:
    """Which statements of the gates run between two looks: each says so before it does, so that a test costs hardly more than without."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int]] = set()
        for path in (*sorted(GATES.glob("[!_]*.py")), *CALLED):
            module = importlib.import_module(module_of(path))
            tree = ast.parse(path.read_text(encoding="utf-8"))
            functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
            for function in functions:
                for node in ast.walk(function):
                    for field in ("body", "orelse"):
                        if isinstance(statements := getattr(node, field, None), list):
                            setattr(node, field, [one for each in statements for one in (_mark(each), each)])
            code = compile(ast.fix_missing_locations(tree), str(path), "exec")
            vars(module)["_mark_"] = lambda line, name=path.stem: self._seen.add((name, line))
            for function in functions:
                inspect.unwrap(getattr(module, function.name)).__code__ = _code_of(code, function.name)

    def look(self) -> list[tuple[str, int]]:
        """The statements since the last look."""
        seen = sorted(self._seen)
        self._seen.clear()
        return seen


def _mark(statement: ast.stmt) -> ast.stmt:
    call = ast.Call(ast.Name("_mark_", ast.Load()), [ast.Constant(statement.lineno)], [])
    return ast.copy_location(ast.Expr(call), statement)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a test did without any mutant: seconds of processor time, the statements of gates that it came to, whether it passed."""

    seconds: float
    lines: frozenset[tuple[str, int]]
    passed: bool


def _digest(names: Sequence[str]) -> str:
    """Of the record, its tests, and which of them are run."""
    digest = hashlib.sha256("\n".join(names).encode())
    for folder in (SOURCE / "proband" / "record", RECORD_TESTS):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _one_by_one(items: Sequence[Any]) -> Iterator[tuple[Any, bool, Any]]:
    """Run tests: each with whether all of it passed (a skipped one has), and the one that follows."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        reports = runtestprotocol(item, log=False, nextitem=following)
        yield item, not any(report.failed for report in reports), following


def _in_a_child(work: Callable[[Callable[[Any], None]], None], limit: float) -> Iterator[Any]:
    """What a forked copy of this process tells, line by line; it ends after so many seconds, whatever it does."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        os.setpgid(0, 0)  # what a test has started ends with it
        signal.setitimer(signal.ITIMER_REAL, limit)
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(0, signal.SIGKILL))
        with os.fdopen(writes, "w") as pipe:

            def tell(what: Any) -> None:
                pipe.write(json.dumps(what) + "\n")
                pipe.flush()

            try:
                work(tell)
            except BaseException:
                tell({"failed": traceback.format_exc()})
            finally:
                os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        for said in map(json.loads, pipe):
            if isinstance(said, dict):
                raise RuntimeError(said["failed"])
            yield said
    os.waitpid(child, 0)


class Forks:
    """Collects the tests once, learns which of them runs which lines, and gives each mutant a fork that runs those, the quickest first."""

    def __init__(self, chosen: Sequence[Mutant], told: Callable[[Mutant, str | None, float], None], within: float) -> None:  # fmt: skip
        self.chosen, self.told, self.within = chosen, told, within

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of pytest's own loop."""
        ran = self._learnt(session.items)
        for mutant in self.chosen:
            started = time.perf_counter()
            self.told(mutant, self._noticed_by(mutant, session.items, ran), time.perf_counter() - started)
        return True

    def _learnt(self, items: Sequence[Any]) -> dict[str, Ran]:
        def learn(tell: Callable[[Any], None]) -> None:
            marks = Marks()
            started = time.process_time()

            for item, passed, _ in _one_by_one(items):
                tell([item.nodeid, time.process_time() - started, marks.look(), passed])
                started = time.process_time()

        kept = LEARNT / f"{_digest([item.nodeid for item in items])}.json"
        if not kept.exists():
            rows = list(_in_a_child(learn, 6 * SECONDS))
            LEARNT.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(rows), encoding="utf-8")
        found = {}
        for name, seconds, lines, passed in json.loads(kept.read_text(encoding="utf-8")):
            found[name] = Ran(seconds, frozenset((file, line) for file, line in lines), passed)
            if not passed:
                print(f"fails without any mutant, and says nothing of them: {name}", flush=True)
        return found

    def _noticed_by(self, mutant: Mutant, items: Sequence[Any], ran: Mapping[str, Ran]) -> str | None:
        """The first test that notices the mutant; ``None`` where it survives."""
        concerned = [
            item for item in items
            if (of := ran.get(item.nodeid)) is not None and of.passed and (mutant.path.stem, mutant.line) in of.lines
        ]  # fmt: skip
        concerned.sort(key=lambda item: ran[item.nodeid].seconds)
        spent = list(accumulate(ran[item.nodeid].seconds for item in concerned))
        concerned = concerned[: bisect_right(spent, self.within)]

        def run(tell: Callable[[Any], None]) -> None:
            put_in_place(mutant)
            tell(["runs", concerned[0].nodeid])
            for item, passed, following in _one_by_one(concerned):
                if not passed:
                    tell(["noticed", item.nodeid])
                    return
                tell(["runs", following.nodeid] if following is not None else ["survived", ""])

        if not concerned:
            return None
        *_, (how, name) = _in_a_child(run, SECONDS)
        if how == "runs":
            return f"{name} does not end"
        return name if how == "noticed" else None


def run(
    chosen: Sequence[Mutant],
    names: Sequence[str],
    told: Callable[[Mutant, str | None, float], None],
    within: float = float("inf"),
) -> None:
    """Run the tests of some modules of ``tests/record`` against each mutant: those that concern it, the quickest first, ``within`` so many seconds of processor time."""
    os.environ["PROBAND_MUTANT"] = "1"
    # a mutant gets the tests of every day: those of the night take longer than all mutants together, and one of them is this program
    os.environ.pop("PROBAND_NIGHTLY", None)
    settings.register_profile("mutants", derandomize=True, deadline=None, database=None)
    paths = [str(path) for name in names if (path := ROOT / "tests" / "record" / f"{name}.py").is_file()]
    ended = pytest.main(
        ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "mutants", "-k", "not postgres", "--no-header", "--no-summary",
         "--rootdir", str(ROOT), *paths],
        plugins=[Forks(chosen, told, within)],
    )  # fmt: skip
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        sys.exit(f"the tests could not be run: {ended!r}")


def sample(count: int, seed: int, paths: Sequence[Path] = ()) -> list[Mutant]:
    """So many mutants, the same for the same seed and source."""
    every = mutants(paths)
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
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds of processor time for each mutant: what is not noticed by then stays open")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="name every mutant, run none")
    parser.add_argument("--called", action="store_true", help="mutants of what gates call, not of the gates")
    arguments = parser.parse_args()
    paths = CALLED if arguments.called else ()
    every = mutants(paths)
    if arguments.list:
        print(*(one.name for one in every), sep="\n", flush=True)
        return
    chosen = (
        [one for one in every if one.name.startswith(arguments.of)]
        if arguments.of
        else sample(arguments.sample, arguments.seed, paths)[arguments.skip :][: arguments.take]
    )
    survived = []

    def told(mutant: Mutant, how: str | None, seconds: float) -> None:
        if how is None:
            survived.append(mutant)
        word = (
            "noticed " if how is not None else "SURVIVED" if arguments.within == float("inf") else "open    "
        )
        print(f"{word} {seconds:5.0f} s  {mutant.name}   {how or ''}", flush=True)

    run(chosen, arguments.tests, told, arguments.within)
    print(f"{len(chosen)} of {len(every)} mutants, {len(survived)} not noticed")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
