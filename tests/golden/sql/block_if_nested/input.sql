begin
 if (a) then
  if (b) then select 1; elseif (c) then select 2; else select 3; end if;
 end if;
end;
select 4;