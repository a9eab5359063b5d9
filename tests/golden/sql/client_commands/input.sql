!set variable_substitution=true
select 1;
!source other.sql
select 2;