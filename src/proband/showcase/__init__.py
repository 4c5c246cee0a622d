"""The demonstration: synthetic people, a synthetic hospital, the report. Imported by the command line alone."""
