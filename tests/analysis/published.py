"""Small published data sets, typed from their publications, that the reference numbers were computed on.

Facts of print, with their source; larger ones lie as CSV in ``data/`` with the source in their first line.
"""

from __future__ import annotations

import numpy as np

#: Potthoff RF, Roy SN. Biometrika 1964;51:313-326: distance (mm) pituitary–pterygomaxillary fissure at 8, 10, 12, 14 years
ORTHODONT_BOYS = np.array(
    [
        [26, 25, 29, 31], [21.5, 22.5, 23, 26.5], [23, 22.5, 24, 27.5], [25.5, 27.5, 26.5, 27], [20, 23.5, 22.5, 26],
        [24.5, 25.5, 27, 28.5], [22, 22, 24.5, 26.5], [24, 21.5, 24.5, 25.5], [23, 20.5, 31, 26], [27.5, 28, 31, 31.5],
        [23, 23, 23.5, 25], [21.5, 23.5, 24, 28], [17, 24.5, 26, 29.5], [22.5, 25.5, 25.5, 26], [23, 24.5, 26, 30],
        [22, 21.5, 23.5, 25],
    ]
)  # fmt: skip
ORTHODONT_GIRLS = np.array(
    [
        [21, 20, 21.5, 23], [21, 21.5, 24, 25.5], [20.5, 24, 24.5, 26], [23.5, 24.5, 25, 26.5], [21.5, 23, 22.5, 23.5],
        [20, 21, 21, 22.5], [21.5, 22.5, 23, 25], [23, 23, 23.5, 24], [20, 21, 22, 21.5], [16.5, 19, 19, 19.5],
        [24.5, 25, 28, 28],
    ]
)  # fmt: skip
