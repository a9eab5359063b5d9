-- TRUNCATE also forgets which files were loaded, so that the load can run again (DELETE would not).
TRUNCATE TABLE IF EXISTS {{ prefix }}SNOWMAKING.RAW.WEATHER;
