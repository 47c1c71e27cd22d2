"""Callbacks instead of waiting, messages callers leave, and until when a promised call was promised."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("callback", sa.Text(), primary_key=True),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lead", sa.BigInteger()),
        sa.Column("customer", sa.Text()),
        sa.Column("number_key", sa.BigInteger()),
        sa.Column("agent", sa.Text()),
        sa.Column("dialled", sa.Text()),
        sa.Column("dialled_at", sa.Float(53)),
        sa.Column("tries", sa.Integer()),
        sa.Column("not_before", sa.Float(53)),
        sa.Column("why", sa.Text()),
        sa.Column("closed_at", sa.Float(53)),
        sa.Column("closed_by", sa.Text()),
    )
    op.create_index("ix_callbacks_since", "callbacks", ["since"])
    op.create_index(
        "ix_callbacks_open",
        "callbacks",
        ["queue", "since"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "messages",
        sa.Column("message", sa.Text(), primary_key=True),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("seconds", sa.Float(53)),
        sa.Column("looked_at", sa.Float(53)),
        sa.Column("campaign", sa.Text()),
        sa.Column("lead", sa.BigInteger()),
        sa.Column("customer", sa.Text()),
        sa.Column("number_key", sa.BigInteger()),
        sa.Column("agent", sa.Text()),
        sa.Column("branch", sa.Text()),
        sa.Column("round", sa.Integer()),
        sa.Column("handed_by", sa.Text()),
        sa.Column("handed_at", sa.Float(53)),
        sa.Column("dialled", sa.Text()),
        sa.Column("dialled_at", sa.Float(53)),
        sa.Column("why", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("done_at", sa.Float(53)),
    )
    op.create_index("ix_messages_at", "messages", ["at"])
    op.create_index(
        "ix_messages_open",
        "messages",
        ["at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.add_column("leads", sa.Column("promised_at", sa.Float(53)))
    op.execute("UPDATE leads SET promised_at = due WHERE rested_for = 'callback' AND due IS NOT NULL")
    op.create_index(
        "ix_leads_promised",
        "leads",
        ["promised_at"],
        sqlite_where=sa.text("promised_at IS NOT NULL"),
        postgresql_where=sa.text("promised_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_leads_promised", "leads")
    op.drop_column("leads", "promised_at")
    op.drop_table("messages")
    op.drop_table("callbacks")
