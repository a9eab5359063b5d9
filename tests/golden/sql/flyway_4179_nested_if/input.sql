BEGIN
  IF (a = 1) THEN
    IF (b = 1) THEN
      RETURN 1;
    ELSEIF (b = 2) THEN
      IF (c) THEN RETURN 2; END IF;
    END IF;
  ELSE
    RETURN IFF(a > 2, 3, 4);
  END IF;
END;
SELECT IF_COUNT FROM t;