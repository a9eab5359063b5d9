PUT file:///tmp/data/*.csv @~/x AUTO_COMPRESS = FALSE;
PUT 'file:///tmp/a b;c/*' @s;
put file:///tmp//a/**/b.csv @%t;
SELECT 1;