"""When a caller's wait was over for the service level, how, after how long and in which queue."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbound", sa.Column("decided_at", sa.Float(53)))
    op.add_column("inbound", sa.Column("decided", sa.Text()))
    op.add_column("inbound", sa.Column("decided_s", sa.Float(53)))
    op.add_column("inbound", sa.Column("decided_in", sa.Text()))
    op.create_index(
        "ix_inbound_decided",
        "inbound",
        ["decided_in", "decided_at"],
        sqlite_where=sa.text("decided_at IS NOT NULL"),
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_inbound_decided", "inbound")
    for column in ("decided_in", "decided_s", "decided", "decided_at"):
        op.drop_column("inbound", column)
