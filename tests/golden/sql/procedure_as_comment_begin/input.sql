create procedure p() returns int language sql as -- why
begin return 1; end; select 1