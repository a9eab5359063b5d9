-- A database of three layers: RAW as it came, STAGING cleaned and converted, MARTS for those who ask.
CREATE DATABASE {{ prefix }}SNOWMAKING
  DATA_RETENTION_TIME_IN_DAYS = {{ retention_days }}
  COMMENT = 'When can the resort make snow?';

CREATE SCHEMA {{ prefix }}SNOWMAKING.RAW
  COMMENT = 'Observations as they were delivered';

CREATE SCHEMA {{ prefix }}SNOWMAKING.STAGING
  COMMENT = 'Observations in the units we reckon in';

CREATE SCHEMA {{ prefix }}SNOWMAKING.MARTS
  COMMENT = 'Answers';
