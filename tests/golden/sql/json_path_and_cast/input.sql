SELECT src:a.b[0]:c::NUMBER, src:"x;"::STRING, -1 - -1, a/b FROM t;
SELECT 1;