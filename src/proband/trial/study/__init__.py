"""A study as it goes: its plan locked before, what its board sees at a look, and its final report, each under the same hashes."""
