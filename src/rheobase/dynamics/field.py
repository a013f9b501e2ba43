"""A neuron as a vector field: its right-hand side and exact derivatives, its parameters as numbers, and its units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.compile.rhs import derivative, parameter_vector, right_hand_side
from rheobase.dynamics.validity import require_autonomous, require_neuron, require_numbers, unknown_parameter
from rheobase.model.errors import ModelError
from rheobase.model.expression import names
from rheobase.model.neuron import Neuron
from rheobase.model.scales import require_positive_scales
from rheobase.model.shown_units import read, shown, shown_unit
from rheobase.units import VOLTAGE, Unit

Vector = NDArray[np.float64]

#: So many times faster than another one is a state that makes equations stiff.
_STIFF = 300.0
_INPUTS = ("i", "i_ext", "iext", "i_app", "iapp", "i_e", "i_inj", "iinj", "i_stim", "istim", "i_input", "i_dc")


@dataclass(frozen=True, eq=False)
class VectorField:
    r"""The flow of a neuron between spikes, :math:`\dot x = f(x, p)`, with all derivatives.

    Numbers inside are in internal units (mV, ms, pA, nS, pF); `read` and `shown` are the door.

    Attributes
    ----------
    neuron
        The model.
    values
        Its parameters in the order of ``parameters``.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> field = VectorField.of(Neuron("dx/dt = (b*x - x**3)/ms : 1 \n b : 1 = 2"))
    >>> field.rhs([1.0]), field.jacobian([1.0]), field.by_parameter([1.0], "b")
    (array([1.]), array([[-1.]]), array([1.]))
    """

    neuron: Neuron
    values: Vector = field(repr=False)

    @classmethod
    def of(cls, neuron: Neuron, *, smooth: bool = True, **changes: Any) -> VectorField:
        """The vector field of a neuron, some parameters changed.

        Parameters
        ----------
        neuron
            The model. Noise is accepted where its strength is zero.
        smooth
            Whether derivatives are needed, so that equations with jumps or kinks are refused, unless the pieces meet
            with equal values and slopes.
        **changes
            Parameters, as quantities, texts, or numbers in the unit that the equations declare.

        Raises
        ------
        ModelError
            If the equations contain time, noise, random numbers or (with ``smooth``) jumps; for unknown parameters.
        """
        require_neuron(neuron)
        require_autonomous(neuron)
        require_numbers(neuron)
        values = parameter_vector(neuron)
        for name, value in changes.items():
            if name not in neuron.parameters:
                raise unknown_parameter(neuron, name)
            number = read(neuron, name, value)
            if np.ndim(number):
                raise ModelError(f"{name} has to be one number, but {np.size(number)} were given")
            values[list(neuron.parameters).index(name)] = number
        require_positive_scales(neuron, dict(zip(neuron.parameters, values, strict=True)))
        found = cls(neuron, values)
        if smooth:
            from rheobase.dynamics.kinks import require_smooth

            require_smooth(found)
        return found

    def with_values(self, **internal: float) -> VectorField:
        """The same field with other parameters, in internal units."""
        return replace(self, values=self.at(**internal))

    @property
    def states(self) -> tuple[str, ...]:
        return self.neuron.states

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(self.neuron.parameters)

    @property
    def n(self) -> int:
        """How many states there are."""
        return self.neuron.n_states

    def index(self, name: str) -> int:
        """Where a parameter stands.

        Raises
        ------
        ModelError
            If there is none of this name.
        """
        if name not in self.parameters:
            raise unknown_parameter(self.neuron, name)
        return self.parameters.index(name)

    def at(self, **internal: Any) -> Vector:
        """The parameter vector with some values replaced, in internal units."""
        values = self.values.copy()
        for name, value in internal.items():
            values[self.index(name)] = value
        return values

    @cached_property
    def start(self) -> Vector:
        """The start values."""
        return np.array([float(np.mean(np.asarray(self.neuron.initial[state]))) for state in self.states])

    def rhs(self, x: ArrayLike, p: Any = None) -> Vector:
        """``f(x, p)``: (n,) for one point, (n, points) for many; an entry of ``p`` may then be an array."""
        return self._value(0, None, x, p)

    def jacobian(self, x: ArrayLike, p: Any = None) -> Vector:
        """``df_i/dx_j``: (n, n) or (n, n, points)."""
        return self._value(1, None, x, p)

    def by_parameter(self, x: ArrayLike, name: str, p: Any = None) -> Vector:
        """``df_i/dname``: (n,) or (n, points)."""
        return self._value(1, (self.parameters[self.index(name)],), x, p)[:, 0]

    def mixed(self, x: ArrayLike, name: str, p: Any = None) -> Vector:
        """``d2f_i/dx_j dname``: (n, n) or (n, n, points)."""
        n = self.n
        return self._value(2, (*self.states, self.parameters[self.index(name)]), x, p)[:, :n, n]

    def second(self, x: ArrayLike, p: Any = None) -> Vector:
        """``d2f_i/dx_j dx_k``: (n, n, n) or (n, n, n, points)."""
        return self._value(2, None, x, p)

    def third(self, x: ArrayLike, p: Any = None) -> Vector:
        """All third derivatives by the states: (n, n, n, n) or (n, n, n, n, points)."""
        return self._value(3, None, x, p)

    def _value(self, order: int, by: tuple[str, ...] | None, x: ArrayLike, p: Any) -> Vector:
        """One point by plain Python, which compiles nothing; many, or one where that has no finite result, by NumPy."""
        x = np.asarray(x, dtype=float)
        values: Any = self.values if p is None else p
        if x.ndim == 1:
            try:
                numbers = values.tolist() if isinstance(values, np.ndarray) else [float(value) for value in values]
                return self._function(order, by, "python")(x.tolist(), numbers, 0.0)
            except (ArithmeticError, ValueError):
                return self._function(order, by, "numpy")(x[:, None], values, 0.0)[..., 0]
        return self._function(order, by, "numpy")(x, values, 0.0)

    def _function(self, order: int, by: tuple[str, ...] | None, target: str) -> Callable[..., Vector]:
        if (order, by, target) not in self._functions:
            key = _Model(self.neuron.equations.text, self.parameters, self.neuron)
            self._functions[order, by, target] = _compiled(key, order, by, target)
        return self._functions[order, by, target]

    @cached_property
    def _functions(self) -> dict[tuple[int, tuple[str, ...] | None, str], Callable[..., Vector]]:
        return {}

    @cached_property
    def voltage(self) -> str:
        """The state that stands for the membrane potential.

        The one with the dimension of a voltage that the threshold looks at, else the first with that dimension, else
        the one that the threshold looks at, else the one called v, else the first.
        """
        tested = names(self.neuron.threshold) if self.neuron.threshold is not None else frozenset()
        volts = [state for state in self.states if self.neuron.equations.dimension_of(state) == VOLTAGE]
        called = [state for state in self.states if state.lower() == "v"]
        wanted = [state for state in volts if state in tested] + volts
        wanted += [state for state in self.states if state in tested] + called
        return wanted[0] if wanted else self.states[0]

    @cached_property
    def stiff(self) -> bool:
        """Whether the fastest state, by itself and at the start, is faster than the slowest by a factor of hundreds."""
        rates = np.abs(np.diag(self.jacobian(self.start)))
        moving = rates[rates > 0]
        return bool(moving.size and np.isfinite(moving).all() and moving.max() > _STIFF * moving.min())

    @cached_property
    def input(self) -> str | None:
        """The parameter that is the input current, found by its name: I, I_ext, I_app and so on."""
        return next((name for name in self.parameters if name.lower() in _INPUTS), None)

    def read(self, name: str, value: Any) -> Any:
        """A user's value of a state or parameter in internal units: a quantity, a text, or numbers in `unit_name`."""
        return read(self.neuron, name, value)

    def shown(self, name: str, internal: Any) -> Any:
        """Internal numbers of a state or parameter in the unit `unit_name`."""
        return shown(self.neuron, name, internal)

    def unit(self, name: str) -> Unit:
        """The unit in which a state or parameter is shown: as declared behind the colon of its equation."""
        return shown_unit(self.neuron, name)

    def unit_name(self, name: str) -> str:
        """The name of `unit`; 1 for plain numbers."""
        return self.unit(name).name


@dataclass(frozen=True)
class _Model:
    """What generated functions depend on: the text of the equations and the order of the parameters."""

    text: str
    parameters: tuple[str, ...]
    neuron: Neuron = field(compare=False)


@lru_cache(maxsize=256)
def _compiled(model: _Model, order: int, by: tuple[str, ...] | None, target: str) -> Callable[..., Vector]:
    if order == 0:
        return right_hand_side(model.neuron, target)
    return derivative(model.neuron, order, target, by)
