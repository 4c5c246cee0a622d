"""SDTM of CDISC: tables of a clinical study as SAS transport files (version 5 and 8) and as Dataset-JSON (1.0 and 1.1)."""
