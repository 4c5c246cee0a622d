"""The headline test on a page: the replayed trials drawn, one answer in full, the answers that claims ask for, and a form."""
