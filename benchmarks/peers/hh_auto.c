/* Hodgkin-Huxley in uA/cm2, mS/cm2, mV and ms, for AUTO-07p; par[0] is the current. */
#include "auto_f2c.h"
#include <math.h>

int func(integer ndim, const doublereal *u, const integer *icp, const doublereal *par, integer ijac, doublereal *f,
         doublereal *dfdu, doublereal *dfdp) {
    double v = u[0], m = u[1], h = u[2], n = u[3];
    f[0] = par[0] - 120 * m * m * m * h * (v - 50) - 36 * n * n * n * n * (v + 77) - 0.3 * (v + 54.387);
    f[1] = 0.1 * (v + 40) / (1 - exp(-(v + 40) / 10)) * (1 - m) - 4 * exp(-(v + 65) / 18) * m;
    f[2] = 0.07 * exp(-(v + 65) / 20) * (1 - h) - h / (1 + exp(-(v + 35) / 10));
    f[3] = 0.01 * (v + 55) / (1 - exp(-(v + 55) / 10)) * (1 - n) - 0.125 * exp(-(v + 65) / 80) * n;
    return 0;
}

int stpnt(integer ndim, doublereal t, doublereal *u, doublereal *par) {
    par[0] = 0;
    u[0] = -64.9963793;
    u[1] = 0.0529551;
    u[2] = 0.5959941;
    u[3] = 0.3177323;
    return 0;
}

int bcnd(integer ndim, const doublereal *par, const integer *icp, integer nbc, const doublereal *u0,
         const doublereal *u1, integer ijac, doublereal *fb, doublereal *dbc) { return 0; }

int icnd(integer ndim, const doublereal *par, const integer *icp, integer nint, const doublereal *u,
         const doublereal *uold, const doublereal *udot, const doublereal *upold, integer ijac, doublereal *fi,
         doublereal *dint) { return 0; }

int fopt(integer ndim, const doublereal *u, const integer *icp, const doublereal *par, integer ijac, doublereal *fs,
         doublereal *dfdu, doublereal *dfdp) { return 0; }

int pvls(integer ndim, const void *u, doublereal *par) { return 0; }
