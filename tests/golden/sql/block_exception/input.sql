begin
  select 1/0;
exception
  when other then
    return sqlerrm;
end;
select 1;