"""Fixtures for pytest, which finds them by itself where snowmaker is installed.

https://docs.pytest.org/en/stable/how-to/writing_plugins.html

    def test_reader(snowmaker_account):
        with snowmaker_account.session(role="READER") as session:
            assert session.execute("SELECT COUNT(*) FROM SHOP.RAW.ORDERS").rows == [(0,)]

The ini options `snowmaker_project` and `snowmaker_environment` say which project, from the root folder, and whose
variables. Nothing is imported before a test asks for a fixture.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from snowmaker.testing import MigratedAccount, Template


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings of the fixtures."""
    parser.addini("snowmaker_project", "the folder of the snowmaker project, from the root folder", default=".")
    parser.addini("snowmaker_environment", "the environment whose variables its templates have", default="")


@pytest.fixture(scope="session")
def snowmaker_template(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The project's account, migrated once for all tests."""
    from snowmaker.testing import Template

    folder = pytestconfig.rootpath / str(pytestconfig.getini("snowmaker_project"))
    environment = str(pytestconfig.getini("snowmaker_environment")) or None
    template = Template(folder, tmp_path_factory.mktemp("snowmaker"), environment)
    for text in template.warnings:
        warnings.warn(text, stacklevel=1)
    return template


@pytest.fixture
def snowmaker_account(snowmaker_template: Template) -> Iterator[MigratedAccount]:
    """The project's account as it is after all scripts; what a test does there, no other sees."""
    with snowmaker_template.open() as account:
        yield account
