SELECT 1 -- a;
, 2;

BEGIN
  RETURN 1;
END;
!set a=b
SELECT 3
