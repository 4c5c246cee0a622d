"""Cases of designs: sequential boundaries, early phases, monitoring, sample sizes."""

from __future__ import annotations

import numpy as np

from proband.analysis.early_phase import (
    beta_binomial_stopping,
    binomial_sequence,
    boin,
    simon,
    single_arm_power,
)
from proband.analysis.qualification.comparison import Checks, case, from_r, software
from proband.analysis.sample_size import people_for_means, people_for_shares
from proband.analysis.sequential.boundaries import shaped, spending, with_power
from proband.analysis.sequential.monitoring import conditional_power

RPACT = "rpact 4.5.0"
EAST = "East 6.5, in the tests of gsDesign"


@case("group-sequential boundaries", RPACT)
def jennison_turnbull(check: Checks) -> None:
    """O'Brien and Fleming, Pocock: two-sided 5 %, two to five looks."""
    for shape, want in (
        ("obrien-fleming", [1.977430959276, 2.004035578616, 2.02429549971, 2.040073175227]),
        ("pocock", [2.17827208882, 2.289478061037, 2.361297891104, 2.413176220184]),
    ):
        got = [shaped(k, 0.05, shape, sided=2).upper[-1] for k in (2, 3, 4, 5)]
        check.equal(f"{shape}, 2 to 5 looks", got, want, within=1e-6)
    check.equal("Lan and DeMets, O'Brien–Fleming type", spending(4, 0.025, "obrien-fleming").upper,
                [4.33263364605, 2.963131599128, 2.359044276178, 2.014090143144], within=1e-6)  # fmt: skip
    check.equal("Lan and DeMets, Pocock type", spending(4, 0.025, "pocock").upper,
                [2.368327703524, 2.367524288595, 2.358168311417, 2.350035972893], within=1e-6)  # fmt: skip
    design = spending(
        3, 0.025, "hwang-shih-decani", gamma=-4, power=0.9, futility="hwang-shih-decani", futility_gamma=-2
    )
    check.equal("Hwang, Shih and DeCani: efficacy", design.upper, [3.010739485386, 2.546530552208, 1.999226354063], within=1e-6)  # fmt: skip
    check.equal("Hwang, Shih and DeCani: futility", design.lower[:-1], [-0.2387240311374, 0.9410672406666], within=1e-6)  # fmt: skip
    check.equal("inflation of the sample", design.inflation, 1.069883118314, within=1e-6)


@case("group-sequential boundaries", EAST, level="read")
def east_boundary(check: Checks) -> None:
    """The bound on the scale of the effect."""
    design = with_power(spending(2, 0.025, "obrien-fleming"), 0.9)
    scale = design.upper * 0.3 / (design.drift * np.sqrt(design.fractions))
    check.equal("on the effect's scale", scale, [0.38709581, 0.18188158], within=1e-6)


@case("group-sequential boundaries", software("spending, unequal looks"))
def unequal_looks(check: Checks) -> None:
    """Looks at 40, 70 and 100 %."""
    design = spending([0.4, 0.7, 1.0], 0.025, "obrien-fleming")
    want = from_r("spending, unequal looks")
    # rpact's last error is 0.02499999, where its search stopped
    check.equal("bounds", design.upper, want[:3], within=1e-6)
    check.equal("error spent", design.alpha_spent, want[3:], within=2e-8)


@case("group-sequential power", RPACT)
def sequential_power(check: Checks) -> None:
    """Means, O'Brien and Fleming, three looks, 120 people."""
    design, drift = shaped(3, 0.025, "obrien-fleming"), 5 / (10 * np.sqrt(4 / 120))
    got = [design.at(drift).upper.sum(), 120 * design.expected_information(drift)]
    check.equal("power and expected people", got, [0.7747991316758, 102.246396313751], within=1e-6)


@case("conditional power", software("conditional power"))
def power_at_a_look(check: Checks) -> None:
    """Pocock's design, 30 + 30 people with a mean difference of 0.4 seen, 0.3 supposed for 60 more."""
    design = shaped(2, 0.025, "pocock")
    z = 0.4 / np.sqrt(2 / 30)
    # effect times √(information at the end): 60 in each arm
    got = conditional_power(design, 1, z, 0.3 / np.sqrt(2 / 60))
    check.equal("chance of success at the last look", got, from_r("conditional power")[0], within=1e-6)


@case("Simon's two-stage designs", "exact enumeration; clinfun 1.1.5")
def two_stages(check: Checks) -> None:
    """Optimal and minimax designs with their characteristics."""
    for p0, p1, power, optimal, minimax, characteristics in (
        (0.1, 0.3, 0.8, [1, 10, 5, 29], [1, 15, 5, 25], [15.0141203471, 0.7360989291, 0.047086306643891324, 0.8050629131503244]),
        (0.05, 0.25, 0.8, [0, 9, 2, 17], [0, 12, 2, 16], [11.958004722203125, 0.6302494097246094, 0.046604957238962665, 0.8121611114474944]),
        (0.1, 0.3, 0.9, [2, 18, 6, 35], [2, 22, 6, 33], [22.525468088649408, 0.733795994785329, 0.04738593313699799, 0.9015958400981953]),
    ):  # fmt: skip
        best, least = simon(p0, p1, 0.05, power)
        check.equal(f"{p0}, {p1}, {power}: optimal", [best.r1, best.n1, best.r, best.n], optimal)
        check.equal(f"{p0}, {p1}, {power}: minimax", [least.r1, least.n1, least.r, least.n], minimax)
        got = [best.expected_size, best.early_stop, best.alpha, best.power]
        check.equal(f"{p0}, {p1}, {power}: characteristics", got, characteristics, within=1e-8)


@case("BOIN boundaries", "BOIN (R package)")
def boin_boundaries(check: Checks) -> None:
    """Target 30 %."""
    got = boin(0.3, [3, 6, 9, 12, 15, 18])
    check.equal("λ", [got.lambda_escalate, got.lambda_deescalate], [0.23649068523646805, 0.35851946464092954], within=1e-10)  # fmt: skip
    check.equal("escalate", got.escalate, [0, 1, 2, 2, 3, 4])
    check.equal("de-escalate", got.deescalate, [2, 3, 4, 5, 6, 7])
    check.equal("eliminate", [-1 if e is None else e for e in got.eliminate], [3, 4, 5, 7, 8, 9])


@case("beta-binomial stopping", "exact enumeration")
def stopping(check: Checks) -> None:
    """Stop if Pr(p > 0.30) > 0.95 under Beta(0.6, 1.4), from the second to the twentieth person."""
    rule = beta_binomial_stopping(20, 0.3, 0.95, (0.6, 1.4), first=2)
    want = [3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10]
    check.equal("events that stop", [-1 if e is None else e for e in rule.events[3:]], want)
    got = [rule.outcome(p) for p in (0.1, 0.3, 0.5)]
    check.equal("chance of stopping", [g[0] for g in got], [0.0016177037667510063, 0.12937966333931106, 0.7007055282592773], within=1e-8)  # fmt: skip
    check.equal("expected people", [g[1] for g in got], [19.974984920899153, 18.5956393362542, 12.610847473144531], within=1e-8)  # fmt: skip


@case("exact binomial sequence", EAST, level="read")
def east_sequence(check: Checks) -> None:
    """Three looks of a single arm, and the power of one."""
    for share, want in ((0.1, [0.28786288, 0.54717197, 0.14615089]), (0.2, [0.0160231, 0.06625957, 0.10815084])):  # fmt: skip
        got = binomial_sequence([36, 71, 107], [2, 9, 17], [13, 15, 18], share)
        check.equal(f"lower bounds at {share}", got.lower, want, within=1e-6)
    powers = [single_arm_power(n, 0.05, 0.2, 0.025)[2] for n in (25, 28, 30, 33, 35)]
    check.equal("power of one look", powers, [0.57932569, 0.6851126, 0.74476675, 0.81787426, 0.72790831], within=1e-8)  # fmt: skip


@case("sample sizes", "rpact 3.3.4")
def sizes(check: Checks) -> None:
    """A difference of 5 at an SD of 10 with 90 % power; shares of 40 and 20 % with 80 %."""
    check.equal("means", people_for_means(5, 10, power=0.9), 170.0626282689, within=1e-3)
    check.equal("shares", people_for_shares(0.4, 0.2), 162.4484813909, within=1e-3)
