"""Who is certified for which skill, until when, and who said so."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53)),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.Float(53)),
        sa.Column("withdrawer", sa.Text()),
        sa.Column("why", sa.Text()),
    )


def downgrade() -> None:
    op.drop_table("certificates")
