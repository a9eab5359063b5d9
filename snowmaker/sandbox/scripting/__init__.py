"""Snowflake Scripting: https://docs.snowflake.com/en/developer-guide/snowflake-scripting/index

`parser` reads a text into the nodes of `tree`; `interpreter` runs them. What is between them: `values` (typed
values), `scope` (what names mean), `expressions` (their evaluation), `binding` (values in the text of SQL
statements), `child` (SQL statements as queries of their own) and `raised` (exceptions).
"""
