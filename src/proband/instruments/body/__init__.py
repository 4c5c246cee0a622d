"""Kidney function, body surface and organ failure: what many programmes ask of any patient."""
