"""`mesoscopic`: the activities of populations of finitely many neurons in time, without simulating the neurons."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.model.network import Network, Population
from rheobase.model.neuron import Neuron
from rheobase.population.density.fokker_planck_start import STATIONARY
from rheobase.population.density.mesoscopic_activity import MesoscopicActivity
from rheobase.population.density.mesoscopic_run import MesoscopicRun
from rheobase.population.density.problem import Interrupted, network_of, problem
from rheobase.progress import plain_interrupts
from rheobase.units import ms

_MOST = 10**12


def mesoscopic(
    model: Neuron | Population | Network,
    duration: Any,
    *,
    n: int | None = None,
    seed: int = 0,
    mu: Any = 0.0,
    sigma: Any = 0.0,
    initial: Any = STATIONARY,
    dt: Any = 0.1 * ms,
    dv: Any = None,
    snapshots: int = 101,
    progress: bool = False,
    **parameters: Any,
) -> MesoscopicActivity:
    r"""Activities of populations of finitely many neurons in time, at a cost that does not grow with their number.

    Given what a population of ``N`` neurons hears, its neurons are independent, and each has the density ``q`` of
    `fokker_planck`. Together they have the density ``q + e`` with a fluctuation ``e`` that obeys

        de/dt = -d/dv [J(e) + sqrt(2 D q/N) xi(v, t)] + (what left through the threshold t_ref ago) delta(v - v_reset),

    ``J`` the flux of the Fokker-Planck equation, ``D = sigma**2/(2 tau_m)`` and ``xi`` white in space and time: each
    neuron that moves leaves one place and reaches another, and each that fires comes back. So the probability is 1 at
    all times, and means, variances and spectra of the activity are those of ``N`` independent neurons, renewal
    processes if the input is constant (`rheobase.numerics.mesoscopic` has the equations on nodes, and how whole numbers
    of spikes are drawn). What the populations fire is what they hear, after the delays: as ``mu``, with all its
    fluctuations; and as ``sigma``, the noise that each neuron hears alone because its synapses are its own
    (`rheobase.population.density.finite_input`). Populations of Poisson processes fire finitely many spikes too.

    `spectra` and `correlations` tell the same to first order, at once and without sampling error. This run is for what
    they leave out: large fluctuations, transients, jumps between states, a path for each seed.

    Schwalger, Deger & Gerstner (2017) keep, instead of potentials, the times since the last spikes of neurons with
    escape noise, and add a term to the expected activity that takes back what the noise of the spikes does to the
    total probability. Here that noise and the density's are the same, and nothing is to be taken back. As in Mattia &
    Del Giudice (2002) the noise of the spikes enters again at the reset.

    Parameters
    ----------
    model
        One neuron (with ``n``), a population, or a network; whatever `fokker_planck` takes.
    duration
        Time to go.
    n
        How many neurons there are, if ``model`` is one neuron. The noise is normal, which is rough below some fifty:
        periods in which the population fires fewer than some 25 spikes then show those of a Poisson process.
    seed
        The same seed gives the same result.
    mu, sigma, initial, dt, dv, snapshots, progress, **parameters
        As in `fokker_planck`. At time 0 the neurons are drawn from the ``initial`` density. Delays shorter than ``dt``
        are taken as ``dt``.

    Returns
    -------
    MesoscopicActivity

    Raises
    ------
    NotCovered, ModelError, Interrupted
        As in `fokker_planck`; and if ``n`` or ``seed`` is not a whole number in range, or ``n`` is given for a
        population or a network.

    Examples
    --------
    >>> from rheobase import library, ms
    >>> from rheobase.population.density.mesoscopic import mesoscopic
    >>> found = mesoscopic(library.lif(), 1000 * ms, n=500, mu=12, sigma=4, seed=1)
    >>> int(found.counts.min()) >= 0, bool(abs(found.rates.mean() - found.expected.mean()) < 1.0)
    (True, True)
    """
    network = network_of(model, parameters, _neurons(model, n), "mesoscopic")
    key = _seed(seed)
    what = problem(network, duration, mu, sigma, initial, dt, dv, snapshots)
    run = MesoscopicRun(what, key)
    try:
        with plain_interrupts():
            run.go(progress)
    except KeyboardInterrupt:
        status = f"interrupted at {run.done * what.dt:g} ms of {what.steps * what.dt:g} ms"
        raise Interrupted(run.activity(status)) from None
    return run.activity()


def _neurons(model: Any, n: Any) -> int:
    if not isinstance(model, Neuron):
        if n is not None and isinstance(model, Population | Network):
            raise ModelError("n is for a single neuron; a population has its own: Population(neuron, n)")
        return 1
    if n is None:
        raise ModelError("how many neurons are there? Give n, such as mesoscopic(neuron, duration, n=1000)")
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= _MOST:
        raise ModelError(f"n = {n!r} must be a whole number of neurons, from 1 to {_MOST:.0e}")
    return int(n)


def _seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise ModelError(f"seed = {seed!r} must be a whole number from 0 to 2**63 - 1")
    return int(seed)
