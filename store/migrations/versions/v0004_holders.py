"""Who holds a lead, and what managers have set for a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("due IS NOT NULL")
OF_BATCHES = (
    ("share", sa.Float(53)),
    ("close_at", sa.Float(53)),
    ("closed_at", sa.Float(53)),
    ("successor", sa.Text()),
    ("successor_share", sa.Float(53)),
    ("trial", sa.Float(53)),
    ("trial_at", sa.Float(53)),
    ("targets", sa.Text()),
)


def upgrade() -> None:
    op.add_column("leads", sa.Column("holder", sa.Text(), nullable=False, server_default=""))
    op.add_column("leads", sa.Column("handed_at", sa.Float(53)))
    op.drop_index("ix_leads_due", "leads")
    op.create_index(
        "ix_leads_due",
        "leads",
        ["campaign", "holder", "priority", "due", "id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    for name, kind in OF_BATCHES:
        op.add_column("batches", sa.Column(name, kind))


def downgrade() -> None:
    for name, _ in reversed(OF_BATCHES):
        op.drop_column("batches", name)
    op.drop_index("ix_leads_due", "leads")
    op.create_index(
        "ix_leads_due",
        "leads",
        ["campaign", "priority", "due", "id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.drop_column("leads", "handed_at")
    op.drop_column("leads", "holder")
