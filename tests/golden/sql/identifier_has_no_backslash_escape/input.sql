SELECT "a\";
SELECT "b""; --";