"""The population benchmark in Rheobase: derived from the network of the library, or over the same arrays."""

from __future__ import annotations

import numpy as np
import population_task as task

from rheobase import __version__, library, population
from rheobase.population.neuron import lif
from rheobase.population.rhythm.modes import linearise
from rheobase.population.rhythm.network_response import transfer_functions

options = task.arguments(__doc__ or "")


def main() -> None:
    engine = f"Rheobase {__version__}"
    if options.task.endswith("points"):
        mu, sigma = (1e3 * x for x in task.points(options.task))
        cell = {"tau_m": 1e3 * task.TAU_M, "v_th": 1e3 * task.V_TH, "v_reset": 1e3 * task.V_RESET}

        def rates() -> np.ndarray:
            return 1e3 * lif.transfer(mu, sigma, t_ref=1e3 * task.T_REF, **cell).rate

        return task.report(engine, rates, options.again)
    network = library.make("potjans_diesmann2014", preset="bos2016", weight_sd=0)
    if options.task == "working point":
        return task.report(engine, lambda: population.working_point(network).rates, options.again)
    rates = population.steady_state(network).rates
    if options.task == "sensitivity":
        around = linearise(population.input_map(network), 1e-3 * rates)

        def sensitivity() -> np.ndarray:
            (loop,) = around.loop(np.array([2e-3j * np.pi * 80.0]))
            values, right = np.linalg.eig(loop)
            left = np.linalg.inv(right)
            k = np.argmin(np.abs(values - 1.0))
            return np.outer(left[k], right[:, k]) * loop

        return task.report(engine, sensitivity, options.again)
    f = task.frequencies(options.frequencies)
    task.report(engine, lambda: 1e3 * transfer_functions(network, rates, f).by_mu, 3, frequencies=f.size)


if __name__ == "__main__":
    main()
