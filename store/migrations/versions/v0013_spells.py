"""The spells of agents: what they were from when to when, for which reason, and who had it so."""

import sqlalchemy as sa
from alembic import op

from store.tables import Serial

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_spells",
        sa.Column("id", Serial, primary_key=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("call", sa.Text()),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Float(53), nullable=False),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("open", sa.Text()),
    )
    op.create_index("ix_agent_spells_agent", "agent_spells", ["agent", "began_at"])
    op.create_index(
        "ux_agent_spells_open",
        "agent_spells",
        ["open"],
        unique=True,
        sqlite_where=sa.text("open IS NOT NULL"),
        postgresql_where=sa.text("open IS NOT NULL"),
    )
    op.execute(
        "INSERT INTO agent_spells (agent, state, reason, verb, actor, call, server, began_at, open) "
        "SELECT agent, state, reason, '', '', call, server, since, agent FROM agents"
    )


def downgrade() -> None:
    op.drop_table("agent_spells")
