"""What an observable may be: everything, or what limits and comparisons leave of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from proband.programme.expression import ObservableSignature, Operator

_ANY_CODE = "(another)"


@dataclass(frozen=True, slots=True)
class Linear:
    """``Σ coefficient · observable + constant op 0`` with op ``<``, ``<=`` or ``==``."""

    terms: tuple[tuple[str, float], ...]
    constant: float
    op: Literal["<", "<=", "=="]


@dataclass
class Range:
    """What one observable may still be: an interval without some points, or one of some codes."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    without: frozenset[float] = frozenset()
    only: frozenset[float] | None = None
    codes: frozenset[str] | None = None
    not_codes: frozenset[str] = frozenset()
    truth: bool | None = None

    def number(self) -> float | None:
        """A number that satisfies everything, or ``None``."""
        if self.only is not None:
            return next((v for v in sorted(self.only) if self._inside(v) and v not in self.without), None)
        low, high = self.low, self.high
        if self.whole:
            if math.isfinite(low):
                low = math.floor(low) + 1 if self.low_open and low == math.floor(low) else math.ceil(low)
            if math.isfinite(high):
                high = math.ceil(high) - 1 if self.high_open and high == math.ceil(high) else math.floor(high)
            start = low if math.isfinite(low) else (high if math.isfinite(high) else 0.0)
            step = 1.0 if math.isfinite(low) or not math.isfinite(high) else -1.0
            value = start
            for _ in range(len(self.without) + 1):
                if not low <= value <= high:
                    return None
                if value not in self.without:
                    return value
                value += step
            return None
        if low > high or (low == high and (self.low_open or self.high_open)):
            return None
        for value in self._candidates(low, high):
            if self._inside(value) and value not in self.without:
                return value
        return None

    def _candidates(self, low: float, high: float) -> Iterator[float]:
        if low == high:
            yield low
            return
        if math.isfinite(low) and math.isfinite(high):
            yield low
            yield high
            for k in range(1, len(self.without) + 3):
                yield low + (high - low) * k / (len(self.without) + 3)
        elif math.isfinite(low):
            yield from (low + k for k in range(len(self.without) + 2))
        elif math.isfinite(high):
            yield from (high - k for k in range(len(self.without) + 2))
        else:
            yield from (float(k) for k in range(len(self.without) + 1))

    def _inside(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below and (not self.whole or value == math.floor(value))

    def bound(self, op: Operator, limit: float) -> None:
        """Add ``x op limit``."""
        if op in {"<", "<=", "=="} and (limit < self.high or (limit == self.high and op == "<")):
            self.high, self.high_open = limit, op == "<"
        if op in {">", ">=", "=="} and (limit > self.low or (limit == self.low and op == ">")):
            self.low, self.low_open = limit, op == ">"
        if op == "!=":
            self.without |= {limit}

    def code(self) -> str | None:
        """A code that satisfies everything, or ``None``."""
        if self.codes is None:
            return _ANY_CODE
        return next(iter(sorted(self.codes - self.not_codes)), None)


def domain(signature: ObservableSignature) -> Range:
    """Everything that an observable of this signature may be."""
    if signature.type == "ordered":
        return Range(0.0, float(len(signature.values) - 1), whole=True)
    if signature.type == "code":
        return Range(codes=frozenset(v.lower() for v in signature.values) if signature.values else None)
    low = -math.inf if signature.low is None else signature.low
    high = math.inf if signature.high is None else signature.high
    return Range(low, high, whole=signature.whole or signature.type == "date")


Value = float | bool | str
