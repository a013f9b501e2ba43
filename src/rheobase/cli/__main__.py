"""``python -m rheobase.cli``."""

import sys

from rheobase.cli import main

sys.exit(main())
