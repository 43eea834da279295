"""Alembic's environment is ours: shipped as a package, run with a connection that is given."""

from importlib.resources import files


def test_migrations_are_shipped() -> None:
    folder = files("consumers.console").joinpath("migrations")
    assert {"env.py", "script.py.mako", "versions"} <= {entry.name for entry in folder.iterdir()}
    assert "config.attributes" in folder.joinpath("env.py").read_text()
