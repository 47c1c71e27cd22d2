"""Whose turn it is to call a customer, where several servers share the database."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Text()),
        sa.Column("since", sa.Float(53)),
    )
    op.create_index(
        "ix_reservations_call",
        "reservations",
        ["call"],
        sqlite_where=sa.text("call IS NOT NULL"),
        postgresql_where=sa.text("call IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("reservations")
