"""Analytes whose mass and amount of substance are converted into one another."""

from __future__ import annotations

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
        Analyte("haemoglobin", 16_114.5, "monomer (Fe), the convention of laboratories that report mmol/L"),
    )
}
