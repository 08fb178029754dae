%% Savina "bndbuffer" between bare processes: the same as bounded_buffer.ts.
-module(otp_buffer).
-export([run/4]).

run(Producers, Consumers, Buffer, Items) ->
    Self = self(),
    Manager = spawn_link(fun() -> manager(queue:new(), queue:new(), queue:new(), 0, Buffer - Producers) end),
    All = [spawn_link(fun() -> producer(Manager, Items) end) || _ <- lists:seq(1, Producers)],
    [spawn_link(fun() -> Manager ! {free, self()}, consumer(Manager, Self) end) || _ <- lists:seq(1, Consumers)],
    Result = otp_clock:rate(Producers * Items, fun() ->
        [One ! produce || One <- All],
        wait(Producers * Items)
    end),
    unlink(Manager),
    exit(Manager, kill),
    Result.

wait(0) -> ok;
wait(Left) -> receive consumed -> wait(Left - 1) end.

producer(_Manager, 0) -> ok;
producer(Manager, Left) ->
    receive produce -> Manager ! {item, self()}, producer(Manager, Left - 1) end.

consumer(Manager, Report) ->
    receive
        {item, _Producer} ->
            Report ! consumed,
            Manager ! {free, self()},
            consumer(Manager, Report)
    end.

%% Stored items, hungry consumers, producers that are held back, and how many items are stored.
manager(Stored, Hungry, Held, Size, Room) ->
    receive
        {free, Consumer} when Size =:= 0 ->
            manager(Stored, queue:in(Consumer, Hungry), Held, Size, Room);
        {free, Consumer} ->
            {{value, Item}, Rest} = queue:out(Stored),
            Consumer ! Item,
            case queue:out(Held) of
                {{value, Producer}, Others} ->
                    Producer ! produce,
                    manager(Rest, Hungry, Others, Size - 1, Room);
                {empty, _} -> manager(Rest, Hungry, Held, Size - 1, Room)
            end;
        {item, Producer} = Item ->
            {Kept, NowHungry, Now} = case queue:out(Hungry) of
                {{value, Consumer}, Others} -> Consumer ! Item, {Stored, Others, Size};
                {empty, _} -> {queue:in(Item, Stored), Hungry, Size + 1}
            end,
            case Now >= Room of
                true -> manager(Kept, NowHungry, queue:in(Producer, Held), Now, Room);
                false -> Producer ! produce, manager(Kept, NowHungry, Held, Now, Room)
            end
    end.
