"""Verbs on records: ``proband record init``, ``append``, ``show``, ``rebuild``, ``export``, ``backup``, ``restore``, …

Each module holds the verbs of one kind of work.
"""
