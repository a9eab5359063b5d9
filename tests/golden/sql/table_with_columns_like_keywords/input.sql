CREATE TABLE begin (procedure INT, function INT, begin INT, end INT, declare INT);
SELECT begin, end FROM begin;