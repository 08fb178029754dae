%% Messages between processes that stay: the same programs as tell.ts, ping_pong.ts, thread_ring.ts and ask.ts.
-module(otp_messages).
-export([tell/2, ping_pong/1, ring/2, ask/1]).

tell(Messages, Burst) ->
    Sink = spawn_link(fun() -> sink(0) end),
    Result = otp_clock:rate(Messages, fun() -> bursts(Sink, Messages, Burst) end),
    Messages = asked(Sink),
    Result.

bursts(_Sink, 0, _Burst) -> ok;
bursts(Sink, Left, Burst) ->
    Size = min(Left, Burst),
    send(Sink, Size),
    _ = asked(Sink),
    bursts(Sink, Left - Size, Burst).

send(_Sink, 0) -> ok;
send(Sink, Left) -> Sink ! one, send(Sink, Left - 1).

sink(Sum) ->
    receive
        one -> sink(Sum + 1);
        {sum, From} -> From ! {sum, Sum}, sink(Sum)
    end.

asked(Sink) ->
    Sink ! {sum, self()},
    receive {sum, Sum} -> Sum end.

ping_pong(RoundTrips) ->
    B = spawn_link(fun echo/0),
    Self = self(),
    A = spawn_link(fun() -> receive go -> player(B, RoundTrips), Self ! done end end),
    Result = otp_clock:rate(RoundTrips, fun() -> A ! go, receive done -> ok end end),
    unlink(B),
    exit(B, kill),
    Result.

player(_Other, 0) -> ok;
player(Other, Left) ->
    Other ! {ball, self()},
    receive {ball, Other} -> player(Other, Left - 1) end.

echo() -> receive {ball, From} -> From ! {ball, self()}, echo() end.

ring(Actors, Hops) ->
    Self = self(),
    [First | Rest] = All = [spawn_link(fun() -> receive {join, Next} -> member(Next, Self) end end)
                            || _ <- lists:seq(1, Actors)],
    lists:foreach(fun({One, Next}) -> One ! {join, Next} end, lists:zip(All, Rest ++ [First])),
    Result = otp_clock:rate(Hops, fun() -> First ! {token, Hops}, receive done -> ok end end),
    [begin unlink(One), exit(One, kill) end || One <- All],
    Result.

member(Next, Report) ->
    receive
        {token, 0} -> Report ! done, member(Next, Report);
        {token, Left} -> Next ! {token, Left - 1}, member(Next, Report)
    end.

ask(Asks) ->
    Target = spawn_link(fun target/0),
    Value = otp_clock:rate(Asks, fun() -> questions(Target, Asks) end),
    Nanos = timed(Target, Asks, erlang:monotonic_time(nanosecond), []),
    Asks = length(Nanos),
    Value ++ otp_clock:tail(Nanos).

questions(_Target, 0) -> ok;
questions(Target, Left) -> question(Target), questions(Target, Left - 1).

timed(_Target, 0, _Last, Nanos) -> Nanos;
timed(Target, Left, Last, Nanos) ->
    question(Target),
    Now = erlang:monotonic_time(nanosecond),
    timed(Target, Left - 1, Now, [Now - Last | Nanos]).

question(Target) ->
    Ref = make_ref(),
    Target ! {question, self(), Ref},
    receive {Ref, 1} -> ok after 5000 -> exit(no_answer) end.

target() -> receive {question, From, Ref} -> From ! {Ref, 1}, target() end.
