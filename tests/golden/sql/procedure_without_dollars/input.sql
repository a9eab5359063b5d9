create or replace procedure p()
returns int
language sql
as
begin
 return 1;
end;
select 1;