-- 26,115 hours of 2013. The path is taken from the project's folder; the file is compressed already.
PUT file://data/weather.csv.gz @{{ prefix }}SNOWMAKING.RAW.LANDING
  AUTO_COMPRESS = FALSE
  OVERWRITE = TRUE;

-- All or nothing: one bad row stops the load. FORCE loads the file after a rollback too, although it was loaded before.
COPY INTO {{ prefix }}SNOWMAKING.RAW.WEATHER
  FROM @{{ prefix }}SNOWMAKING.RAW.LANDING/weather.csv.gz
  FILE_FORMAT = (FORMAT_NAME = '{{ prefix }}SNOWMAKING.RAW.WEATHER_CSV')
  ON_ERROR = ABORT_STATEMENT
  FORCE = TRUE;
