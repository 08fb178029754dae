%% Serves measurements on standard input and output: greets with its version, then answers each line
%% `CASE PARAMETER...` with one line of JSON. The first argument is the way actors are written: bare or gen_server.
-module(cwts_otp).
-export([main/1]).

main([Style]) ->
    io:format("{\"version\":\"Erlang/OTP ~s, ~b schedulers\"}~n",
              [erlang:system_info(otp_release), erlang:system_info(schedulers_online)]),
    serve(Style).

serve(Style) ->
    case io:get_line("") of
        eof -> halt(0);
        {error, _} -> halt(1);
        Line ->
            [Case | Words] = string:tokens(string:trim(Line), " "),
            io:format("~s~n", [answer(Style, Case, [list_to_integer(Word) || Word <- Words])]),
            serve(Style)
    end.

%% Each run in a process of its own, so that it finds no heap of the one before.
answer(Style, Case, Parameters) ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() -> Self ! {self(), program(Style, Case, Parameters)} end),
    receive
        {Pid, Result} ->
            receive {'DOWN', Monitor, _, _, _} -> ok end,
            json(Result);
        {'DOWN', Monitor, _, _, Reason} ->
            json([{failed, lists:flatten(io_lib:format("~0p", [Reason]))}])
    end.

program(gen_server, "tell", [Messages, Burst]) -> otp_servers:cast(Messages, Burst);
program(gen_server, "tell-at-once", [Messages, Burst]) -> otp_servers:cast(Messages, Burst);
program(gen_server, "ask", [Asks]) -> otp_servers:call(Asks);
program(gen_server, "spawn-stop", [Actors, Batch]) -> otp_servers:spawn_stop(Actors, Batch);
program(gen_server, "memory", [Actors]) -> otp_servers:memory(Actors);
program(gen_server, "restart", [Restarts]) -> otp_servers:restart(Restarts);
program(gen_server, _, _) -> left_out("a gen_server would change nothing of this case but its cost");
program(bare, "tell", [Messages, Burst]) -> otp_messages:tell(Messages, Burst);
program(bare, "tell-at-once", [Messages, Burst]) -> otp_messages:tell(Messages, Burst);
program(bare, "ping-pong", [RoundTrips]) -> otp_messages:ping_pong(RoundTrips);
program(bare, "thread-ring", [Actors, Hops]) -> otp_messages:ring(Actors, Hops);
program(bare, "ask", [Asks]) -> otp_messages:ask(Asks);
program(bare, "spawn-stop", [Actors, Batch]) -> otp_lives:spawn_stop(Actors, Batch);
program(bare, "memory", [Actors]) -> otp_lives:memory(Actors);
program(bare, "skynet-100k", [Leaves]) -> otp_lives:skynet(Leaves);
program(bare, "skynet-1m", [Leaves]) -> otp_lives:skynet(Leaves);
program(bare, "children-5000", [Bursts, Burst]) -> otp_lives:children(Bursts, Burst);
program(bare, "stop-served", [Waiting]) -> otp_lives:served(Waiting);
program(bare, "savina-pingpong", [RoundTrips]) -> otp_messages:ping_pong(RoundTrips);
program(bare, "savina-count", [Messages]) -> otp_savina:count(Messages);
program(bare, "savina-fjthrput", [Actors, Messages]) -> otp_savina:fork_join(Actors, Messages);
program(bare, "savina-fjcreate", [Actors]) -> otp_savina:fork_join_create(Actors);
program(bare, "savina-threadring", [Actors, Hops]) -> otp_messages:ring(Actors, Hops);
program(bare, "savina-chameneos", [Creatures, Meetings]) -> otp_savina:chameneos(Creatures, Meetings);
program(bare, "savina-big", [Actors, Pings]) -> otp_savina:big(Actors, Pings);
program(bare, "savina-bndbuffer", [Producers, Consumers, Buffer, Items]) ->
    otp_buffer:run(Producers, Consumers, Buffer, Items);
program(bare, "savina-banking", [Accounts, Transfers]) -> otp_savina:banking(Accounts, Transfers);
program(_, "restart", _) -> left_out("bare processes have no supervisor");
program(_, "restart-million", _) -> left_out("this case is about what our restarts leave behind").

left_out(Why) -> [{leavesOut, Why}].

json(Figures) ->
    ["{", lists:join(",", [[$", atom_to_list(Key), "\":", figure(Value)] || {Key, Value} <- Figures]), "}"].

figure(Value) when is_integer(Value) -> integer_to_list(Value);
figure(Value) when is_float(Value) -> io_lib:format("~.6f", [Value]);
figure(Text) -> [$", [Char || Char <- Text, Char =/= $", Char =/= $\\], $"].
