"""The number that a partner's mailbox gives a file of ours, and whether somebody looked at an answer to nothing."""

from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("files", sa.Column("batch", sa.String(length=80), nullable=True))
    op.create_index("ix_files_batch", "files", ["partner", "batch"])
    op.add_column("answers", sa.Column("seen_at", sa.String(length=27), nullable=True))
