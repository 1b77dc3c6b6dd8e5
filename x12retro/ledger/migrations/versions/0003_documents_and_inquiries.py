"""Documents that go with requests, the group of a file of ours, and when to ask after a pended request."""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("files", sa.Column("gs06", sa.String(length=9), nullable=True))
    op.create_index("ix_files_group", "files", ["partner", "gs06"])
    op.add_column("requests", sa.Column("ask_at", sa.String(length=27), nullable=True))
    id_ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "documents",
        sa.Column("id", id_, autoincrement=True, nullable=False),
        sa.Column("partner", sa.String(length=60), nullable=False),
        sa.Column("request_id", id_, nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=True),
        sa.Column("way", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=True),
        sa.Column("seen", sa.String(length=60), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("file_id", id_, nullable=True),
        sa.Column("st02", sa.String(length=9), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("due", sa.String(length=10), nullable=True),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("sent_at", sa.String(length=27), nullable=True),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_documents_request_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_documents_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("request_id", "place", name=op.f("uq_documents_request_id_place")),
    )
    op.create_index("ix_documents_state", "documents", ["state", "partner"])
    op.create_index("ix_documents_file", "documents", ["file_id"])
