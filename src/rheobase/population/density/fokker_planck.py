"""`fokker_planck`: the rates of populations in time, from the density of their membrane potentials."""

from __future__ import annotations

from typing import Any

from rheobase.model.network import Network, Population
from rheobase.model.neuron import Neuron
from rheobase.population.density.fokker_planck_input import channels_of
from rheobase.population.density.fokker_planck_run import Run
from rheobase.population.density.fokker_planck_start import STATIONARY
from rheobase.population.density.population_activity import PopulationActivity
from rheobase.population.density.problem import Interrupted, network_of, problem
from rheobase.progress import plain_interrupts
from rheobase.units import ms

__all__ = ["Interrupted", "fokker_planck"]


def fokker_planck(
    model: Neuron | Population | Network,
    duration: Any,
    *,
    mu: Any = 0.0,
    sigma: Any = 0.0,
    initial: Any = STATIONARY,
    dt: Any = 0.1 * ms,
    dv: Any = None,
    snapshots: int = 101,
    progress: bool = False,
    **parameters: Any,
) -> PopulationActivity:
    r"""Rates of infinitely large populations in time: the Fokker-Planck equation of their membrane potentials.

    For each population, with ``F(v)/tau_m`` the neuron's own ``dv/dt``,

        dP/dt = -dJ/dv + r(t - t_ref) delta(v - v_reset),    J = (F + mu)/tau_m P - sigma**2/(2 tau_m) dP/dv,

    ``P = 0`` at the threshold, where the flux ``J`` is the rate ``r(t)``. In a network ``mu`` and ``sigma**2`` follow
    the rates: each projection adds ``tau_m K <J> r`` and ``tau_m K <J**2> r``, delayed and filtered by its synapses.
    The equations are solved by conservative finite volumes (`rheobase.numerics.scharfetter_gummel`) and TR-BDF2
    (`rheobase.numerics.fokker_planck`); errors are of second order in ``dv`` and ``dt``, and probability is kept to
    rounding. For leaky neurons with exponential synapses threshold and reset are raised as in `steady_state`, by the
    amount that belongs to the stationary state.

    Parameters
    ----------
    model
        One neuron, a population, or a network; its inputs may be time courses (`CurrentInput` with ``dt``), also of the
        rate of a Poisson population.
    duration
        Time to go.
    mu, sigma
        Mean input and white noise beside what the model has: a value, values evenly spaced from the start to the end
        (linear between), or a function of the time in ms; in the unit of the membrane state, or quantities. For a
        network a mapping, such as ``mu={"E": lambda t: 2.0 * (t > 50)}``. A jump between two steps is exact.
    initial
        ``"stationary"`` for the input at time 0 (in a network the state reached from silence); a voltage, at which all
        neurons are; ``(mean, sd)`` of a normal density; ``Uniform(low, high)``; or a function of ``v`` that is
        proportional to the density. For a network also a mapping of these. But for the first, no neuron has fired
        before time 0.
    dt
        Time step.
    dv
        Distance of nodes where drift and diffusion matter alike; by default a 25th of ``sigma/sqrt(2)``, or of a
        quarter of the distance from reset to threshold. Where the drift is fast nodes are further apart
        (`rheobase.population.density.fokker_planck_grid`).
    snapshots
        At how many times the density is kept, evenly spaced from the start to the end.
    progress
        Show a bar.
    **parameters
        Parameters of the neuron that are changed.

    Returns
    -------
    PopulationActivity

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the model.
    ModelError
        If there is no noise, nothing that confines the density, or a rate that grows beyond all bounds.
    Interrupted
        Ctrl-C; what there is until then is in its ``activity``.

    Examples
    --------
    >>> from rheobase import library, ms
    >>> from rheobase.population.density.fokker_planck import fokker_planck
    >>> step = fokker_planck(library.lif(), 100 * ms, mu=lambda t: 10 + 5 * (t > 50), sigma=4)
    >>> [round(float(step.rate()[k]), 1) for k in (0, 1000)]
    [10.9, 39.7]
    """
    what = problem(network_of(model, parameters), duration, mu, sigma, initial, dt, dv, snapshots)
    run = Run(what, channels_of(what.maps, what.dt))
    try:
        with plain_interrupts():
            run.go(progress)
    except KeyboardInterrupt:
        status = f"interrupted at {run.done * what.dt:g} ms of {what.steps * what.dt:g} ms"
        raise Interrupted(run.activity(status)) from None
    return run.activity()
