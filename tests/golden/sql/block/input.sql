begin
  let x := 1;
  return x;
end;
select 1;