"""Numba: functions of scalars without branches, allocation or Python objects, so that loops over them vectorise.

The bodies call their helpers by bare names. The same text compiles for a GPU under a head that defines these names.
"""

from dataclasses import replace

from rheobase.compile.printer import HELPERS, Target

NUMBA = Target(
    name="numba",
    head="from rheobase.compile.numba_functions import *",
    helpers=HELPERS,
)

NUMBA32 = replace(NUMBA, name="numba32", number=lambda value: f"f32({value!r})")
"""Single precision: every literal is one, so that nothing is widened by a constant."""
