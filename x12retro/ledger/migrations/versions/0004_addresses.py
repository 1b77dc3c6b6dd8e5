"""The ids that each partner's files bear, and whether somebody looked at a file of ours that was refused."""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "addresses",
        sa.Column("sender", sa.String(length=15), nullable=False),
        sa.Column("receiver", sa.String(length=15), nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("partner", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("sender", "receiver", "usage", "partner", name=op.f("pk_addresses")),
    )
    op.add_column("files", sa.Column("seen_at", sa.String(length=27), nullable=True))
