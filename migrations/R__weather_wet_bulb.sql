{% from 'physics.sql.jinja' import wet_bulb -%}
-- Snow guns care for the wet-bulb temperature: how far evaporation alone can cool a drop of water.
CREATE OR REPLACE VIEW {{ prefix }}SNOWMAKING.STAGING.WEATHER_WET_BULB (
  ORIGIN, OBSERVED_AT, MONTH, WET_BULB_C
)
  COPY GRANTS
  COMMENT = 'Wet-bulb temperature in °C, after Stull (2011)'
AS
SELECT
  ORIGIN,
  OBSERVED_AT,
  MONTH,
  {{ wet_bulb('TEMPERATURE_C', 'HUMIDITY') }}
FROM {{ prefix }}SNOWMAKING.STAGING.WEATHER_METRIC;
