"""A sequence of 60 people made by whole-number arithmetic, so that every language makes the same: times with ties, two causes, two groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_I = np.arange(1, 61)
#: times 1 to 23
TIME: NDArray[np.float64] = ((_I * 37) % 23 + 1).astype(float)
#: the same without ties
UNTIED: NDArray[np.float64] = TIME + (_I * 7) % 61 / 1000
#: the cause that ended them (0: censored), group 0 or 1, one of three groups, a covariate 0 to 10
CAUSE: NDArray[np.int64] = np.array([0, 1, 2, 1, 2, 0, 1])[(_I * _I) % 7]
GROUP: NDArray[np.int64] = _I % 2
THREE: NDArray[np.int64] = _I % 3
X: NDArray[np.float64] = ((_I * 13) % 11).astype(float)
#: a measurement, grades 0 to 4, counts of events, and who was treated
Y: NDArray[np.float64] = (_I * 29) % 17 / 4 + GROUP
GRADE: NDArray[np.int64] = (_I * 29) % 17 // 4
COUNTS: NDArray[np.int64] = np.array([0, 2, 1, 0, 4, 7, 1])[(_I * _I) % 7] + (_I % 5 == 0)
TREATED: NDArray[np.bool_] = (_I * 17) % 19 < 7

#: five studies of a rare event: events and people treated, events and people not treated
RARE = np.array([[0, 1, 2, 0, 3], [45, 60, 88, 30, 120], [2, 3, 5, 1, 6], [44, 61, 90, 31, 118]])
