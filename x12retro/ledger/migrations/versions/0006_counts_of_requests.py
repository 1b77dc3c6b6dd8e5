"""How many requests stand where is kept with the last event of each chain; those that contradict themselves are found by an index."""

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("chains", sa.Column("standing", sa.Text(), nullable=True))
    op.add_column("chains", sa.Column("counted", sa.BigInteger(), nullable=True))
    where = {"sqlite_where": sa.text("contradiction = 1"), "postgresql_where": sa.text("contradiction")}
    op.create_index("ix_requests_contradiction", "requests", ["partner"], **where)
