"""Alembic's entry: the connection is given by `upgrade.py`, or made from `-x url=` by who writes a new step."""

from alembic import context
from sqlalchemy import create_engine

from x12retro.ledger.tables import metadata


def run(connection) -> None:
    """Run the steps that are wanted."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).begin() as made:
        run(made)
