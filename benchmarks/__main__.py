"""Run every benchmark, or those named: ``python -m benchmarks [NAME …]``."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the benchmarks one after the other, each in this process, and say how long each took."""
    known = sorted(
        module.name
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if not module.name.startswith("_")
        and "def main(" in (Path(__file__).parent / f"{module.name}.py").read_text(encoding="utf-8")
    )
    wanted = sys.argv[1:] or known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"there is no benchmark {', '.join(unknown)}; there are: {', '.join(known)}")
    for name in wanted:
        print(f"\n=== {name} " + "=" * max(0, 100 - len(name)), flush=True)
        start = time.perf_counter()
        sys.argv = [f"benchmarks.{name}"]
        importlib.import_module(f"benchmarks.{name}").main()
        print(f"--- {name}: {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
