"""The network of benchmark 3 of Brette et al. (2007), J. Comput. Neurosci. 23:349, once, for every worker.

4,000 Hodgkin-Huxley cells of the Traub and Miles kind, 3,200 of them excitatory, connected with probability 0.02 by
exponential conductances. Both simulators read this very text; the delay is one step.
"""

N = 4000
N_E = 3200
P = 0.02

CELL = """
dv/dt = (g_l*(E_l - v) + ge*(E_e - v) + gi*(E_i - v)
         - g_na*m**3*h*(v - E_na) - g_kd*n**4*(v - E_k))/C_m : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dge/dt = -ge/tau_e : siemens
dgi/dt = -gi/tau_i : siemens
alpha_m = 0.32*4/exprel((13*mV - v + V_T)/(4*mV))/ms : Hz
beta_m = 0.28*5/exprel((v - V_T - 40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV - v + V_T)/(18*mV))/ms : Hz
beta_h = 4/(1 + exp((40*mV - v + V_T)/(5*mV)))/ms : Hz
alpha_n = 0.032*5/exprel((15*mV - v + V_T)/(5*mV))/ms : Hz
beta_n = 0.5*exp((10*mV - v + V_T)/(40*mV))/ms : Hz
"""

#: For a cell of 20,000 um**2.
CONSTANTS = {
    "C_m": (200.0, "pF"),
    "g_l": (10.0, "nS"),
    "E_l": (-60.0, "mV"),
    "g_na": (20000.0, "nS"),
    "E_na": (50.0, "mV"),
    "g_kd": (6000.0, "nS"),
    "E_k": (-90.0, "mV"),
    "E_e": (0.0, "mV"),
    "E_i": (-80.0, "mV"),
    "V_T": (-63.0, "mV"),
    "tau_e": (5.0, "ms"),
    "tau_i": (10.0, "ms"),
}

#: Start values as in the benchmark: near rest, with conductances that start the activity (mean, deviation, unit).
START_MOMENTS = {"v": (-65.0, 5.0, "mV"), "ge": (40.0, 15.0, "nS"), "gi": (200.0, 120.0, "nS")}

START = {name: f"({mean} + {sd}*randn())*{unit}" for name, (mean, sd, unit) in START_MOMENTS.items()}
