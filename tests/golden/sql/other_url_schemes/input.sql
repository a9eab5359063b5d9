LIST snow://notebook/db.s.n/versions/live/;
CREATE STAGE s URL = 's3://bucket/a//b/*';
SELECT 1;