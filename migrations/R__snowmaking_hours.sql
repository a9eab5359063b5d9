-- Guns make snow at a wet-bulb temperature of −2 °C and below. A month without such an hour has no row.
-- By name this script would run first; it runs last, because it reads what the other two create.
CREATE OR REPLACE VIEW {{ prefix }}SNOWMAKING.MARTS.SNOWMAKING_HOURS (
  ORIGIN COMMENT 'Airport',
  MONTH  COMMENT 'Month of the year, 1 to 12, local time',
  HOURS  COMMENT 'Hours in which snow could be made'
)
  COPY GRANTS
  COMMENT = 'Hours with a wet-bulb temperature of at most −2 °C, by airport and month'
AS
SELECT
  ORIGIN,
  MONTH,
  COUNT(*)
FROM {{ prefix }}SNOWMAKING.STAGING.WEATHER_WET_BULB
WHERE WET_BULB_C <= -2
GROUP BY ORIGIN, MONTH;
