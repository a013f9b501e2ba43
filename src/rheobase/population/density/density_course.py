"""What runs of densities in time have in common: populations, input, and densities at some times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import nearest

Array = NDArray[np.float64]

METHODS = (
    "Brunel N, Hakim V (1999), Neural Comput 11:1621 (Fokker-Planck equation of a spiking network)",
    "Scharfetter DL, Gummel HK (1969), IEEE Trans Electron Devices 16:64 (finite volumes)",
    "Bank RE et al. (1985), IEEE Trans Electron Devices 32:1992 (TR-BDF2)",
)
_COLOURED = "Fourcaud N, Brunel N (2002), Neural Comput 14:2057 (coloured noise: threshold and reset raised)"


@dataclass(frozen=True, repr=False, kw_only=True)
class DensityCourse:
    """Densities of populations in time; the results of `fokker_planck` and of `mesoscopic` tell what is in each."""

    populations: tuple[str, ...]
    times: Array
    refractory: Array
    probability: Array
    mu: Array
    sigma: Array
    snapshots: Array
    voltages: tuple[Array, ...]
    densities: tuple[Array, ...]
    units: tuple[str, ...]
    dt: float
    status: str
    name: str = ""
    coloured: bool = False

    def density(self, population: str | None = None) -> tuple[Array, Array]:
        """Places ``v`` and the density there at `snapshots`, (snapshots, places)."""
        k = self._number(population)
        return self.voltages[k], self.densities[k]

    def mean_voltage(self, population: str | None = None) -> Array:
        """Mean membrane potential of the neurons that are not refractory, at `snapshots`."""
        v, density = self.density(population)
        return np.asarray(np.trapezoid(density * v, v, axis=1) / np.trapezoid(density, v, axis=1), float)

    def _number(self, population: str | None) -> int:
        if population is None and len(self.populations) == 1:
            return 0
        if population not in self.populations:
            if population is None:
                raise ModelError(f"say which population: {', '.join(self.populations)}")
            raise ModelError(f"there is no population {population!r}{nearest(str(population), self.populations)}")
        return self.populations.index(population)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join((*METHODS, _COLOURED) if self.coloured else METHODS)

    def _dataset(self, times: Array, values: dict[str, tuple[Array, str]], **attributes: Any) -> Any:
        """Arrays (populations, times) with their units as an xarray Dataset."""
        try:
            import xarray
        except ImportError:
            raise ModelError("to_xarray needs xarray; install it with: pip install 'rheobase[xarray]'") from None
        places = {"population": list(self.populations), "time": times}
        data = {
            what: xarray.DataArray(array, dims=("population", "time"), coords=places, attrs={"units": unit})
            for what, (array, unit) in values.items()
        }
        return xarray.Dataset(data, attrs={"dt_ms": self.dt, **attributes, "status": self.status})
