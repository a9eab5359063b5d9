-- x;

SELECT 1;;
;
