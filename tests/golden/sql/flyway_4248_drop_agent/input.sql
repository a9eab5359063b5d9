DROP AGENT IF EXISTS a;
CREATE AGENT a FROM SPECIFICATION $$
models: {orchestration: auto}; -- ;
$$;
SELECT 1;