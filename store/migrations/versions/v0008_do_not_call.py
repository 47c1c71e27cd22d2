"""Do-not-call entries of every kind and scope, who lifted them and when; why a lead was last sent to rest."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dnc", sa.Column("kind", sa.Text(), nullable=False, server_default="number"))
    op.add_column("dnc", sa.Column("low", sa.BigInteger()))
    op.add_column("dnc", sa.Column("high", sa.BigInteger()))
    op.add_column("dnc", sa.Column("owner", sa.Text(), nullable=False, server_default=""))
    op.add_column("dnc", sa.Column("shown", sa.Text(), nullable=False, server_default=""))
    op.add_column("dnc", sa.Column("lifted_at", sa.Float(53)))
    op.add_column("dnc", sa.Column("lifted_by", sa.Text()))
    op.add_column("dnc", sa.Column("changed_at", sa.Float(53), nullable=False, server_default="0"))
    op.execute("UPDATE dnc SET kind = 'customer' WHERE customer IS NOT NULL")
    op.execute("UPDATE dnc SET changed_at = at")
    op.execute("UPDATE dnc SET lifted_at = at, lifted_by = '' WHERE lifted")
    op.create_index("ix_dnc_changed", "dnc", ["changed_at"])
    op.add_column("leads", sa.Column("rested_for", sa.Text()))
    op.create_index(
        "ix_leads_barred",
        "leads",
        ["campaign", "id"],
        sqlite_where=sa.text("rested_for = 'do_not_call'"),
        postgresql_where=sa.text("rested_for = 'do_not_call'"),
    )


def downgrade() -> None:
    op.drop_index("ix_leads_barred", "leads")
    op.drop_column("leads", "rested_for")
    op.drop_index("ix_dnc_changed", "dnc")
    for name in ("changed_at", "lifted_by", "lifted_at", "shown", "owner", "high", "low", "kind"):
        op.drop_column("dnc", name)
