"""Rules on the YAML of components."""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker.rules.base import Found, Subject, project_rule


@project_rule("error")
def bad_component(subject: Subject) -> Iterator[Found]:
    """A file of components/ is no YAML, or declares what no account can have.

    **Why?** `diff` and `apply` stop at it. A misspelt property that is passed over in silence would be a setting that
    nobody makes.

    **Example**

    ```yaml
    # components/warehouses.yml
    warehouses:
      LIFT_WH: {sise: small}
    ```

    **Use instead** the properties that the README lists; `snowmaker schema` tells them to an editor.

    ```yaml
    # components/warehouses.yml
    warehouses:
      LIFT_WH: {size: small}
    ```
    """
    yield from subject.faulted("bad_yaml", "bad_component")
