"""Loading the bundles that come with Proband: our YAML against ruamel's on the same files, and the stages of a whole load.

Run ``python -m benchmarks.loading``. The peer is what read bundles before: ruamel's round-trip parser in pure Python, with the
same walk that notes the line of every key. Times are processor time, the best of some rounds in turns, so that a busy machine
touches both sides alike. A tree of an older Proband is measured by the same script in the same run: ``--before CHECKOUT``.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROUNDS = 7

#: loads every bundle in a process of its own, and prints the best processor time of a load from nothing
WHOLE_LOAD = """
import time
from proband.programme import bundled, load, loading
forget = getattr(loading, "forget", lambda: None)
for name in bundled():
    load(name)
best = 9e9
for _ in range({rounds}):
    forget()
    started = time.process_time()
    for name in bundled():
        load(name)
    best = min(best, time.process_time() - started)
print(best)
"""


def in_turns(*works: Callable[[], Any]) -> list[float]:
    """The best processor time of each piece of work, in seconds."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for index, work in enumerate(works):
            started = time.process_time()
            work()
            best[index] = min(best[index], time.process_time() - started)
    return best


def whole_load(source: Path) -> float:
    """Processor time of loading every bundle with the Proband whose ``src`` this is."""
    environment = {**os.environ, "PYTHONPATH": str(source)}
    script = WHOLE_LOAD.format(rounds=ROUNDS)
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return float(run.stdout)


def door(*words: str) -> float:
    """Processor time of a verb of this Proband in a process of its own, imports and all; the best of some."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", "from proband.cli import main; main()", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def by_ruamel(text: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """Plain values and lines by ruamel's round-trip parser, as bundles were read before."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    lines: dict[tuple[str | int, ...], int] = {(): 1}

    def plain(node: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(node, CommentedMap):
            for key in node:
                lines[(*path, key)] = node.lc.key(key)[0] + 1
            return {key: plain(value, (*path, key)) for key, value in node.items()}
        if isinstance(node, CommentedSeq):
            for index in range(len(node)):
                lines[(*path, index)] = node.lc.item(index)[0] + 1
            return [plain(value, (*path, index)) for index, value in enumerate(node)]
        return node

    return plain(YAML(typ="rt", pure=True).load(text), ()), lines


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="a checkout of an older Proband")
    before: Path | None = parser.parse_args().before

    from proband.programme import bundled, load, loading, locate
    from proband.programme.basis import basis_problems
    from proband.programme.documents import yaml_document
    from proband.programme.files import form, model_of
    from proband.programme.folder import read_folder
    from proband.programme.lint import run_all
    from proband.terms import yaml12
    from proband.terms.canonical import canonical

    names = bundled()
    programmes = {name: load(name) for name in names}
    contents = {name: read_folder(locate(name)) for name in names}
    raw = {
        (name, file): content
        for name in names
        for file, content in contents[name].raw.items()
        if form(file) == "model"
    }
    texts = [content.decode() for content in raw.values()]
    print(f"{len(texts)} YAML files of {len(names)} bundles, {sum(map(len, texts)) / 1000:.0f} kB")
    ours, theirs = in_turns(
        lambda: [yaml12.read(text) for text in texts], lambda: [by_ruamel(text) for text in texts]
    )
    print(
        f"YAML with lines: ruamel {theirs * 1000:7.1f} ms   ours {ours * 1000:7.1f} ms   ratio {theirs / ours:5.1f}"
    )

    documents = {place: yaml_document(content, place[1])[0] for place, content in raw.items()}
    data = [programme.as_data() for programme in programmes.values()]
    stages = {
        "read and hash the files": lambda: [read_folder(locate(name)) for name in names],
        "YAML": lambda: [yaml_document(content, file) for (_, file), content in raw.items()],
        "models (pydantic)": lambda: [
            model_of(file).model_validate(found.data) for (_, file), found in documents.items() if found
        ],
        "sources and levels": lambda: [
            list(basis_problems(p.documents, p.tables, p.sources)) for p in programmes.values()
        ],
        "data as written": lambda: [programme.as_data() for programme in programmes.values()],
        "canonical bytes": lambda: [canonical(written) for written in data],
        "lint": lambda: [run_all(programme, date.today()) for programme in programmes.values()],
    }
    taken = dict(zip(stages, in_turns(*stages.values()), strict=True))
    for stage, seconds in taken.items():
        print(f"  {stage:24} {seconds * 1000:7.1f} ms")

    (kept,) = in_turns(lambda: [load(name) for name in names])
    now = whole_load(Path(loading.__file__).parents[2])
    print(
        f"whole load of {len(names)} bundles, hash included: {now * 1000:7.1f} ms; again in the same process {kept * 1000:5.1f} ms"
    )
    listed = door("list")
    print(
        f"`proband list`: {listed * 1000:7.1f} ms; kept on disk, parsed files would spare it {taken['YAML'] / listed:.0%} (YAML), "
        f"and whole bundles that are trusted unchecked {now / listed:.0%}"
    )
    if before is not None:
        then = whole_load(before / "src")
        print(f"the same by {before}: {then * 1000:7.1f} ms   ratio {then / now:5.1f}")


if __name__ == "__main__":
    main()
