"""What is wrong, where, and what to do: the texts of the errors."""

import pytest

from rheobase.model.errors import EquationError, ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import ms, mV

MEMBRANE = "dv/dt = (E_L - v)/tau_m : mV\nE_L : mV = -70*mV\ntau_m : ms = 20*ms\nhalf = v/2 : mV"

EQUATIONS = [
    ("unknown name", "dv/dt = (g_l - v)/tau : 1\ng_L : 1\ntau : ms", """\
unknown name 'g_l' in line 1
  dv/dt = (g_l - v)/tau : 1
           ^^^
did you mean 'g_L'?"""),
    ("unknown name, nothing near", "dv/dt = -v/tau_syn : 1", """\
unknown name 'tau_syn' in line 1
  dv/dt = -v/tau_syn : 1
             ^^^^^^^
declare it in a line of its own, 'tau_syn : unit', or give its value, Neuron(..., tau_syn=...)"""),
    ("misspelt unit", "x = 3*mv : volt", """\
unknown name 'mv' in line 1
  x = 3*mv : volt
        ^^
did you mean 'mV'?"""),
    ("letter for a unit", "x = 3*V : volt", """\
unknown name 'V' in line 1
  x = 3*V : volt
        ^
the unit is written 'volt'"""),
    ("voltage plus current", "dv/dt = -(v + I)/tau : mV\nI : pA\ntau : ms", """\
a current (pA) is added to a voltage (mV) in line 1
  dv/dt = -(v + I)/tau : mV
              ^
a current times a resistance is a voltage"""),
    ("second line of an expression", "dv/dt = (v\n   + I)/tau : mV\nI : pA\ntau : ms", """\
a current (pA) is added to a voltage (mV) in line 2
  + I)/tau : mV
  ^
a current times a resistance is a voltage"""),
    ("number without unit", "dv/dt = (v - 65)/(10*ms) : mV", """\
a plain number is subtracted from a voltage (mV) in line 1
  dv/dt = (v - 65)/(10*ms) : mV
             ^
does 65 lack its unit? write 65*mV"""),
    ("comparison", "x = t > 3 : boolean", """\
a time (ms) is compared with a plain number in line 1
  x = t > 3 : boolean
        ^
does 3 lack its unit? write 3*ms"""),
    ("derivative of the wrong unit", "dv/dt = -v : mV", """\
dv/dt has to be a voltage per time (mV/ms), but its right-hand side is a voltage (mV) in line 1
  dv/dt = -v : mV
          ^^
is a time constant missing?"""),
    ("declared as something else", "I = 3*nS*10*mV : volt", """\
I has to be a voltage (mV), but its right-hand side is a current (pA) in line 1
  I = 3*nS*10*mV : volt
      ^^^^^^^^^^
a current times a resistance is a voltage"""),
    ("function of a voltage", "x = exp(3*mV) : 1", """\
exp takes a plain number, but this is a voltage (mV) in line 1
  x = exp(3*mV) : 1
          ^^^^
divide it by a scale of the same unit"""),
    ("exponent", "x = 2**(3*mV) : 1", """\
an exponent has to be a plain number, but this is a voltage (mV) in line 1
  x = 2**(3*mV) : 1
          ^^^^"""),
    ("no unit", "dv/dt = -v/tau\ntau : ms", """\
the equation of 'v' has no unit in line 1
  dv/dt = -v/tau
                ^
end it with a colon and the unit: ': mV', or ': 1' for a plain number"""),
    ("no unit, parameter", "tau", """\
this is not an equation in line 1
  tau
  ^^^
a parameter is declared with its unit: 'tau : mV', or 'tau : 1' for a plain number"""),
    ("empty unit", "tau :", """\
a unit is missing in line 1
  tau :
       ^
write ': mV', or ': 1' for a plain number"""),
    ("default for a unit", "tau : 10*ms", """\
'10' is not a unit in line 1
  tau : 10*ms
        ^^
a default follows the unit, as in 'tau : ms = 10*ms'"""),
    ("default without unit", "E : mV = -65", """\
E has to be a voltage (mV), but its default is a plain number in line 1
  E : mV = -65
           ^^^
does -65 lack its unit? write -65*mV"""),
    ("default of a state's value", "x : 1 = y\ndy/dt = -y/ms : 1", """\
the default of 'x' depends on 'y', which is not a parameter in line 1
  x : 1 = y
  ^
give 'x' a value"""),
    ("defaults in a circle", "x : 1 = y\ny : 1 = x", """\
the defaults of these parameters need each other: x -> y -> x in line 1
  x : 1 = y
  ^
give one of them a value"""),
    ("unclosed bracket", "dv/dt = (E - (v)/tau : mV\nE : mV", """\
a bracket is not closed in line 1
  dv/dt = (E - (v)/tau : mV
          ^"""),
    ("bracket too many", "x = (1 + 2)) : 1", """\
a bracket is closed that was never opened in line 1
  x = (1 + 2)) : 1
             ^"""),
    ("defined twice", "v : mV\nI : pA\nv : mV", """\
'v' is defined twice in line 3
  v : mV
  ^
it is defined in line 1 already"""),
    ("circle", "x = y : 1\ny = z : 1\nz = x : 1", """\
these are defined by each other: x -> y -> z -> x in line 1
  x = y : 1
  ^
one of them has to be a differential equation or a parameter"""),
    ("defined by itself", "x = x + 1 : 1", """\
'x' is defined by itself in line 1
  x = x + 1 : 1
  ^
for a dynamic variable write dx/dt = ..."""),
    ("reserved name", "dt : second", """\
the name 'dt' has a meaning of its own in every model in line 1
  dt : second
  ^^
choose another name"""),
    ("function's name", "exp : 1", """\
the name 'exp' is a function in line 1
  exp : 1
  ^^^
choose another name"""),
    ("power sign", "x = 2^3 : 1", """\
'^' cannot be part of an equation in line 1
  x = 2^3 : 1
       ^
a power is written with '**'"""),
    ("product without sign", "x = 3mV : volt", """\
an operator is missing before 'mV' in line 1
  x = 3mV : volt
       ^^
a product is written with '*'"""),
    ("operator without value", "x = 3 + : 1", """\
a value is missing after '+' in line 1
  x = 3 + : 1
        ^"""),
    ("assignment for a comparison", "x = t = 3*ms : boolean", """\
'=' cannot be part of an equation in line 1
  x = t = 3*ms : boolean
        ^
a comparison is written with '=='"""),
    ("derivative with a prime", "v' = -v/ms : 1", """\
this is not an equation in line 1
  v' = -v/ms : 1
  ^^^^^^^^^^^^^^
a derivative is written 'dv/dt = ...'"""),
    ("unknown flag", "dv/dt = -v/ms : 1 (unless refractary)", """\
'unless refractary' is not a flag of a differential equation in line 1
  dv/dt = -v/ms : 1 (unless refractary)
                     ^^^^^^^^^^^^^^^^^
there are 'clock-driven', 'event-driven', 'unless refractory'"""),
    ("function of other languages", "x = max(1, 2) : 1", """\
unknown function 'max' in line 1
  x = max(1, 2) : 1
      ^^^^^^^^^
write maximum"""),
    ("variable called", "x = g(1 - 2) : 1\ng : 1", """\
unknown function 'g' in line 1
  x = g(1 - 2) : 1
      ^^^^^^^^
'g' is not a function; a product is written 'g*(...)'"""),
    ("number of arguments", "x = clip(1, 2) : 1", """\
clip takes 3 arguments, but 2 were given in line 1
  x = clip(1, 2) : 1
      ^^^^^^^^^^"""),
    ("condition expected", "x = 1 if 2 else 3 : 1", """\
what follows 'if' has to be a condition, but this is a plain number in line 1
  x = 1 if 2 else 3 : 1
           ^
compare it, as in 'v > v_th'"""),
    ("branches differ", "x = 1*mV if t > 1*ms else 2*pA : volt", """\
the two values of 'if ... else' differ: a voltage (mV) and a current (pA) in line 1
  x = 1*mV if t > 1*ms else 2*pA : volt
                            ^^^^
a current times a resistance is a voltage"""),
    ("division by zero", "x = 1/0 : 1", """\
this constant is divided by zero in line 1
  x = 1/0 : 1
       ^"""),
    ("Greek letter", "dv/dt = -v/τ : 1", """\
'τ' cannot be part of an equation in line 1
  dv/dt = -v/τ : 1
             ^
spell Greek letters: 'tau'"""),
    ("typographic minus", "x = 1 − 2 : 1", """\
'−' cannot be part of an equation in line 1
  x = 1 − 2 : 1
        ^
this is a typographic minus; type '-'"""),
    ("no value", "dv/dt = -v/tau : 1\ntau : ms", """\
parameter 'tau' has no value in line 2
  tau : ms
  ^^^
give it, Neuron(..., tau=...*ms), or a default, 'tau : ms = ...'"""),
    ("long line", "x = " + "1 + "*60 + "foo_bar : 1", """\
unknown name 'foo_bar' in line 1
  ...  1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + foo_bar : 1
                                                                                               ^^^^^^^
declare it in a line of its own, 'foo_bar : unit', or give its value, Neuron(..., foo_bar=...)"""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in EQUATIONS], ids=[row[0] for row in EQUATIONS])
def test_mistakes_in_equations(text, message):
    with pytest.raises(EquationError) as error:
        Neuron(text)
    assert str(error.value) == message


EVENTS = [
    ("threshold that is not a condition", {"threshold": "v - 50*mV"}, """\
a threshold has to be a condition, but this is a voltage (mV) in the threshold
  v - 50*mV
  ^^^^^^^^^
compare it, as in 'v > v_th'"""),
    ("threshold of another unit", {"threshold": "v > 50"}, """\
a voltage (mV) is compared with a plain number in the threshold
  v > 50
    ^
does 50 lack its unit? write 50*mV"""),
    ("threshold with one =", {"threshold": "v = 50*mV"}, """\
'=' cannot be part of an equation in the threshold
  v = 50*mV
    ^
a comparison is written with '=='"""),
    ("reset of a parameter", {"reset": "v = E_L\ntau_m += 1*ms"}, """\
'tau_m' is a parameter and cannot be changed by a reset in line 2 of the reset
  tau_m += 1*ms
  ^^^^^
a reset can only change a variable that has a differential equation; to let 'tau_m' change, write \
dtau_m/dt = 0*ms/ms : ms"""),
    ("reset of an intermediate quantity", {"reset": "half = 0*mV"}, """\
'half' is an intermediate quantity and cannot be changed by a reset in the reset
  half = 0*mV
  ^^^^
a reset can only change a variable that has a differential equation"""),
    ("reset of an unknown name", {"reset": "V = E_L"}, """\
unknown name 'V' in the reset
  V = E_L
  ^
did you mean 'v'?"""),
    ("reset to another unit", {"reset": "v = 3*pA"}, """\
'v', a voltage (mV), is set to a current (pA) in the reset
  v = 3*pA
      ^^^^"""),
    ("reset times a unit", {"reset": "v *= 2*mV"}, """\
'v', a voltage (mV), is multiplied by a voltage (mV) in the reset
  v *= 2*mV
       ^^^^"""),
    ("reset that is no statement", {"reset": "v = E_L; v > 3"}, """\
this is not a statement in the reset
  v = E_L; v > 3
           ^^^^^
a statement is 'name = expression', or one with += -= *= /="""),
    ("refractory time of another unit", {"refractory": "2*mV"}, """\
it has to be a time or a condition, but this is a voltage (mV) in the refractory time
  2*mV
  ^^^^
write for example '2*ms'"""),
    ("refractory number", {"refractory": 2},
     "refractory has to be a time (ms), but the plain number 2 was given; write for example 2*ms"),
    ("value of another unit", {"tau_m": 3 * mV},
     "tau_m has to be a time (ms), but a voltage (mV) was given: 3 mV"),
    ("misspelt parameter", {"tau": 3 * ms}, "no equation uses a parameter 'tau'; did you mean 'tau_m'?"),
    ("misspelt option", {"treshold": "v > 0*mV"},
     "treshold: cannot read 'v > 0*mV' as a quantity; write a number and a unit, for example \"20 mV\"; "
     "did you mean 'threshold'?"),
    ("value of an intermediate quantity", {"half": 3 * mV},
     "'half' is an intermediate quantity; its value follows from its equation"),
    ("value of the time step", {"dt": 3 * ms},
     "'dt' has a meaning of its own in every model and cannot be given a value"),
    ("not a number", {"tau_m": float("nan") * ms}, "tau_m is not a number (NaN)"),
    ("a table", {"tau_m": [[1.0, 2.0]] * ms},
     "tau_m has to be one number, or one for each neuron, not an array of 2 dimensions"),
    ("equations that are no text", {"equations": 3}, "equations have to be a text, but int was given"),
    ("threshold that is no text", {"threshold": 3 * mV}, "threshold has to be a text, but Quantity was given"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_mistakes_around_the_equations(changes, message):
    with pytest.raises(ModelError) as error:
        Neuron(**{"equations": MEMBRANE, **changes})
    assert str(error.value) == message


def test_an_error_knows_its_place():
    with pytest.raises(EquationError) as error:
        Neuron("x : 1 = 1\n  y = x + z : 1")
    assert (error.value.message, error.value.line, error.value.caret) == ("unknown name 'z'", 2, (10, 11))
    assert error.value.text == "  y = x + z : 1"
