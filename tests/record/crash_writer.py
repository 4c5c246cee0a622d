"""A writer that is killed: appends, writes down what was acknowledged, never stops by itself.

Run as a program it is the parent of such writers: each line on standard input (name, events per append, output file)
forks one, whose process id is answered. Forking from a warm parent makes hundreds of kills cheap.
"""

from __future__ import annotations

import os
import signal
import sys

from proband.record.events import canonical
from proband.record.store import open_store


def write(where: str, name: str, batch: int, output: str) -> None:
    store = open_store(where, create=True)
    number = 0
    with open(output, "w") as acknowledged:
        while True:
            keys = [f"{name}-{number + n}" for n in range(batch)]
            bodies = [canonical({"key": key, "text": "x" * 300}) for key in keys]
            events = store.append("crash", bodies, keys)
            number += batch
            # acknowledged only now: whoever reads this line may rely on it
            acknowledged.write(
                "".join(f"{event.seq} {key}\n" for event, key in zip(events, keys, strict=True))
            )
            acknowledged.flush()


def main(where: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        name, batch, output = line.split()
        pid = os.fork()
        if pid == 0:
            write(where, name, int(batch), output)
        print(pid, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
