!set variable_substitution=true;
-- x
!define a=b;
!!
;