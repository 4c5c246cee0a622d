"""Liver scores: each a vectorised rule over columns, with its published variants by name.

No public calculator is an oracle for these: most of those examined have a defect, which is why rounding order, bounds and
conversion constants are stated with every score.
"""
