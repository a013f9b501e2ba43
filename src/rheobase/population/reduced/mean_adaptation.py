"""`mean_adaptation`: neurons with slow adaptation in noise, by its self-consistent mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network, Population
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown, shown_unit
from rheobase.numerics.bracket import root
from rheobase.population.input.mean_voltage import voltage_integral
from rheobase.population.neuron.any_neuron import rates
from rheobase.population.neuron.membrane import Membrane, membrane
from rheobase.population.neuron.noise_input import inputs
from rheobase.population.reduced.adaptation import Reduced, Slow, reduce
from rheobase.population.reduced.adapted_network import adapted_network

Array = NDArray[np.float64]

METHODS = (
    "Brunel N, Hakim V, Richardson MJE (2003), Phys Rev E 67:051916 (adaptation by its mean)",
    "Augustin M, Ladenbauer J, Baumann F, Obermayer K (2017), PLoS Comput Biol 13:e1005545 (when it holds)",
)
_DOUBLINGS = 80
_ENOUGH = 3.0  # intervals in one tau_w from which w stays near its mean


@dataclass(frozen=True)
class AdaptedRate:
    """Stationary rates of a neuron with slow adaptation in white noise, elementwise over ``mu`` and ``sigma``.

    Attributes
    ----------
    neuron
        As it was given.
    mu, sigma : ndarray
        Mean input and noise strength, in the unit of the membrane state.
    rate : ndarray
        Hz.
    w : mapping of ndarray
        The mean of each adaptation, by its name and in its own unit.
    mean_v : ndarray
        Mean of the membrane state, refractory times included.
    tau_w : mapping of float
        Time constants, ms.
    status : str
        A sentence that says how much slower the adaptation is than the intervals between spikes.
    """

    neuron: Neuron
    mu: Array
    sigma: Array
    rate: Array
    w: Mapping[str, Array]
    mean_v: Array
    tau_w: Mapping[str, float]
    status: str
    membrane: Membrane = field(repr=False, compare=False)
    parts: Reduced = field(repr=False, compare=False)

    def reduced(self, *index: int) -> Neuron:
        """The neuron with one state that has the adaptation of an element as a constant, for every other question.

        ``transfer(found.reduced(), mu, sigma)`` gives its CV and its density.
        """
        values = {name: float(np.asarray(own)[index]) for name, own in self.w.items()}
        return self.parts.at({name: value * shown_unit(self.neuron, name).scale for name, value in values.items()})

    @property
    def unit(self) -> str:
        """The unit of ``mu`` and ``sigma``."""
        return shown_unit(self.neuron, self.membrane.voltage).name

    def summary(self) -> str:
        """One line for each element, up to twenty, and the status."""
        named = [f"{f'{name} ({shown_unit(self.neuron, name).name})':>12}" for name in self.w]
        lines = [" ".join([f"{f'mu ({self.unit})':>12} {f'sigma ({self.unit})':>12} {'rate (Hz)':>12}", *named])]
        columns = [x.ravel()[:20] for x in (self.mu, self.sigma, self.rate, *self.w.values())]
        lines += [" ".join(f"{value:12.6g}" for value in row) for row in zip(*columns, strict=True)]
        return "\n".join([*lines, self.status])

    def plot(self, ax: Any = None) -> Any:
        """Rate against the mean input, a curve for each noise strength."""
        from rheobase import plot

        return plot.transfer(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(METHODS)


@overload
def mean_adaptation(model: Neuron, mu: Any = 0.0, sigma: Any = 0.0, **parameters: Any) -> AdaptedRate: ...
@overload
def mean_adaptation(model: Network) -> Network: ...
def mean_adaptation(
    model: Neuron | Network, mu: Any = 0.0, sigma: Any = 0.0, **parameters: Any
) -> AdaptedRate | Network:
    r"""Replace slow adaptation by its mean: the rate of a neuron, or a network that the theory covers.

    An adaptation ``dw/dt = (a (v - E_L) - w)/tau_w`` with ``w += b`` at a spike has the mean ``a (<v> - E_L) + b tau_w
    rate``. The neuron with this ``w`` as a constant has one state; its rate and ``<v>`` are found together with ``w``
    (Brunel, Hakim & Richardson 2003). This holds where ``tau_w`` is longer than the intervals between spikes (Augustin
    et al. 2017).

    Parameters
    ----------
    model
        A neuron, such as `library.adex()`; or a network with populations of them.
    mu, sigma
        For a neuron: mean input and noise strength as in `transfer`; they broadcast.
    **parameters
        For a neuron: parameters that are changed.

    Returns
    -------
    AdaptedRate
        For a neuron.
    Network
        For a network: the neurons have one state, spikes of a population raise its mean adaptation through a projection
        of the population to itself with the time constant ``tau_w`` (so that it also shows in rhythms), and what the
        voltage adds is a constant, taken at the state that is reached from silence.

    Raises
    ------
    NotCovered
        If there is no adaptation, if it is not linear, or the rest of the neuron has more than one state.
    ModelError
        If no mean is self-consistent, or an input is not finite.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population.reduced.mean_adaptation import mean_adaptation
    >>> found = mean_adaptation(library.adex("adaptation"), 25.0, 4.0)
    >>> bool(0.0 < found.w["w"] < 1000.0)
    True
    """
    if isinstance(model, Network):
        return adapted_network(model)
    if not isinstance(model, Neuron):
        raise ModelError(f"the first argument must be a Neuron or a Network, not {type(model).__name__}")
    return _adapted_rate(model.with_(**parameters) if parameters else model, mu, sigma)


def _adapted_rate(neuron: Neuron, mu: Any, sigma: Any) -> AdaptedRate:
    parts = reduce(Population(neuron, 1, neuron.name or "neuron"))
    slow = parts.slow
    m = membrane(Population(parts.neuron, 1, neuron.name or "neuron"), tuple(part.name for part in slow))
    shape, mean, spread = inputs(neuron, m.voltage, mu, sigma)
    if not np.all(np.isfinite(mean + spread)):
        raise ModelError("mu and sigma must be finite numbers")
    total = np.hypot(spread, np.sqrt(m.tau_m) * m.noise)
    rows = np.array([_settled(m, slow, float(x), float(y)) for x, y in zip(mean, total, strict=True)])
    rate, voltage, values = rows[:, 0], rows[:, 1], rows[:, 2:]
    return AdaptedRate(
        neuron=neuron, mu=np.reshape(shown(neuron, m.voltage, mean), shape),
        sigma=np.reshape(shown(neuron, m.voltage, spread), shape), rate=1e3 * rate.reshape(shape),
        w={part.name: np.reshape(shown(neuron, part.name, values[:, k]), shape) for k, part in enumerate(slow)},
        mean_v=np.reshape(shown(neuron, m.voltage, voltage), shape), tau_w={part.name: part.tau for part in slow},
        status=_status(slow, rate), membrane=m, parts=parts,
    )  # fmt: skip


def _settled(m: Membrane, slow: tuple[Slow, ...], mu: float, sigma: float) -> list[float]:
    """Rate (kHz), mean voltage and mean adaptations where they agree, internal units."""

    def state(pull: float) -> tuple[float, float, list[float]]:
        moved = mu + m.tau_m * pull
        one = np.ones(1)
        rate = float(rates((m,), moved * one, sigma * one, 0.0 * one).rate[0])
        inside, held = voltage_integral(m, moved, sigma, rate), rate * m.t_ref
        whole = inside + held * m.v_reset
        values = [part.mean(rate, inside, 1.0 - held) if part.pauses else part.mean(rate, whole, 1.0) for part in slow]
        return rate, whole, values

    def excess(pull: float) -> float:
        return sum(m.slopes[part.name] * value for part, value in zip(slow, state(pull)[2], strict=True)) - pull

    rate, voltage, values = state(_balance(excess))
    return [rate, voltage, *values]


def _balance(excess: Callable[[float], float]) -> float:
    """Where what adaptation adds to ``dv/dt`` is what it was taken for: from none, outwards until the sign changes."""
    near, at_near = 0.0, excess(0.0)
    far = at_near
    for _ in range(_DOUBLINGS):
        if at_near == 0.0:
            return near
        at_far = excess(far)
        if not np.isfinite(at_far):
            break
        if at_far == 0.0 or (at_far > 0.0) != (at_near > 0.0):
            return root(excess, near, far, at_near, at_far, tol=1e-13)
        near, at_near, far = far, at_far, 2.0 * far
    raise ModelError(
        "no mean of the adaptation is self-consistent: it amplifies itself without end; check its signs, or simulate it"
    )


def _status(slow: tuple[Slow, ...], rate: Array) -> str:
    firing = rate[np.isfinite(rate) & (rate > 0.0)]
    if not firing.size:
        return "Adaptation by its mean; the neuron does not fire."
    intervals = min(part.tau for part in slow) * float(firing.min())
    verdict = (
        "it stays near its mean" if intervals >= _ENOUGH else "it does not stay near its mean, which this theory needs"
    )
    return f"Adaptation by its mean; its time constant is at least {intervals:.3g} intervals between spikes: {verdict}."
