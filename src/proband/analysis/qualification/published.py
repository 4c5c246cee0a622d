"""Small published data sets, typed from their publications, that the reference numbers were computed on: facts of print, with their source."""

from __future__ import annotations

import numpy as np

#: Potthoff RF, Roy SN. Biometrika 1964;51:313-326: distance (mm) pituitary–pterygomaxillary fissure at 8, 10, 12, 14 years
ORTHODONT_BOYS = np.array(
    [
        [26, 25, 29, 31], [21.5, 22.5, 23, 26.5], [23, 22.5, 24, 27.5], [25.5, 27.5, 26.5, 27], [20, 23.5, 22.5, 26],
        [24.5, 25.5, 27, 28.5], [22, 22, 24.5, 26.5], [24, 21.5, 24.5, 25.5], [23, 20.5, 31, 26], [27.5, 28, 31, 31.5],
        [23, 23, 23.5, 25], [21.5, 23.5, 24, 28], [17, 24.5, 26, 29.5], [22.5, 25.5, 25.5, 26], [23, 24.5, 26, 30],
        [22, 21.5, 23.5, 25],
    ]
)  # fmt: skip
ORTHODONT_GIRLS = np.array(
    [
        [21, 20, 21.5, 23], [21, 21.5, 24, 25.5], [20.5, 24, 24.5, 26], [23.5, 24.5, 25, 26.5], [21.5, 23, 22.5, 23.5],
        [20, 21, 21, 22.5], [21.5, 22.5, 23, 25], [23, 23, 23.5, 24], [20, 21, 22, 21.5], [16.5, 19, 19, 19.5],
        [24.5, 25, 28, 28],
    ]
)  # fmt: skip

#: Miller RG. Survival Analysis, 1981 (acute myelogenous leukaemia, Embury et al. 1977): weeks, relapse, maintained chemotherapy
AML_WEEKS = np.array(
    [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45], dtype=float
)  # fmt: skip
AML_RELAPSE = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1], dtype=bool)
AML_MAINTAINED = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

#: Edmonson JH et al. Cancer Treat Rep 1979;63:241-247 (ovarian cancer): days, death, treatment
OVARIAN_DAYS = np.array(
    [59, 115, 156, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769, 770, 803, 855, 1040, 1106, 1129,
    1206, 1227, 268, 329, 353, 365, 377], dtype=float
)  # fmt: skip
OVARIAN_DEATH = np.array(
    [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0], dtype=bool
)  # fmt: skip
OVARIAN_TREATMENT = np.array(
    [1, 1, 1, 2, 1, 1, 2, 2, 1, 2, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 2, 2]
)  # fmt: skip

#: Cushny AR, Peebles AR. J Physiol 1905;32:501-510, as Student took them in 1908: hours of sleep gained on two drugs, ten patients
SLEEP = np.array(
    [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6,
    4.6, 3.4]]
)  # fmt: skip

#: Randall JH. Biometrical J 1989;31:781-793 (bitterness of wine, rated 1 to 5): rating, warm, contact, judge
WINE_RATING = np.array(
    [2, 3, 3, 4, 4, 4, 5, 5, 1, 2, 1, 3, 2, 3, 5, 4, 2, 3, 3, 2, 5, 5, 4, 4, 3, 2, 3, 2, 3, 2, 5, 3, 2,
    3, 4, 3, 3, 3, 3, 3, 3, 2, 3, 2, 2, 4, 5, 4, 1, 1, 2, 2, 2, 3, 2, 3, 2, 2, 2, 3, 3, 3, 3, 4, 1, 2, 3,
    2, 3, 2, 4, 4]
)  # fmt: skip
WINE_WARM = np.array(
    [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0,
    0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0,
    0, 1, 1, 1, 1]
)  # fmt: skip
WINE_CONTACT = np.array(
    [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0,
    0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1,
    1, 0, 0, 1, 1]
)  # fmt: skip
WINE_JUDGE = np.array(
    [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5,
    5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9,
    9, 9, 9, 9, 9]
)  # fmt: skip

#: Madsen M. Scand J Stat 1976;3:97-106 (satisfaction of tenants in Copenhagen): counts by satisfaction (fastest), influence, type, contact
HOUSING_COUNTS = np.array(
    [21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54, 13, 9, 10, 8, 8, 12, 6, 7,
    9, 18, 6, 7, 15, 13, 13, 7, 5, 11, 14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43, 48, 45, 86, 15, 25,
    62, 20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13]
)  # fmt: skip

#: Cobb GW. Biometrika 1978;65:243-251: annual flow of the Nile at Aswan, 1871–1970 (10⁸ m³)
NILE = np.array(
    [1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799,
    958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916,
    692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698,
    845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801,
    1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170,
    912, 746, 919, 718, 714, 740], dtype=float
)  # fmt: skip

#: Zeger SL, Liang KY, Albert PS. Biometrics 1988;44:1049-1060 (wheeze of 537 children of Steubenville, Ohio, at 7, 8, 9 and 10 years): how many had
#: each of the sixteen patterns (no, no, no, no) to (yes, yes, yes, yes), the last year changing fastest, by whether the mother smoked
WHEEZE_COUNTS = np.array(
    [[237, 10, 15, 4, 16, 2, 7, 3, 24, 3, 3, 2, 6, 2, 5, 11], [118, 6, 8, 2, 11, 1, 6, 4, 7, 3, 3, 1, 4, 2, 4, 7]]
)  # fmt: skip

#: Colditz GA et al. JAMA 1994;271:698-702 (BCG vaccine, thirteen trials): cases and others among the vaccinated, cases and others among the rest
BCG = np.array(
    [[4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
    [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600],
    [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825]]
)  # fmt: skip

#: Niël-Weise BS, Stijnen T, van den Broek PJ. Intensive Care Med 2007;33:2058-2068 (infections of catheters): events and people with coated catheters, the
#: same with ordinary ones, eighteen trials
CATHETERS = np.array(
    [[0, 116, 3, 117], [1, 44, 3, 35], [2, 208, 9, 195], [0, 130, 7, 136], [5, 151, 6, 157], [1, 98, 4, 139],
    [1, 174, 3, 177], [1, 74, 2, 39], [1, 97, 19, 103], [1, 113, 2, 122], [0, 66, 7, 64], [0, 70, 1, 58],
    [3, 188, 5, 175], [6, 187, 11, 180], [0, 118, 0, 105], [0, 252, 1, 262], [1, 345, 3, 362], [4, 64, 1, 69]]
)  # fmt: skip

#: Rubin DB. J Educ Stat 1981;6:377-401 (coaching in eight schools): effects and their standard errors
SCHOOLS = np.array([[28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]], dtype=float)

#: Agresti A. Categorical Data Analysis, 2nd ed. 2002, section 6.3 (penicillin in rabbits, Mantel 1963): cured and rabbits of the first row, the same of the second, by dose
RABBITS = np.array([[0, 6, 0, 5], [3, 6, 0, 6], [6, 6, 2, 6], [5, 6, 6, 6], [2, 2, 5, 5]])
