"""Implicit steps for the integrator of `rheobase.compile.orbit`, for neurons whose fastest states are much faster than
what they do most of the time: with explicit steps a gate with a time constant of 0.05 ms costs ten of them each
millisecond, also in a silence of seconds.

``implicit_step`` is a step of `rheobase.numerics.rosenbrock` with slopes by differences, which leaves in ``k`` what the
explicit step leaves there, as far as the loop looks at it. It returns the step's error and the rate of the fastest
state.
"""

#: Text in front of the loop; the second one where there are no such steps.
IMPLICIT = '''
from rheobase.numerics.rosenbrock import (
    NODES, cubic, factorised, shifted, shrunk, solved, stage_right, stage_state, step_error,
)

STIFF = True
#: Steps times the fastest rate: explicit ones are stable to 3.3, and ones as long as these are looked at for longer;
#: an implicit step costs as much as two and has to be longer than two of the longest explicit ones.
LIMITED, LEAVE, START = 2.5, 6.0, 2.0
PERIOD = 16  # explicit steps between two looks
ASIDE_STATE = 1.5e-8  # of a state, by which slopes are taken
ASIDE_TIME = 1e-2  # of a step


@inner
def slope_at(y, p, last, t, active, sign, course, driven, k, s):
    """The slope at a time; not inlined, since it is asked for in several places."""
    if driven >= 0:
        p[driven] = course[0] + course[1] * (t - course[2])
    slope(y, p, last, t, active, sign, k, s)


@inner
def slopes_by_states(x, p, last, t, active, sign, course, driven, rtol, atol, k, y, matrix):
    """The Jacobian at x with slope k[0], by differences; returns the fastest rate on its diagonal."""
    fast = 0.0
    for j in range(N):
        for i in range(N):
            y[i] = x[i]
        y[j] += ASIDE_STATE * max(abs(x[j]), atol[j] / rtol)
        slope_at(y, p, last, t, active, sign, course, driven, k, 6)
        for i in range(N):
            matrix[i, j] = (k[6, i] - k[0, i]) / (y[j] - x[j])
        fast = max(fast, abs(matrix[j, j]))
    return fast


@inner
def implicit_step(x, p, last, t, h, active, sign, course, driven, rtol, atol, k, y, change, matrix, order):
    """From x with slope k[0] over h: the end in y and the slope there in k[6]; its error, infinite if there is none."""
    fast = slopes_by_states(x, p, last, t, active, sign, course, driven, rtol, atol, k, y, matrix)
    if not h * fast > LEAVE:
        return np.inf, fast
    if driven >= 0 and course[1] != 0.0:
        slope_at(x, p, last, t + ASIDE_TIME * h, active, sign, course, driven, k, 6)
    for i in range(N):
        change[i] = (k[6, i] - k[0, i]) / (ASIDE_TIME * h) if driven >= 0 and course[1] != 0.0 else 0.0
        k[1, i] = k[0, i]
    shifted(N, h, matrix)
    if not factorised(N, matrix, order):
        return np.inf, fast
    for s in range(1, 7):
        if s > 1:
            stage_state(s, N, x, k, y)
            slope_at(y, p, last, t + NODES[s - 1] * h, active, sign, course, driven, k, s)
        stage_right(s, N, h, change, k)
        solved(N, matrix, order, k, s)
    error = step_error(N, x, y, k, rtol, atol)
    if error <= 1.0:
        slope_at(y, p, last, t + h, active, sign, course, driven, k, 6)
        cubic(N, k)
    return error, fast
'''

EXPLICIT = """
STIFF = False
LIMITED, LEAVE, START, PERIOD = 0.0, 0.0, 0.0, 1


@inlined
def slopes_by_states(x, p, last, t, active, sign, course, driven, rtol, atol, k, y, matrix):
    return 0.0


@inlined
def implicit_step(x, p, last, t, h, active, sign, course, driven, rtol, atol, k, y, change, matrix, order):
    return np.inf, 0.0


@inlined
def shrunk(error):
    return 0.0
"""
