"""Raw customer logs in; customers, journeys, drop-offs and churn risk out."""

import os

# Said before numpy is loaded: matrices are small here, and threads that wait for one another over
# them take six times the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
