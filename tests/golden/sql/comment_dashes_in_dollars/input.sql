SELECT $$
-- ' ;
/* $ ;
$$ AS x;
SELECT 1;