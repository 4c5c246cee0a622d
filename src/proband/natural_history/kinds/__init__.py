"""The generic kinds of natural-history tables: any bundle that fills one is answered, whatever its disease.

``share`` and ``time-to-event`` rest on the hierarchical model of :mod:`proband.natural_history.cohorts`, ``change`` and ``counts`` on that of
:mod:`.means`. Rows become one figure of each cohort at the time that is asked (:mod:`.rows`), figures a forecast for a new cohort.
"""
