"""Judging before treating: the headline test and the designs that would tell."""

from __future__ import annotations
