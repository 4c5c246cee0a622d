"""Drafts of reports to regulators, made from the record and from what the site adds; nothing is sent from here."""
