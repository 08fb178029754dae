%% A supervisor of servers. Its budget is never spent.
-module(otp_top).
-behaviour(supervisor).
-export([start_link/2, init/1]).

start_link(Strategy, Arg) -> supervisor:start_link(?MODULE, {Strategy, Arg}).

init({Strategy, Arg}) ->
    Restart = case Strategy of simple_one_for_one -> temporary; one_for_one -> permanent end,
    Child = #{id => child, start => {otp_servers, start_link, [Arg]}, restart => Restart},
    {ok, {#{strategy => Strategy, intensity => 1000000000, period => 1}, [Child]}}.
