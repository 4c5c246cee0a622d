# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, no-any-return, return-value, assignment"
# The compiled functions take their types from the arrays that they are called with.
"""The classification of many examinations at once: the rules as bit operations, compiled with Numba.

One side of one examination becomes a handful of words in which bit i stands for level i (C1 = 0 … S4-5 = 28).
A scan from C1 downwards that outputs, stops and flags is then three masks, and "everything up to and
including the first stop" is one operation, ``stop ^ (stop - 1)``, which is all ones when there is no stop.
The rules themselves are those of `neurological_levels`, `impairment` and `zones`, written a second time on
purpose: the tests hold the two against each other.

Numba keeps the compiled code beside this file, or in the user's cache folder where that cannot be written, and renews it
when *this* file changes; after a change in `grades`, `levels` or `verdict_tables`, whose tables are compiled in, remove the ``__pycache__`` folder.

"""

from __future__ import annotations

from typing import Final

import numpy as np

from proband.instruments.isncsci.grades import (
    ANTIGRAVITY,
    CODE,
    FULL,
    MAYBE_ABSENT,
    WEAK,
    WEAK_AS_NORMAL,
    WEAK_NOT_SCI,
    mask,
)
from proband.instruments.isncsci.levels import INDEX, KEY_MUSCLES
from proband.instruments.isncsci.verdict_tables import (
    BLOCK_ENTRY,
    FLAG,
    GRADE_STAR_SHIFT,
    KEY_MUSCLE,
    OUTPUT,
    SENSORY,
    STAR,
    STAR_SHIFT,
    STOP,
)
from proband.terms.extras import missing

try:
    from numba import njit, prange
except ModuleNotFoundError as error:
    raise missing(error) from error

_KEY_LEVEL: Final = np.array([INDEX[level] for level in KEY_MUSCLES], dtype=np.int64)

_ANTIGRAVITY: Final = mask(ANTIGRAVITY)
_FULL: Final = mask(FULL)
_WEAK: Final = mask(WEAK)
_WEAK_AS_NORMAL: Final = mask(WEAK_AS_NORMAL)
_NOT_NORMAL: Final = mask({*WEAK_NOT_SCI, "NT*"})
_STRONG_AS_NORMAL: Final = mask({"3**", "4**", "NT**"})
_NO_FUNCTION: Final = mask({"0", "NT", "NT*", "0*"})
_MAYBE_WEAK: Final = mask({*WEAK, "NT", "NT*", *WEAK_NOT_SCI})
_SURELY_WEAK: Final = mask({*WEAK, "NT", "NT*"})
_WEAK_AS_MEASURED: Final = mask({*WEAK, *WEAK_NOT_SCI, *WEAK_AS_NORMAL})
_MAYBE_ABSENT: Final = mask(MAYBE_ABSENT)
_ZERO: Final = mask({"0"})
_ZERO_STAR: Final = mask({"0", "0*"})
_ZERO_TWO_STARS: Final = mask({"0", "0**"})
_ZERO_ANY_STARS: Final = mask({"0", "0*", "0**"})
_STARRED_ZERO: Final = mask({"0*", "0**"})
_ZERO_NORMAL: Final = mask({"0**"})
_STARRED_ALTERED: Final = mask({"0*", "1*", "0**", "1**"})
_FIVE_OR_NT: Final = mask({"5", "NT"})
_NT = CODE["NT"]

_NO, _YES = 0, 1
_C4, _T1, _L1, _S1, _S2, _S3, _LOWEST, _INT, _NA = 3, 8, 20, 25, 26, 27, 28, 29, 30
_WITHOUT_STARS = (1 << STAR_SHIFT) - 1

_SCAN = (1 << _LOWEST) - 1
_KEYS = sum(1 << INDEX[level] for level in KEY_MUSCLES)
_UPPER_BLOCK = sum(1 << i for i in range(_C4, _T1 + 1))
_LOWER_BLOCK = sum(1 << i for i in range(_L1, _S1 + 1))
_MYOTOMES = _UPPER_BLOCK | _LOWER_BLOCK
_ZONE = _SCAN & ~1

A, B, C, D, E = 1, 2, 4, 8, 16
COMPLETE, INCOMPLETE = 1, 2


@njit
def _in(code: int, values: int) -> bool:
    return (values >> code) & 1 != 0


@njit
def _bits(verdict: int, bit: int, level: int) -> int:
    return np.int64(1 if verdict & bit else 0) << level


@njit
def _count(word: int) -> int:
    n = 0
    while word:
        word &= word - 1
        n += 1
    return n


@njit
def _down_to_highest(word: int) -> int:
    """All bits at and below the highest one that is set."""
    word |= word >> 1
    word |= word >> 2
    word |= word >> 4
    word |= word >> 8
    return word | (word >> 16)


@njit(cache=True)
def _sensation(touch, prick, first, bare):
    """Masks of the sensory step (output, stop, flag, star) by current level, and of the zone by the dermatome
    itself.
    """
    output = stop = flag = star = felt = doubtful = absent = np.int64(0)
    for i in range(28):
        t, p = np.int64(touch[first + i]), np.int64(prick[first + i])
        if bare:
            t, p = t & 7, p & 7
        v = np.int64(SENSORY[t * 32 + p])
        output |= (v & 1) << i
        stop |= ((v >> 1) & 1) << i
        flag |= ((v >> 2) & 1) << i
        star |= ((v >> 3) & 1) << i
        felt |= ((v >> 4) & 1) << (i + 1)
        doubtful |= ((v >> 5) & 1) << (i + 1)
        absent |= ((v >> 6) & 1) << (i + 1)
    return output, stop, flag, star, felt, doubtful, absent


@njit(cache=True)
def _myotomes(motor, first, bare):
    """Masks (output, stop, flag, star) of the key-muscle step; T1 and S1 are taken as their own next
    muscle.
    """
    output = stop = flag = star = np.int64(0)
    for block in range(2):
        k0 = first + 5 * block
        level = _C4 if block == 0 else _L1
        n = np.int64(motor[k0])
        if bare:
            n &= 7
        v = np.int64(BLOCK_ENTRY[n])
        for j in range(6):
            if j > 0:
                m = n
                if j < 5:
                    n = np.int64(motor[k0 + j])
                    if bare:
                        n &= 7
                v = np.int64(KEY_MUSCLE[m * 32 + n])
            output |= (v & 1) << (level + j)
            stop |= ((v >> 1) & 1) << (level + j)
            flag |= ((v >> 2) & 1) << (level + j)
            star |= ((v >> 3) & 1) << (level + j)
    return output, stop, flag, star


@njit
def _block_end(m: int, stops: int, outputs: int, flags: int) -> int:
    """What T1 or S1 says in the motor scan, given the sensory masks of its block."""
    normal, doubtful, starred = stops == 0, outputs != 0, flags != 0
    v = 0
    if m == _NT or not (_in(m, _FULL) and normal and not doubtful):
        v |= 1
    if _in(m, _ANTIGRAVITY) or _in(m, _NOT_NORMAL) or not normal:
        v |= 2
    if (
        _in(m, _NOT_NORMAL)
        or _in(m, _WEAK_AS_NORMAL)
        or (_in(m, _STRONG_AS_NORMAL) and normal)
        or (_in(m, _FIVE_OR_NT) and normal and starred and not doubtful)
    ):
        v |= 4
    if _in(m, _NOT_NORMAL) or (_in(m, _WEAK_AS_NORMAL) and (doubtful or not normal)):
        v |= 8
    return v


@njit
def _scan(output: int, stop: int, flag: int, star: int) -> tuple[int, int]:
    """Outputs of a scan with their stars, up to the first stop; a star also follows from a flag set at a
    level above.
    """
    reached = stop ^ (stop - 1)
    output &= reached
    star = output & (star | ~(flag ^ (flag - 1)))
    return output, star


@njit
def _sensory_level(output: int, stop: int, flag: int, star: int) -> int:
    found, starred = _scan(output, stop, flag, star)
    if stop == 0:
        found |= 1 << _INT
        if flag != 0:
            starred |= 1 << _INT
    return found | (starred << STAR_SHIFT)


@njit
def _motor_level(output: int, stop: int, flag: int, star: int, vac: int) -> int:
    found, starred = _scan(output, stop, flag, star)
    if stop == 0:
        if vac != _YES and not (found >> _S3) & 1:
            found |= 1 << _S3
            if flag != 0:
                starred |= 1 << _S3
        if vac != _NO:
            found |= 1 << _INT
            if flag != 0:
                starred |= 1 << _INT
    return found | (starred << STAR_SHIFT)


@njit
def _neurological_level(r, left, mr, ml):
    """The common level of both sides from the sensory masks (r, left) and the key-muscle masks (mr, ml)."""
    output = r[0] | left[0] | mr[0] | ml[0]
    stop = r[1] | left[1] | mr[1] | ml[1]
    flag = r[2] | left[2] | mr[2] | ml[2]
    star = (mr[0] & ml[0] & (mr[3] | ml[3]) & _MYOTOMES) | (r[0] & left[0] & r[3] & left[3] & ~_MYOTOMES)
    return _sensory_level(output, stop, flag, star)


@njit
def _sensory_zone(felt: int, doubtful: int, absent: int, dap: int, lowest: int) -> int:
    """The sensory zone; `lowest` is the set of the two S4-5 values of this side."""
    if dap == _YES or lowest & ~_MAYBE_ABSENT:
        return np.int64(1) << _NA
    found = np.int64(0)
    if dap != _NO or lowest != _ZERO:
        found |= np.int64(1) << _NA
    felt &= _ZONE
    top = _down_to_highest(felt)
    levels = (felt & ~(top >> 1)) | ((doubtful | absent) & _ZONE & ~top)
    starring = absent & _ZONE & ~top
    starred = levels & (starring | (_down_to_highest(starring) >> 1))
    if felt == 0:
        levels |= 1
    return found | levels | (starred << STAR_SHIFT)


@njit(cache=True)
def _motor_zone(touch, prick, motor, first, first_muscle, vac, non_key, listed, may_be_c):
    found = np.int64(0)
    if vac == _YES:
        return np.int64(1) << _NA
    if vac != _NO:
        found |= np.int64(1) << _NA
    if (listed >> _INT) & 1:
        listed |= np.int64(1) << _S3
    listed &= _SCAN
    top = 0
    while not (listed >> top) & 1:
        top += 1
    bottom = _S1
    if (listed >> _S3) & 1:
        bottom = _S3
    elif (listed >> _S2) & 1:
        bottom = _S2
    reach = np.int64(-1)
    if may_be_c and non_key >= 0 and (_KEYS >> non_key) & 1:
        reach = np.int64(non_key)
    passed_over = False
    k = 9
    for level in range(bottom, top - 1, -1):
        while k >= 0 and _KEY_LEVEL[k] > level:
            k -= 1
        works = False
        output = False
        star = False
        if (_KEYS >> level) & 1:
            m = np.int64(motor[first_muscle + k])
            works = not _in(m, _NO_FUNCTION)
            output = m != 0
            star = _in(m, _STARRED_ZERO)
        elif (listed >> level) & 1:
            output = True
            if level > 0:
                t, p = np.int64(touch[first + level - 1]), np.int64(prick[first + level - 1])
                star = _in(t, _STARRED_ALTERED) or _in(p, _STARRED_ALTERED)
                if level == top and not star:
                    for i in range(level):
                        if touch[first + i] > 7 or prick[first + i] > 7:
                            star = True
                    for j in range(10):
                        if _KEY_LEVEL[j] < level and motor[first_muscle + j] > 7:
                            star = True
        if output and reach - level > 3:
            output = False
            passed_over = True
        if output:
            found |= np.int64(1) << level
            if star:
                found |= np.int64(1) << (level + STAR_SHIFT)
        if works:
            break
    if passed_over:
        found |= np.int64(1) << reach
    return found


@njit
def _far(level: int) -> int:
    """The key muscles more than three levels below a motor level (none for INT)."""
    return _KEYS & ~((np.int64(1) << (level + 4)) - 1)


@njit(cache=True)
def _passes_b(motor_levels, function, zero_starred):
    """Whether no function is found more than three levels below some possible motor level, and whether a
    starred zero was met.
    """
    met = False
    for level in range(_INT + 1):
        if (motor_levels >> level) & 1:
            far = _far(level)
            working = function & far
            met = met or (zero_starred & far & (working ^ (working - 1))) != 0
            if working == 0:
                return True, met
    return False, met


@njit(cache=True)
def _motor_function(motor_levels, not_zero, zero_normal):
    """Whether a muscle more than three levels below some possible motor level may work, and whether the first
    one is 0**.
    """
    for level in range(_INT + 1):
        if (motor_levels >> level) & 1:
            working = not_zero & _far(level)
            if working:
                return True, (working & -working & zero_normal) != 0
    return False, False


@njit
def _below(level: int) -> int:
    """The key muscles below a neurological level."""
    return _KEYS & ~((np.int64(2) << level) - 1)


@njit(cache=True)
def _first_mostly_weak(levels, weak_right, weak_left):
    """The first possible neurological level below which more than half of the key muscles are or may be weak;
    -1 if none.
    """
    for level in range(_INT + 1):
        if (levels >> level) & 1:
            below = _below(level)
            if _count(weak_right & below) + _count(weak_left & below) > _count(below):
                return level
    return -1


@njit
def _sums(touch, prick, motor, totals):
    """Fill the fourteen sums, as measured (-1 is "not determinable"), and say whether any value carries a
    star.
    """
    any_star = False
    for side in range(2):
        upper = lower = light = pin = np.int64(0)
        upper_nt = lower_nt = touch_nt = prick_nt = False
        for k in range(5):
            m = np.int64(motor[10 * side + k])
            n = np.int64(motor[10 * side + 5 + k])
            upper += m & 7
            lower += n & 7
            upper_nt |= m & 7 == _NT
            lower_nt |= n & 7 == _NT
            any_star |= (m | n) > 7
        for i in range(28):
            t = np.int64(touch[28 * side + i])
            p = np.int64(prick[28 * side + i])
            light += t & 7
            pin += p & 7
            touch_nt |= t & 7 == _NT
            prick_nt |= p & 7 == _NT
            any_star |= (t | p) > 7
        totals[0 + side] = -1 if upper_nt else upper
        totals[2 + side] = -1 if lower_nt else lower
        totals[4 + side] = -1 if upper_nt or lower_nt else upper + lower
        totals[6 + side] = -1 if touch_nt else light
        totals[8 + side] = -1 if prick_nt else pin
    for pair, first in ((10, 0), (11, 2), (12, 6), (13, 8)):
        right, left = totals[first], totals[first + 1]
        totals[pair] = -1 if right < 0 or left < 0 else right + left
    return any_star


@njit
def _side_motor_level(s, m, t1_muscle: int, s1_muscle: int, vac: int):
    """The motor level of a side from its sensory masks, its key-muscle masks and the last muscle of each
    block.
    """
    inside = _MYOTOMES & ~((1 << _T1) | (1 << _S1))
    t1 = _block_end(t1_muscle, s[1] & _UPPER_BLOCK, s[0] & _UPPER_BLOCK, s[2] & _UPPER_BLOCK)
    s1 = _block_end(s1_muscle, s[1] & _LOWER_BLOCK, s[0] & _LOWER_BLOCK, s[2] & _LOWER_BLOCK)
    return _motor_level(
        (s[0] & ~_MYOTOMES) | (m[0] & inside) | _bits(t1, OUTPUT, _T1) | _bits(s1, OUTPUT, _S1),
        (s[1] & ~_MYOTOMES) | (m[1] & inside) | _bits(t1, STOP, _T1) | _bits(s1, STOP, _S1),
        (s[2] & ~_MYOTOMES) | (m[2] & inside) | _bits(t1, FLAG, _T1) | _bits(s1, FLAG, _S1),
        (s[3] & ~_MYOTOMES) | (m[3] & inside) | _bits(t1, STAR, _T1) | _bits(s1, STAR, _S1),
        vac,
    )


@njit
def _completeness(vac: int, dap: int, sacral: int) -> int:
    """Complete, incomplete or both; `sacral` is the set of the four S4-5 values."""
    if vac == _NO and dap == _NO:
        if sacral == _ZERO:
            return COMPLETE
        if not sacral & ~_ZERO_STAR:
            return (COMPLETE | INCOMPLETE) | ((COMPLETE | INCOMPLETE) << GRADE_STAR_SHIFT)
        if not sacral & ~_ZERO_TWO_STARS:
            return INCOMPLETE | (INCOMPLETE << GRADE_STAR_SHIFT)
    if vac != _YES and dap != _YES and not sacral & ~_MAYBE_ABSENT:
        return COMPLETE | INCOMPLETE
    return INCOMPLETE


@njit(cache=True)
def _muscle_masks(motor, first, non_key):
    """Where the muscles of a side fall into the classes that the AIS asks about, one mask per class."""
    function = not_zero = zero_starred = zero_normal = np.int64(0)
    weak = surely_weak = bare_weak = strong = surely_strong = np.int64(0)
    for k in range(10):
        m = np.int64(motor[first + k])
        level = _KEY_LEVEL[k]
        function |= (1 - ((_NO_FUNCTION >> m) & 1)) << level
        not_zero |= np.int64(m != 0) << level
        zero_starred |= ((_STARRED_ZERO >> m) & 1) << level
        zero_normal |= ((_ZERO_NORMAL >> m) & 1) << level
        weak |= ((_MAYBE_WEAK >> m) & 1) << level
        surely_weak |= ((_SURELY_WEAK >> m) & 1) << level
        bare_weak |= ((_MAYBE_WEAK >> (m & 7)) & 1) << level
        strong |= (1 - ((_WEAK >> m) & 1)) << level
        surely_strong |= (1 - ((_WEAK_AS_MEASURED >> m) & 1)) << level
    if non_key >= 0:
        recorded = (np.int64(1) << np.int64(non_key)) & _KEYS
        function |= recorded
        not_zero |= recorded
    return function, not_zero, zero_starred, zero_normal, weak, surely_weak, bare_weak, strong, surely_strong


@njit(cache=True)
def _impairment(
    touch, prick, motor, vac, dap, non_key, sacral, complete, motor_right, motor_left, nli, any_star
):
    possible = nli & _WITHOUT_STARS
    if possible == np.int64(1) << _INT and vac == _YES:
        return E | (E << GRADE_STAR_SHIFT if nli >> STAR_SHIFT else 0)
    ais = 0
    if complete & COMPLETE:
        ais |= A | (A << GRADE_STAR_SHIFT if complete >> GRADE_STAR_SHIFT else 0)
    sacral_possible = dap != _NO or sacral != _ZERO
    right = _muscle_masks(motor, 0, non_key[0])
    left = _muscle_masks(motor, 10, non_key[1])

    if sacral_possible and vac != _YES:
        passes_right, met_right = _passes_b(motor_right & _WITHOUT_STARS, right[0], right[2])
        passes_left, met_left = _passes_b(motor_left & _WITHOUT_STARS, left[0], left[2])
        if passes_right and passes_left:
            ais |= B
            sacral_star = dap == _NO and sacral != _ZERO and not sacral & ~_ZERO_ANY_STARS
            if sacral_star or (vac == _NO and (met_right or met_left)):
                ais |= B << GRADE_STAR_SHIFT

    motor_possible = vac != _NO
    motor_star = False
    if not motor_possible and sacral_possible:
        moves_right, star_right = _motor_function(motor_right & _WITHOUT_STARS, right[1], right[3])
        moves_left, star_left = _motor_function(motor_left & _WITHOUT_STARS, left[1], left[3])
        motor_possible = moves_right or moves_left
        motor_star = star_right or star_left
    if motor_possible:
        level = _first_mostly_weak(possible, right[4], left[4])
        if level >= 0:
            below = _below(level)
            star = motor_star or _count(right[5] & below) + _count(left[5] & below) <= _count(below)
            if any_star and not star:
                bare = _neurological_level(
                    _sensation(touch, prick, 0, True),
                    _sensation(touch, prick, 28, True),
                    _myotomes(motor, 0, True),
                    _myotomes(motor, 10, True),
                )
                star = _first_mostly_weak(bare, right[6], left[6]) < 0
            ais |= C | (C << GRADE_STAR_SHIFT if star else 0)
        holds = surely = False
        for level in range(_INT):
            if (possible >> level) & 1:
                below = _below(level)
                half = _count(below)
                holds = holds or _count(right[7] & below) + _count(left[7] & below) >= half
                surely = surely or _count(right[8] & below) + _count(left[8] & below) >= half
        if holds:
            ais |= D | (D << GRADE_STAR_SHIFT if motor_star or not surely else 0)
    if vac != _NO and (possible >> _INT) & 1:
        ais |= E | (E << GRADE_STAR_SHIFT if (nli >> (_INT + STAR_SHIFT)) & 1 else 0)
    return ais


@njit(cache=True)
def _classify_one(touch, prick, motor, vac, dap, non_key, totals, levels, grades, zones):
    any_star = _sums(touch, prick, motor, totals)

    sr = _sensation(touch, prick, 0, False)
    sl = _sensation(touch, prick, 28, False)
    mr = _myotomes(motor, 0, False)
    ml = _myotomes(motor, 10, False)
    levels[0] = _sensory_level(sr[0], sr[1], sr[2], sr[3])
    levels[1] = _sensory_level(sl[0], sl[1], sl[2], sl[3])
    levels[2] = _side_motor_level(sr, mr, np.int64(motor[4]), np.int64(motor[9]), vac)
    levels[3] = _side_motor_level(sl, ml, np.int64(motor[14]), np.int64(motor[19]), vac)
    levels[4] = _neurological_level(sr, sl, mr, ml)

    right = (np.int64(1) << np.int64(touch[27])) | (np.int64(1) << np.int64(prick[27]))
    left = (np.int64(1) << np.int64(touch[55])) | (np.int64(1) << np.int64(prick[55]))
    grades[0] = _completeness(vac, dap, right | left)
    grades[1] = _impairment(
        touch,
        prick,
        motor,
        vac,
        dap,
        non_key,
        right | left,
        grades[0],
        levels[2],
        levels[3],
        levels[4],
        any_star,
    )

    zones[0] = _sensory_zone(sr[4], sr[5], sr[6], dap, right)
    zones[1] = _sensory_zone(sl[4], sl[5], sl[6], dap, left)
    may_be_c = grades[1] & C != 0
    zones[2] = _motor_zone(touch, prick, motor, 0, 0, vac, non_key[0], levels[2], may_be_c)
    zones[3] = _motor_zone(touch, prick, motor, 28, 10, vac, non_key[1], levels[3], may_be_c)


@njit(cache=True)
def classify_rows(touch, prick, motor, vac, dap, non_key, totals, levels, grades, zones):
    """Classify every row; see `batch.ExamBatch` for the input arrays and `batch.BatchClassification` for
    those that are filled.
    """
    for i in range(touch.shape[0]):
        _classify_one(
            touch[i],
            prick[i],
            motor[i],
            np.int64(vac[i]),
            np.int64(dap[i]),
            non_key[i],
            totals[i],
            levels[i],
            grades[i],
            zones[i],
        )


@njit(cache=True, parallel=True)
def classify_rows_on_all_cores(touch, prick, motor, vac, dap, non_key, totals, levels, grades, zones):
    """The same on all cores. One call at a time: not every threading layer of Numba bears two."""
    for i in prange(touch.shape[0]):
        _classify_one(
            touch[i],
            prick[i],
            motor[i],
            np.int64(vac[i]),
            np.int64(dap[i]),
            non_key[i],
            totals[i],
            levels[i],
            grades[i],
            zones[i],
        )
