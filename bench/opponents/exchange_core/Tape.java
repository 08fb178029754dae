import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.common.CoreSymbolSpecification;
import exchange.core2.core.common.L2MarketData;
import exchange.core2.core.common.MatcherEventType;
import exchange.core2.core.common.MatcherTradeEvent;
import exchange.core2.core.common.OrderAction;
import exchange.core2.core.common.OrderType;
import exchange.core2.core.common.SymbolType;
import exchange.core2.core.common.cmd.CommandResultCode;
import exchange.core2.core.common.cmd.OrderCommand;
import exchange.core2.core.common.cmd.OrderCommandType;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.orderbook.IOrderBook;
import exchange.core2.core.orderbook.OrderBookDirectImpl;
import exchange.core2.core.orderbook.OrderBookEventsHelper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * exchange-core's own matching book, OrderBookDirectImpl, on the common tape: one thread, no ring buffer, no risk stage,
 * no journal, which is its pure matching speed and the way its own single-thread test of the book drives it.
 *
 * java Tape FILE RUNS LIMIT prints one line of JSON. A command is one mutable object that is filled from the tape inside
 * the measured time, as a slot of its ring buffer is. It makes a chain of event objects per command (trades, reductions,
 * refusals); nothing is made for an order that only rests or moves. A move is its MOVE_ORDER.
 */
public final class Tape {
    private static final int WORDS = 5;
    /** Order ids have more than 32 bits, as for the others. */
    private static final long FIRST_ID = 0x0100_0000_0000L;
    private static final int WARM_UP = 6;

    private final int[] tape;
    private final int operations;
    private final OrderCommand command = new OrderCommand();
    private IOrderBook book;

    private Tape(int[] tape) {
        this.tape = tape;
        this.operations = tape.length / WORDS;
    }

    private static int[] read(Path file, int limit) throws IOException {
        IntBuffer words = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        int[] tape = new int[(int) Math.min(words.remaining(), (long) limit * WORDS)];
        words.get(tape);
        return tape;
    }

    private void open() {
        // A contract, not a currency pair: no price of reserve is asked for when an order moves.
        CoreSymbolSpecification symbol = CoreSymbolSpecification.builder()
                .symbolId(1).type(SymbolType.FUTURES_CONTRACT).baseScaleK(1).quoteScaleK(1).build();
        book = new OrderBookDirectImpl(symbol, ObjectsPool.createDefaultTestPool(),
                OrderBookEventsHelper.NON_POOLED_EVENTS_HELPER, LoggingConfiguration.DEFAULT);
    }

    private CommandResultCode apply(int operation) {
        int at = operation * WORDS;
        OrderCommand c = command;
        int kind = tape[at];
        c.orderId = FIRST_ID + tape[at + 1];
        c.action = tape[at + 2] == 0 ? OrderAction.BID : OrderAction.ASK;
        c.price = tape[at + 3];
        c.size = tape[at + 4];
        c.uid = 1;
        c.symbol = 1;
        c.reserveBidPrice = c.price;
        c.timestamp = operation;
        c.matcherEvent = null;
        c.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
        switch (kind) {
            case 0:
                c.command = OrderCommandType.PLACE_ORDER;
                c.orderType = OrderType.GTC;
                break;
            case 1:
                c.command = OrderCommandType.PLACE_ORDER;
                c.orderType = OrderType.IOC;
                break;
            case 2:
                c.command = OrderCommandType.CANCEL_ORDER;
                break;
            default:
                c.command = OrderCommandType.MOVE_ORDER;
        }
        return IOrderBook.processCommand(book, c);
    }

    /** Seconds of one pass over a new book. */
    private double pass() {
        open();
        System.gc();
        long begun = System.nanoTime();
        for (int i = 0; i < operations; i++) {
            apply(i);
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    /** Nanoseconds of every operation, sorted; with one reading of the clock in each. */
    private long[] clocked() {
        open();
        long[] taken = new long[operations];
        System.gc();
        for (int i = 0; i < operations; i++) {
            long begun = System.nanoTime();
            apply(i);
            taken[i] = System.nanoTime() - begun;
        }
        Arrays.sort(taken);
        return taken;
    }

    private static long clockCost() {
        long[] gaps = new long[200_000];
        for (int i = 0; i < gaps.length; i++) {
            long begun = System.nanoTime();
            gaps[i] = System.nanoTime() - begun;
        }
        Arrays.sort(gaps);
        return gaps[gaps.length / 2];
    }

    private static long quantile(long[] sorted, double share) {
        int rank = (int) Math.ceil(sorted.length * share);
        return sorted[Math.max(1, Math.min(sorted.length, rank)) - 1];
    }

    private String outcome() {
        open();
        long fills = 0;
        long lots = 0;
        long refused = 0;
        for (int i = 0; i < operations; i++) {
            if (apply(i) != CommandResultCode.SUCCESS) {
                refused++;
            }
            for (MatcherTradeEvent event = command.matcherEvent; event != null; event = event.nextEvent) {
                if (event.eventType == MatcherEventType.TRADE) {
                    fills++;
                    lots += event.size;
                }
            }
        }
        book.validateInternalState();
        int open = book.getOrdersNum(OrderAction.ASK) + book.getOrdersNum(OrderAction.BID);
        L2MarketData depth = book.getL2MarketDataSnapshot(Integer.MAX_VALUE);
        return String.format(Locale.ROOT,
                "\"operations\":%d,\"fills\":%d,\"lots\":%d,\"refused\":%d,\"open_orders\":%d,\"levels\":%d",
                operations, fills, lots, refused, open, depth.askSize + depth.bidSize);
    }

    public static void main(String[] arguments) throws IOException {
        Tape tape = new Tape(read(Path.of(arguments[0]), Integer.parseInt(arguments[2])));
        String outcome = tape.outcome();
        for (int i = 0; i < WARM_UP; i++) {
            tape.pass();
        }
        double[] rates = new double[Integer.parseInt(arguments[1])];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = tape.operations / tape.pass();
        }
        tape.clocked();
        clockCost();
        long cost = clockCost();
        long[] taken = tape.clocked();
        StringBuilder line = new StringBuilder("{\"engine\":\"exchange-core\",").append(outcome).append(",\"rates\":[");
        for (int i = 0; i < rates.length; i++) {
            line.append(i == 0 ? "" : ",").append(String.format(Locale.ROOT, "%.1f", rates[i]));
        }
        line.append(String.format(Locale.ROOT,
                "],\"samples\":%d,\"p50_ns\":%d,\"p99_ns\":%d,\"p999_ns\":%d,\"p9999_ns\":%d,\"max_ns\":%d,\"clock_ns\":%d}",
                taken.length, quantile(taken, 0.5), quantile(taken, 0.99), quantile(taken, 0.999),
                quantile(taken, 0.9999), taken[taken.length - 1], cost));
        System.out.println(line);
    }
}
