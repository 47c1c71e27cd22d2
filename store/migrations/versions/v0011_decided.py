"""When and how each answered call was decided, and after how long a wait: what abandon contracts count."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("decided_at", sa.Float(53)))
    op.add_column("attempts", sa.Column("decided", sa.Text()))
    op.add_column("attempts", sa.Column("decided_s", sa.Float(53)))
    here = op.get_bind().dialect.name
    waited, by = (
        ("CAST(CAST(j.payload AS json)->>'waited_s' AS double precision)", "CAST(j.payload AS json)->>'by'")
        if here == "postgresql"
        else ("json_extract(j.payload, '$.waited_s')", "json_extract(j.payload, '$.by')")
    )
    op.execute(
        "UPDATE attempts SET (decided_at, decided, decided_s) = ("
        f"SELECT j.at, CASE WHEN j.kind = 'CallConnected' THEN 'connected' ELSE {by} END, {waited} FROM journal j "
        "WHERE j.call = attempts.call AND j.kind IN ('CallConnected', 'CallAbandoned') ORDER BY j.seq LIMIT 1) "
        "WHERE answered_at IS NOT NULL OR connected_at IS NOT NULL OR abandoned_by IS NOT NULL"
    )
    op.execute(
        "UPDATE attempts SET decided_at = ended_at, decided = 'machine', decided_s = 0 "
        "WHERE outcome = 'machine' AND decided_at IS NULL"
    )
    op.create_index(
        "ix_attempts_decided",
        "attempts",
        ["campaign", "decided_at"],
        sqlite_where=sa.text("decided_at IS NOT NULL"),
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_attempts_decided", "attempts")
    for name in ("decided_s", "decided", "decided_at"):
        op.drop_column("attempts", name)
