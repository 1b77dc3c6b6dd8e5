"""How many requests stand where is kept with the last event of each chain; those that contradict themselves are found by an index."""

from collections import defaultdict
import json

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("chains", sa.Column("standing", sa.Text(), nullable=True))
    op.add_column("chains", sa.Column("counted", sa.BigInteger(), nullable=True))
    found = defaultdict(dict)
    of = "SELECT partner, state, count(*) FROM requests GROUP BY partner, state ORDER BY partner, state"
    for partner, state, count in op.get_bind().execute(sa.text(of)):
        found[partner][state] = count
    put = sa.text("UPDATE chains SET standing = :standing, counted = n WHERE partner = :partner")
    for partner, states in found.items():
        op.get_bind().execute(put, {"partner": partner, "standing": json.dumps(states)})
    where = {"sqlite_where": sa.text("contradiction = 1"), "postgresql_where": sa.text("contradiction")}
    op.create_index("ix_requests_contradiction", "requests", ["partner"], **where)
