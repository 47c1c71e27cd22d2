"""Where facts are kept: one journal and the tables derived from it, on SQLite or PostgreSQL.

``store.open(url)`` first; then ``Writer`` (or ``InlineLedger``), ``LeadBook``, ``recall``, ``intake`` and ``queries``
each take the opened ``Store``.
"""

from store.opening import Store, open

__all__ = ["Store", "open"]
