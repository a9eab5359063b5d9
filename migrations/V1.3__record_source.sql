-- Other networks will follow; rows that are there already get the default.
ALTER TABLE {{ prefix }}SNOWMAKING.RAW.WEATHER
  ADD COLUMN SOURCE VARCHAR(20) DEFAULT 'ASOS' COMMENT 'Network of stations that observed it';
