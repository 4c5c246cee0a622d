"""Jurisdictions: where a rule holds. ISO 3166-1 alpha-2 codes, the EU, the EEA, and ``any``."""

from __future__ import annotations

from proband.terms.errors import TermError

#: code → (name, codes of wider jurisdictions whose rules also apply there)
JURISDICTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "any": ("any jurisdiction", ()),
    "EU": ("European Union", ("any",)),
    "US": ("United States", ("any",)),
    "GB": ("United Kingdom", ("any",)),
    "JP": ("Japan", ("any",)),
    "KR": ("South Korea", ("any",)),
    "CN": ("China", ("any",)),
    "TH": ("Thailand", ("any",)),
    "IN": ("India", ("any",)),
    "IR": ("Iran", ("any",)),
    "AU": ("Australia", ("any",)),
    "CA": ("Canada", ("any",)),
    "CH": ("Switzerland", ("any",)),
    "TR": ("Türkiye", ("any",)),
    "EG": ("Egypt", ("any",)),
    "BR": ("Brazil", ("any",)),
    "MX": ("Mexico", ("any",)),
    "PA": ("Panama", ("any",)),
    "AE": ("United Arab Emirates", ("any",)),
    "UA": ("Ukraine", ("any",)),
    "TW": ("Taiwan", ("any",)),
    "SG": ("Singapore", ("any",)),
    "IL": ("Israel", ("any",)),
    "NO": ("Norway", ("any",)),
    **{
        code: (name, ("EU", "any"))
        for code, name in {
            "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "HR": "Croatia", "CY": "Cyprus", "CZ": "Czechia",
            "DK": "Denmark", "EE": "Estonia", "FI": "Finland", "FR": "France", "DE": "Germany", "GR": "Greece",
            "HU": "Hungary", "IE": "Ireland", "IT": "Italy", "LV": "Latvia", "LT": "Lithuania", "LU": "Luxembourg",
            "MT": "Malta", "NL": "Netherlands", "PL": "Poland", "PT": "Portugal", "RO": "Romania",
            "SK": "Slovakia", "SI": "Slovenia", "ES": "Spain", "SE": "Sweden",
        }.items()
    },
}  # fmt: skip

_ALIASES = {"UK": "GB", "USA": "US", "ANY": "any"}


def jurisdiction(code: str) -> str:
    """The canonical code of a jurisdiction.

    Raises
    ------
    TermError
        ``terms.jurisdiction.unknown`` for a code that Proband has no name for.
    """
    wanted = code.strip()
    canonical = _ALIASES.get(wanted.upper(), wanted if wanted in JURISDICTIONS else wanted.upper())
    if canonical not in JURISDICTIONS:
        raise TermError("terms.jurisdiction.unknown", jurisdiction=code)
    return canonical


def applicable(code: str) -> tuple[str, ...]:
    """The jurisdictions whose rules apply in one, narrowest first: ``DE`` → ``("DE", "EU", "any")``."""
    canonical = jurisdiction(code)
    return (canonical, *JURISDICTIONS[canonical][1])


def name_of(code: str) -> str:
    """The English name of a jurisdiction."""
    return JURISDICTIONS[jurisdiction(code)][0]
