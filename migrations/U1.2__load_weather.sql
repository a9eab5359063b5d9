-- What the load brought, and nothing else.
DELETE FROM {{ prefix }}SNOWMAKING.RAW.WEATHER WHERE YEAR = 2013 AND ORIGIN IN ('EWR', 'JFK', 'LGA');
REMOVE @{{ prefix }}SNOWMAKING.RAW.LANDING/weather.csv.gz;
