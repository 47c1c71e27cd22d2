"""The best assignment of several calls to several agents at once: most calls first, then the greatest sum of values.

Exact, by shortest augmenting paths (Jonker and Volgenant 1987), rows × columns up to a few hundred.
"""

import numpy as np
from numpy.typing import NDArray

FORBIDDEN = -np.inf
"""The value of a pair that may not be."""


def assign(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (row, column), each row and column once at most; forbidden pairs never. Values are finite or FORBIDDEN."""
    if values.size == 0 or not np.isfinite(values).any():
        return []
    if values.shape[0] > values.shape[1]:
        return sorted((row, column) for column, row in assign(values.T))
    allowed = np.isfinite(values)
    top = float(values[allowed].max())
    spread = top - float(values[allowed].min())
    cost = np.where(allowed, top - np.where(allowed, values, top), (spread + 1.0) * (values.shape[0] + 1))
    row_of = _columns(cost)
    return sorted((int(row), column) for column, row in enumerate(row_of) if row >= 0 and allowed[row, column])


def _columns(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which row each column is given, -1 for none; the sum of costs is least. No more rows than columns."""
    rows, columns = cost.shape
    of_row, of_column = np.zeros(rows), np.zeros(columns)
    row_of = np.full(columns, -1, dtype=np.int64)
    for start in range(rows):
        reach = np.full(columns, np.inf)
        came_from = np.full(columns, -1, dtype=np.int64)
        done = np.zeros(columns, dtype=bool)
        row, column, length = start, -1, 0.0
        while True:
            through = length + cost[row] - of_row[row] - of_column
            nearer = ~done & (through < reach)
            reach[nearer] = through[nearer]
            came_from[nearer] = column
            column = int(np.argmin(np.where(done, np.inf, reach)))
            length = float(reach[column])
            done[column] = True
            row = int(row_of[column])
            if row < 0:
                break
        rest = done.copy()
        rest[column] = False
        short = length - reach[rest]
        of_column[rest] -= short
        of_row[row_of[rest]] += short
        of_row[start] += length
        while column >= 0:
            before = int(came_from[column])
            row_of[column] = row_of[before] if before >= 0 else start
            column = before
    return row_of
