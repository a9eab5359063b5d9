declare
  x int default 1;
  y varchar;
begin
  return x;
end;
select 1;