SELECT REGEXP_LIKE(a, '\\d;+'), REGEXP_LIKE(a, $$\d;'$$);
SELECT 1;