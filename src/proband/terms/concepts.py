"""Coded concepts: a system, a code and a display, for open systems only; others are named, never copied.

Licensed terminologies (SNOMED CT, MedDRA) can be *referred to* by system and code, but Proband ships none of their
content: a concept of theirs carries no display unless the bundle's author supplies one under their own licence.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: canonical URI, pattern of a code, whether displays may be shipped
SYSTEMS: dict[str, tuple[str, str, bool]] = {
    "LOINC": ("http://loinc.org", r"^\d{1,7}-\d$", True),
    "HPO": ("http://purl.obolibrary.org/obo/hp.owl", r"^HP:\d{7}$", True),
    "MONDO": ("http://purl.obolibrary.org/obo/mondo.owl", r"^MONDO:\d{7}$", True),
    "ORPHA": ("http://www.orpha.net", r"^ORPHA:\d+$", True),
    "OMIM": ("https://omim.org", r"^OMIM:\d{6}$", True),
    "HGNC": ("http://www.genenames.org", r"^HGNC:\d+$", True),
    "UCUM": ("http://unitsofmeasure.org", r"^\S+$", True),
    "ICD-10": ("http://hl7.org/fhir/sid/icd-10", r"^[A-Z]\d{2}(\.\w{1,4})?$", True),
    "ICD-9-CM": ("http://hl7.org/fhir/sid/icd-9-cm", r"^[\dEV][\d.]{2,6}$", True),
    "CTCAE": ("https://ctep.cancer.gov/ctcae", r"^.+$", False),
    "SNOMED": ("http://snomed.info/sct", r"^\d{6,18}$", False),
    "MedDRA": ("https://www.meddra.org", r"^\d{8}$", False),
    "ATC": ("http://www.whocc.no/atc", r"^[A-Z]\d{2}[A-Z]{0,2}\d{0,2}$", True),
    "RxNorm": ("http://www.nlm.nih.gov/research/umls/rxnorm", r"^\d+$", True),
    "CDISC": ("http://www.cdisc.org", r"^[A-Z][A-Z0-9]\.[^|]+$", True),
    "Proband": ("https://proband.example/codes", r"^[a-z0-9][a-z0-9.-]*$", True),
}

_ALIASES = {
    "hp": "HPO",
    "human phenotype ontology": "HPO",
    "orphanet": "ORPHA",
    "ordo": "ORPHA",
    "sct": "SNOMED",
    "snomed ct": "SNOMED",
    "https://loinc.org": "LOINC",
    "http://human-phenotype-ontology.org": "HPO",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10",
    "icd9": "ICD-9-CM",
    "icd-9": "ICD-9-CM",
    "icd10": "ICD-10",
}
#: ICD-10-GM has an OID a year. 2006 and 2014: BfArM, "OID für das Gesundheitswesen" (read); the others: the catalogues of
#: gecko's medicats, a terminology library, where those two are the same (secondary). A year that is not here is unknown, and said to be
_ICD10_GM_OIDS = {
    "302": 2004, "304": 2005, "311": 2006, "318": 2007, "330": 2008, "356": 2009, "384": 2010, "388": 2011, "409": 2012, "413": 2013,
    "417": 2014, "424": 2015, "430": 2016, "463": 2017, "471": 2018, "477": 2019,
}  # fmt: skip
#: OIDs under which documents name the systems (HL7 OID registry)
_OIDS = {
    **{f"1.2.276.0.76.5.{last}": "ICD-10" for last in _ICD10_GM_OIDS},
    "2.16.840.1.113883.6.1": "LOINC",
    "2.16.840.1.113883.6.96": "SNOMED",
    "2.16.840.1.113883.6.3": "ICD-10",
    "2.16.840.1.113883.6.90": "ICD-10",
    "2.16.840.1.113883.6.135": "ICD-10",
    "2.16.840.1.113883.6.103": "ICD-9-CM",
    "2.16.840.1.113883.6.8": "UCUM",
    "2.16.840.1.113883.6.73": "ATC",
    "2.16.840.1.113883.6.88": "RxNorm",
    "2.16.840.1.113883.6.163": "MedDRA",
    "2.16.840.1.113883.6.174": "OMIM",
    "2.16.840.1.113883.6.281": "HGNC",
}
#: names of HL7 v2 table 0396
_V2_NAMES = {
    "ln": "LOINC", "lnc": "LOINC", "i10": "ICD-10", "i10c": "ICD-10", "i10cm": "ICD-10", "i10g2004": "ICD-10", "i9": "ICD-9-CM",
    "i9c": "ICD-9-CM", "i9cdx": "ICD-9-CM", "snm3": "SNOMED", "scti": "SNOMED", "rxn": "RxNorm", "rxnorm": "RxNorm", "atcc": "ATC",
    "mdr": "MedDRA", "mim": "OMIM",
}  # fmt: skip
#: ICD-10 and its national modifications share their codes of four characters; ICD-10-PCS is another system
_ICD10 = re.compile(
    r"(?:^|[/:.#])(?:icd|cim)-?_?10(?:-?_?(?:gm|cm|am|ca|who|int|us|de|ch|at|nl|be|fr|gb|uk|se|dk|no|fi|es|it|pt|br|au|nz|za|th|jp|kr))?"
    r"(?:[-/_ ]?(?:version[-_ ]?)?\d{4})?$"
)
#: a version written behind the name of a system
_VERSION = re.compile(r"(?:\?|;|&)\s*(?:version|v)=[^&;]*$", re.IGNORECASE)
#: an absolute URI: of the web, or an OID or UUID as urn:
_ABSOLUTE = re.compile(r"^(?:https?://[^\s|/]+\.?[^\s|]*|urn:[a-z0-9][a-z0-9-]*:[^\s|]+)$", re.IGNORECASE)
_BY_URI = {
    re.sub(r"^https?://(www\.)?", "", uri.rstrip("/").lower()): name for name, (uri, _, _) in SYSTEMS.items()
}
_BY_NAME = {name.lower(): name for name in SYSTEMS}


@lru_cache(maxsize=4096)
def system_name(text: str) -> str | None:
    """The short name of a code system given as a name, an alias, a URI, an OID or a name of HL7 v2; ``None`` if Proband does not know it."""
    key = _VERSION.sub("", text.strip().partition("|")[0]).rstrip("/#").lower()
    known = _BY_NAME.get(key) or _ALIASES.get(key) or _V2_NAMES.get(key)
    if known:
        return known
    oid = key.removeprefix("urn:oid:")
    if re.fullmatch(r"[0-2](\.\d+)+", oid):
        return _OIDS.get(oid)
    bare = re.sub(r"^https?://(www\.)?", "", key)
    if bare.startswith("snomed.info/sct/"):  # an edition or a version of SNOMED CT (SNOMED CT URI Standard)
        return "SNOMED"
    return _BY_URI.get(bare) or ("ICD-10" if _ICD10.search(key) else None)


_ICD10_CODE = re.compile(r"^([A-Z]\d[0-9A-Z])\.?([0-9A-Z]{0,4})(?:\.?[-X]*)[+*!†]?(?:\s*[AGVZRLB])?$")
_ATC_CODE = re.compile(r"^[A-Z](?:\d\d(?:[A-Z]{1,2}(?:\d\d)?)?)?$")
#: how many characters the classes of ATC have, from the narrowest
_ATC_LEVELS = (5, 4, 3, 1)
_PREFIXED = {"HPO": "HP", "MONDO": "MONDO", "ORPHA": "ORPHA", "OMIM": "OMIM", "HGNC": "HGNC"}
_OWN_PREFIX = re.compile(
    r"^(?:HP|MONDO|ORPHA|ORPHANET|ORDO|OMIM|MIM|HGNC)(?:CODE)?[:_ ]?(?:ORPHANET_)?(\d+)$"
)


@lru_cache(maxsize=65536)
def canonical_code(system: str, code: str) -> str:
    """A code in the form that its system has, whatever way a source spells it.

    ``C220``, ``c22.0`` and ``C22.0+`` are ``C22.0``; ``Orphanet_130``, ``ORPHA130`` and ``130`` are ``ORPHA:130``; OBO codes get
    their prefix and their seven digits; of a code written as the address of its concept (``http://purl.obolibrary.org/obo/HP_0001402``)
    the last part is the code. What is of no known form stays as it is.
    """
    written = code.strip()
    if re.match(r"https?://", written, re.IGNORECASE):
        written = re.split(r"[/#]", written.rstrip("/#"))[-1]
    if system == "ICD-10":
        found = _ICD10_CODE.match(written.upper())
        return (f"{found[1]}.{found[2]}" if found[2] else found[1]) if found else written
    if system in _PREFIXED:
        found = _OWN_PREFIX.match(written.upper().replace(" ", ""))
        digits = found[1] if found else written
        if digits.isascii() and digits.isdigit():
            obo = system in {"HPO", "MONDO"}
            return f"{_PREFIXED[system]}:{digits.zfill(7) if obo and (found or len(digits) == 7) else digits}"
    if system == "ATC":
        whole = "".join(written.split()).upper()
        return whole if _ATC_CODE.match(whole) else written
    if system == "LOINC":
        return re.sub(r"^(?:LOINC|LN)[:|]\s*", "", written, flags=re.IGNORECASE)
    return written


def categories(system: str, code: str) -> tuple[str, ...]:
    """What a finer code is one of: the category of ICD-10, the classes of ATC. Who is said to have that, may have the finer: ``C22.0`` → ``C22``."""
    if system == "ATC":
        return (
            tuple(code[:length] for length in _ATC_LEVELS if length < len(code))
            if _ATC_CODE.match(code)
            else ()
        )
    return (code[:3],) if system == "ICD-10" and code[3:4] == "." else ()


def is_category(system: str, code: str) -> bool:
    """Whether a code is one that finer ones are of: a category of ICD-10 (``C22``), a class of ATC (``B01AA``)."""
    return (
        len(code) == 3
        if system == "ICD-10"
        else system == "ATC" and _ATC_CODE.match(code) is not None and len(code) < 7
    )


def in_category(category: str) -> str:
    """The code under which a finer code of ICD-10 or ATC counts for its category: ``C22`` → ``C22.-``, "one of C22, and which one is stated"."""
    return f"{category}.-"


@lru_cache(maxsize=65536)
def broader_codes(system: str, code: str) -> tuple[str, ...]:
    """What a finer ICD-10 code is besides: one of four characters, and one of its category: ``K74.60`` → ``K74.6``, ``K74.-``; a drug of ATC is one of each class.

    Who has the finer has the broader; who has not the finer may have another of the broader. The category has a code of its own
    (:func:`in_category`), for who is recorded under ``K74`` alone may have any of its finer codes, and who has ``K74.6`` has that.
    """
    if system == "ATC":
        return tuple(in_category(each) for each in categories(system, code))
    if system != "ICD-10" or code[3:4] != "." or code.endswith("-"):
        return ()
    category = in_category(code[:3])
    return (code[:5], category) if len(code) > 5 else (category,)


def code_system(text: str) -> str | None:
    """The short name of a known code system, or the absolute URI of any other without a slash at its end; ``None`` for anything else.

    A hospital's own code system is as good as a published one: its URI is its name.
    """
    name = system_name(text)
    if name is not None:
        return name
    bare = text.strip().rstrip("/")
    return bare if _ABSOLUTE.match(bare) else None


def system_uri(system: str) -> str:
    """The URI of a code system given as :func:`code_system` gives it."""
    return SYSTEMS[system][0] if system in SYSTEMS else system


class Concept(BaseModel):
    """A coded concept: ``system`` (short name, or the absolute URI of a system that Proband does not know), ``code``, ``display``.

    Raises
    ------
    pydantic.ValidationError
        For an unknown system or a code that is not of that system's form.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    system: Annotated[
        str,
        Field(
            description="LOINC, HPO, MONDO, ORPHA, OMIM, HGNC, UCUM, ICD-10, …, a name under code_systems of programme.yaml, or an absolute URI"
        ),
    ]
    code: Annotated[str, Field(min_length=1, description="The code")]
    display: Annotated[str | None, Field(description="What the code means, in words; it never counts")] = None

    @model_validator(mode="after")
    def _known_form(self) -> Concept:
        name = code_system(self.system)
        if name is None:
            raise ValueError(
                f"unknown code system {self.system!r}; known: {', '.join(SYSTEMS)}; one of your own is declared under code_systems of "
                "programme.yaml, with its absolute URI"
            )
        if name != self.system:
            object.__setattr__(self, "system", name)
        if name not in SYSTEMS:
            if self.code != self.code.strip() or "|" in self.code:
                raise ValueError(f"{self.code!r} is no code: it has spaces around it, or a bar")
        elif not re.match(SYSTEMS[name][1], self.code):
            raise ValueError(f"{self.code!r} is not of the form of a {name} code ({SYSTEMS[name][1]})")
        return self

    @property
    def uri(self) -> str:
        """The canonical URI of the system."""
        return system_uri(self.system)

    @property
    def key(self) -> tuple[str, str]:
        """(system, code): what two concepts are compared by; the display never counts."""
        return self.system, self.code

    def __str__(self) -> str:
        return f"{self.system} {self.code}" + (f" ({self.display})" if self.display else "")
