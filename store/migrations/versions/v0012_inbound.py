"""Calls that came to us, the numbers of those who made them (sealed), and the list of nuisance callers."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "inbound",
        sa.Column("call", sa.Text(), primary_key=True),
        sa.Column("queue_first", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("number_key", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.Float(53), nullable=False),
        sa.Column("queued_at", sa.Float(53)),
        sa.Column("connected_at", sa.Float(53)),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("offered", sa.Text()),
        sa.Column("agent", sa.Text()),
        sa.Column("waited_s", sa.Float(53)),
        sa.Column("talk_s", sa.Float(53)),
        sa.Column("hold_s", sa.Float(53)),
        sa.Column("cause", sa.Integer()),
        sa.Column("way", sa.Text()),
        sa.Column("way_to", sa.Text()),
        sa.Column("position", sa.Integer()),
        sa.Column("nuisance", sa.BigInteger()),
        sa.Column("disposition", sa.Text()),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_inbound_arrived", "inbound", ["arrived_at"])
    op.create_index("ix_inbound_number", "inbound", ["number_key", "arrived_at"])
    op.create_index("ix_inbound_customer", "inbound", ["customer", "arrived_at"])
    op.create_index(
        "ix_inbound_open",
        "inbound",
        ["call"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "callers",
        sa.Column("id", _Serial, primary_key=True),
        sa.Column("number_key", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
    )
    op.create_index("ux_callers_number", "callers", ["number_key"], unique=True)
    op.create_table(
        "nuisance",
        sa.Column("id", _Serial, primary_key=True),
        sa.Column("number_key", sa.BigInteger()),
        sa.Column("customer", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53)),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.Float(53)),
        sa.Column("lifted_by", sa.Text()),
    )
    op.create_index("ix_nuisance_number", "nuisance", ["number_key"])
    op.create_index("ix_nuisance_customer", "nuisance", ["customer"])
    op.create_index("ix_leads_number_key", "leads", ["number_key"])


def downgrade() -> None:
    op.drop_index("ix_leads_number_key", "leads")
    for table in ("nuisance", "callers", "inbound"):
        op.drop_table(table)
