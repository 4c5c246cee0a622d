"""Tables of rows: REDCap exports with their dictionary, and CSV with a mapping file."""
