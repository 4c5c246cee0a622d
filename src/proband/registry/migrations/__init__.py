"""Migrations of the registry's own database: accounts and reads, nothing of the programme."""
