"""Raw customer logs in; customers, journeys, drop-offs and churn risk out."""

import os
import platform

# Said before numpy is loaded: matrices are small here, and threads that wait for one another over
# them take six times the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The widest vectors sort five times as slowly as the next best on processors that are slow to store
# a part of one (AMD's Zen 4), and hardly faster on others.
if platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4")
