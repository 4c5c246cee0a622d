"""The family of containers: generations from left to right, a finding's source filled, what it holds dashed and hatched, the clear branch plain."""

from __future__ import annotations

from collections.abc import Sequence

from proband.pages.charts.svg import Chart, drawing, tag, text
from proband.record.lineage import LineageNode

#: box, and the places of boxes, in units of the drawing
WIDE, HIGH, ACROSS, DOWN, TOP = 190.0, 48.0, 250.0, 62.0, 12.0
#: letters of a line that fit into a box
LETTERS = 22
#: by standing: what stands in front of the name, drawn 16 by 16 (circle good or known, octagon held, square over)
_MARKS = {
    "clear": '<circle cx="8" cy="8" r="7" class="sign-full"/><path d="M4.6 8.3l2.3 2.3 4.5-4.8" class="sign-cut"/>',
    "waiting": '<circle cx="8" cy="8" r="5.4" class="sign-line"/>',
    "divided": '<path d="M2 8h5M7 8l5-5M7 8l5 5" class="sign-line"/>',
    "taken": '<circle cx="8" cy="8" r="2.6" class="sign-full"/>',
    "source": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" class="sign-full"/><path d="M6.2 5v6M9.8 5v6" class="sign-cut"/>',
    "held": '<path d="M5 1.2h6l3.8 3.8v6L11 14.8H5L1.2 11V5z" class="sign-line"/><path d="M4 12L12 4M3 8.5L8.5 3M7.5 13L13 7.5" class="sign-line"/>',
    "ended": '<path d="M2 2h12v12H2z" class="sign-full"/><path d="M5 5l6 6M11 5l-6 6" class="sign-cut"/>',
}
WORDS = {
    "clear": "released or given", "waiting": "not yet released", "taken": "taken from the person", "divided": "went into others", "source": "a finding stands in it", "held": "held by it, or put aside",
    "ended": "rejected or thrown away",
}  # fmt: skip


def family_tree(id: str, title: str, nodes: Sequence[LineageNode]) -> Chart:
    """The drawing, what it shows in a sentence, and the same as a table.

    Raises
    ------
    ValueError
        If there is nobody in the family.
    """
    if not nodes:
        raise ValueError("a family needs at least one container")
    at = _places(nodes)
    held = {node.name for node in nodes if node.standing in ("source", "held")}
    parts = []
    for node in nodes:
        x, y = at[node.name]
        for parent in node.parents:
            if parent in at:
                left, top = at[parent]
                middle = (left + WIDE + x) / 2
                line = f"M{left + WIDE:g} {top + HIGH / 2:g}H{middle:g}V{y + HIGH / 2:g}H{x:g}"
                parts.append(
                    tag("path", class_="edge held" if {node.name, parent} <= held else "edge", d=line)
                )
    for node in nodes:
        x, y = at[node.name]
        box = tag("rect", x=x, y=y, width=WIDE, height=HIGH, rx=5)
        mark = f'<svg x="{x + 10:g}" y="{y + 16:g}" width="16" height="16" viewBox="0 0 16 16">{_MARKS[node.standing]}</svg>'
        words = text(x + 34, y + 20, _short(node.name), class_="row-label") + text(
            x + 34, y + 37, _short(node.words)
        )
        parts.append(tag("g", box + mark + words, class_=f"node {node.standing}"))
    width = max(x for x, _ in at.values()) + WIDE + 2
    height = max(y for _, y in at.values()) + HIGH + 2
    rows = tuple(
        (node.name, ", ".join(node.parents) or "taken from the person", WORDS[node.standing], node.words)
        for node in nodes
    )
    return Chart(
        drawing(id, title, width, height, parts, "family"),
        _sentence(nodes),
        ("container", "made from", "stands", "because"),
        rows,
    )


def _places(nodes: Sequence[LineageNode]) -> dict[str, tuple[float, float]]:
    """Where each box stands: what was made from one thing lies side by side, and its parent in their middle."""
    children: dict[str, list[LineageNode]] = {}
    known = {node.name for node in nodes}
    for node in nodes:
        first = next((parent for parent in node.parents if parent in known), "")
        children.setdefault(first, []).append(node)
    at: dict[str, tuple[float, float]] = {}
    row = 0

    def place(node: LineageNode) -> float:
        nonlocal row
        below = [place(one) for one in children.get(node.name, ())]
        if below:
            y = (below[0] + below[-1]) / 2
        else:
            y = TOP + row * DOWN
            row += 1
        at[node.name] = (1 + node.generation * ACROSS, y)
        return y

    for node in children.get("", ()):
        place(node)
    return at


def _short(words: str) -> str:
    return words if len(words) <= LETTERS else f"{words[: LETTERS - 1]}…"


def _sentence(nodes: Sequence[LineageNode]) -> str:
    groups: dict[str, list[str]] = {}
    for node in nodes:
        groups.setdefault(node.standing, []).append(node.name)
    return " ".join(
        f"{WORDS[standing].capitalize()}: {', '.join(names)}." for standing, names in groups.items()
    )
