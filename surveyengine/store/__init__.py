"""The only room that knows SQLAlchemy: tables, queries by room, migrations."""
