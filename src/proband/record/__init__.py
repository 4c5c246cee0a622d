"""What happened, to whom, with which product, under which version of the programme, and who says so."""

from __future__ import annotations
