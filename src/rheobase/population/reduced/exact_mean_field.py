r"""`exact_mean_field`: two equations a population that are exact for infinitely many quadratic neurons.

Neurons ``tau dx/dt = x**2 + eta + tau sum of J s``, that fire at infinity and go on from minus infinity, with ``eta``
distributed as a Lorentzian of center ``eta`` and half-width ``Delta``, have a rate ``r`` and a mean voltage ``v`` that
follow

    tau r' = Delta/(pi tau) + 2 r v,
    tau v' = v**2 + eta + tau * sum over j of J_j s_j(t - d_j) - (pi tau r)**2,
    tau_s s_j' = r_j - s_j          (s_j = r_j for jumps),

with a coupling ``J = K w`` of in-degree and weight. A network's spikes are emitted at a finite ``v_peak``, earlier than
infinity by ``tau/v_peak``; its delays are shorter by that (Montbrio, Pazo & Roxin 2015, eq. 12; kinetics as in Devalle,
Roxin & Montbrio 2017, PLoS Comput Biol 13:e1005881; delays as in Pazo & Montbrio 2016, Phys Rev Lett 116:238101).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.connect import AllToAll, expected_synapses
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, nearest
from rheobase.numerics.deflation import solutions
from rheobase.population.neuron import quadratic
from rheobase.population.reduced.mean_field_equations import METHODS, Coupling, Equations
from rheobase.population.reduced.mean_field_run import MeanFieldRun, run
from rheobase.units import internal, ms, parse_quantity

Array = NDArray[np.float64]

_FEW = 100  # neurons of which it is said that they are not infinitely many

_LONG = 15.0  # membrane time constants, synaptic ones and delays of the slowest, in a figure


@dataclass(frozen=True)
class Equilibrium:
    """A state that stays: rates (Hz), mean voltages (of the normal form), and growth rates of small changes (1/ms).

    With delays there are infinitely many growth rates, and the rightmost are given.
    """

    rates: Array
    voltages: Array
    eigenvalues: NDArray[np.complex128]

    @property
    def stable(self) -> bool:
        return bool(self.eigenvalues[0].real < 0.0)

    @property
    def kind(self) -> str:
        """``node``, ``focus``, ``saddle`` or, with more than one growing direction, ``unstable``."""
        growing = self.eigenvalues[self.eigenvalues.real > 0.0]
        if growing.size == 1:
            return "saddle"
        if growing.size:
            return "unstable"
        return "focus" if self.eigenvalues[0].imag != 0.0 else "node"

    @property
    def line(self) -> str:
        """For people: kind, rates, and the leading growth rate."""
        rates = ", ".join(f"{rate:.6g}" for rate in self.rates)
        leading = 1e3 * self.eigenvalues[0]
        rhythm = f", {abs(leading.imag) / (2.0 * np.pi):.4g} Hz" if leading.imag else ""
        return f"{self.kind}: {rates} Hz; leading growth {leading.real:.4g}/s{rhythm}"


@dataclass(frozen=True)
class ExactMeanField:
    """The mean-field equations of a network of quadratic neurons; change = `with_`.

    Attributes
    ----------
    populations : tuple of str
    equations : Equations
        The numbers: ``tau`` (ms), ``Delta``, ``eta`` of each population, and the couplings between them.
    status : str
        What is not exact about it, in sentences.
    """

    populations: tuple[str, ...]
    equations: Equations
    status: str

    @property
    def parameters(self) -> dict[str, float]:
        """The numbers by name: ``eta``, or of several populations ``eta:E`` and ``J:I->E``; times in ms."""
        return {name: float(self.equations.get(place)) for name, place in self._places.items()}

    def with_(self, **changes: Any) -> ExactMeanField:
        """The same with other numbers: ``with_(eta=-4)``, of several populations ``with_(**{"eta:E": -4})``.

        Raises
        ------
        ModelError
            If there is no such parameter, or the number cannot be.
        """
        equations = self.equations
        for name, value in changes.items():
            place, number = self.place(name), _number(name, value)
            if np.ndim(number):
                raise ModelError(f"{name} is one number, but {value} was given; `parameters` has the names of all")
            equations = equations.with_value(place, number)
        return replace(self, equations=equations.checked(self.populations if len(self.populations) > 1 else ()))

    def place(self, name: str) -> tuple[str, int]:
        """Where a parameter stands."""
        places = self._places
        if name not in places:
            raise ModelError(f"the mean field has no parameter {name!r}{nearest(name, places)}")
        return places[name]

    @property
    def _places(self) -> dict[str, tuple[str, int]]:
        several = len(self.populations) > 1
        places = {}
        for kind in ("eta", "Delta", "tau"):
            for k, population in enumerate(self.populations):
                places[f"{kind}:{population}" if several else kind] = (kind, k)
        for k, c in enumerate(self.equations.couplings):
            own = f":{self.populations[c.pre]}->{self.populations[c.post]}" if several else ""
            while f"J{own}" in places:
                own += "'"
            places |= {f"{kind}{own}": (kind, k) for kind in ("J", "tau_s", "delay")}
        return places

    def fixed_points(self) -> tuple[Equilibrium, ...]:
        """All equilibria with their growth rates, that of the lowest mean rate first.

        For one population these are all roots of a polynomial. For several they are what Newton's method finds from
        hundreds of starts within bounds that hold all of them, away from those that it knows.
        """
        equations = self.equations
        if len(self.populations) == 1:
            found = equations.roots()
        else:
            found = solutions(equations.residual, equations.slopes, *equations.bounds())
        ordered = sorted(found, key=lambda log_rates: float(np.mean(np.exp(log_rates))))
        return tuple(self._equilibrium(log_rates) for log_rates in ordered)

    def _equilibrium(self, log_rates: Array) -> Equilibrium:
        rates = np.exp(log_rates)
        voltages = self.equations.voltages(rates)
        return Equilibrium(1e3 * rates, voltages, self.equations.growth_rates(rates))

    def simulate(
        self, duration: Any, *, start: tuple[ArrayLike, ArrayLike] | None = None, dt: Any = None, drive: Any = None
    ) -> MeanFieldRun:
        """Rates and mean voltages over time.

        Parameters
        ----------
        duration
            A time; a plain number is in ms.
        start
            Rates (Hz) and voltages of the populations at the start and, with delays, before it; 0 and 0 by default.
        dt
            Between two points of the result, ``tau/100`` of the fastest population by default. With delays it is the
            longest step of the Runge-Kutta method of fourth order, else the error is held to 1e-9.
        drive
            A function of the time (ms) that is added to ``eta``: a number, or one a population.

        Raises
        ------
        ModelError
            If the rates run off to infinity, or something is no time.
        """
        step = 0.01 * float(np.min(self.equations.tau)) if dt is None else _number("dt", dt)
        return run(self.populations, self.equations, _number("duration", duration), step, start, drive)

    def bifurcations(self, parameter: str, over: tuple[float, float]) -> Any:
        """All branches of equilibria over a range of one parameter, with saddle-nodes and Hopf points.

        Returns
        -------
        MeanFieldDiagram
        """
        from rheobase.population.reduced.mean_field_bifurcations import diagram

        return diagram(self, parameter, over)

    def phase_diagram(self, x: str, over_x: tuple[float, float], y: str, over_y: tuple[float, float]) -> Any:
        """Lines of saddle-nodes and of Hopf points in two parameters, with cusps.

        Returns
        -------
        MeanFieldPhaseDiagram
        """
        from rheobase.population.reduced.mean_field_lines import phase_diagram

        return phase_diagram(self, x, over_x, y, over_y)

    def summary(self) -> str:
        """The parameters, the equilibria with their leading growth rate, and the status."""
        numbers = ", ".join(f"{name} = {value:g}" for name, value in self.parameters.items())
        lines = [numbers, *(point.line for point in self.fixed_points())]
        return "\n".join([*lines, self.status] if self.status else lines)

    def plot(self, ax: Any = None, duration: Any = None) -> Any:
        """The rates from silence on, and those of the equilibria; a ``duration`` is chosen by default."""
        from rheobase.plot.mean_field import run as draw

        slow = [*self.equations.tau, *(time for c in self.equations.couplings for time in (c.tau_s, c.delay))]
        found = self.simulate(_LONG * float(max(slow)) if duration is None else duration)
        return draw(found, ax, rests=self.fixed_points())

    def cite(self) -> str:
        """The publications behind the equations."""
        return "\n".join(METHODS)


def exact_mean_field(
    network: Network | None = None,
    *,
    tau: Any = 1.0,
    Delta: ArrayLike | None = None,
    eta: ArrayLike | None = None,
    J: ArrayLike = 0.0,
    tau_s: Any = 0.0,
    delay: Any = 0.0,
) -> ExactMeanField:
    """The exact mean field of a network of quadratic integrate-and-fire neurons, or from its numbers.

    Parameters
    ----------
    network
        Populations of quadratic neurons without noise, such as ``library.qif(eta=Lorentzian(-5, 1))``, their
        excitability a Lorentzian (or values that follow one), connected by delta or exponential synapses of one weight
        and delay each.
    tau, Delta, eta
        Without a network: membrane time constant (ms), half-width and center of the excitability; one number, or one
        a population.
    J, tau_s, delay
        Coupling ``J[i, j]`` from population j to i, synaptic time constant and delay (ms; 0 for none).

    Raises
    ------
    NotCovered
        With the reason, if the network is another one.
    ModelError
        If a number is missing or cannot be.

    Examples
    --------
    >>> from rheobase.population import exact_mean_field
    >>> field = exact_mean_field(Delta=1, eta=-5, J=15)
    >>> [round(float(point.rates[0]) * 1e-3, 6) for point in field.fixed_points()]
    [0.081134, 0.47298, 1.030597]
    """
    if network is not None:
        return _of_network(network)
    if Delta is None or eta is None:
        raise ModelError("exact_mean_field needs a network, or at least Delta=... and eta=...")
    numbers = [
        np.atleast_1d(np.asarray(_number(n, x), float)) for n, x in (("tau", tau), ("Delta", Delta), ("eta", eta))
    ]
    try:
        tau_, Delta_, eta_ = np.broadcast_arrays(*numbers)
        n = eta_.size
        parts = [np.asarray(_number(name, x), float) for name, x in (("J", J), ("tau_s", tau_s), ("delay", delay))]
        strength, kinetics, late = (np.broadcast_to(part, (n, n)) for part in parts)
    except ValueError:
        raise ModelError("tau, Delta and eta are one a population, n; J, tau_s and delay are (n, n)") from None
    couplings = tuple(
        Coupling(j, i, float(strength[i, j]), float(kinetics[i, j]), float(late[i, j]))
        for i in range(n) for j in range(n) if n == 1 or strength[i, j] != 0.0
    )  # fmt: skip
    names = tuple(str(k + 1) for k in range(n))
    return ExactMeanField(names, Equations(tau_, Delta_, eta_, couplings).checked(), "")


def _number(name: str, value: Any) -> Any:
    """Times in ms, from quantities, texts or numbers; other numbers as they are."""
    if isinstance(value, str):
        value = parse_quantity(value)
    try:
        plain = np.asarray(value, float)
    except (TypeError, ValueError):
        plain = np.asarray(internal(value, ms.dimension, name), float)
    if not np.all(np.isfinite(plain)):
        raise ModelError(f"{name} has to be finite, but {value} was given")
    return float(plain) if plain.ndim == 0 else plain


def _of_network(network: Network) -> ExactMeanField:
    if not isinstance(network, Network):
        raise ModelError(f"exact_mean_field takes a Network or numbers by name, not {type(network).__name__}")
    own = [quadratic.quadratic(network, population) for population in network.populations]
    names = tuple(population.name for population in network.populations)
    status = [quadratic.cut_off(p, q) for p, q in zip(network.populations, own, strict=True)]
    status += [
        f"'{p.name}' has {p.n} neuron{'s' if p.n > 1 else ''}, while the theory is that of infinitely many."
        for p in network.populations
        if p.n < _FEW
    ]
    couplings = []
    for projection in network.projections:
        pre, post = names.index(projection.pre), names.index(projection.post)
        sizes = network.populations[pre].n, network.populations[post].n
        in_degree = expected_synapses(projection.connect, *sizes, pre == post) / sizes[1]
        J, tau_s, delay = quadratic.coupling(own[post], projection, in_degree)
        early = own[pre].early
        couplings.append(Coupling(pre, post, J, tau_s, max(delay - early, 0.0)))
        if delay < early * (1.0 - 1e-9):
            status.append(
                f"Spikes from '{projection.pre}' to '{projection.post}' arrive {early - delay:.3g} ms before they are "
                f"due at infinity: without a delay of {early:.3g} ms the network is more synchronous than this theory."
            )
        if not isinstance(projection.connect, AllToAll):
            status.append(f"'{projection.pre}' to '{projection.post}' is not all-to-all; its mean in-degree is taken.")
    added = [quadratic.constant_input(network, p, q) for p, q in zip(network.populations, own, strict=True)]
    equations = Equations(
        np.array([q.tau for q in own]), np.array([q.Delta for q in own]),
        np.array([q.eta for q in own]) + np.array(added), tuple(couplings),
    )  # fmt: skip
    return ExactMeanField(names, equations.checked(names), " ".join(sentence for sentence in status if sentence))
