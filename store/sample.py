"""The order in which a batch is released: random, the same whenever asked, so that every stage holds the one before."""

from hashlib import blake2b


def place(secret: bytes, batch: str, number_key: int) -> float:
    """Where in its batch's order a number stands, 0 to below 1: it is released with the shares above that."""
    said = number_key.to_bytes(8, "big", signed=True) + batch.encode()
    found = blake2b(said, digest_size=8, key=secret[:64]).digest()
    return (int.from_bytes(found, "big") >> 11) / (1 << 53)
