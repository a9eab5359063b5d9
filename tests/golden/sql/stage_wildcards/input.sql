REMOVE @~/x/*;
LIST @%t//a/**;
GET @db.sch."My;Stage"/a//b file:///tmp/;
COPY INTO t FROM (SELECT $1 FROM @s/a//*) ;
SELECT 1;