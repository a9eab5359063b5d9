"""Objects named by a text and a kind, as functions name them: GET_DDL('TABLE', 'db.s.t')."""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import RELATIONS, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.kinds import KINDS, find, read_name
from snowmaker.sandbox.parser import Name


def named_object(context: Context, text: str, domain: str) -> Entry:
    """The object, on which any privilege will do. Raises 002003; 001006 for a domain that is none."""
    word = domain.upper().replace("_", " ")
    parser = context.parser(text)
    if word in ("TABLE", "VIEW") or word in RELATIONS:
        name = parser.name()
        parser.end()
        found = context.relation(name)
        if word not in ("TABLE", "VIEW") and found.kind != word:
            raise sqlerror.does_not_exist(word.capitalize(), dotted(name))
        return context.require(found)
    if word == "INTEGRATION":
        return _integration(context, parser.name(1)[0])
    if word == "POLICY":
        return _policy(context, parser.name())
    kind = KINDS.get(word)
    if kind is None:
        raise sqlerror.SqlError(1006, "42601", f"SQL compilation error:\nInvalid object type: '{domain}'.")
    name = read_name(parser, kind)
    parser.end()
    return find(context, kind, name)


def _policy(context: Context, name: Name) -> Entry:
    """GET_DDL calls policies of all kinds by one word."""
    place = context.place(name)
    for each in context.catalog.children(place.schema.id):
        if each.kind.endswith(" POLICY") and each.name == place.name and context.access.sees(each):
            return each
    raise sqlerror.does_not_exist("Policy", dotted(name), container=True)


def _integration(context: Context, name: str) -> Entry:
    for each in context.catalog.children(0):
        if each.kind.endswith("INTEGRATION") and each.name == name and context.access.sees(each):
            return each
    raise sqlerror.does_not_exist("Integration", name, container=True)
