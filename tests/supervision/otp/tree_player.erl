%% Plays supervision trees on OTP's own supervisor and tells what happened.
%%
%% Reads from standard input lines of the form {run, "file"}. where the file holds one term per play; answers, for every
%% play, "play Seed", one line per event, "over", and after the last "done". What the lines mean is in ours.ts, which
%% says the same about our supervisor. Plays run side by side, each in a table and under a process of its own.
%%
%% Events bear the unique integers of the moment they happened, those of ends come from the trace of the process itself,
%% so their order is that of the virtual machine and not that of messages under way.
-module(tree_player).
-behaviour(supervisor).
-export([main/0, init/1, start_sup/2, start_worker/2, start_dynamic/3, worker/4, log/2]).

-define(SIDE_BY_SIDE, 48).

main() ->
    ets:new(pids, [named_table, public, {write_concurrency, true}, {read_concurrency, true}]),
    ok = logger:set_primary_config(level, error),
    [logger:remove_handler(H) || H <- logger:get_handler_ids()],
    ok = logger:add_handler(reports, ?MODULE, #{filter_default => log}),
    Tracer = spawn_link(fun tracer/0),
    loop(Tracer).

loop(Tracer) ->
    case io:read("") of
        {ok, {run, File}} ->
            {ok, Plays} = file:consult(File),
            run(Plays, 0, Tracer),
            io:put_chars("done\n"),
            loop(Tracer);
        _ -> halt(0)
    end.

run([], 0, _) -> ok;
run([Play | Plays], Running, Tracer) when Running < ?SIDE_BY_SIDE ->
    Main = self(),
    spawn(fun() ->
        Main ! {played, try play(Play, Tracer) catch C:R:St ->
            io_lib:format("play ~p 0~nfailed ~0p~nover~n", [element(2, Play), {C, R, St}])
        end}
    end),
    run(Plays, Running + 1, Tracer);
run(Plays, Running, Tracer) ->
    receive {played, Lines} -> io:put_chars(Lines) end,
    run(Plays, Running - 1, Tracer).

play({play, Seed, Top, Broken, Steps}, Tracer) ->
    process_flag(trap_exit, true),
    Tab = ets:new(tab, [public, ordered_set]),
    erlang:trace(self(), true, [procs, set_on_spawn, strict_monotonic_timestamp, {tracer, Tracer}]),
    ets:insert(Tab, {{fail, Broken}, 1}),
    Started = case catch start_sup(Tab, Top) of {ok, Pid} -> Pid; _ -> none end,
    settle(Tab, Started),
    state(Tab, Started),
    Begun = erlang:monotonic_time(millisecond),
    Slowest = steps(Steps, Tab, Started, Begun, 0),
    mark(Tab, "stop"),
    is_pid(Started) andalso exit(Started, shutdown),
    settle_gone(Tab),
    flush(),
    Ref = erlang:trace_delivered(all),
    receive {trace_delivered, all, Ref} -> ok end,
    Tracer ! {sync, self()},
    receive synced -> ok end,
    Lines = [Line || {{event, _}, Line} <- ets:tab2list(Tab)],
    [ets:delete(pids, P) || {{pid, P}, _} <- ets:tab2list(Tab)],
    ets:delete(Tab),
    [io_lib:format("play ~p ~p~n", [Seed, Slowest]), [[L, "\n"] || L <- Lines], "over\n"].

steps([], _, _, Begun, Slowest) -> max(Slowest, erlang:monotonic_time(millisecond) - Begun);
steps([{sleep, Ms} | Steps], Tab, Top, Begun, Slowest) ->
    Took = erlang:monotonic_time(millisecond) - Begun,
    timer:sleep(Ms),
    steps(Steps, Tab, Top, erlang:monotonic_time(millisecond), max(Slowest, Took));
steps([Step | Steps], Tab, Top, Begun, Slowest) ->
    mark(Tab, "step"),
    step(Step, Tab),
    settle(Tab, Top),
    state(Tab, Top),
    steps(Steps, Tab, Top, Begun, Slowest).

step({fail, Id, N}, Tab) -> ets:insert(Tab, {{fail, Id}, N});
step({ignore, Id, N}, Tab) -> ets:insert(Tab, {{ignore, Id}, N});
step({die, SupId, Ends}, Tab) ->
    Sup = alive(Tab, SupId),
    Victims = [{alive(Tab, Id), Reason} || {Id, Reason} <- Ends],
    case Sup =:= none orelse lists:keymember(none, 1, Victims) of
        true -> mark(Tab, "skipped");
        false ->
            ok = sys:suspend(Sup),
            lists:foldl(fun({Pid, Reason}, N) ->
                Mon = monitor(process, Pid),
                case Reason of killed -> exit(Pid, kill); _ -> Pid ! {die, Reason} end,
                receive {'DOWN', Mon, process, Pid, _} -> ok end,
                waits(Sup, N),
                N + 1
            end, 1, Victims),
            ok = sys:resume(Sup)
    end;
step({start, SupId, Child}, Tab) ->
    command(Tab, SupId, fun(Sup) -> supervisor:start_child(Sup, spec(Tab, Child)) end);
step({terminate, SupId, Id}, Tab) -> command(Tab, SupId, fun(Sup) -> supervisor:terminate_child(Sup, Id) end);
step({restart, SupId, Id}, Tab) -> command(Tab, SupId, fun(Sup) -> supervisor:restart_child(Sup, Id) end);
step({delete, SupId, Id}, Tab) -> command(Tab, SupId, fun(Sup) -> supervisor:delete_child(Sup, Id) end);
step({start_dynamic, SupId, Id}, Tab) -> command(Tab, SupId, fun(Sup) -> supervisor:start_child(Sup, [Id]) end);
step({terminate_dynamic, SupId, Id}, Tab) ->
    case alive(Tab, Id) of
        none -> mark(Tab, "skipped");
        Pid -> command(Tab, SupId, fun(Sup) -> supervisor:terminate_child(Sup, Pid) end)
    end.

command(Tab, SupId, Do) ->
    case alive(Tab, SupId) of
        none -> mark(Tab, "skipped");
        Sup -> mark(Tab, ["reply ", reply(Do(Sup))])
    end.

reply(ok) -> "ok";
reply({ok, undefined}) -> "ignored";
reply({ok, _}) -> "ok";
reply({error, {already_started, _}}) -> "already-started";
reply({error, already_present}) -> "already-present";
reply({error, not_found}) -> "not-found";
reply({error, running}) -> "running";
reply({error, restarting}) -> "restarting";
reply({error, _}) -> "start-failed".

%% The ends that were told so far are in the supervisor's queue.
waits(Sup, N) ->
    case process_info(Sup, message_queue_len) of
        {message_queue_len, L} when L >= N -> ok;
        _ -> erlang:yield(), waits(Sup, N)
    end.

alive(Tab, Id) ->
    case ets:lookup(Tab, {id, Id}) of
        [{_, Pid}] -> case is_process_alive(Pid) of true -> Pid; false -> none end;
        [] -> none
    end.

%% Waits until nothing is left to do: no supervisor knows of a child that is dead or about to be tried again.
settle(_, none) -> ok;
settle(Tab, Top) ->
    case is_process_alive(Top) of
        false -> settle_gone(Tab);
        true -> case quiet(Top) of true -> ok; false -> erlang:yield(), settle(Tab, Top) end
    end.

quiet(Sup) ->
    case catch supervisor:which_children(Sup) of
        Children when is_list(Children) ->
            lists:all(fun
                ({_, undefined, _, _}) -> true;
                ({_, restarting, _, _}) -> false;
                ({_, Pid, supervisor, _}) -> is_process_alive(Pid) andalso quiet(Pid);
                ({_, Pid, worker, _}) -> is_process_alive(Pid)
            end, Children);
        _ -> false
    end.

settle_gone(Tab) ->
    case [P || {{pid, P}, _} <- ets:tab2list(Tab), is_process_alive(P)] of
        [] -> ok;
        _ -> timer:sleep(1), settle_gone(Tab)
    end.

flush() -> receive {'EXIT', _, _} -> flush() after 0 -> ok end.

%% What every supervisor says of its children.
state(_, none) -> ok;
state(Tab, Top) -> is_process_alive(Top) andalso state_of(Tab, Top).

state_of(Tab, Sup) ->
    Id = ets:lookup_element(pids, Sup, 3),
    Children = lists:reverse(supervisor:which_children(Sup)),
    Counts = supervisor:count_children(Sup),
    Shown = [show(C) || C <- Children],
    Ordered = case Children of [{undefined, _, _, _} | _] -> lists:sort(Shown); _ -> Shown end,
    mark(Tab, io_lib:format("= ~s ~p/~p/~p/~p ~s", [Id | [proplists:get_value(K, Counts) || K <- [specs, active, supervisors, workers]]]
        ++ [lists:join(" ", Ordered)])),
    [state_of(Tab, Pid) || {_, Pid, supervisor, _} <- Children, is_pid(Pid)].

show({undefined, Pid, _, _}) -> io_lib:format("~s:up", [ets:lookup_element(pids, Pid, 3)]);
show({Id, undefined, _, _}) -> io_lib:format("~s:down", [Id]);
show({Id, _, _, _}) -> io_lib:format("~s:up", [Id]).

%% Events.

mark(Tab, Line) -> ets:insert(Tab, {{event, erlang:unique_integer([monotonic])}, lists:flatten(Line)}).

tracer() ->
    receive
        {trace_ts, Pid, exit, Reason, {_, At}} ->
            case ets:lookup(pids, Pid) of
                [{_, Tab, Id}] -> ets:insert(Tab, {{event, At}, lists:flatten(io_lib:format("-~s ~s", [Id, why(Reason)]))});
                [] -> ok
            end;
        {sync, From} -> From ! synced;
        _ -> ok
    end,
    tracer().

why(normal) -> normal;
why(shutdown) -> shutdown;
why({shutdown, _}) -> shutdown;
why(killed) -> killed;
why(_) -> error.

%% Runs in the supervisor that reports.
log(#{msg := {report, #{label := {supervisor, Context}, report := Report}}}, _) ->
    case get(tab) of
        undefined -> ok;
        Tab ->
            Child = proplists:get_value(offender, Report),
            Reason = case Context of
                child_terminated -> [" ", atom_to_list(why(proplists:get_value(reason, Report)))];
                shutdown_error -> [" ", atom_to_list(why(proplists:get_value(reason, Report)))];
                _ -> ""
            end,
            Many = case proplists:get_value(nb_children, Child) of undefined -> ""; N -> io_lib:format(" x~p", [N]) end,
            mark(Tab, io_lib:format("r ~s ~s ~s~s~s", [context(Context), get(id), proplists:get_value(id, Child), Reason, Many]))
    end;
log(_, _) -> ok.

context(start_error) -> "start-error";
context(child_terminated) -> "child-terminated";
context(shutdown_error) -> "shutdown-error";
context(shutdown) -> "intensity-reached".

%% Supervisors and workers.

start_sup(Tab, Spec) ->
    Id = element(2, Spec),
    case supervisor:start_link(?MODULE, {Tab, Spec}) of
        {ok, Pid} ->
            born(Tab, Pid, Id),
            mark(Tab, io_lib:format("+~s", [Id])),
            {ok, Pid};
        Error ->
            mark(Tab, io_lib:format("!~s", [Id])),
            Error
    end.

born(Tab, Pid, Id) ->
    ets:insert(pids, {Pid, Tab, Id}),
    ets:insert(Tab, [{{id, Id}, Pid}, {{pid, Pid}, Id}]).

init({Tab, {supervisor, Id, _, _, Strategy, Intensity, Period, Auto, Children}}) ->
    put(tab, Tab), put(id, Id),
    {ok, {flags(Strategy, Intensity, Period, Auto), [spec(Tab, C) || C <- Children]}};
init({Tab, {dynamic, Id, _, _, Intensity, Period, Auto, Template}}) ->
    put(tab, Tab), put(id, Id),
    {worker, _, _, _, _, OnStop} = Template,
    Spec = (spec(Tab, Template))#{start => {?MODULE, start_dynamic, [Tab, OnStop]}},
    {ok, {flags(simple_one_for_one, Intensity, Period, Auto), [Spec]}}.

flags(Strategy, Intensity, Period, Auto) ->
    #{strategy => Strategy, intensity => Intensity, period => Period, auto_shutdown => Auto}.

spec(Tab, {worker, Id, Restart, Significant, Shutdown, _} = Spec) ->
    #{id => Id, start => {?MODULE, start_worker, [Tab, Spec]}, restart => Restart, significant => Significant,
      shutdown => Shutdown, type => worker};
spec(Tab, Spec) ->
    #{id => element(2, Spec), start => {?MODULE, start_sup, [Tab, Spec]}, restart => element(3, Spec),
      significant => element(4, Spec), type => supervisor}.

start_worker(Tab, {worker, Id, _, _, _, OnStop}) -> start_dynamic(Tab, OnStop, Id).

start_dynamic(Tab, OnStop, Id) ->
    Pid = spawn_link(?MODULE, worker, [self(), Tab, OnStop, Id]),
    receive
        {Pid, ok} -> {ok, Pid};
        {Pid, Other} -> receive {'EXIT', Pid, _} -> Other end
    end.

worker(Parent, Tab, OnStop, Id) ->
    case first_due(Tab, [{fail, Id}, {ignore, Id}]) of
        fail ->
            mark(Tab, io_lib:format("!~s", [Id])),
            Parent ! {self(), {error, cannot_start}},
            exit(normal);
        ignore ->
            mark(Tab, io_lib:format("?~s", [Id])),
            Parent ! {self(), ignore},
            exit(normal);
        none ->
            OnStop =:= obey orelse process_flag(trap_exit, true),
            born(Tab, self(), Id),
            mark(Tab, io_lib:format("+~s", [Id])),
            Parent ! {self(), ok},
            live(Parent, OnStop)
    end.

first_due(_, []) -> none;
first_due(Tab, [{What, _} = Key | Keys]) ->
    case ets:lookup(Tab, Key) of
        [{_, N}] when N > 0 -> ets:insert(Tab, {Key, N - 1}), What;
        _ -> first_due(Tab, Keys)
    end.

live(Parent, OnStop) ->
    receive
        {die, detail} -> exit({shutdown, detail});
        {die, error} -> exit(crashed);
        {die, Reason} -> exit(Reason);
        {'EXIT', Parent, _} ->
            case OnStop of
                ignore -> live(Parent, OnStop);
                detail -> exit({shutdown, detail});
                error -> exit(crashed);
                normal -> exit(normal)
            end
    end.
