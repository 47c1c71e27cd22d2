"""The books of imported lists, and what of them was not taken; names of lists used before become batches of their own."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SHARED_NAMES = """
    UPDATE leads SET batch = batch || ' ' || campaign WHERE batch IN (
        SELECT batch FROM leads WHERE batch <> '' GROUP BY batch HAVING COUNT(DISTINCT campaign) > 1)
"""
KNOWN_BATCHES = """
    INSERT INTO batches (id, campaign, file, sheet, digest, rows, added, duplicates, rejected, counts, state,
                         created_at, opened_at, author, position)
    SELECT batch, MIN(campaign), batch, '', '', COUNT(*), COUNT(*), 0, 0, '{}', 'open', :now, :now, '', 0
    FROM leads WHERE batch <> '' GROUP BY batch
"""


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("opened_at", sa.Float(53)),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ux_batches_file",
        "batches",
        ["campaign", "digest", "sheet"],
        unique=True,
        sqlite_where=sa.text("digest <> ''"),
        postgresql_where=sa.text("digest <> ''"),
    )
    op.create_table(
        "batch_rejects",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
    )
    op.create_index("ix_batch_rejects_batch", "batch_rejects", ["batch", "id"])
    op.create_index(
        "ix_leads_batch",
        "leads",
        ["batch", "id"],
        sqlite_where=sa.text("batch <> ''"),
        postgresql_where=sa.text("batch <> ''"),
    )
    op.create_index("ix_leads_customer", "leads", ["customer", "campaign"])
    op.execute(SHARED_NAMES)
    op.execute(sa.text(KNOWN_BATCHES).bindparams(now=time.time()))


def downgrade() -> None:
    op.drop_index("ix_leads_customer", "leads")
    op.drop_index("ix_leads_batch", "leads")
    op.drop_table("batch_rejects")
    op.drop_table("batches")
