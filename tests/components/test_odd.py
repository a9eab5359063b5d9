"""An account that has learnt more than this version knows."""

from __future__ import annotations

from typing import Any

import pytest

from snowmaker import session

from .conftest import Declaring


def test_a_value_that_is_not_known(declaring: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a warning, it is compared as it is, and import leaves it to others."""
    declaring.apply("warehouses: {'{db}_W': {size: small, initially_suspended: true}}")
    records = session.Answer.records

    def newer(self: Any) -> Any:
        more = {"size": "Gigantic", "colour": "blue"}
        return [{**record, **(more if "auto_suspend" in record else {})} for record in records(self)]

    monkeypatch.setattr(session.Answer, "records", newer)
    found = declaring.diff()
    assert [change.attributes for change in found.changes] == [(("warehouse_size", "GIGANTIC", "SMALL"),)]
    name = declaring.fill("{db}_W")
    assert found.warnings == (f"warehouse_size of warehouse {name} is GIGANTIC, which this version does not know",)
    text = declaring.imported("warehouses")
    assert "ignore:\n    - warehouse_size" in text
    declaring.run(f"DROP WAREHOUSE {name}")


def test_a_column_that_is_gone(declaring: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    declaring.apply("warehouses: {'{db}_W': {size: small, initially_suspended: true}}")
    records = session.Answer.records

    def other(self: Any) -> Any:
        return [{key: value for key, value in record.items() if key != "auto_suspend"} for record in records(self)]

    monkeypatch.setattr(session.Answer, "records", other)
    assert "SHOW WAREHOUSES has no column auto_suspend: auto_suspend cannot be read" in declaring.diff().warnings
    declaring.run("DROP WAREHOUSE {db}_W")
