"""The risk-of-bias table of a synthesis: one judgement with its reason for every domain of every study, and what follows for each study.

The table computes nothing that people did not judge. It refuses a domain that nobody judged and a judgement without a reason, derives the
overall judgement by the tool's own rule, and says how much of the synthesis rests on studies at high risk.

References
----------
Sterne JAC et al. BMJ 2019;366:l4898 (RoB 2, randomised trials). Sterne JA et al. BMJ 2016;355:i4919 (ROBINS-I, studies without randomisation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from proband.analysis.result import AnalysisError

#: domains of each tool, in its order
DOMAINS: dict[str, tuple[str, ...]] = {
    "rob-2": (
        "randomisation process", "deviations from intended interventions", "missing outcome data", "measurement of the outcome",
        "selection of the reported result",
    ),
    "robins-i": (
        "confounding", "selection of participants", "classification of interventions", "deviations from intended interventions",
        "missing data", "measurement of outcomes", "selection of the reported result",
    ),
}  # fmt: skip
#: judgements of each tool, the best first; "no information" of ROBINS-I counts as serious: unknown is not low
JUDGEMENTS: dict[str, tuple[str, ...]] = {
    "rob-2": ("low", "some concerns", "high"),
    "robins-i": ("low", "moderate", "no information", "serious", "critical"),
}
_HIGH = {"high", "no information", "serious", "critical"}


@dataclass(frozen=True, slots=True)
class StudyBias:
    """Judgements of one result of one study: for each domain of the tool a judgement and its reason.

    ``raised`` is a reason for which several concerns together count as high risk (RoB 2 leaves that to the judges); empty where they do not.
    """

    study: str
    tool: str
    judged: Mapping[str, tuple[str, str]]
    raised: str = ""

    def __post_init__(self) -> None:
        if self.tool not in DOMAINS:
            raise AnalysisError("analysis.choice", what="tool", value=self.tool, known=list(DOMAINS))
        for domain in DOMAINS[self.tool]:
            judgement, reason = self.judged.get(domain, ("", ""))
            if judgement not in JUDGEMENTS[self.tool] or not reason.strip():
                raise AnalysisError("analysis.bias.judgement", study=self.study, domain=domain, judgement=judgement, known=list(JUDGEMENTS[self.tool]))  # fmt: skip
        strange = [domain for domain in self.judged if domain not in DOMAINS[self.tool]]
        if strange:
            raise AnalysisError("analysis.choice", what="domain", value=strange[0], known=list(DOMAINS[self.tool]))  # fmt: skip

    @property
    def overall(self) -> str:
        """The tool's overall judgement: the worst of its domains; with RoB 2, high also where the judges raised several concerns to it."""
        order = JUDGEMENTS[self.tool]
        worst = max((judgement for judgement, _ in self.judged.values()), key=order.index)
        return "high" if self.raised.strip() and self.tool == "rob-2" and worst == "some concerns" else worst

    @property
    def is_high(self) -> bool:
        """Whether a reader should not rest on it alone: high, serious, critical, or not known."""
        return self.overall in _HIGH


@dataclass(frozen=True, slots=True)
class BiasTable:
    """The studies of a synthesis with their judgements, and the share of the synthesis' weight that rests on those at high risk (0 to 1)."""

    studies: tuple[StudyBias, ...]
    share_at_high_risk: float

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        high = sum(1 for study in self.studies if study.is_high)
        return f"{high} of {len(self.studies)} studies are at high risk of bias, or it is not known; they carry {100 * self.share_at_high_risk:.0f} % of the weight."

    def low_risk(self) -> list[int]:
        """Places of the studies that are not at high risk: for the synthesis of these alone, shown beside the whole."""
        return [at for at, study in enumerate(self.studies) if not study.is_high]

    def record(self) -> dict[str, Any]:
        """Plain JSON values: a row for each study with every judgement and reason."""
        return {
            "rows": [
                {
                    "study": each.study, "tool": each.tool, "overall": each.overall, "raised": each.raised,
                    "domains": [
                        {"domain": domain, "judgement": each.judged[domain][0], "reason": each.judged[domain][1]}
                        for domain in DOMAINS[each.tool]
                    ],
                }
                for each in self.studies
            ],
            "share_at_high_risk": self.share_at_high_risk,
            "words": self.words,
        }  # fmt: skip


def bias_table(studies: Sequence[StudyBias], weights: ArrayLike) -> BiasTable:
    """The table of the studies of a synthesis with their weights in it (any scale, such as 1/error²).

    Raises
    ------
    AnalysisError
        ``analysis.synthesis.columns`` where weights and studies do not match, ``analysis.bias.twice`` where a study stands twice.
    """
    share = np.asarray(weights, dtype=float)
    if len(share) != len(studies) or not len(studies) or (share < 0).any() or not share.sum() > 0:
        raise AnalysisError("analysis.synthesis.columns", lengths=[len(studies), len(share)])
    names = [study.study for study in studies]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AnalysisError("analysis.bias.twice", study=twice)
    high = np.array([study.is_high for study in studies])
    return BiasTable(tuple(studies), float(share[high].sum() / share.sum()))
