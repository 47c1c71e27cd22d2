"""Agents' parts in calls, consultations, surveys and their scores."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parts",
        sa.Column("part", sa.Text(), primary_key=True),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Float(53), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("talk_s", sa.Float(53), nullable=False),
        sa.Column("hold_s", sa.Float(53), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("long_holds", sa.Integer(), nullable=False),
    )
    op.create_index("ix_parts_call", "parts", ["call"])
    op.create_index("ix_parts_began", "parts", ["began_at"])
    op.create_table(
        "consults",
        sa.Column("call", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("target", sa.Text()),
        sa.Column("leg", sa.Text()),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "surveys",
        sa.Column("call", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.Float(53), nullable=False),
        sa.Column("ended_at", sa.Float(53)),
    )
    op.create_index("ix_surveys_sent", "surveys", ["sent_at"])
    op.create_table(
        "scores",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
    )
    op.create_index("ix_scores_call", "scores", ["call"])


def downgrade() -> None:
    for table in ("scores", "surveys", "consults", "parts"):
        op.drop_table(table)
