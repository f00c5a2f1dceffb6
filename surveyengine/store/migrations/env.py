"""Runs the scripts on the connection, and inside the transaction, that `migration.migrate` holds."""

from __future__ import annotations

from alembic import context

from surveyengine.store.count_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
