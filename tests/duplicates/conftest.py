"""The benchmarks' planted duplicates are found beside the tests, behind everything that is installed."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
