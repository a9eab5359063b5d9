select 1 -- ; not here
 + 2 /* ; nor here */;
select 3;