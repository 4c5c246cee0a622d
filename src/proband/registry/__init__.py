"""The registry: where a programme's people work, in a browser, over the record.

It holds no rule of its own. Every button is a command of :mod:`proband.record`, sent through the same function as ``proband record do``;
every refusal is the gate's own words. What is kept here is what a browser needs beside the log: who may sign in, and who looked at what.
"""

from __future__ import annotations

from proband.terms.extras import require

require("django")
