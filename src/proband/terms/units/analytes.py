"""Analytes whose mass and amount of substance are converted into one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Analyte:
    """What is measured, with what is needed to go between mass and amount of substance.

    ``molar_mass`` in g/mol and ``valence`` (charges per ion, for mEq); ``source`` says where the figure is from.
    """

    name: str
    molar_mass: float | None
    source: str
    valence: int = 1


#: Molar masses from the molecular formulae with IUPAC 2021 standard atomic weights (abridged), except where said.
ANALYTES: dict[str, Analyte] = {
    analyte.name: analyte
    for analyte in (
        Analyte(
            "bilirubin",
            584.66,
            "C33H36N4O6, IUPAC standard atomic weights: 584.66 g/mol, so 1 mg/dL = 17.104 µmol/L",
        ),
        Analyte(
            "creatinine",
            113.12,
            "C4H7N3O, IUPAC standard atomic weights: 113.12 g/mol, so 1 mg/dL = 88.40 µmol/L",
        ),
        Analyte("urea", 60.056, "CH4N2O, IUPAC standard atomic weights"),
        Analyte("glucose", 180.156, "C6H12O6, IUPAC standard atomic weights"),
        Analyte("cholesterol", 386.66, "C27H46O, IUPAC standard atomic weights"),
        Analyte("lactate", 89.07, "C3H5O3-, IUPAC standard atomic weights"),
        Analyte("ammonia", 17.031, "NH3, IUPAC standard atomic weights"),
        Analyte("calcium", 40.078, "IUPAC standard atomic weight", valence=2),
        Analyte("sodium", 22.990, "IUPAC standard atomic weight"),
        Analyte("potassium", 39.098, "IUPAC standard atomic weight"),
        Analyte("chloride", 35.45, "IUPAC standard atomic weight"),
        Analyte("uric acid", 168.11, "C5H4N4O3, IUPAC standard atomic weights"),
        Analyte("coenzyme q10", 863.34, "C59H90O4, IUPAC standard atomic weights"),
        Analyte("4-hydroxybenzoate", 138.12, "C7H6O3, IUPAC standard atomic weights"),
        Analyte(
            "albumin",
            66_500.0,
            "human serum albumin, about 66.5 kDa; laboratories report mass, mol only rarely",
        ),
        Analyte(
            "haemoglobin a1c",
            None,
            "two scales, not two units: NGSP % = 0.09148 × IFCC mmol/mol + 2.152, the master equation that NGSP and IFCC publish",
        ),
        Analyte("haemoglobin", 16_114.5, "monomer (Fe), the convention of laboratories that report mmol/L"),
    )
}

#: LOINC codes whose component is one of the analytes, for results in a unit that the observable does not name (mEq/L of sodium)
_CODES: dict[str, str] = {
    **dict.fromkeys(("2951-2", "2947-0", "32717-1", "39791-9"), "sodium"),
    **dict.fromkeys(("2823-3", "6298-4", "75940-7", "39789-3"), "potassium"),
    **dict.fromkeys(("2075-0", "2069-3", "41650-3", "41649-5"), "chloride"),
    **dict.fromkeys(("17861-6", "49765-1", "2000-8"), "calcium"),
    **dict.fromkeys(("1975-2", "14631-6", "42719-5", "1968-7", "14629-0"), "bilirubin"),
    **dict.fromkeys(("2160-0", "38483-4", "14682-9", "59826-8", "59825-0"), "creatinine"),
    **dict.fromkeys(("2345-7", "2339-0", "14749-6", "15074-8", "1558-6", "2340-8", "41653-7"), "glucose"),
    **dict.fromkeys(("2524-7", "32693-4", "2518-9", "14118-4", "19239-3", "2519-7"), "lactate"),
    **dict.fromkeys(("4548-4", "17856-6", "59261-8"), "haemoglobin a1c"),
    **dict.fromkeys(("16362-6", "22763-7", "1841-6", "1845-7"), "ammonia"),
}


def analyte_of(codes: Iterable[tuple[str, str]]) -> str | None:
    """The one analyte that (system, code) pairs are of; ``None`` where they are of several, or of none that is known."""
    found = {_CODES.get(code) if system == "LOINC" else None for system, code in codes}
    return found.pop() if len(found) == 1 else None
