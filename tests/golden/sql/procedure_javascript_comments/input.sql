CREATE PROCEDURE p() RETURNS STRING LANGUAGE JAVASCRIPT AS $$
  // it's; /* 
  var a = "x;" + `${1}`; return a;
$$;
SELECT 1;