"""Units as sites spell them: each is what it stands for, or no unit; what pint would make of stray letters is never a result."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.terms import TermError
from proband.terms.units import convert, factor, is_unit
from proband.terms.units.analytes import ANALYTES, analyte_of
from proband.terms.units.grammar import expression_of

_MEANT: dict[str, tuple[str, ...]] = {
    "10*9/L": ("10e9/L", "10E9/L", "x10e9/L", "E9/L", "1e9/L", "1.0E9/L", "10e+9/L", "10(9)/L", "x 10 9/L", "10⁹/l", "×10⁹/L", "10ˆ9/L", "10∗9/L",
               "10x9/L", "10*9 cells/L", "10^9/Lt", "GPT/L", "Gpt/l", "K/MCL", "k/cumm", "Thousand/uL", "THOU/UL", "1000/uL", "1000/mm3", "10³/µL",
               "×10³/µl", "X10E3/UL", "10(3)/mcL", "10*3/cumm", "Tsd. /µl", "10^9.L-1"),
    "10*12/L": ("10E12/L", "x10E12/L", "Million/uL", "mill/cumm", "M/uL", "M/mcL", "10⁶/µL", "Mio./µl"),
    "/uL": ("/cumm", "cells/cu.mm", "Cells/uL", "cells/mm^3", "/µl", "cells/mcL", "{cells}/mm3"),
    "10*5/uL": ("lakh/cumm", "Lakhs/cmm", "lac/cumm"),
    "g/dL": ("GM/DL", "G/DL", "(g/dL)", "g/100 mL", "g per dL", "g∕dL"),
    "mg/L": ("MG/L", "mg.L-1", "mg·L⁻¹"),
    "ug/dL": ("UG/DL", "mcg/dL", "MCG/DL", "µg/dl", "μg/dL"),
    "U/L": ("u/l", "u/L", "iu/l", "UI/l", "IU / L", "[iU]/L", "U/l"),
    "[IU]/mL": ("U/ML", "IU/ML", "u/ml", "[iU]/mL", "k[IU]/L", "UI/ml", "IU /mL"),
    "mU/L": ("mIU/L", "m[IU]/L", "uIU/mL", "µIU/mL", "UIU/ML"),
    "ukat/L": ("ukat/l", "UKAT/L", "µkat/l"),
    "mEq/L": ("meq/l", "MEQ/L", "mval/l"),
    "mmol/L": ("MMOL/L", "mmol/l", "mmoles/L", "mM"),
    "mL/min/1.73m2": ("mL/min/1.73", "ml/min/1,73m²", "mL/min/{1.73_m2}", "ML/MIN/1.73M2", "mL/min per 1.73 m2", "mL/min/[1.73_m2]"),
    "g/d": ("g/24h", "g/24 h", "g/day"),
    "kPa": ("KPA", "kpa"),
    "mm[Hg]": ("MMHG", "mm Hg", "torr"),
    "mL": ("ML", "ml", "cc"),
    "mm": ("MM",),
    "[lb_av]": ("LB", "lbs", "pounds"),
}  # fmt: skip


@pytest.mark.parametrize(("printed", "meant"), [(p, ucum) for ucum, forms in _MEANT.items() for p in forms])
def test_a_printed_form_is_the_unit_that_it_stands_for(printed: str, meant: str) -> None:
    scale, offset = factor(printed, meant)
    assert offset == 0
    assert scale == pytest.approx(1, rel=1e-6)  # torr and mmHg differ in the seventh place


@pytest.mark.parametrize(
    "spelling",
    ["Mmol/L", "Ml", "M", "MU/L", "MIU/mL", "mu/L", "mil/uL", "mil/mm3", "GPt/L", "pct", "{%}", "{percent}", "%%", "%/L", "dB", "g/100", "in 1000", "kg/m 2",
     "10.9/L", "10*-9/L", "10_9/L", "10'9/L", "10-9/L", "109/L", "x109/L", "10 7/L", "K/L", "k/mL", "log([IU]/mL)", "IU/mL log10", "{log10}[IU]/mL", "t", "T",
     "Mg/dL", "Gg", "ML/L2x", "1.73m2", "24h", "C", "F", "S", "H", "st", "{Quick}"],
)  # fmt: skip
def test_what_only_a_physicist_would_read_is_no_unit_of_a_result(spelling: str) -> None:
    for target in ("g/L", "10*9/L", "mmol/L", "U/L", "kg", "1", "%", "mm[Hg]", "Cel", "mL"):
        with pytest.raises(TermError):
            factor(spelling, target)


def test_capitals_of_a_weight_are_no_mega() -> None:
    assert is_unit("MG")
    assert factor("MG", "mg") == (1.0, 0.0)


_SIGNS = st.sampled_from(["*", "^", "**", "E", "e", "exp", "x", " ^", "^ ", " * "])
_VOLUMES = st.sampled_from(
    [("L", 1.0), ("l", 1.0), ("/L"[1:], 1.0), ("uL", 1e-6), ("µl", 1e-6), ("mcL", 1e-6), ("mm3", 1e-6), ("mm³", 1e-6), ("cumm", 1e-6), ("cmm", 1e-6),
     ("UL", 1e-6), ("mL", 1e-3), ("ml", 1e-3), ("nL", 1e-9)]
)  # fmt: skip


@given(
    before=st.sampled_from(["", "x", "X", "x ", "×", "× "]),
    sign=_SIGNS,
    power=st.integers(1, 12),
    gap=st.sampled_from(["", " "]),
    volume=_VOLUMES,
)
def test_a_power_of_ten_is_that_power_however_it_is_set(
    before: str, sign: str, power: int, gap: str, volume: tuple[str, float]
) -> None:
    name, litres = volume
    spelling = f"{before}10{sign}{power}{gap}/{name}"
    expected = 10.0 ** (power - 9) / litres
    assert factor(spelling, "10*9/L")[0] == pytest.approx(expected)


@given(st.text(alphabet="UIMmKkGTguLlolFfcdnp/%10*^9 .()[]{}x", min_size=1, max_size=8))
def test_stray_letters_never_make_an_amount_of_another_size(spelling: str) -> None:
    """Whatever is read as units in a volume or grams in a volume lies within what laboratories print."""
    for target, least, most in (("U/L", 1e-12, 1e12), ("g/L", 1e-15, 1e12), ("mol/L", 1e-15, 1e9)):
        try:
            scale, offset = factor(spelling, target)
        except TermError:
            continue
        assert offset == 0
        assert least <= scale <= most, (spelling, target, scale)
        assert "M" not in spelling or spelling.upper() == spelling or "mM" in spelling or "nM" in spelling


@pytest.mark.parametrize("spelling", ["10(9)/L", "mil/uL", "Gpt/l", "ML", "Mmol", "5 g", "g/5h", "%/L"])
def test_the_grammar_refuses_what_it_has_no_symbol_for(spelling: str) -> None:
    assert expression_of(spelling) is None


@pytest.mark.parametrize(
    ("in_moles", "in_percent"), [(48.0, 6.543), (53.0, 7.0), (75.0, 9.013), (20.0, 3.9816)]
)
def test_haemoglobin_a1c_has_two_scales(in_moles: float, in_percent: float) -> None:
    """NGSP % = 0.09148 × IFCC mmol/mol + 2.152: 53 mmol/mol are 7.0 %, and not 5.3 %."""
    assert convert(in_moles, "mmol/mol", "%", "haemoglobin a1c") == pytest.approx(in_percent, abs=6e-4)
    assert convert(in_percent, "%", "mmol/mol", "haemoglobin a1c") == pytest.approx(in_moles, abs=7e-3)
    assert analyte_of([("LOINC", "4548-4"), ("LOINC", "59261-8")]) == "haemoglobin a1c"
    assert "0.09148" in ANALYTES["haemoglobin a1c"].source


def test_no_other_share_of_moles_becomes_a_percent() -> None:
    for analyte in (None, "creatinine"):
        with pytest.raises(TermError):
            factor("mmol/mol", "%", analyte)
    assert factor("umol/mmol", "mmol/mol") == (1.0, 0.0)
