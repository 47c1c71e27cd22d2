"""Supervisors on calls, and recordings that are paused."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supervisions",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("ear", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.Float(53), nullable=False),
        sa.Column("opened_at", sa.Float(53)),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("for_s", sa.Float(53)),
        sa.Column("why", sa.Text()),
    )
    op.create_index("ix_supervisions_begun", "supervisions", ["begun_at"])
    op.add_column("recordings", sa.Column("paused_at", sa.Float(53)))
    op.add_column("recordings", sa.Column("paused_until", sa.Float(53)))
    op.add_column("recordings", sa.Column("paused_by", sa.Text()))


def downgrade() -> None:
    op.drop_column("recordings", "paused_by")
    op.drop_column("recordings", "paused_until")
    op.drop_column("recordings", "paused_at")
    op.drop_table("supervisions")
