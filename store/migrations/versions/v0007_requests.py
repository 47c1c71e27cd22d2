"""What agents ask to have changed in customers' data, and how often the gate refused by which rule, hour by hour."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("lead", sa.BigInteger(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Float(53)),
        sa.Column("decider", sa.Text()),
        sa.Column("why", sa.Text()),
    )
    op.create_index("ix_requests_state", "requests", ["state", "id"])
    op.create_table(
        "refusals",
        sa.Column("slot", sa.Text(), primary_key=True),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.Float(53), nullable=False),
        sa.Column("last_at", sa.Float(53), nullable=False),
        sa.Column("leads", sa.Text(), nullable=False),
    )
    op.create_index("ix_refusals_hour", "refusals", ["hour"])


def downgrade() -> None:
    op.drop_table("refusals")
    op.drop_table("requests")
