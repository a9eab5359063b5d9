-- The change-history table. The first nine columns are schemachange's own, so that a project can switch on its
-- existing table; the others are added to it on the first write. Rows are only ever added; the latest row of a
-- script says its state. One column a line: snowmaker reads names and types from here.
CREATE TABLE IF NOT EXISTS {table} (
  VERSION          VARCHAR,        -- '' for repeatable and always scripts
  DESCRIPTION      VARCHAR,
  SCRIPT           VARCHAR,        -- the file's name without .jinja; of a rollback: the undone script
  SCRIPT_TYPE      VARCHAR,        -- V, R, A; U a rollback, C components, B a baseline
  CHECKSUM         VARCHAR,        -- of the rendered text
  EXECUTION_TIME   NUMBER,         -- whole seconds
  STATUS           VARCHAR,        -- Success or Failed
  INSTALLED_BY     VARCHAR,
  INSTALLED_ON     TIMESTAMP_LTZ,
  SEQ              NUMBER,         -- the order of rows, assigned under the lock
  RUN_ID           VARCHAR,
  ENVIRONMENT      VARCHAR,
  SOURCE_CHECKSUM  VARCHAR,        -- of the file
  STATEMENTS       NUMBER,
  STATEMENTS_DONE  NUMBER,
  QUERY_IDS        VARCHAR,        -- a JSON list, one id for each statement done
  ERROR            VARCHAR,
  SCRIPT_TEXT      VARCHAR,        -- rendered, placeholders where secrets go; compressed when over 1 MB
  ROLLBACK_TEXT    VARCHAR,        -- the same, of the undo; NULL when there is none
  GIT_COMMIT       VARCHAR,
  TOOL_VERSION     VARCHAR,
  SCHEMA_VERSION   NUMBER          -- of this table's layout
)
COMMENT = {comment}
