"""What a programme with scopes of criteria promises, written a second time: by hand, from its words, with nothing of the gates imported."""

from __future__ import annotations

import re
from typing import Any

LATER = ("before-dose", "continuation", "retreatment", "stopping")


def has_scopes(rules: dict[str, Any]) -> bool:
    return any(one.get("scopes") for one in (rules.get("eligibility") or {}).get("criteria", ()))


def _bounds(values: dict[str, Any], name: str) -> tuple[float, float]:
    found = values.get(name, {})
    return (
        float("-inf") if found.get("low") is None else found["low"],
        float("inf") if found.get("high") is None else found["high"],
    )


def holds(when: str, values: dict[str, Any]) -> bool | None:
    """One expression of the synthetic programmes: a name, or a name and a limit."""
    parts = re.fullmatch(r"(\w+)(?: (<=|>=|<|>) ([\d.]+))?", when)
    assert parts is not None, when
    name, sign, limit = parts.groups()
    if sign is None:
        truth: bool | None = values.get(name, {}).get("truth")
        return truth
    (low, high), at = _bounds(values, name), float(limit)
    surely = {"<=": high <= at, ">=": low >= at, "<": high < at, ">": low > at}[sign]
    never = {"<=": low > at, ">=": high < at, "<": low >= at, ">": high <= at}[sign]
    return True if surely else False if never else None


def asked(rules: dict[str, Any], scope: str) -> list[dict[str, Any]]:
    def mine(one: dict[str, Any]) -> bool:
        said = one.get("scopes") or ["entry", "before-dose"]
        return scope in said or (scope == "before-dose" and "stopping" in said)

    return [one for one in rules["eligibility"]["criteria"] if mine(one)]


def met(rules: dict[str, Any], scope: str, values: dict[str, Any]) -> bool | None:
    """Whether the values pass every criterion of a scope; ``None``: nobody can say."""
    found = []
    for one in asked(rules, scope):
        truth = holds(one["when"], values)
        found.append(truth if one["kind"] == "include" or truth is None else not truth)
    return False if False in found else None if None in found else True


def course(rules: dict[str, Any], doses: list[str], said: list[tuple[str, str, Any]], now: str) -> str:
    """What is wrong with the number of a dose: the planned course, then what verdicts opened between doses; empty where nothing is.

    ``said``: scope, since when, outcome of each verdict that counts.
    """
    regimen = rules["regimens"][0]
    left, used = regimen["administrations"], dict[str, int]()
    last = ""
    for at in [*doses, now]:
        if left == 0:
            for one in regimen.get("further") or ():
                mine = [each for each in said if each[0] == one["on"] and last < each[1] <= at]
                if (
                    used.get(one["id"], 0) < one["at_most"]
                    and mine
                    and max(mine, key=lambda x: x[1])[2] == "eligible"
                ):
                    used[one["id"]] = used.get(one["id"], 0) + 1
                    left = one["administrations"]
                    break
            else:
                if at == now:
                    return f"nothing opened a course after {len(doses)} doses"
                continue
        left -= 1
        last = at
    return ""
