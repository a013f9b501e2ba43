"""A neuron some of whose states are held: the fast part of a model while the slow part stands still."""

from __future__ import annotations

from collections.abc import Mapping

from rheobase.model.errors import Source
from rheobase.model.lines import Line, split
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown_unit
from rheobase.units import Quantity


def frozen(neuron: Neuron, held: Mapping[str, float]) -> Neuron:
    """The neuron with some states as parameters.

    Their differential equations become declarations of a parameter of the same name and unit, so that the model that
    results is one like any other; what the reset does to them is dropped.

    Parameters
    ----------
    neuron
        The model.
    held
        States and the values at which they are held, in internal units.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> fast = frozen(Neuron("dx/dt = (y - x)/ms : 1 \\n dy/dt = -0.1*x/ms : 1"), {"y": 2.0})
    >>> fast.states, dict(fast.parameters)
    (('x',), {'y': 2.0})
    """
    if not held:
        return neuron
    text = neuron.equations.text
    for line in reversed(split(Source(text))):
        if line.name in held:
            start, end = _extent(text, line)
            text = f"{text[:start]}{line.name} : {text[slice(*line.unit)].strip()}{text[end:]}"
    reset = "; ".join(f"{line.name} {line.op} {line.text}" for line in neuron.reset if line.name not in held)
    values = {
        name: Quantity(value, neuron.equations.dimension_of(name), shown_unit(neuron, name))
        for name, value in held.items()
    }
    return neuron.with_(equations=text, reset=reset or None, **values)


def _extent(text: str, line: Line) -> tuple[int, int]:
    """From the d of ``dname/dt`` to the end of whatever follows the unit."""
    ends = [line.unit[1], line.default[1] if line.default else 0]
    ends += [text.index(")", place[1]) + 1 for _, place in line.flags]
    return line.name_at[0] - 1, max(ends)
