"""Charts as inline SVG, each with a text equivalent: icon arrays, forest plots, trajectories, swimmer plots, survival curves.

Colour never carries meaning alone (fills differ in pattern or shape), colours are CSS variables, and nothing is loaded.
"""

from __future__ import annotations

from proband.pages.charts.forest import ForestLine, forest
from proband.pages.charts.icon_array import icon_array
from proband.pages.charts.people_row import people_row
from proband.pages.charts.pictures import picture_chart
from proband.pages.charts.replay import replay
from proband.pages.charts.survival import Curve, survival
from proband.pages.charts.svg import Chart
from proband.pages.charts.swimmer import Lane, swimmer
from proband.pages.charts.trajectory import GroupCourse, trajectory

__all__ = [
    "Chart",
    "Curve",
    "ForestLine",
    "GroupCourse",
    "Lane",
    "forest",
    "icon_array",
    "people_row",
    "picture_chart",
    "replay",
    "survival",
    "swimmer",
    "trajectory",
]
