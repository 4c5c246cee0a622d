"""What every synthetic file says of itself."""

from __future__ import annotations

SYNTHETIC = "synthetic: this record describes nobody"
