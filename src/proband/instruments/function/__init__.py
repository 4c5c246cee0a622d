"""Function, movement, pain, goals and harms: instruments of the mitochondrial and spinal-cord programmes."""

from __future__ import annotations

from proband.instruments.instrument import Instrument

FUNCTION: tuple[Instrument, ...] = ()

__all__ = ["FUNCTION"]
