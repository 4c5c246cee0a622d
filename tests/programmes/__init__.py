"""Programmes that are invented for tests, and their lives in the record by the command line."""
