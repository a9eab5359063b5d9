CREATE PROCEDURE p() RETURNS INT AS
BEGIN
  INSERT INTO runs (BEGIN_DATE, END_TIME) SELECT begin_date, end_time FROM s WHERE s.end > s.begin;
  RETURN 1;
END;
CREATE TABLE runs (end_time TIMESTAMP, "END" INT, begin_date DATE);