"""What the desk may ask about routing, kept in memory."""

from collections.abc import Sequence

from desk.routing_ports import CertificateRow, OfferRow
from tests.desk.fake_floor import EPOCH


class FakeRouting:
    async def offers(self, call: str) -> Sequence[OfferRow]:
        if call == "c-none":
            return []
        words = {"idle_s": "74", "waited_s": "0.0", "skills": "宽带 5"}
        return [
            OfferRow(
                call=call, at=EPOCH, agent="1001", campaign="service", code="offer.idle", words=words,
                zh="空闲 74 秒；技能等级：宽带 5", en="idle 74 s; level: 宽带 5",
            )
        ]  # fmt: skip

    async def certificates(self) -> Sequence[CertificateRow]:
        return [
            CertificateRow(
                agent="1001", skill="broadband", granted_at=EPOCH, until=None, actor="lead", withdrawn_at=None, valid=True
            )
        ]  # fmt: skip
