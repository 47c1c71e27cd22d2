"""What stands in the sealed columns of a database, for tests that ask whether the right thing was taken in."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import select

import store
from store.sealing import EXTRA, NAME, NUMBER
from store.tables import leads

PLACES = {"number": NUMBER, "name": NAME, "extra": EXTRA}


def column(database: Path, name: str) -> list[str]:
    """One column of all leads in the order they came in, unsealed with the key beside the database."""
    with closing(store.open(f"sqlite:///{database}")) as opened, opened.reading.begin() as connection:
        rows = connection.execute(select(leads.c[name], leads.c.number_key).order_by(leads.c.id)).all()
        return [opened.seal.opened(PLACES[name], text, key) for text, key in rows]
