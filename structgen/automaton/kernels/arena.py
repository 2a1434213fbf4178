"""What every kernel needs of the arena: to borrow it, to hash, to ask for a state."""

from __future__ import annotations

from numba.core import cgutils
from numba.extending import intrinsic

from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *


@intrinsic
def borrowed(_typing_context, array):
    """The array without its reference count; the caller holds the array meanwhile.

    Numba counts the arena's references at each call that is not inlined: two atomic operations,
    more than half of the time of a walk.
    """

    def generate(context, builder, signature, arguments):
        struct = context.make_array(signature.args[0])(context, builder, arguments[0])
        struct.meminfo = cgutils.get_null_value(struct.meminfo.type)
        struct.parent = cgutils.get_null_value(struct.parent.type)
        return struct._getvalue()

    return array(array), generate


@kernel
def hash_of(u, v, w):
    h = u * -7046029254386353131 + v * -4417276706812531889 + w * 1609587929392839161
    h ^= h >> 32
    h *= -4658895280553007687
    return h ^ (h >> 29)


@kernel
def request(a, s):
    n = a[N_REQUESTS]
    for i in range(n):
        if a[REQUEST + i] == s:
            return
    if n < MAX_REQUESTS:
        a[REQUEST + n] = s
        a[N_REQUESTS] = n + 1
