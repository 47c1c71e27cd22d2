"""Break tokens: who waits for one, was offered one or is out, until when; and the skills leaders gave agents."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
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
    op.add_column("agents", sa.Column("skills", sa.Text()))


def downgrade() -> None:
    op.drop_column("agents", "skills")
    op.drop_table("break_tokens")
