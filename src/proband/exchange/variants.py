"""How sources write zygosity and the class of a variant, in Proband's words."""

from __future__ import annotations

#: GENO ids, LOINC answer codes and words → zygosity
_ZYGOSITY = {
    "geno:0000135": "heterozygous",
    "geno:0000136": "homozygous",
    "geno:0000134": "hemizygous",
    "geno:0000402": "heterozygous",  # compound heterozygous: each of the two variants is heterozygous
    "la6706-1": "heterozygous",
    "la6705-3": "homozygous",
    "la6707-9": "hemizygous",
    "la26217-2": "heterozygous",
    "het": "heterozygous",
    "hom": "homozygous",
    "hemi": "hemizygous",
    "simple heterozygous": "heterozygous",
    "compound heterozygous": "heterozygous",
    "heterozygous": "heterozygous",
    "homozygous": "homozygous",
    "hemizygous": "hemizygous",
}
#: ACMG/AMP classes (Richards et al., Genet Med 2015;17:405, doi:10.1038/gim.2015.30) as sources write them
_CLASSES = {
    "pathogenic": "pathogenic",
    "likely-pathogenic": "likely-pathogenic",
    "uncertain-significance": "uncertain-significance",
    "uncertain": "uncertain-significance",
    "vus": "uncertain-significance",
    "likely-benign": "likely-benign",
    "benign": "benign",
    "la6668-3": "pathogenic",
    "la26332-9": "likely-pathogenic",
    "la26333-7": "uncertain-significance",
    "la26334-5": "likely-benign",
    "la6675-8": "benign",
}


def zygosity_of(*said: str | None) -> str:
    """``homozygous``, ``heterozygous``, ``hemizygous``, or ``unknown`` for anything else or nothing."""
    for each in said:
        if each and (found := _ZYGOSITY.get(each.strip().lower().replace("_", " "))):
            return found
    return "unknown"


def acmg_class(*said: str | None) -> str | None:
    """The ACMG class in lower case with hyphens; ``None`` where none was given (``NOT_PROVIDED``)."""
    for each in said:
        if each:
            key = each.strip().lower().replace("_", "-").replace(" ", "-")
            if key in _CLASSES:
                return _CLASSES[key]
    return None
