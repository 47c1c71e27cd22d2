"""Small texts the product wants to find again after a restart, one for each name, in the table of things by themselves."""

from sqlalchemy import select

from store.opening import Store, insert_for
from store.tables import meta


def keep(store: Store, texts: dict[str, str]) -> None:
    """Put each text in the place of the one kept by its name before."""
    if not texts:
        return
    with store.pen, store.writing.begin() as connection:
        for name, text in sorted(texts.items()):
            row = insert_for(connection)(meta).values(key=name, value=text)
            connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": text}))


def kept(store: Store, begins: str) -> dict[str, str]:
    """All texts whose names begin so, by what follows."""
    query = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(begins, autoescape=True))
    with store.reading.begin() as connection:
        return {row.key.removeprefix(begins): row.value for row in connection.execute(query)}
