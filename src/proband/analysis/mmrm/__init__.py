"""Mixed models for repeated measures: unstructured and structured covariances, REML and ML, Kenward–Roger, Satterthwaite, sandwich."""

from proband.analysis.mmrm.model import (
    LADDER,
    MixedModelFit,
    RepeatedMeasuresModel,
    fit_ladder,
    fit_mmrm,
)

__all__ = ["LADDER", "MixedModelFit", "RepeatedMeasuresModel", "fit_ladder", "fit_mmrm"]
