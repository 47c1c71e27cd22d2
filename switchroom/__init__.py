"""The product put together: the switchboard, the application, the command line."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""The pacer's matrices are small: threads of the linear algebra library only get in one another's way."""
