"""The population benchmark in NNMT."""

from __future__ import annotations

from importlib.metadata import version

import nnmt
import numpy as np
import population_task as task

options = task.arguments(__doc__ or "")
exp, delta = nnmt.lif.exp, nnmt.lif.delta
CELL = {
    "V_0_rel": np.full(8, task.V_RESET), "V_th_rel": np.full(8, task.V_TH), "tau_m": np.full(8, task.TAU_M),
    "tau_r": np.full(8, task.T_REF),
}  # fmt: skip
J, K = task.weights(), task.in_degrees()
J_EXT = np.full((8, 1), task.CURRENT * task.TAU_S / task.CAPACITANCE)
K_EXT = task.EXTERNAL[:, None].astype(float)
NU_EXT = np.array([task.BACKGROUND])


def working_point() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rates = exp._firing_rates(J=J, K=K, J_ext=J_EXT, K_ext=K_EXT, nu_ext=NU_EXT, tau_s=task.TAU_S, **CELL)
    given = {"nu": rates, "J": J, "K": K, "tau_m": CELL["tau_m"], "J_ext": J_EXT, "K_ext": K_EXT, "nu_ext": NU_EXT}
    return rates, exp._mean_input(**given), exp._std_input(**given)


def transfer(f: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    return exp._transfer_function_shift(
        mu=mu, sigma=sigma, tau_s=task.TAU_S, omegas=2 * np.pi * f, synaptic_filter=False, **CELL
    )


def sensitivity(mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    f = np.array([80.0])
    delays = np.exp(-2j * np.pi * f[0] * np.tile(task.DELAYS, (8, 4)))[None]
    chi = exp._transfer_function_shift(
        mu=mu, sigma=sigma, tau_s=task.TAU_S, omegas=2 * np.pi * f, synaptic_filter=True, **CELL
    )
    matrix = exp._effective_connectivity(chi, delays, J, K, CELL["tau_m"])
    return exp._sensitivity_measure(matrix, f[0], f, resorted_eigenvalues_mask="None", eigenvalue_index="None")[
        "sensitivity"
    ]


def main() -> None:
    engine = f"NNMT {version('nnmt')}"
    if options.task == "working point":
        return task.report(engine, lambda: working_point()[0], options.again)
    if options.task.endswith("points"):
        mu, sigma = task.points(options.task)

        def rates() -> np.ndarray:
            return delta._firing_rates_for_given_input(mu, sigma, task.V_RESET, task.V_TH, task.TAU_M, task.T_REF)

        return task.report(engine, rates, options.again)
    _, mu, sigma = working_point()
    if options.task == "sensitivity":
        return task.report(engine, lambda: sensitivity(mu, sigma), options.again)
    f = task.frequencies(options.frequencies)
    task.report(engine, lambda: transfer(f, mu, sigma), 0, frequencies=f.size)


if __name__ == "__main__":
    main()
