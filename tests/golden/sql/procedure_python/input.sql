create function f(x int) returns int language python runtime_version='3.11' handler='f' as $$
def f(x):
    return 'a;b'
$$; select f(1);