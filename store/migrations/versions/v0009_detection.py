"""What a detector of answering machines heard of a call, after how long and why, and what became of the call for it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("heard", sa.Text()))
    op.add_column("attempts", sa.Column("heard_s", sa.Float(53)))
    op.add_column("attempts", sa.Column("heard_why", sa.Text()))
    op.add_column("attempts", sa.Column("screened", sa.Text()))


def downgrade() -> None:
    for name in ("screened", "heard_why", "heard_s", "heard"):
        op.drop_column("attempts", name)
