SELECT 0; !source a.sql; SELECT 1;
  !print done; really
SELECT 2;