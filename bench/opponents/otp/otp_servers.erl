%% What OTP's own behaviours cost: gen_server's cast and call, and children of a supervisor.
-module(otp_servers).
-behaviour(gen_server).
-export([cast/2, call/1, spawn_stop/2, memory/1, restart/1]).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).

start_link(Arg) -> gen_server:start_link(?MODULE, {server, Arg}, []).

init({server, Report}) ->
    case Report of none -> ok; Pid -> Pid ! {started, self()} end,
    {ok, 0}.

handle_call(sum, _From, Sum) -> {reply, Sum, Sum};
handle_call(question, _From, Sum) -> {reply, 1, Sum}.

handle_cast(one, Sum) -> {noreply, Sum + 1};
handle_cast(stop, Sum) -> {stop, normal, Sum};
handle_cast(crash, _Sum) -> error(on_purpose).

cast(Messages, Burst) ->
    {ok, Sink} = start_link(none),
    Result = otp_clock:rate(Messages, fun() -> bursts(Sink, Messages, Burst) end),
    Messages = gen_server:call(Sink, sum),
    Result.

bursts(_Sink, 0, _Burst) -> ok;
bursts(Sink, Left, Burst) ->
    Size = min(Left, Burst),
    casts(Sink, Size),
    gen_server:call(Sink, sum, infinity),
    bursts(Sink, Left - Size, Burst).

casts(_Sink, 0) -> ok;
casts(Sink, Left) -> gen_server:cast(Sink, one), casts(Sink, Left - 1).

call(Asks) ->
    {ok, Target} = start_link(none),
    Value = otp_clock:rate(Asks, fun() -> calls(Target, Asks) end),
    Nanos = timed(Target, Asks, erlang:monotonic_time(nanosecond), []),
    Asks = length(Nanos),
    Value ++ otp_clock:tail(Nanos).

calls(_Target, 0) -> ok;
calls(Target, Left) -> 1 = gen_server:call(Target, question), calls(Target, Left - 1).

timed(_Target, 0, _Last, Nanos) -> Nanos;
timed(Target, Left, Last, Nanos) ->
    1 = gen_server:call(Target, question),
    Now = erlang:monotonic_time(nanosecond),
    timed(Target, Left - 1, Now, [Now - Last | Nanos]).

spawn_stop(Actors, Batch) ->
    {ok, Top} = otp_top:start_link(simple_one_for_one, none),
    Result = otp_clock:rate(Actors, fun() -> batches(Top, Actors, Batch) end),
    0 = proplists:get_value(active, supervisor:count_children(Top)),
    Result.

batches(_Top, 0, _Batch) -> ok;
batches(Top, Left, Batch) ->
    All = [begin {ok, Pid} = supervisor:start_child(Top, []), {Pid, monitor(process, Pid)} end
           || _ <- lists:seq(1, Batch)],
    [gen_server:cast(Pid, stop) || {Pid, _} <- All],
    [receive {'DOWN', Monitor, _, _, normal} -> ok end || {_, Monitor} <- All],
    batches(Top, Left - Batch, Batch).

memory(Actors) ->
    {ok, Top} = otp_top:start_link(simple_one_for_one, none),
    erlang:garbage_collect(),
    Before = erlang:memory(processes_used),
    [{ok, _} = supervisor:start_child(Top, []) || _ <- lists:seq(1, Actors)],
    erlang:garbage_collect(Top),
    [{value, (erlang:memory(processes_used) - Before) / Actors}].

%% The reports of supervisor and server are made and thrown away: nobody logs.
restart(Restarts) ->
    {ok, _Top} = otp_top:start_link(one_for_one, self()),
    First = receive {started, Pid} -> Pid end,
    Took = otp_clock:seconds(fun() -> crashes(First, Restarts) end),
    [{value, Took * 1.0e6 / Restarts}].

crashes(_Pid, 0) -> ok;
crashes(Pid, Left) ->
    gen_server:cast(Pid, crash),
    receive {started, Next} -> crashes(Next, Left - 1) end.
