begin
  begin
    select 1;
  end;
  begin select 2; end;
end;
select 3;