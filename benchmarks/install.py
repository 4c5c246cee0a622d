"""What an install weighs: megabytes of the core by distribution, and what each extra adds.

Run as ``python -m benchmarks.install``. The wheel is built and installed into empty environments with uv; the sizes are of the
files that the distributions list, without compiled Python files.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.wheel_environment import build_wheel, install

EXTRAS = ("columns", "postgres", "pdf", "speed", "all")

#: megabytes that the core may weigh
GOAL = 500


def main() -> int:
    """Print the weights; 1 when the core is heavier than its goal."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wheel = build_wheel(folder)
        core = install(wheel, folder / "core").weights()
        print(f"core: {sum(core.values()):.0f} MB in {len(core)} distributions (goal: at most {GOAL})")
        for name, size in sorted(core.items(), key=lambda item: -item[1]):
            if size >= 0.5:
                print(f"  {size:7.1f}  {name}")
        print(
            f"  {sum(size for size in core.values() if size < 0.5):7.1f}  {sum(size < 0.5 for size in core.values())} smaller ones"
        )
        for extra in EXTRAS:
            more = install(wheel, folder / extra, [extra]).weights()
            added = {name: size for name, size in more.items() if name not in core}
            brings = ", ".join(
                f"{name} {size:.0f}" for name, size in sorted(added.items(), key=lambda item: -item[1])
            )
            print(f"[{extra}]: {sum(added.values()):.0f} MB more: {brings}")
    return int(sum(core.values()) > GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
