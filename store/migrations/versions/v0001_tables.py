"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("seq", SERIAL, primary_key=True),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("call", sa.Text()),
    )
    op.create_index(
        "ix_journal_call",
        "journal",
        ["call"],
        sqlite_where=sa.text("call IS NOT NULL"),
        postgresql_where=sa.text("call IS NOT NULL"),
    )
    op.create_table(
        "attempts",
        sa.Column("call", sa.Text(), primary_key=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("lead", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("number_key", sa.BigInteger(), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text()),
        sa.Column("placed_at", sa.Float(53), nullable=False),
        sa.Column("rang_at", sa.Float(53)),
        sa.Column("answered_at", sa.Float(53)),
        sa.Column("connected_at", sa.Float(53)),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("outcome", sa.Text()),
        sa.Column("abandoned_by", sa.Text()),
        sa.Column("waited_s", sa.Float(53)),
        sa.Column("ring_s", sa.Float(53)),
        sa.Column("talk_s", sa.Float(53)),
        sa.Column("hold_s", sa.Float(53)),
        sa.Column("cause", sa.Integer()),
        sa.Column("tech_cause", sa.Integer()),
        sa.Column("disposition", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("callback_at", sa.Float(53)),
    )
    op.create_index("ix_attempts_customer", "attempts", ["customer", "placed_at"])
    op.create_index("ix_attempts_number", "attempts", ["number_key", "placed_at"])
    op.create_index(
        "ix_attempts_open",
        "attempts",
        ["lead"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index("ix_attempts_placed", "attempts", ["placed_at"])
    op.create_table(
        "leads",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_key", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zones", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_outcome", sa.Text(), nullable=False),
        sa.Column("due", sa.Float(53)),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text()),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
    )
    op.create_index(
        "ix_leads_due",
        "leads",
        ["campaign", "priority", "due", "id"],
        sqlite_where=sa.text("due IS NOT NULL"),
        postgresql_where=sa.text("due IS NOT NULL"),
    )
    op.create_index("ux_leads_number", "leads", ["campaign", "number_key"], unique=True)
    op.create_table(
        "agents",
        sa.Column("agent", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text()),
        sa.Column("call", sa.Text()),
    )
    op.create_table(
        "campaigns",
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
    )
    op.create_table(
        "recordings",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("seconds", sa.Float(53)),
        sa.Column("started_at", sa.Float(53), nullable=False),
    )
    op.create_index("ix_recordings_call", "recordings", ["call"])
    op.create_index("ix_recordings_started", "recordings", ["started_at"])
    op.create_table(
        "dnc",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("number_key", sa.BigInteger()),
        sa.Column("customer", sa.Text()),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53)),
        sa.Column("lifted", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_dnc_number", "dnc", ["number_key", "campaign"])
    op.create_index("ix_dnc_customer", "dnc", ["customer", "campaign"])


def downgrade() -> None:
    op.drop_table("dnc")
    op.drop_table("recordings")
    op.drop_table("campaigns")
    op.drop_table("agents")
    op.drop_table("leads")
    op.drop_table("attempts")
    op.drop_table("journal")
    op.drop_table("meta")
