SELECT 'é;ü', "日本;" FROM t; -- ñ;
SELECT 1;