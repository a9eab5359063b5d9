// a comment with 'quote
select 1;