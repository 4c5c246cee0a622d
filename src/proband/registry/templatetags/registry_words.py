"""Marks of how a visit stands: shape first, and never without its word."""

from __future__ import annotations

from django import template

register = template.Library()

#: filled circle done, ring due, triangle late, square missed, small dot to come, dash never due
MARKS = {
    "done": "●", "partial": "◐", "due": "◎", "late": "▲", "overdue": "▲", "missed": "■", "upcoming": "·", "not-due": "–",
}  # fmt: skip


@register.filter
def mark(status: str) -> str:
    """The mark of a visit's status; an unknown one is a dashed circle."""
    return MARKS.get(status, "◌")


@register.filter
def words(text: str) -> str:
    """A text of a declaration without its marks of code."""
    return text.replace("``", "")
