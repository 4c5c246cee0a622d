"""What the vocabulary refuses: units, quantities, dates, jurisdictions; and a library that is not installed."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "install.extra",
        "this needs {library}, which is not installed",
        "install the extra: pip install 'proband[{extra}]'",
    ),
    Entry(
        "terms.canonical.nesting",
        "the value has no canonical form: {error}",
        "nest it less deeply",
    ),
    Entry(
        "terms.canonical.value",
        "{place}: {problem}",
        "leave the key out or write null where there is no value; write long numbers as text",
    ),
    Entry(
        "terms.date.order",
        "the date interval {earliest} … {latest} ends before it begins",
        "write the earlier day first",
    ),
    Entry(
        "terms.date.unreadable",
        "{text!r} is not a date: {error}",
        "write 2023-09-12, 2023-09, September 2023, 2023 or an interval 2023-09-01..2023-10-15",
    ),
    Entry(
        "terms.jurisdiction.unknown",
        "{jurisdiction!r} is not a jurisdiction that Proband knows",
        "use an ISO 3166-1 alpha-2 code (US, GB, TH, DE …), EU or any",
    ),
    Entry(
        "terms.quantity.bound",
        "{text!r} is not a quantity: it is a bound, not a value",
        "write a number and a unit: 2.1 mg/dL",
    ),
    Entry(
        "terms.quantity.unreadable",
        "{text!r} is not a quantity",
        "write a number and a unit: 2.1 mg/dL",
    ),
    Entry(
        "terms.unit.analyte",
        (
            "{from_unit} → {to_unit} needs a molar mass, and {analyte!r} has no molar mass here",
            "{from_unit} → {to_unit} needs a molar mass, and no analyte was named",
        ),
        "name the analyte; known: {known}",
    ),
    Entry(
        "terms.unit.incompatible",
        "{from_unit} cannot become {to_unit}: they measure different things",
        "give the value in a unit of the same dimension as {to_unit}",
    ),
    Entry(
        "terms.unit.number",
        "{unit!r} is a number, not a unit",
        "write the unit alone",
    ),
    Entry(
        "terms.unit.unknown",
        "{unit!r} is not a unit that Proband knows",
        "use a UCUM spelling: mg/dL, umol/L, g/L, 10*9/L, U/L, cells/kg, d, wk, mo, a, %",
    ),
    Entry(
        "terms.yaml",
        "not YAML: {reason}",
        "correct the line; indent with spaces, quote text that holds ': '",
    ),
)
