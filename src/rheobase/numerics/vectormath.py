"""Elementary functions that the compiler can vectorise.

Numba's wheels come without a vector maths library, so a loop that calls libm runs one neuron at a time. These are
short polynomials without branches, which LLVM turns into SIMD code. Each is written once and specialised for float32
and float64; `fma` is explicit, so that a neuron gets the same bits in the vector body and in the remainder of a loop.

Polynomials are Taylor expansions on the reduced interval, cut where the next term is below half a unit in the last
place: no fitted coefficients. Measured against mpmath: below 2.5 ulp (float64) for exp, expm1, log, tanh; exprel below
3 ulp.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic
from numba.extending import overload

#: Numba changes the signature: the typing context is not an argument of the caller.
intrinsic: Any = _intrinsic


@intrinsic
def select(typingctx: Any, condition: Any, then: Any, otherwise: Any) -> Any:
    """``then if condition else otherwise`` with both sides evaluated: one instruction, no branch."""
    result = typingctx.unify_types(then, otherwise)
    if isinstance(result, types.Integer | types.Boolean) and isinstance(result, types.Literal):
        result = types.unliteral(result)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flag = context.cast(builder, arguments[0], signature.args[0], types.boolean)
        left = context.cast(builder, arguments[1], signature.args[1], signature.return_type)
        right = context.cast(builder, arguments[2], signature.args[2], signature.return_type)
        return builder.select(flag, left, right)

    return result(condition, then, otherwise), codegen


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """``a*b + c`` rounded once."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = [
            context.cast(builder, value, kind, signature.return_type)
            for value, kind in zip(arguments, signature.args, strict=True)
        ]
        return builder.fma(*values)

    return a(a, b, c), codegen


@intrinsic
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of ``array[index]``, which will be read soon. Out of bounds it does nothing."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        at = context.cast(builder, arguments[1], signature.args[1], types.intp)
        address = builder.bitcast(builder.gep(view.data, [at]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [address.type] + [ir.IntType(32)] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, *(ir.IntType(32)(flag) for flag in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, index), codegen


def _bitcast(source: Any, target: Any) -> Any:
    """An intrinsic that reads the bits of ``source`` as ``target``."""

    @intrinsic
    def cast(typingctx: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], context.get_value_type(target))

        return target(source), codegen

    return cast


_bits64 = _bitcast(types.float64, types.int64)
_float64 = _bitcast(types.int64, types.float64)
_bits32 = _bitcast(types.float32, types.int32)
_float32 = _bitcast(types.int32, types.float32)

f32 = np.float32
_inlined = njit(forceinline=True, error_model="numpy")


@_inlined
def _reduced64(x, bias=1023):
    """r and 2**(n + bias - 1023) with x = n ln 2 + r, |r| <= ln(2)/2, by the low bits of x/ln 2 + 1.5*2**52."""
    shifted = fma(x, 1.4426950408889634, 6755399441055744.0)
    n = shifted - 6755399441055744.0
    r = fma(n, -1.9082149292705877e-10, fma(n, -0.6931471803691238, x))
    return r, _float64((_bits64(shifted) + bias) << 52)


@_inlined
def _expm1_reduced64(r):
    p = 1.1470745597729725e-11
    p = fma(p, r, 1.6059043836821613e-10)
    p = fma(p, r, 2.08767569878681e-09)
    p = fma(p, r, 2.505210838544172e-08)
    p = fma(p, r, 2.755731922398589e-07)
    p = fma(p, r, 2.7557319223985893e-06)
    p = fma(p, r, 2.48015873015873e-05)
    p = fma(p, r, 0.0001984126984126984)
    p = fma(p, r, 0.001388888888888889)
    p = fma(p, r, 0.008333333333333333)
    p = fma(p, r, 0.041666666666666664)
    p = fma(p, r, 0.16666666666666666)
    p = fma(p, r, 0.5)
    p = fma(p, r, 1.0)
    return p * r


@_inlined
def _reduced32(x):
    shifted = fma(x, f32(1.4426950216293335), f32(12582912.0))
    n = shifted - f32(12582912.0)
    r = fma(n, f32(-1.428606765330187e-06), fma(n, f32(-0.693145751953125), x))
    return r, _float32((_bits32(shifted) + np.int32(127)) << np.int32(23))


@_inlined
def _expm1_reduced32(r):
    p = f32(2.4801587642286904e-05)
    p = fma(p, r, f32(0.00019841270113829523))
    p = fma(p, r, f32(0.0013888889225199819))
    p = fma(p, r, f32(0.008333333767950535))
    p = fma(p, r, f32(0.0416666679084301))
    p = fma(p, r, f32(0.1666666716337204))
    p = fma(p, r, f32(0.5))
    p = fma(p, r, f32(1.0))
    return p * r


@_inlined
def _log_mantissa64(bits):
    """Exponent and mantissa in [sqrt(1/2), sqrt(2)) of a positive double, the exponent as a double."""
    shifted = bits - 4604544271217802189  # bits of sqrt(1/2)
    exponent = shifted >> 52
    return _float64(bits - (exponent << 52)), np.float64(np.int32(exponent))


@_inlined
def _atanh_series64(q):
    p = 0.09523809523809523
    p = fma(p, q, 0.10526315789473684)
    p = fma(p, q, 0.11764705882352941)
    p = fma(p, q, 0.13333333333333333)
    p = fma(p, q, 0.15384615384615385)
    p = fma(p, q, 0.18181818181818182)
    p = fma(p, q, 0.2222222222222222)
    p = fma(p, q, 0.2857142857142857)
    p = fma(p, q, 0.4)
    p = fma(p, q, 0.6666666666666666)
    p = fma(p, q, 2.0)
    return p


@_inlined
def _log_mantissa32(bits):
    shifted = bits - np.int32(1060439283)
    exponent = shifted >> np.int32(23)
    return _float32(bits - (exponent << np.int32(23))), f32(exponent)


@_inlined
def _atanh_series32(q):
    p = f32(0.1818181872367859)
    p = fma(p, q, f32(0.2222222238779068))
    p = fma(p, q, f32(0.2857142984867096))
    p = fma(p, q, f32(0.4000000059604645))
    p = fma(p, q, f32(0.6666666865348816))
    p = fma(p, q, f32(2.0))
    return p


def _specialised(name, for64, for32, doc):
    """A function of one argument with a float64 and a float32 body; whole numbers count as float64."""

    def stub(x):
        return getattr(np, name)(x)

    stub.__name__ = stub.__qualname__ = name
    stub.__doc__ = doc

    def choose(x):
        return for32 if x == types.float32 else for64

    overload(stub, jit_options={"forceinline": True, "error_model": "numpy"})(choose)
    vars(stub).update(choose=choose)  # for the stamp of cached kernels that use it
    return stub


def _exp64(x):
    r, half = _reduced64(x, 1022)  # 2**1024 is no double, but half of it is
    y = 2.0 * fma(_expm1_reduced64(r), half, half)
    return select(x > 709.782712893384, np.inf, select(x < -707.0, 0.0, y))


def _exp32(x):
    r, scale = _reduced32(x)
    y = fma(_expm1_reduced32(r), scale, scale)
    return select(x > f32(88.3), f32(np.inf), select(x < f32(-87.0), f32(0.0), y))


def _expm1_64(x):
    r, scale = _reduced64(x)
    y = fma(_expm1_reduced64(r), scale, scale - 1.0)
    return select(x > 709.0, np.inf, select(x < -40.0, -1.0, y))


def _expm1_32(x):
    r, scale = _reduced32(x)
    y = fma(_expm1_reduced32(r), scale, scale - f32(1.0))
    return select(x > f32(88.3), f32(np.inf), select(x < f32(-20.0), f32(-1.0), y))


def _log64(x):
    m, exponent = _log_mantissa64(_bits64(x))
    s = (m - 1.0) / (m + 1.0)
    y = fma(exponent, 0.6931471805599453, s * _atanh_series64(s * s))
    return select(x > 0.0, select(x < np.inf, y, x), select(x == 0.0, -np.inf, np.nan))


def _log32(x):
    m, exponent = _log_mantissa32(_bits32(x))
    s = (m - f32(1.0)) / (m + f32(1.0))
    y = fma(exponent, f32(0.6931471805599453), s * _atanh_series32(s * s))
    return select(x > f32(0.0), select(x < f32(np.inf), y, x), select(x == f32(0.0), f32(-np.inf), f32(np.nan)))


def _tanh64(x):
    e = _expm1_64i(select(x > 20.0, 40.0, select(x < -20.0, -40.0, 2.0 * x)))
    return e / (e + 2.0)


def _tanh32(x):
    e = _expm1_32i(select(x > f32(10.0), f32(20.0), select(x < f32(-10.0), f32(-20.0), f32(2.0) * x)))
    return e / (e + f32(2.0))


def _exprel64(x):
    """expm1(x)/x; next to 0 two terms of its series, which are exact there."""
    small = abs(x) < 1e-8
    y = _expm1_64i(x) / select(small, 1.0, x)
    return select(small, fma(x, 0.5, 1.0), select(x == np.inf, np.inf, y))


def _exprel32(x):
    small = abs(x) < f32(1e-4)
    y = _expm1_32i(x) / select(small, f32(1.0), x)
    return select(small, fma(x, f32(0.5), f32(1.0)), select(x == f32(np.inf), f32(np.inf), y))


_expm1_64i = _inlined(_expm1_64)
_expm1_32i = _inlined(_expm1_32)

exp = _specialised("exp", _exp64, _exp32, "e**x; overflows to inf, underflows to 0.")
expm1 = _specialised("expm1", _expm1_64, _expm1_32, "e**x - 1 without cancellation.")
log = _specialised(
    "log", _log64, _log32, "Natural logarithm; -inf at 0, NaN below; subnormal numbers count as about 1e-308."
)
tanh = _specialised("tanh", _tanh64, _tanh32, "Hyperbolic tangent.")
exprel = _specialised("exprel", _exprel64, _exprel32, "(e**x - 1)/x, finite at 0.")
