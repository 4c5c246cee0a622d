"""The entry form of an instrument as an HTML fragment, from its layout: nothing preselected, no script, nothing loaded."""

from __future__ import annotations

from markupsafe import Markup

from proband.instruments.forms import form_layout
from proband.instruments.instrument import Instrument
from proband.pages.rendering import fragment

#: units that need no name beside the field: the number is the answer
_UNSAID = frozenset({"1", "{score}", "{INR}", "{points}"})


def entry_form(instrument: Instrument, variant: str | None = None) -> Markup:
    """One ``<form>``, a fieldset per section, a label per field.

    Quantities have a number and, where several units are in use, a unit that must be chosen; with a choice of units the bounds
    depend on the unit and are checked when the form is read. An answer that was not given stays recognisable: no field has a
    value beforehand.
    """
    return fragment("examination/entry_form.html.j2", "form", form_layout(instrument, variant), _UNSAID)
