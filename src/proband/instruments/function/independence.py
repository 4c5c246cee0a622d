"""Independence and walking after spinal cord injury: SCIM III and WISCI II, structure without the forms' texts."""

from __future__ import annotations

from proband.instruments.function.scales import rated, source, sum_rule, weighted
from proband.instruments.instrument import Direction, ImportantChange, Instrument, Variant
from proband.terms import Level

_CARE, _SPHINCTER, _MOBILITY = "self-care", "respiration and sphincter", "mobility"

#: name, label, section, points that an answer may carry
_SCIM = (
    ("feeding", "Feeding", _CARE, range(4)),
    ("bathing_upper", "Bathing, upper body", _CARE, range(4)),
    ("bathing_lower", "Bathing, lower body", _CARE, range(4)),
    ("dressing_upper", "Dressing, upper body", _CARE, range(5)),
    ("dressing_lower", "Dressing, lower body", _CARE, range(5)),
    ("grooming", "Grooming", _CARE, range(4)),
    ("respiration", "Respiration", _SPHINCTER, (0, 2, 4, 6, 8, 10)),
    ("bladder", "Sphincter management, bladder", _SPHINCTER, (0, 3, 6, 9, 11, 13, 15)),
    ("bowel", "Sphincter management, bowel", _SPHINCTER, (0, 5, 8, 10)),
    ("toilet", "Use of toilet", _SPHINCTER, (0, 1, 2, 4, 5)),
    ("bed", "Mobility in bed", _MOBILITY, (0, 2, 4, 6)),
    ("transfer_bed", "Transfer, bed and wheelchair", _MOBILITY, range(3)),
    ("transfer_toilet", "Transfer, wheelchair, toilet and tub", _MOBILITY, range(3)),
    ("indoors", "Mobility indoors", _MOBILITY, range(9)),
    ("moderate_distance", "Mobility, moderate distances", _MOBILITY, range(9)),
    ("outdoors", "Mobility outdoors", _MOBILITY, range(9)),
    ("stairs", "Stairs", _MOBILITY, range(4)),
    ("transfer_car", "Transfer, wheelchair and car", _MOBILITY, range(3)),
    ("transfer_ground", "Transfer, ground and wheelchair", _MOBILITY, range(2)),
)


def _of(section: str) -> tuple[str, ...]:
    return tuple(name for name, _, where, _ in _SCIM if where == section)


SCIM_III = Instrument(
    id="scim-iii",
    name="Spinal Cord Independence Measure III (structure only)",
    area="spinal cord",
    purpose="Independence in daily life after spinal cord injury",
    items=tuple(
        weighted(name, label, points, section=section, level=Level.UNVERIFIED)
        for name, label, section, points in _SCIM
    ),
    value_name="total",
    value_unit="{points}",
    total_low=0,
    total_high=100,
    direction=Direction.HIGHER_IS_BETTER,
    version="III",
    licence=(
        "form freely available in the publication, authors hold the copyright; free for clinical and research use "
        "(unverified). Answer texts are not included here"
    ),
    sources=(
        source(
            "scim-ninds",
            "NINDS CDE, Spinal Cord Independence Measure: 19 items, self-care 0–20, respiration and sphincter 0–40, mobility 0–40",
        ),
        source("scim-grid", "Points of the single answers: general knowledge, not checked", Level.UNVERIFIED),
    ),
    variants=(
        Variant(
            name="iii",
            meaning="19 items; subscale maxima read, points of the single answers unverified (they add up to the maxima)",
            level=Level.UNVERIFIED,
            source="scim-grid",
        ),
    ),
    default_variant="iii",
    details={
        "sum_self_care": "self-care, 0 to 20",
        "sum_respiration_sphincter": "respiration and sphincter management, 0 to 40",
        "sum_mobility": "mobility, 0 to 40",
    },
    important_changes=(
        ImportantChange(
            kind="minimal important change",
            value=4,
            unit="points",
            population="spinal cord injury, n = 255",
            source="Scivoletto 2013",
            level=Level.READ,
        ),
        ImportantChange(
            kind="substantial change",
            value=10,
            unit="points",
            population="spinal cord injury, n = 255",
            source="Scivoletto 2013",
            level=Level.READ,
        ),
        ImportantChange(
            kind="minimal important change",
            value=12,
            high=45.3,
            unit="points",
            population="complete tetraplegia (12) to incomplete thoracic injury (45.3), anchor-based",
            source="Corallo 2017",
            level=Level.READ,
        ),
        ImportantChange(
            kind="cut-off",
            value=55,
            unit="points",
            population="modified independence, wheelchair users (n = 309 in all)",
            source="Amatachaya et al., doi 10.1016/j.apmr.2022.09.016 (abstract)",
            level=Level.READ,
        ),
        ImportantChange(
            kind="cut-off",
            value=75,
            unit="points",
            population="modified independence, people who walk",
            source="Amatachaya et al., doi 10.1016/j.apmr.2022.09.016 (abstract)",
            level=Level.READ,
        ),
    ),
    population="Adults with spinal cord injury; not recommended for children",
    age_low=13,
    formula="Sum of self-care (0–20), respiration and sphincter management (0–40) and mobility (0–40)",
    notes=("About 30 minutes, rated by a clinician.",),
    item_texts="structure only",
    example={name: list(points)[len(list(points)) // 2] for name, _, _, points in _SCIM},
    compute=sum_rule(
        {
            "self_care": _of(_CARE),
            "respiration_sphincter": _of(_SPHINCTER),
            "mobility": _of(_MOBILITY),
        }
    ),
)

WISCI_II = Instrument(
    id="wisci-ii",
    name="Walking Index for Spinal Cord Injury II",
    area="spinal cord",
    purpose="Walking over 10 m by the aids, braces and help it takes",
    items=(rated("level", "Level", 20, help="0 (unable) to 20 (10 m without aids, braces or help)"),),
    value_name="level",
    value_unit="{level}",
    total_low=0,
    total_high=20,
    direction=Direction.HIGHER_IS_BETTER,
    version="II",
    licence="free (unverified); the descriptions of the levels are not included here",
    sources=(source("morganti-2005", "Morganti et al. 2005, Spinal Cord 43:27 (21 levels, 0 to 20)"),),
    variants=(Variant(name="ii", meaning="rank 0 to 20", level=Level.READ, source="morganti-2005"),),
    default_variant="ii",
    important_changes=(
        ImportantChange(
            kind="minimal important change",
            value=1,
            unit="level",
            population="spinal cord injury",
            source="general knowledge, commonly used",
            level=Level.UNVERIFIED,
        ),
        ImportantChange(
            kind="measurement error",
            value=0.8,
            high=1.0,
            unit="level",
            population="spinal cord injury, smallest real difference",
            source="general knowledge",
            level=Level.UNVERIFIED,
        ),
    ),
    population="People with spinal cord injury; strong ceiling effect",
    formula="The ranked level itself",
    item_texts="structure only",
    example={"level": 12},
    compute=sum_rule({"all": ("level",)}),
)
