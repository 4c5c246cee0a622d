"""The rules of a course, written a second time: from the bodies of the events and the programme that lies in the log, importing nothing of the gates.

It knows one regimen, per kilogram or fixed, with an interval or a cycle in days; a violation is a sentence that begins with what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0}


def apart(one: str, other: str) -> float:
    """Days from one stamp to a later one."""
    return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds() / 86_400


def in_days(quantity: dict[str, Any] | None) -> float:
    return 0.0 if quantity is None else quantity["value"] * HOURS[quantity["unit"]] / 24


class CourseChecker:
    """Walks bodies in order and collects violations."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.rule: dict[str, Any] = {}
        #: by person everything of their course, in the order of its own time: (when, what, data)
        self.told: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}

    def check(self, bodies: Iterable[dict[str, Any]]) -> list[str]:
        kinds = {
            "titration.decided",
            "course.begun",
            "dose.omitted",
            "measurement.recorded",
            "companion.given",
        }
        for body in bodies:
            kind, data = body["event"], body["data"]
            if kind in ("study.opened", "programme.adopted"):
                self.rule = data["programme"]["regimens"][0]
            elif kind in kinds:
                self.told.setdefault(body["subject"], []).append((body["at"], kind, data))
            elif kind == "product.administered":
                past = [one for one in self.told.setdefault(data["participant"], []) if one[0] <= body["at"]]
                past.sort(key=lambda one: one[0])
                self._dose(past, body)
                self.told[data["participant"]].append((body["at"], kind, data))
        return self.violations

    def _dose(self, past: list[tuple[str, str, dict[str, Any]]], body: dict[str, Any]) -> None:
        at, data, rule = body["at"], body["data"], self.rule
        before = [one for one in past if one[1] == "product.administered"]
        anew = [number for number, one in enumerate(past) if one[1] == "course.begun"]
        course = past[anew[-1] + 1 :] if anew else past
        self._timing(before, course, at, body["reason"])
        share = self._share(course, at)
        weights = [
            one[2]["value"]["value"]
            for one in past
            if one[1] == "measurement.recorded" and one[2]["what"] == "weight"
        ]
        weight = weights[-1] if weights else data["inputs"].get("weight", {}).get("value", 0.0)
        wanted = rule["dose"]["amount"]["value"] * share * (weight if rule["dose"]["kind"] == "per-kg" else 1)
        for one in rule["dose"].get("adjustments", ()):
            found = [
                each[2]["value"]["value"]
                for each in past
                if each[1] == "measurement.recorded" and each[2]["what"] == one["by"]
            ]
            fits = [band["factor"] for band in one["bands"] if found
                    and (band["low"] or {"value": -1e9})["value"] <= found[-1] < (band["high"] or {"value": 1e9})["value"]]  # fmt: skip
            wanted *= fits[0] if fits else 0.0
        if not 0.9 * wanted <= data["dose"]["value"] <= 1.1 * wanted:
            self.violations.append(f"dose: {data['dose']['value']:g} where {wanted:g} was due at {at}")
        for one in rule.get("companions", ()):
            first, last = -in_days(one["earliest"]), -in_days(one["latest"])
            if one["obligatory"] and last >= 0:
                times = [
                    apart(each[0], at)
                    for each in past
                    if each[1] == "companion.given" and each[2]["companion"] == one["id"]
                ]
                if not any(last - 1e-6 <= time <= first + 1e-6 for time in times):
                    self.violations.append(f"companions: no {one['id']} before {at}, but {times}")

    def _timing(self, before: list[Any], course: list[Any], at: str, reason: str | None) -> None:
        rule, done = self.rule, [one for one in course if one[1] in ("product.administered", "dose.omitted")]
        if rule["administrations"] is not None and len(done) >= rule["administrations"]:
            self.violations.append(f"interval: dose {len(done) + 1} of {rule['administrations']}")
        if not [one for one in course if one[1] == "product.administered"]:
            return
        cycle = rule.get("cycle")

        def due(number: int) -> float:
            if cycle is None:
                return number * in_days(rule["interval"])
            on = [in_days(one) for one in cycle["on"]]
            return on[number % len(on)] + number // len(on) * in_days(cycle["length"])

        last = max(number for number, one in enumerate(done) if one[1] == "product.administered")
        behind = apart(before[-1][0], at) - (due(len(done)) - due(last))
        slack = in_days(rule["interval_tolerance"])
        late = rule.get("late")
        if behind < -slack - 1e-6:
            self.violations.append(f"interval: {-behind:.1f} days too early at {at}")
        if behind > slack + 1e-6 and (
            late is None or behind > slack + in_days(late["until"]) + 1e-6 or not reason
        ):
            self.violations.append(f"interval: {behind:.1f} days too late at {at}")

    def _share(self, course: list[Any], at: str) -> float:
        """The share of the full dose that is due at a moment."""
        steps = self.rule.get("titration") or [
            {"id": "", "fraction": 1.0, "after": None, "administrations": None, "decided_by": None}
        ]
        names = [one["id"] for one in steps]
        level, count, began, word = 0, 0, "", None
        for when, kind, data in [*course, (at, "now", {})]:
            if kind == "titration.decided" and (began or count):
                word = names.index(data["step"])
            if kind not in ("product.administered", "now"):
                continue
            here, above = steps[level], level + 1
            ripe = (
                above < len(steps)
                and count >= (here["administrations"] or 1)
                and apart(began or when, when) >= in_days(steps[above]["after"]) - 1e-6
            )
            if word is not None and word <= level:
                level, count, began = word, 0, began if word == level else ""
            elif (word == above and ripe) or (word is None and ripe and steps[above]["decided_by"] is None):
                level, count, began = above, 0, ""
            elif kind == "now" and (
                word is not None
                or (here["administrations"] and count >= here["administrations"] and above < len(steps))
            ):
                self.violations.append(
                    f"course: nobody may be given anything at {at}: step {names[level]}, word {word}"
                )
            word = None
            if kind == "product.administered":
                count, began = count + 1, began or when
        return float(steps[level]["fraction"])
