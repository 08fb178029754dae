%% What the programs measure with.
-module(otp_clock).
-export([seconds/1, rate/2, tail/1]).

seconds(Work) ->
    Begun = erlang:monotonic_time(nanosecond),
    Work(),
    (erlang:monotonic_time(nanosecond) - Begun) / 1.0e9.

rate(Amount, Work) -> [{value, Amount / seconds(Work)}].

%% Quantiles of a list of nanoseconds, nearest rank.
tail(Nanos) ->
    Sorted = list_to_tuple(lists:sort(Nanos)),
    Size = tuple_size(Sorted),
    At = fun(Share) -> element(min(Size, max(1, ceil(Share * Size))), Sorted) end,
    [{p50_ns, At(0.5)}, {p99_ns, At(0.99)}, {p9999_ns, At(0.9999)}].
