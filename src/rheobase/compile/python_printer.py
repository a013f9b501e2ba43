"""Plain Python: functions of scalars, with nothing to compile. The fastest way to one value of a small system."""

from rheobase.compile.printer import HELPERS, Target

PYTHON = Target(name="python", head="from rheobase.compile.python_functions import *", helpers=HELPERS)
