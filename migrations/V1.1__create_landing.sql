-- Where files arrive, how they are read, and the table that takes them.
CREATE FILE FORMAT {{ prefix }}SNOWMAKING.RAW.WEATHER_CSV
  TYPE = CSV
  COMPRESSION = GZIP
  SKIP_HEADER = 1
  NULL_IF = ('NA')
  COMMENT = 'Comma separated, one header line; a missing value is NA';

CREATE STAGE {{ prefix }}SNOWMAKING.RAW.LANDING
  COMMENT = 'Files as they were delivered';

-- The columns stand in the order of the file, which COPY INTO goes by. Units are the source's own.
CREATE TABLE {{ prefix }}SNOWMAKING.RAW.WEATHER (
  ORIGIN      VARCHAR(3)    NOT NULL COMMENT 'Airport: EWR, JFK or LGA',
  YEAR        NUMBER(4, 0)  NOT NULL COMMENT 'Local time, as are MONTH, DAY and HOUR',
  MONTH       NUMBER(2, 0)  NOT NULL,
  DAY         NUMBER(2, 0)  NOT NULL,
  HOUR        NUMBER(2, 0)  NOT NULL,
  TEMP        FLOAT         COMMENT 'Air temperature, °F',
  DEWP        FLOAT         COMMENT 'Dew point, °F',
  HUMID       FLOAT         COMMENT 'Relative humidity, %',
  WIND_DIR    NUMBER(3, 0)  COMMENT 'Wind direction, degrees',
  WIND_SPEED  FLOAT         COMMENT 'Wind speed, mph',
  WIND_GUST   FLOAT         COMMENT 'Gust speed, mph',
  PRECIP      FLOAT         COMMENT 'Precipitation, inches',
  PRESSURE    FLOAT         COMMENT 'Pressure at sea level, mbar',
  VISIB       FLOAT         COMMENT 'Visibility, miles',
  TIME_HOUR   TIMESTAMP_TZ  NOT NULL COMMENT 'The hour of the observation, UTC'
)
  COMMENT = 'Hourly weather at New York''s airports, one row per airport and hour';
