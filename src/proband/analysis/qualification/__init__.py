"""Qualification: the analyses rerun against published reference numbers on the installation at hand, as a report that can be signed.

``numbers.json`` holds what R computed on data that anyone can type (``scripts/reference_numbers.R`` writes it); the other references stand
beside their cases with who computed or printed them. Nothing here needs the checkout, its tests, R or a network.
"""
