CREATE VIEW v AS SELECT task, procedure, a AS begin, b AS end FROM t;
SELECT 1;