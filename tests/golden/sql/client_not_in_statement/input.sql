SELECT a
!= b
, 'x
!set y=z
' FROM t;
/*
!source a
*/
SELECT $$
!source b
$$;