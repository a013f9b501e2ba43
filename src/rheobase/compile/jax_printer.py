"""JAX: functions of scalars or arrays that can be transformed; 64-bit where the caller has switched that on."""

from rheobase.compile.printer import HELPERS, Target

JAX = Target(
    name="jax",
    head="from rheobase.compile.jax_functions import *",
    helpers=HELPERS,
    negation="logical_not({})",
)
