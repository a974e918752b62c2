"""``python -m autograd``: the command line, also installed as ``glassgrad``."""

import sys

from autograd.cli.main import main

sys.exit(main())
