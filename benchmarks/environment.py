"""The peers' own virtual environment: NEST, Brian2, XPPAUT's engine and NNMT at fixed versions, made on first use.

Rheobase never runs in it, and nothing of it enters Rheobase's environment. Brian2's C++ mode needs a C++ compiler on
the machine; Rheobase and the wheel of NEST do not.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = ("nest-simulator==3.10.0", "brian2==2.9.0", "xpplab==0.1.2", "nnmt==1.3.0", "numpy<2.4", "cython",
            "setuptools")  # fmt: skip
DEFAULT = Path(__file__).resolve().parent.parent / ".venv-peers"


def peer_python(folder: Path = DEFAULT) -> Path:
    """The interpreter of the peers' environment, which is made if it is not there, or filled if it lacks a package.

    Parameters
    ----------
    folder
        Where the environment is or is to be.

    Raises
    ------
    subprocess.CalledProcessError
        If pip cannot install the peers.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    complete, wanted = folder / "complete", "\n".join(PACKAGES)
    if not complete.exists() or complete.read_text() != wanted:
        print(f"making the peers' environment in {folder} ...", file=sys.stderr, flush=True)
        if not python.exists():
            venv.EnvBuilder(with_pip=True).create(folder)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        complete.write_text(wanted)
    return python


if __name__ == "__main__":
    print(peer_python(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT))
