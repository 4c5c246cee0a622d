"""Synthetic people for a demonstration: a mixed folder of FHIR, phenopacket and CSV files that describes nobody.

The values are drawn from the observables of a programme, so that every outcome of screening occurs: some fit, some are
ruled out, and for many a value is missing, as in real files. The records say that they are synthetic in every file. They
are a test of reading and judging; their counts say nothing about real people.
"""
