{% from 'physics.sql.jinja' import celsius -%}
-- The observations that a wet-bulb temperature can be had from, in metric units.
CREATE OR REPLACE VIEW {{ prefix }}SNOWMAKING.STAGING.WEATHER_METRIC (
  ORIGIN, OBSERVED_AT, MONTH, TEMPERATURE_C, HUMIDITY
)
  COPY GRANTS
  COMMENT = 'Temperature in °C and relative humidity in %, where both were observed'
AS
SELECT
  ORIGIN,
  TIME_HOUR,
  MONTH,  -- local: a night's snow belongs to the month on the resort's calendar
  {{ celsius('TEMP') }},
  HUMID
FROM {{ prefix }}SNOWMAKING.RAW.WEATHER
WHERE TEMP IS NOT NULL AND HUMID IS NOT NULL;
