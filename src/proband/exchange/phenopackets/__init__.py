"""Phenopackets v2 (GA4GH): Phenopacket, Family and Cohort, JSON or YAML, camelCase or snake_case."""
