"""Units that biomedical files name by the Unit Ontology, in UCUM spelling."""

from __future__ import annotations

#: UCUM spellings of Unit Ontology terms (labels of the Unit Ontology, CC-BY 3.0); others keep their label
UNIT_ONTOLOGY = {
    "UO:0000022": "mg",
    "UO:0000033": "d",
    "UO:0000034": "wk",
    "UO:0000175": "g/L",
    "UO:0000178": "U/mL",
    "UO:0000179": "U/L",
    "UO:0000275": "ng/mL",
}
