"""What the captured pieces of a headline mean: people of each group, what happened to them, a mean change, a time.

The same steps stand in ``pages/assets/headline-reading.js``; tests hold the two equal on the corpus and on generated texts.
"""

from __future__ import annotations

from typing import Any

from proband.terms import ProbandError
from proband.trial.headline.grammar import Captures

#: most people that are replayed
MOST_PEOPLE = 10_000_000


class HeadlineUnclear(ProbandError):
    """A headline cannot be read, says nothing that can be replayed, or speaks of something else than was asked for."""


class _Got(dict[str, list[str]]):
    """The captured pieces by key, and the text that they were captured from."""

    def __init__(self, text: str, captures: Captures) -> None:
        super().__init__()
        self.text = text
        for key, value in captures:
            self.setdefault(key, []).append(value)


def meaning(text: str, captures: Captures, people: int | None) -> dict[str, Any]:
    """A reading as plain values.

    ``kind`` counts: ``arms`` with ``events`` and ``people``, where the events are those that the outcome counts; ``said`` is ``happened``,
    ``not_happened`` or ``None`` (the text gives bare numbers); ``only`` whether the text calls the number small. ``kind`` change: ``arms`` with
    ``change`` (the sign that of the score), ``toward`` (``better``, ``worse`` or ``None``), ``people``, ``sd`` and ``step`` (one of the last printed digit).
    ``kind`` rate: ``arms`` with ``events``, ``people`` (or ``None``) and ``over`` (time of observation of all together, such as ``40y``, or ``None``).
    ``time``: such as ``24w``. ``lasting`` and ``after`` whether the time is told so ("for 6 months", "after 6 months"); ``past`` whether counts are told in the
    simple past with the time behind ("died", not "had died").

    Raises
    ------
    HeadlineUnclear
        If the numbers are impossible, or something that must be known is not said.
    """
    got = _Got(text, captures)
    kind = got["kind"][0]
    if kind in {"ratio", "median"}:
        raise HeadlineUnclear("trial.headline.measure-alone", text=got.text, measure=got["name"][0])
    time = _time(got)
    told = {"kind": kind, "time": time} | {
        word: any(key.rpartition(".")[2] == word for key in got) for word in ("lasting", "after")
    }
    if kind == "counts":
        counted = _counts(got)
        said = counted["arms"][0]["people"]
        if people is not None and said != people:
            raise HeadlineUnclear("trial.headline.people", text=got.text, said=said, people=people)
        return told | counted
    if kind == "rate":
        return told | _rates(got, people)
    return told | _change(got, people)


def _one(got: _Got, key: str) -> str | None:
    return got[key][0] if key in got else None


def _time(got: _Got) -> str | None:
    numbers = [v for k in ("t", "arm.t", "control.t") for v in got.get(k, [])]
    units = [v for k in ("u", "arm.u", "control.u") for v in got.get(k, [])]
    times = list(dict.fromkeys(n + u for n, u in zip(numbers, units, strict=True)))
    if len(times) > 1:
        raise HeadlineUnclear("trial.headline.times", text=got.text, times=times)
    return times[0] if times else None


def _people(got: _Got, number: str) -> int:
    n = int(number)
    if n < 1:
        raise HeadlineUnclear("trial.headline.nobody", text=got.text, people=n)
    if n > MOST_PEOPLE:
        raise HeadlineUnclear("trial.headline.too-many", text=got.text, people=n)
    return n


def _counts(got: _Got) -> dict[str, Any]:
    arms = [_group(got, "arm.", None)]
    if any(key.startswith("control.") for key in got):
        arms.append(_group(got, "control.", arms[0]["people"]))
    own = [_one(got, "arm.said"), _one(got, "control.said")]
    said = own[0] or own[1]
    if "control.treated" in got:
        raise HeadlineUnclear("trial.headline.treated-second", text=got.text)
    # "2 of 7 blind", "3 of 20 treated": that may be what happened to them; "17 of 50 treated against 0 of 20" is who they are
    who_or_what = {"arm.named", "control.named"} & got.keys()
    # "12 of 20 treated (patients) within 6 weeks against 3 of 20": when they were treated
    timed = bool({"t", "control.t"} & got.keys())
    who_or_what |= {"arm.alone"} & got.keys() if len(arms) == 1 or timed else set()
    who_or_what |= {"arm.treated"} & got.keys() if timed else set()
    if said is None and who_or_what:
        raise HeadlineUnclear("trial.headline.what-happened", text=got.text)
    for arm, spoken in zip(arms, own, strict=False):
        if (spoken or said) == "0":
            arm["events"] = arm["people"] - arm["events"]
    return {
        "arms": arms,
        "said": {None: None, "1": "happened", "0": "not_happened"}[said],
        "only": "arm.only" in got,
        "past": "front" not in got and bool({"arm.bare", "control.bare"} & got.keys()),
    }


def _group(got: _Got, arm: str, first: int | None) -> dict[str, Any]:
    # "all of 6 did not improve" may say that none did, or that not all did
    if arm + "every" in got and (arm + "neg" in got or (arm + "said" not in got and "control.neg" in got)):
        raise HeadlineUnclear("trial.headline.all-not", text=got.text)
    told = _counted_group(got, arm, first)
    for percent in got.get(arm + "q", []):
        # a share beside the count must be that count's, to its last digit
        whole = 100 * 10 ** len(percent.partition(".")[2])
        off = told["events"] * whole - int(percent.replace(".", "")) * told["people"]
        if 2 * abs(off) > told["people"]:
            raise HeadlineUnclear("trial.headline.as-share", text=got.text, share=percent + " %", **told)
    return told


def _counted_group(got: _Got, arm: str, first: int | None) -> dict[str, Any]:
    if arm + "ask" in got:
        raise HeadlineUnclear("trial.headline.denominator", text=got.text)
    bare = _one(got, arm + "b")
    if bare is not None and first is not None:
        return _checked(int(bare), first)
    n = _people(got, got[arm + "n"][0])
    part, percent = _one(got, arm + "f"), _one(got, arm + "p")
    if part is not None:
        over, under = (int(v) for v in part.split("/"))
        if n * over % under:
            raise HeadlineUnclear("trial.headline.share", text=got.text, share=part, people=n)
        return _checked(n * over // under, n)
    if percent is not None:
        return _checked(_of_percent(got, percent, n), n)
    return _checked(int(got[arm + "e"][0]), n)


def _checked(events: int, people: int) -> dict[str, Any]:
    if events > people:
        raise HeadlineUnclear("trial.headline.impossible", events=events, people=people)
    return {"events": events, "people": people}


def _of_percent(got: _Got, percent: str, n: int) -> int:
    """The one whole number of ``n`` people that is this share as printed, to its last digit."""
    digits = len(percent.partition(".")[2])
    share, whole = int(percent.replace(".", "")), 100 * int(10**digits)
    if share > whole:
        raise HeadlineUnclear("trial.headline.share", text=got.text, share=percent + " %", people=n)
    if share * n % whole == 0:
        return share * n // whole
    low = -((n - 2 * share * n) // (2 * whole))
    high = (2 * share * n + n) // (2 * whole)
    if low != high:
        raise HeadlineUnclear("trial.headline.share", text=got.text, share=percent + " %", people=n)
    return low


def _rates(got: _Got, people: int | None) -> dict[str, Any]:
    if "arm.ask" in got or "control.ask" in got:
        raise HeadlineUnclear("trial.headline.events", text=got.text)
    arms = [_counted(got, "arm.", people)]
    if "control.e" in got:
        arms.append(_counted(got, "control.", None))
    return {"arms": arms, "only": "arm.only" in got}


def _counted(got: _Got, arm: str, people: int | None) -> dict[str, Any]:
    said, span = _one(got, arm + "n"), _one(got, arm + "x")
    n = None if said is None else _people(got, said)
    if people is not None:
        if n is not None and n != people:
            raise HeadlineUnclear("trial.headline.people", text=got.text, said=n, people=people)
        n = _people(got, str(people))
    if span is not None and not float(span) > 0:
        raise HeadlineUnclear("trial.headline.watched", text=got.text, watched=span)
    over = None if span is None else span + got[arm + "w"][0]
    return {"events": int(got[arm + "e"][0]), "people": n, "over": over}


def _change(got: _Got, people: int | None) -> dict[str, Any]:
    if "arm.ask" in got:
        raise HeadlineUnclear("trial.headline.sign", text=got.text)
    said = _one(got, "arm.n")
    if said is None and people is None:
        raise HeadlineUnclear("trial.headline.denominator", text=got.text)
    if said is not None and people is not None and int(said) != people:
        raise HeadlineUnclear("trial.headline.people", text=got.text, said=int(said), people=people)
    n = _people(got, said if said is not None else str(people))
    way = got["arm.d"][0]
    _signed(got, "arm.", way)
    arms = [_moved(got, "arm.", way, n)]
    if "control.s" in got:
        # a sign beside a word: "fell by 3 against +1" may be a fall of 1 or a rise
        if way != "as-signed" and ("control.minus" in got or ("control.plus" in got and way != "up")):
            raise HeadlineUnclear("trial.headline.sign", text=got.text)
        _signed(got, "control.", way)
        other = _one(got, "control.n")
        arms.append(_moved(got, "control.", way, n if other is None else _people(got, other)))
    toward = way if way in {"better", "worse"} else None
    return {"arms": arms, "toward": toward}


def _signed(got: _Got, arm: str, way: str) -> None:
    """Refuse "changed by 3", which says of no group whether its score rose or fell."""
    told = way != "as-signed" or arm + "plus" in got or arm + "minus" in got
    if not told and float(got[arm + "s"][0]):
        raise HeadlineUnclear("trial.headline.unsigned", text=got.text, size=got[arm + "s"][0])


def _moved(got: _Got, arm: str, way: str, people: int) -> dict[str, Any]:
    size, spread = float(got[arm + "s"][0]), _one(got, arm + "v")
    if size and (way == "down" or arm + "minus" in got):
        size = -size
    if spread is not None and not float(spread) > 0:
        raise HeadlineUnclear("trial.headline.spread", text=got.text, sd=spread)
    # the last printed digit: a mean is known no better than that
    step = 10.0 ** -len(got[arm + "s"][0].partition(".")[2])
    return {"change": size, "people": people, "sd": None if spread is None else float(spread), "step": step}
