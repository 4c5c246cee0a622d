from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import numpy as np
import pytest

# The peer that the benchmark runs is the one that the comparison runs.
ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture
def fresh() -> np.random.Generator:
    """Randomness that is new in every run; the seed is printed with a failure and can be given in
    PROBAND_TEST_SEED.
    """
    seed = int(os.environ.get("PROBAND_TEST_SEED") or secrets.randbits(32))
    print(f"PROBAND_TEST_SEED={seed}")
    return np.random.default_rng(seed)
