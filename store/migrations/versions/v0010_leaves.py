"""When agents have announced to take no further call, and what for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("leaves_at", sa.Float(53)))
    op.add_column("agents", sa.Column("leaves_for", sa.Text()))


def downgrade() -> None:
    op.drop_column("agents", "leaves_for")
    op.drop_column("agents", "leaves_at")
