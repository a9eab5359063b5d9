"""ALTER TABLE: https://docs.snowflake.com/en/sql-reference/sql/alter-table"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from snowmaker.sandbox import altering, constraints, search, sqlerror
from snowmaker.sandbox.altering import Alteration, alter, column
from snowmaker.sandbox.attaching import POLICY_CLAUSES, Action, OnColumn, read_action, wanted_of
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.declarations import Declared, read_column, read_default, with_default
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.hybrid import refuse_hybrid
from snowmaker.sandbox.kinds import Clause, Target, alterable, altered, find, number, texts, with_options
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Result, status
from snowmaker.sandbox.retaining import checked_retention
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.table import OPTIONS, TABLE, clustering_key
from snowmaker.sandbox.statements.view import VIEW


def _done(context: Context, target: Target, alteration: Alteration, *privileges: str) -> Result:
    return alter(context, target.kind, target.name, target.optional, alteration, *privileges)


# -- the whole table -----------------------------------------------------------------------------------


def _swap(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-table: OWNERSHIP of both is wanted."""
    other = parser.name()
    parser.end()
    with context.ddl() as ddl:
        first, second = (find(context, TABLE, each, "OWNERSHIP") for each in (target.name, other))
        if context.mine(first) or context.mine(second):
            raise sqlerror.unsupported("SWAP WITH of temporary tables")
        ddl.put(replace(first, name=second.name, parent=second.parent))
        ddl.put(replace(second, name=first.name, parent=first.parent))
    return status(SUCCESS)


def _cluster(context: Context, parser: Parser, target: Target) -> Result:
    key = {"CLUSTER_BY": clustering_key(parser)}
    parser.end()

    def change(entry: Entry) -> Entry:
        refuse_hybrid(entry, "CLUSTER BY")
        return with_options(entry, key)

    return altered(context, target, change)


def _drop_clustering(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, {}, ("CLUSTER_BY", "RECLUSTERING_SUSPENDED")))


def _reclustering(suspended: bool) -> Clause:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        parser.end()

        def change(entry: Entry) -> Entry:
            if not entry.get("cluster_by"):
                raise sqlerror.malformed(f"Table '{entry.name}' is not clustered.")
            return with_options(entry, {"RECLUSTERING_SUSPENDED": suspended})

        return altered(context, target, change)

    return clause


def _search_optimization(adding: bool) -> Clause:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-table#search-optimization-actions-searchoptimizationaction"""

    def clause(context: Context, parser: Parser, target: Target) -> Result:
        items = search.read_items(parser, bare=not adding)
        parser.end()
        change = search.added if adding else search.dropped
        return altered(context, target, lambda entry: change(entry, items))

    return clause


# -- ADD, DROP, RENAME ---------------------------------------------------------------------------------


def _add(context: Context, parser: Parser, target: Target) -> Result:
    """ADD [COLUMN] [IF NOT EXISTS] c T …, [IF NOT EXISTS] …; ADD [CONSTRAINT n] …"""
    if (constraint := constraints.read_constraint(context, parser)) is not None:
        parser.end()
        return _done(context, target, lambda ddl, entry: altering.add_constraint(context, ddl, entry, constraint))
    _refuse(parser, "ADD")
    wanted = parser.list_of(lambda: _added(context, parser))
    parser.end()

    def alteration(ddl: Ddl, entry: Entry) -> Entry:
        for optional, declared in wanted:
            entry = altering.add(context, ddl, entry, declared, optional=optional)
        return entry

    return _done(context, target, alteration)


def _added(context: Context, parser: Parser) -> tuple[bool, Declared]:
    parser.accept("COLUMN")
    return parser.if_not_exists(), read_column(context, parser)


def _refuse(parser: Parser, word: str) -> None:
    for words in ("STORAGE LIFECYCLE POLICY", "DATA METRIC FUNCTION"):
        if parser.at(*words.split()):
            raise sqlerror.unsupported(f"ALTER TABLE … {word} {words}")


def _drop(context: Context, parser: Parser, target: Target) -> Result:
    """DROP [COLUMN] [IF EXISTS] c, …; DROP CONSTRAINT n | PRIMARY KEY | UNIQUE (…) | FOREIGN KEY (…)"""
    if (which := constraints.read_which(parser)) is not None:
        restrict = parser.choice("CASCADE", "RESTRICT") == "RESTRICT"
        parser.end()
        return _done(
            context, target,
            lambda ddl, entry: altering.drop_constraint(context, ddl, entry, which, restrict=restrict),
        )  # fmt: skip
    _refuse(parser, "DROP")
    parser.accept("COLUMN")
    wanted = parser.list_of(lambda: (parser.if_exists(), parser.identifier()))
    parser.choice("CASCADE", "RESTRICT")
    parser.end()

    def alteration(ddl: Ddl, entry: Entry) -> Entry:
        for optional, name in wanted:
            entry = altering.drop(context, ddl, entry, name, optional=optional or wanted[0][0])
        return entry

    return _done(context, target, alteration)


def _rename_column(context: Context, parser: Parser, target: Target) -> Result:
    old = parser.identifier()
    parser.expect("TO")
    new = parser.identifier()
    parser.end()
    return _done(context, target, lambda ddl, entry: altering.rename_column(ddl, entry, old, new))


def _rename_constraint(context: Context, parser: Parser, target: Target) -> Result:
    old = parser.identifier()
    parser.expect("TO")
    new = parser.identifier()
    parser.end()
    return altered(context, target, lambda entry: constraints.renamed(entry, old, new))


# -- ALTER | MODIFY ------------------------------------------------------------------------------------


def _modify(context: Context, parser: Parser, target: Target) -> Result:
    """ALTER | MODIFY [COLUMN] c action, [COLUMN] c action …, also in brackets; or a constraint.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
    """
    if (which := constraints.read_which(parser)) is not None:
        return _modify_constraint(context, parser, target, which)

    def one() -> Action:
        parser.accept("COLUMN")
        name = parser.identifier()
        return read_action(context, parser, name) or Action(name, _action(context, parser, name))

    wanted = parser.items(one) if parser.accept_operator("(") else parser.list_of(one)
    parser.end()

    def alteration(ddl: Ddl, entry: Entry) -> Entry:
        for action in wanted:
            entry = action.run(ddl, entry, column(columns_of(entry), action.column))
        return entry

    return _done(context, target, alteration, *wanted_of(wanted))


def _modify_constraint(context: Context, parser: Parser, target: Target, which: constraints.Which) -> Result:
    start = parser.scanner.position
    constraints.read_properties(context, parser, constraints.Constraint(""))
    end = parser.scanner.position
    parser.end()

    def change(entry: Entry) -> Entry:
        def again(known: constraints.Constraint) -> constraints.Constraint:
            parser.scanner.position = start
            found = constraints.read_properties(context, parser, known)
            parser.scanner.position = end
            return found

        return constraints.changed(entry, which, again)

    return altered(context, target, change)


def _action(context: Context, parser: Parser, name: str) -> OnColumn:
    for words, read in _ACTIONS.items():
        if parser.accept(*words.split()):
            return read(context, parser, name)
    parser.accept("SET", "DATA")
    parser.accept("TYPE")
    kind = parser.data_type()
    if parser.at("COLLATE"):
        raise SqlError(2, "0A000", "SQL compilation error:\nUnsupported feature 'Alter Column Set Collation'.")
    return lambda ddl, entry, known: altering.retype(context, ddl, entry, known, kind)


def _comment(context: Context, parser: Parser, name: str) -> OnColumn:
    text = parser.string()
    return lambda ddl, entry, known: altering.set_comment(entry, known, text)


def _set_default(context: Context, parser: Parser, name: str) -> OnColumn:
    text = read_default(parser)
    return lambda ddl, entry, known: altering.set_default(
        context, ddl, entry, known, with_default(context, known, text)
    )


def _simple(action: OnColumn) -> Callable[[Context, Parser, str], OnColumn]:
    return lambda context, parser, name: action


_ACTIONS: dict[str, Callable[[Context, Parser, str], OnColumn]] = {
    "COMMENT": _comment,
    "SET COMMENT": _comment,
    "UNSET COMMENT": _simple(lambda ddl, entry, known: altering.set_comment(entry, known, "")),
    "DROP NOT NULL": _simple(lambda ddl, entry, known: altering.set_nullable(ddl, entry, known, True)),
    "SET NOT NULL": _simple(lambda ddl, entry, known: altering.set_nullable(ddl, entry, known, False)),
    "NOT NULL": _simple(lambda ddl, entry, known: altering.set_nullable(ddl, entry, known, False)),
    "DROP DEFAULT": _simple(altering.drop_default),
    "SET DEFAULT": _set_default,
    "SET NOORDER": _simple(lambda ddl, entry, known: altering.set_order(entry, known)),
}


def _refused(what: str) -> Clause:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        raise sqlerror.unsupported(f"ALTER {target.kind.name} … {what}")

    return clause


alterable(
    TABLE,
    OPTIONS,
    {
        "SWAP WITH": _swap,
        "CLUSTER BY": _cluster,
        "DROP CLUSTERING KEY": _drop_clustering,
        "SUSPEND RECLUSTER": _reclustering(True),
        "RESUME RECLUSTER": _reclustering(False),
        "ADD SEARCH OPTIMIZATION": _search_optimization(True),
        "DROP SEARCH OPTIMIZATION": _search_optimization(False),
        **POLICY_CLAUSES,
        "ADD": _add,
        "DROP": _drop,
        "RENAME COLUMN": _rename_column,
        "RENAME CONSTRAINT": _rename_constraint,
        "ALTER": _modify,
        "MODIFY": _modify,
        "SET CONTACT": _refused("SET CONTACT"),
        "UNSET CONTACT": _refused("UNSET CONTACT"),
        "RECLUSTER": _refused("RECLUSTER"),
    },
    made=checked_retention,
)


@statement("DESCRIBE", "SEARCH", "OPTIMIZATION")
def _describe_search(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-search-optimization"""
    parser.expect("ON")
    entry = context.find("TABLE", parser.name())
    parser.end()
    columns = (number("expression_id"), *texts("method target target_data_type active"))
    return Result(columns, search.rows(entry), type_id=DESCRIBE)


@statement("COMMENT", "ON", "COLUMN")
def _comment_on_column(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/comment"""
    *table, name = parser.name(4)
    parser.expect("IS")
    text = parser.string()
    parser.end()
    if not table:
        raise sqlerror.invalid_identifier(name)
    entry = context.relation(tuple(table), "OWNERSHIP")
    kind = VIEW if entry.kind == "VIEW" else TABLE
    target = Target(kind, tuple(table), False)

    def change(entry: Entry) -> Entry:
        return altering.set_comment(entry, column(columns_of(entry), name), text)

    return altered(context, target, change)
