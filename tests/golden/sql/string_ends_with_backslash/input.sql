SELECT 'c:\\';
SELECT '\'; --';
SELECT '', '''', '\\''';
SELECT 1;