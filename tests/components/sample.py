"""How one kind of component is tried: a rich declaration, and values that each of its properties takes in turn."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """One component. In all texts `{db}` is the test's own database and `{n}` a name of its own for account objects.

    `body` is the component in YAML's flow style, `key` its name under the kind's section. `changes` has for each
    property the values it is changed to, as YAML; `null` takes it out. `needs` is run before, as ACCOUNTADMIN, and
    `declares` is YAML that is declared beside. `fixed` are properties that cannot change, and why, `replaces` those
    whose change replaces the object.
    """

    body: str
    changes: dict[str, tuple[str, ...]]
    key: str = "{db}.S.X"
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    declares: str = ""
    fixed: dict[str, str] = field(default_factory=dict)
    replaces: frozenset[str] = frozenset()
