%% Births and deaths of bare processes: the same programs as lives.ts, skynet.ts, children.ts and cwts_served.ts.
-module(otp_lives).
-export([spawn_stop/2, memory/1, skynet/1, children/2, served/1]).

spawn_stop(Actors, Batch) ->
    otp_clock:rate(Actors, fun() -> batches(Actors, Batch) end).

batches(0, _Batch) -> ok;
batches(Left, Batch) ->
    All = [spawn_monitor(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Batch)],
    [Pid ! stop || {Pid, _} <- All],
    [receive {'DOWN', Monitor, _, _, normal} -> ok end || {_, Monitor} <- All],
    batches(Left - Batch, Batch).

memory(Actors) ->
    erlang:garbage_collect(),
    Before = erlang:memory(processes_used),
    All = [spawn_link(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Actors)],
    erlang:garbage_collect(),
    Own = element(2, erlang:process_info(self(), memory)),
    Used = erlang:memory(processes_used) - Before - Own,
    [begin unlink(One), exit(One, kill) end || One <- All],
    [{value, Used / Actors}].

skynet(Leaves) ->
    Self = self(),
    Took = otp_clock:seconds(fun() ->
        spawn(fun() -> node(Self, 0, Leaves) end),
        Sum = Leaves * (Leaves - 1) div 2,
        receive {report, Sum} -> ok; {report, Wrong} -> exit({wrong_sum, Wrong}) end
    end),
    [{value, Took * 1000}].

node(Up, First, 1) -> Up ! {report, First};
node(Up, First, Leaves) ->
    Self = self(),
    Each = Leaves div 10,
    [spawn(fun() -> node(Self, First + I * Each, Each) end) || I <- lists:seq(0, 9)],
    Up ! {report, reports(10, 0)}.

reports(0, Sum) -> Sum;
reports(Left, Sum) -> receive {report, Part} -> reports(Left - 1, Sum + Part) end.

children(Bursts, Burst) ->
    Sizes = [0, 100, 1000, 5000],
    Parents = [spawn_link(fun() -> parent(Size) end) || Size <- Sizes],
    Rounds = [[burst(Parent, Burst) || Parent <- Parents] || _ <- lists:seq(1, Bursts)],
    Cost = [median([lists:nth(I, Round) || Round <- Rounds]) || I <- lists:seq(1, 4)],
    [begin unlink(Parent), exit(Parent, kill) end || Parent <- Parents],
    [{value, lists:last(Cost) / hd(Cost)} |
     lists:zip([us_with_0, us_with_100, us_with_1000, us_with_5000], Cost)].

parent(Size) ->
    [spawn_link(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Size)],
    counting(0).

counting(Sum) ->
    receive
        plain -> counting(Sum + 1);
        {sum, From} -> From ! {sum, Sum}, counting(0)
    end.

burst(Parent, Burst) ->
    otp_clock:seconds(fun() ->
        [Parent ! plain || _ <- lists:seq(1, Burst)],
        Parent ! {sum, self()},
        receive {sum, Burst} -> ok; {sum, Wrong} -> exit({lost, Wrong}) end
    end) * 1.0e6 / Burst.

median(Values) ->
    Sorted = lists:sort(Values),
    lists:nth((length(Sorted) + 1) div 2, Sorted).

%% A process has one way to be ended ahead of its messages, by kill.
served(Waiting) ->
    {Pid, Monitor} = spawn_monitor(fun() -> receive go -> worked() end end),
    [Pid ! work || _ <- lists:seq(1, Waiting)],
    Took = otp_clock:seconds(fun() ->
        exit(Pid, kill),
        receive {'DOWN', Monitor, _, _, killed} -> ok end
    end),
    [{value, Took * 1.0e6}].

worked() -> receive work -> worked() end.
