"""Seals the columns that hold whole numbers and customers' own text, with a key the database does not hold.

AES-256-GCM; the nonce is a keyed hash of the text and its place (as in SIV), so the same text at the same place gives
the same bytes: closed worlds repeat, and no nonce serves two texts. A sealed text opens at its own place only.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.keyfile import KeyFault, Keys
from telephony.numbers import PhoneNumber

MARK = "\x02"
"""Begins every sealed text; then the key's serial, a colon, base64 of nonce and ciphertext."""
NONCE = 12
NUMBER, NAME, EXTRA = b"leads.number", b"leads.name", b"leads.extra"
CONTENT = b"requests.content"
CELLS, VALUE = b"batch_rejects.cells", b"batch_rejects.value"
FINGERPRINTS = b"meta.fingerprints"


class Seal:
    """Seals and opens texts by the keys of a file; `reread` fetches them again when a serial is met that is not known."""

    def __init__(self, keys: Keys, reread: Callable[[], Keys | None] = lambda: None) -> None:
        self._reread = reread
        self._take(keys)

    def _take(self, keys: Keys) -> None:
        self.newest = max(keys)
        self.first_secret = derived(keys[self.newest], b"fingerprints")
        """What a new database keys its fingerprints with."""
        self._ciphers = {str(serial): AESGCM(derived(key, b"seal")) for serial, key in keys.items()}
        self._hashes = {
            serial: blake2b(digest_size=NONCE, key=derived(key, b"nonce")).copy for serial, key in keys.items()
        }
        self._head = f"{MARK}{self.newest}:"
        self._cipher = self._ciphers[str(self.newest)]
        self._hash = self._hashes[self.newest]

    def sealed(self, place: bytes, text: str, row: int = 0) -> str:
        """The text sealed by the newest key for this place and row; an empty one stays empty."""
        if not text:
            return ""
        plain, where = text.encode(), place + row.to_bytes(8)
        digest = self._hash()
        digest.update(len(where).to_bytes(2) + where + plain)
        nonce = digest.digest()
        return self._head + b2a_base64(nonce + self._cipher.encrypt(nonce, plain, where), newline=False).decode()

    def opened(self, place: bytes, text: str, row: int = 0) -> str:
        """The text as it was; one never sealed is given back as it is. Raises KeyFault for another key or place."""
        if text.startswith(self._head):
            cipher, body = self._cipher, text[len(self._head) :]
        elif text[:1] == MARK:
            serial, _, body = text[1:].partition(":")
            cipher = self._ciphers.get(serial) or self._found(serial)
        else:
            return text
        try:
            raw = a2b_base64(body)
            return cipher.decrypt(raw[:NONCE], raw[NONCE:], place + row.to_bytes(8)).decode()
        except (InvalidTag, ValueError):
            raise KeyFault("key_wrong") from None

    def number(self, sealed: str, number_key: int) -> PhoneNumber:
        """The number in a ``leads.number``, beside its row's fingerprint."""
        return PhoneNumber(self.opened(NUMBER, sealed, number_key))

    def keep_up(self, wrapped: str) -> None:
        """Take up the newest key when the database's `wrapped` secret is sealed by one not known yet."""
        serial = wrapped[1:].partition(":")[0]
        if wrapped[:1] == MARK and serial not in self._ciphers:
            self._found(serial)

    def take_again(self) -> None:
        """Read the keys anew."""
        keys = self._reread()
        if keys is not None:
            self._take(keys)

    def is_newest(self, text: str) -> bool:
        """Whether a text is empty or sealed by the newest key."""
        return not text or text.startswith(self._head)

    def _found(self, serial: str) -> AESGCM:
        self.take_again()
        if serial not in self._ciphers:
            raise KeyFault("key_wrong")
        return self._ciphers[serial]


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes for one purpose."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"switchroom " + purpose).derive(key)
