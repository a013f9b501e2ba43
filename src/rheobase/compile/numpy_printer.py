"""NumPy: functions of scalars or arrays."""

from rheobase.compile.printer import HELPERS, Target

NUMPY = Target(
    name="numpy",
    head="from rheobase.compile.numpy_functions import *",
    helpers=HELPERS,
    negation="logical_not({})",
)
