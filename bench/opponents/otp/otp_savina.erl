%% Programs of Savina between bare processes: the same as count.ts, fork_join.ts, lives.ts, chameneos.ts, big.ts, banking.ts.
-module(otp_savina).
-export([count/1, fork_join/2, fork_join_create/1, chameneos/2, big/2, banking/2]).

count(Messages) ->
    Self = self(),
    Counter = spawn_link(fun() -> counter(0) end),
    Producer = spawn_link(fun() ->
        receive go -> ok end,
        increments(Counter, Messages),
        Counter ! {retrieve, self()},
        receive {sum, Sum} -> Self ! {sum, Sum} end
    end),
    otp_clock:rate(Messages, fun() ->
        Producer ! go,
        receive {sum, Messages} -> ok; {sum, Wrong} -> exit({wrong_sum, Wrong}) end
    end).

increments(_Counter, 0) -> ok;
increments(Counter, Left) -> Counter ! increment, increments(Counter, Left - 1).

counter(Sum) ->
    receive
        increment -> counter(Sum + 1);
        {retrieve, From} -> From ! {sum, Sum}
    end.

fork_join(Actors, Messages) ->
    Self = self(),
    All = [spawn_link(fun() -> worker(Self, Messages) end) || _ <- lists:seq(1, Actors)],
    otp_clock:rate(Actors * Messages, fun() -> deal(All, Messages), wait(Actors) end).

deal(_All, 0) -> ok;
deal(All, Left) -> [One ! work || One <- All], deal(All, Left - 1).

worker(Report, 0) -> Report ! done;
worker(Report, Left) -> receive work -> worker(Report, Left - 1) end.

wait(0) -> ok;
wait(Left) -> receive done -> wait(Left - 1) end.

fork_join_create(Actors) ->
    Self = self(),
    otp_clock:rate(Actors, fun() ->
        [spawn(fun() -> worker(Self, 1) end) ! work || _ <- lists:seq(1, Actors)],
        wait(Actors)
    end).

chameneos(Creatures, Meetings) ->
    Self = self(),
    Mall = spawn_link(fun() -> mall(Meetings, none, Creatures, 0, Self) end),
    All = [spawn_link(fun() -> receive go -> enter(Mall, I rem 3), creature(Mall, I rem 3, 0) end end)
           || I <- lists:seq(0, Creatures - 1)],
    Twice = 2 * Meetings,
    otp_clock:rate(Meetings, fun() ->
        [One ! go || One <- All],
        receive {met, Twice} -> ok; {met, Wrong} -> exit({wrong_meetings, Wrong}) end
    end).

mall(_Left, _Waiting, 0, Counted, Report) -> Report ! {met, Counted};
mall(Left, Waiting, Creatures, Counted, Report) ->
    receive
        {tired, Met} -> mall(Left, Waiting, Creatures - 1, Counted + Met, Report);
        {meet, _Colour, From} when Left =:= 0 -> From ! closed, mall(Left, Waiting, Creatures, Counted, Report);
        {meet, _Colour, From} when Waiting =:= none -> mall(Left, From, Creatures, Counted, Report);
        {meet, _Colour, _From} = Meet -> Waiting ! Meet, mall(Left - 1, none, Creatures, Counted, Report)
    end.

enter(Mall, Colour) -> Mall ! {meet, Colour, self()}.

creature(Mall, Colour, Met) ->
    receive
        {meet, Other, From} ->
            New = complement(Colour, Other),
            From ! {change, New},
            enter(Mall, New),
            creature(Mall, New, Met + 1);
        {change, New} ->
            enter(Mall, New),
            creature(Mall, New, Met + 1);
        closed -> Mall ! {tired, Met}
    end.

complement(Same, Same) -> Same;
complement(A, B) -> 3 - A - B.

big(Actors, Pings) ->
    Self = self(),
    All = [spawn_link(fun() -> receive {all, Others} -> pinger(Others, Pings, 0, Self) end end)
           || _ <- lists:seq(1, Actors)],
    Others = list_to_tuple(All),
    [One ! {all, Others} || One <- All],
    Result = otp_clock:rate(Actors * Pings, fun() -> [One ! pong || One <- All], wait(Actors) end),
    [One ! {sum, self()} || One <- All],
    Answered = lists:sum([receive {sum, Sum} -> Sum end || _ <- All]),
    Answered = Actors * Pings,
    Result.

pinger(Others, Left, Answered, Report) ->
    receive
        {ping, From} ->
            From ! pong,
            pinger(Others, Left, Answered + 1, Report);
        pong when Left > 0 ->
            element(rand:uniform(tuple_size(Others)), Others) ! {ping, self()},
            pinger(Others, Left - 1, Answered, Report);
        pong ->
            Report ! done,
            pinger(Others, Left, Answered, Report);
        {sum, From} -> From ! {sum, Answered}
    end.

banking(Accounts, Transfers) ->
    Self = self(),
    All = list_to_tuple([spawn_link(fun() -> account(0, Self) end) || _ <- lists:seq(1, Accounts)]),
    Paying = Accounts * 8 div 10,
    Result = otp_clock:rate(Transfers, fun() -> transfers(All, Paying, Transfers), wait(Transfers) end),
    [One ! {balance, self()} || One <- tuple_to_list(All)],
    0 = lists:sum([receive {balance, Balance} -> Balance end || _ <- lists:seq(1, Accounts)]),
    Result.

transfers(_All, _Paying, 0) -> ok;
transfers(All, Paying, Left) ->
    From = rand:uniform(Paying),
    To = From + rand:uniform(tuple_size(All) - From),
    element(From, All) ! {transfer, rand:uniform(1000), element(To, All)},
    transfers(All, Paying, Left - 1).

account(Balance, Teller) ->
    receive
        {transfer, Amount, To} ->
            Ref = make_ref(),
            To ! {take, Amount, self(), Ref},
            receive {Ref, ok} -> Teller ! done end,
            account(Balance - Amount, Teller);
        {take, Amount, From, Ref} ->
            From ! {Ref, ok},
            account(Balance + Amount, Teller);
        {balance, From} -> From ! {balance, Balance}
    end.
