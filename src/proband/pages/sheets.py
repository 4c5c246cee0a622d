"""The style of one page: of all rules those that something on it could use, so that a reader loads no more."""

from __future__ import annotations

import re
from functools import cache

_CLASS = re.compile(r"\.([A-Za-z_][\w-]*)")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
#: rules that hold whatever stands on a page: variables, keyframes, page boxes
_ALWAYS = ("@page", "@font-face", "@keyframes")


def used(css: str, page: str) -> str:
    """The rules of a sheet whose classes all occur somewhere in a page (its scripts included), in their order.

    A rule is kept if for one of its selectors every class is a word of the page: a class that a script puts together from parts would be lost, and none does.
    """
    return "".join(_kept(css, frozenset(_NAME.findall(page))))


def _kept(css: str, words: frozenset[str]) -> list[str]:
    found = []
    for head, body in blocks(css):
        if head.startswith(("@media", "@supports")):
            if inner := "".join(_kept(body, words)):
                found.append(f"{head}{{{inner}}}")
        elif head.startswith(_ALWAYS) or any(set(_CLASS.findall(one)) <= words for one in head.split(",")):
            found.append(f"{head}{{{body}}}")
    return found


@cache
def blocks(css: str) -> tuple[tuple[str, str], ...]:
    """The blocks of a sheet without comments, each as what stands before its brace and what stands within it."""
    found, depth, at, head = [], 0, 0, ""
    quoted = ""
    for index, letter in enumerate(css):
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in "\"'":
            quoted = letter
        elif letter == "{":
            if depth == 0:
                head, at = css[at:index].strip(), index + 1
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                found.append((head, css[at:index].strip()))
                at = index + 1
    return tuple(found)
