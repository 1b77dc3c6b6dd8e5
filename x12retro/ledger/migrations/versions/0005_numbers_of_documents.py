"""Documents are found by their numbers."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_documents_number", "documents", ["partner", "number"])
