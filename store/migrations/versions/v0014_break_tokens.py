"""Break tokens: who waits for one, who was offered one, who is out, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "break_tokens",
        sa.Column("agent", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53)),
    )


def downgrade() -> None:
    op.drop_table("break_tokens")
