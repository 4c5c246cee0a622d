"""A schematic body with its dermatomes, drawn for this project: polygons of one half, mirrored for the other.

It shows roughly where a dermatome lies, for finding a value again. It is no map of the key sensory points,
which the standard defines, and it repeats no published drawing. Coordinates: x is the distance from the
midline, y runs downwards; a half is about 62 wide and 312 high.
"""

from __future__ import annotations

from typing import Final, Literal

View = Literal["front", "back"]
Polygon = tuple[tuple[float, float], ...]

HEIGHT: Final = 312.0


def _polygon(points: str) -> Polygon:
    """Read "x,y x,y …"."""
    return tuple((float(x), float(y)) for x, y in (point.split(",") for point in points.split()))


UNTESTED: Final[dict[View, Polygon]] = {
    "front": _polygon("0,0 9,2 14,10 14,20 11,28 7,33 0,35"),
    "back": _polygon("0,0 9,2 13,9 0,9"),
}
"""The face and the crown, which belong to no tested dermatome."""


def _trunk_half_width(y: float) -> float:
    """Half the width of the trunk: it narrows to the waist at y = 135 and widens to the hip."""
    return 31 - 6 * (y - 70) / 65 if y <= 135 else 25 + 6 * (y - 135) / 33


def _band(top: float, bottom: float) -> Polygon:
    return ((0, top), (_trunk_half_width(top), top), (_trunk_half_width(bottom), bottom), (0, bottom))


# T2 to T12 are bands of equal height from the collar bone to the groin, L1 lies below them.
_TRUNK: Final = {f"T{n}": _band(68 + 8 * (n - 2), 68 + 8 * (n - 1)) for n in range(2, 13)} | {
    "L1": _band(156, 166)
}

# The arm hangs a little outwards, the palm forwards: its outer border is C5 and C6, its inner border T2, T1 and C8.
_ARM: Final = {
    "C5": _polygon("37,62 42,66 51,108 46,109 37,76"),
    "T1": _polygon("36,93 41,92 46,109 49,126 44,128"),
    "C6": _polygon("46,109 51,108 58,142 61,150 59,160 56,152 53,144"),
    "C7": _polygon("49,126 46,109 53,144 56,152 56,172 50,173 51,152 50.5,145"),
    "C8": _polygon("44,128 49,126 50.5,145 51,152 50,171 47,168 47,150"),
}
_ARMPIT: Final = _polygon("31,70 37,76 41,92 36,93")

_FRONT: Final = {
    "C2": _polygon("14,10 16,16 15,26 11,36 0,41 0,35 7,33 11,28 14,20"),
    "C3": _polygon("0,41 11,36 11,46 13,52 0,57"),
    "C4": _polygon("0,57 13,52 37,62 37,76 31,70 31,68 0,68"),
    "L2": _polygon("1,166 31,166 30,196 2,186"),
    "L3": _polygon("2,186 30,196 27,232 15,228 4,226"),
    "L4": _polygon("4,226 15,228 15,288 8,290 7,288"),
    "L5": _polygon("15,228 27,232 24,284 22,290 20,308 7,306 8,290 15,288"),
    "S1": _polygon("24,284 27,300 27,308 20,308 22,290"),
}
_BACK: Final = {
    "C2": _polygon("0,9 13,9 16,16 15,26 11,36 0,36"),
    "C3": _polygon("0,36 11,36 11,46 13,52 0,52"),
    "C4": _polygon("0,52 13,52 37,62 37,76 31,70 31,68 0,68"),
    "L2": _polygon("13,166 31,166 31,180 22,176"),
    "L3": _polygon("22,176 31,180 30,200 22,196"),
    "L4": _polygon("5,236 8,262 12,262 11,292 8,290"),
    "L5": _polygon("22,196 30,200 28,232 25,290 22,288 25,232"),
    "S1": _polygon("12,194 22,188 22,196 25,232 22,288 25,290 26,308 9,308 11,292 12,262 17,250 18,210"),
    "S2": _polygon("2,194 12,194 18,210 17,250 12,262 8,262 5,236"),
    "S3": _polygon("0,166 13,166 22,176 22,188 12,194 2,194 2,188 9,184 9,177 0,173"),
    "S4-5": _polygon("0,173 9,177 9,184 2,188 0,188"),
}


def _regions(own: dict[str, Polygon]) -> dict[str, tuple[Polygon, ...]]:
    both = _TRUNK | _ARM | own
    return {level: (polygon, _ARMPIT) if level == "T2" else (polygon,) for level, polygon in both.items()}


DERMATOME: Final[dict[View, dict[str, tuple[Polygon, ...]]]] = {
    "front": _regions(_FRONT),
    "back": _regions(_BACK),
}
"""The polygons of each dermatome in one half of the body, seen from the front and from the back."""

_LABEL: Final[dict[str, tuple[float, float]]] = {
    "T1": (41, 114),
    "C6": (62.5, 147),
    "C7": (53, 179),
    "C8": (43.5, 160),
    "S3": (16.5, 183),
    "S4-5": (5, 181),
}
"""Names that would lie on each other in the middle of their regions."""


def label_place(level: str, view: View) -> tuple[float, float]:
    """Where the name of a region may stand: in its middle, or beside a narrow one."""
    if level in _LABEL:
        return _LABEL[level]
    xs, ys = zip(*DERMATOME[view][level][0], strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
