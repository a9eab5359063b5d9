-- Takes the schemas along. Inside the retention time UNDROP DATABASE brings everything back.
DROP DATABASE IF EXISTS {{ prefix }}SNOWMAKING;
