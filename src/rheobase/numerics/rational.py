r"""Rational functions through samples of a real-symmetric function, ``f(conj(s)) = conj(f(s))``, on a path.

The AAA algorithm of Nakatsukasa, Sete & Trefethen (2018, SIAM J Sci Comput 40:A1494): a barycentric quotient

    r(s) = sum of w_j f_j/(s - z_j)  over  sum of w_j/(s - z_j),

whose support points ``z_j`` are taken one after the other where the error is largest, and whose weights make the
linearised error smallest. Here each support point stands for itself and its conjugate, with conjugate weights, so that
``r`` is real-symmetric, too; and several functions with the same poles share points and weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvals

from rheobase.numerics.kernel import kernel

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

Genuine = Callable[[Complex], NDArray[np.bool_]]

_AT_ONCE, _CLOSE = 3, 1e-7  # support points added before the weights are computed anew, while the error is larger
_ROUNDS = 6
_FAR = 1e8  # in units of the largest support point: a pole this far away is one at infinity
_PATIENCE = 6  # support points that do not halve the error
_CLEANINGS = 4


@dataclass(frozen=True, eq=False)
class Rational:
    """Several rational functions with the same poles.

    Attributes
    ----------
    points, weights
        (m,): support points in the upper half-plane, each standing for its conjugate, too.
    values
        (m, k): of the functions there.
    error
        Largest distance from values that the fit has not seen, in units of each function's size.
    """

    points: Complex
    weights: Complex
    values: Complex
    error: float

    def __call__(self, s: Complex) -> Complex:
        """Values at an array of ``s``, shape (len(s), k)."""
        s = np.ascontiguousarray(s, np.complex128)
        out = np.empty((s.size, self.values.shape[1]), np.complex128)
        _evaluate(s, self.points, self.weights, self.values, out)
        return out

    def poles(self) -> Complex:
        """All poles, conjugates included.

        The denominator is ``c (s - A)^-1 b`` with a real block of ``A`` for each pair of support points; its zeros are
        the finite eigenvalues of a pencil of real matrices, so that conjugates are exact ones.
        """
        m = self.points.size
        a, b = np.zeros((2 * m + 1, 2 * m + 1)), np.eye(2 * m + 1)
        even, odd = np.arange(0, 2 * m, 2), np.arange(1, 2 * m, 2)
        a[even, even] = a[odd, odd] = self.points.real
        a[odd, even], a[even, odd] = self.points.imag, -self.points.imag
        a[even, -1] = 1.0
        a[-1, even], a[-1, odd] = self.weights.real, -self.weights.imag
        b[-1, -1] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.asarray(eigvals(a, b), complex)
        return found[np.isfinite(found) & (np.abs(found) < _FAR * np.abs(self.points).max(initial=0.0))]


def rational(
    function: Callable[[Complex], Complex],
    path: Complex,
    tolerance: float,
    *,
    accepted: float,
    genuine: Genuine = lambda poles: np.ones(poles.size, bool),
    most: int = 60,
) -> Rational | None:
    """The fit to a function on a path above the real axis; None if none is found that is as good as it has to be.

    It is compared with the function between its samples; where it is not good there, these places become samples.

    Parameters
    ----------
    function
        Takes an array of ``s``, returns its values (len(s), k). None of the k may be zero everywhere.
    path
        Where to begin: few points, dense where the function may change fast.
    tolerance, accepted
        How well the samples are fitted, and how far off the fit may be between them; in units of each function's
        largest value with ``s`` on the imaginary axis or to the right of it.
    genuine
        Which poles (with ``imag >= 0``) are poles of the function, or of no interest. Those that are there by rounding,
        each beside a zero, are taken out again.
    most
        At how many support points to give up.
    """
    s, samples = path, function(path)
    fresh = np.ones(s.size - 1, bool)
    for _ in range(_ROUNDS):
        if not np.all(np.isfinite(samples)):
            return None
        scale = np.abs(samples[s.real >= 0.0]).max(axis=0)
        found = _fit(s, samples / scale, tolerance, most)
        if found is None:
            return None
        at = np.flatnonzero(fresh)
        middle = 0.5 * (s[at] + s[at + 1])
        values = function(middle)
        wrong = np.abs(found(middle) - values / scale).max(axis=1)
        place = at + 1
        s, samples = np.insert(s, place, middle), np.insert(samples, place, values, axis=0)
        if np.all(wrong <= accepted):
            return _best(s, samples, scale, (tolerance, accepted), genuine, most)
        doubtful = (wrong > 1e-2 * accepted) | (wrong > 1e-2 * wrong.max())
        new = place + np.arange(at.size)  # where the new points stand now
        fresh = np.zeros(s.size - 1, bool)
        fresh[new[doubtful]] = fresh[new[doubtful] - 1] = True
    return None


def _fit(s: Complex, f: Complex, tolerance: float, most: int) -> Rational | None:
    """To given samples: support points where the error is largest, until it is small or rounding keeps it large."""
    support, error = np.zeros(0, int), np.abs(f).max(axis=1)
    best, least = None, np.inf
    while least > tolerance:
        if support.size >= min(most, s.size // 3) or (best and support.size > best.points.size + _PATIENCE):
            break
        more = _AT_ONCE if error.max() > _CLOSE else 1  # fewer than needed do no harm, more bring poles that are none
        support = np.append(support, _worst(np.where(s.imag > 0.0, error, 0.0), more))
        found = _through(s, f, s[support], f[support])
        error = np.abs(f - found(s)).max(axis=1)
        if error.max() < 0.5 * least:
            best, least = found, float(error.max())
    return best


def _best(
    s: Complex, samples: Complex, scale: Array, bounds: tuple[float, float], genuine: Genuine, most: int
) -> Rational | None:
    """The closest fit without poles that are none: of fewer digits, where more come with such poles."""
    tolerance, accepted = bounds
    while tolerance < accepted:
        found = _fit(s, samples / scale, tolerance, most)
        cleaned = None if found is None else _cleaned(found, s, samples / scale, accepted, genuine)
        if cleaned is not None:
            return Rational(cleaned.points, cleaned.weights, cleaned.values * scale, cleaned.error)
        tolerance *= 5.0
    return None


def _cleaned(found: Rational, s: Complex, f: Complex, accepted: float, genuine: Genuine) -> Rational | None:
    """Without poles that are none, by leaving out the support points next to them."""
    for _ in range(_CLEANINGS):
        error = float(np.abs(f - found(s)).max())
        if error > accepted:
            return None
        poles = found.poles()
        poles = poles[poles.imag >= 0.0]
        wrong = poles[~genuine(poles)]
        if wrong.size == 0:
            return Rational(found.points, found.weights, found.values, error)
        nearest = np.argmin(np.abs(found.points[None, :] - wrong[:, None]), axis=1)
        points, values = np.delete(found.points, nearest), np.delete(found.values, nearest, axis=0)
        found = _through(s, f, points, values)
    return None


def _through(s: Complex, f: Complex, points: Complex, values: Complex) -> Rational:
    """The fit with these support points."""
    return Rational(points, _weights(s, f, points, values), values, np.inf)


def _worst(error: Array, most: int) -> NDArray[np.int64]:
    """Where the error is largest, at some distance from each other."""
    error, found = error.copy(), []
    for _ in range(most):
        k = int(np.argmax(error))
        if error[k] <= 0.0:
            break
        found.append(k)
        error[max(k - 3, 0) : k + 4] = 0.0
    return np.array(found, int)


def _weights(s: Complex, f: Complex, points: Complex, values: Complex) -> Complex:
    """Weights of least linearised error: the smallest singular vector of the Loewner matrix, in real arithmetic."""
    rows = ~np.isin(s, points)
    at, z = s[rows], points[:, None]
    here, mirrored = 1.0 / (at - z), 1.0 / (at - z.conj())
    blocks = []
    for k in range(f.shape[1]):
        own = here * (f[rows, k] - values[:, k : k + 1])
        other = mirrored * (f[rows, k] - values[:, k : k + 1].conj())
        block = np.concatenate([own + other, 1j * (own - other)])
        blocks += [block.real, block.imag]
    least = np.linalg.svd(_triangle(np.concatenate(blocks, axis=1)))[2][-1]
    return least[: points.size] + 1j * least[points.size :]


@kernel
def _triangle(columns):
    """The triangular factor of the matrix with these columns (each a row here, overwritten), by Gram and Schmidt."""
    n = columns.shape[0]
    r = np.zeros((n, n))
    for j in range(n):
        own = columns[j]
        r[j, j] = np.sqrt(np.dot(own, own))
        if r[j, j] > 0.0:
            own /= r[j, j]
        for k in range(j + 1, n):
            r[j, k] = np.dot(own, columns[k])
            columns[k] -= r[j, k] * own
    return r


@kernel
def _evaluate(s, points, weights, values, out):
    count = values.shape[1]
    for i in range(s.size):
        below = 0.0j
        for k in range(count):
            out[i, k] = 0.0
        for j in range(points.size):
            near, far = s[i] - points[j], s[i] - points[j].conjugate()
            size = near.real * near.real + near.imag * near.imag
            if size == 0.0:  # at a support point: its value
                below = 1.0 + 0.0j
                for k in range(count):
                    out[i, k] = values[j, k]
                break
            own = weights[j] * near.conjugate() * (1.0 / size)
            size = far.real * far.real + far.imag * far.imag
            if size == 0.0:
                below = 1.0 + 0.0j
                for k in range(count):
                    out[i, k] = values[j, k].conjugate()
                break
            other = weights[j].conjugate() * far.conjugate() * (1.0 / size)
            below += own + other
            for k in range(count):
                out[i, k] += own * values[j, k] + other * values[j, k].conjugate()
        for k in range(count):
            out[i, k] /= below
