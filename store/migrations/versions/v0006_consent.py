"""A customer's consent to be called: since when, until when, and where its proof is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = (("consent_at", sa.Float(53)), ("consent_until", sa.Float(53)), ("consent_proof", sa.Text()))


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("leads", sa.Column(name, kind))


def downgrade() -> None:
    for name, _ in COLUMNS:
        op.drop_column("leads", name)
