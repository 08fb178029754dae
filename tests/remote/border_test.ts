/** What a message has to be to leave its node or to enter one. */
import assert from "node:assert/strict";
import { z } from "zod";
import { BorderError, Catalogue, defineMessage, readTrace } from "../../runtime/remote/mod.ts";
import { decodeFrame, Deduplicator, encodeFrame, type Letter } from "../../runtime/transport/mod.ts";
import { border, counted, placed1, placed2 } from "./messages.ts";

/** Over the wire and back. */
const travelled = (letter: Letter): Letter => decodeFrame(encodeFrame({ key: "k", letter })).letter;

const changed = (letter: Letter, body: string, schema = letter.envelope.schema): Letter => ({
  ...letter,
  body,
  envelope: { ...letter.envelope, schema },
});

Deno.test("A message crosses the border with its schema, version and causal envelope, and comes out as it went in", () => {
  const kinds = defineMessage({
    id: "kinds",
    version: 1,
    schema: z.strictObject({ big: z.bigint(), at: z.date(), none: z.undefined(), bytes: z.instanceof(Uint8Array) }),
  });
  const here = border("a", kinds);
  const message = { big: 2n ** 80n, at: new Date(5), none: undefined, bytes: new Uint8Array([1, 2]) };
  const cause = {
    id: 9,
    cause: 4,
    root: 3,
    sender: "/desk",
    deadline: Infinity,
    epoch: 77,
    schema: null,
    origin: null,
  };
  const letter = travelled(here.write(kinds, message, { cause, headers: { lane: "fast" } }));
  const read = border("b", kinds).read(letter);
  assert.ok(read.ok);
  assert.deepEqual(read.message, message);
  const { node, epoch, sender, sequence, id, root, schema } = letter.envelope;
  assert.deepEqual([node, epoch, sender, sequence, id, root], ["a", 1, "/desk", 1, 9, 3]);
  assert.deepEqual(schema, { id: "kinds", version: 1 });
  assert.equal(letter.headers?.lane, "fast");
});

Deno.test("What the node itself says and what is told from outside of actors never bear the same number", () => {
  const here = border("a", placed2);
  const message = { order: 1, note: "" };
  // As an injected tell has it: a message without a sender.
  const cause = { id: 9, cause: 0, root: 9, sender: null, deadline: Infinity, epoch: 1, schema: null, origin: null };
  const letters = [null, cause, cause, null, cause].map((one) => here.write(placed2, message, { cause: one }));
  assert.deepEqual(letters.map(({ envelope }) => envelope.sender), [null, null, null, null, null]);
  const seen = new Deduplicator();
  assert.deepEqual(letters.map(({ envelope }) => seen.see(envelope)), ["new", "new", "new", "new", "new"]);
});

Deno.test("What its schema does not describe does not leave the node", () => {
  const here = border("a", placed2);
  assert.throws(() => here.write(placed2, { order: 0, note: "" }), (error) => {
    assert.ok(error instanceof BorderError);
    assert.match(error.message, /no "placed" version 2: order: Too small/);
    return true;
  });
  assert.throws(() => here.write(placed2, { order: 1, note: "", more: 1 } as never), BorderError);
  // What was refused has taken no number: a receiver would miss it.
  assert.equal(here.write(placed2, { order: 1, note: "" }).envelope.sequence, 1);
});

Deno.test("A message of the version before is made today's, and a newer one waits for an upgrade", () => {
  const old = border("a", placed1).write(placed1, { order: 4 });
  const read = border("b", placed2).read(old);
  assert.ok(read.ok);
  assert.deepEqual(read.message, { order: 4, note: "none" });
  const young = border("a", placed2).write(placed2, { order: 4, note: "x" });
  const refused = border("b", placed1).read(young);
  assert.ok(!refused.ok);
  assert.deepEqual([refused.code, refused.why], [
    "VERSION_NEWER",
    '"placed" is read up to version 1, and this is version 2: upgrade this node.',
  ]);
});

Deno.test("Whatever a letter holds, the answer is a message or a reason", () => {
  const here = border("b", placed2);
  const good = border("a", placed2).write(placed2, { order: 4, note: "x" });
  const code = (letter: Letter) => {
    const read = here.read(letter);
    return read.ok ? null : read.code;
  };
  assert.equal(code(good), null);
  assert.equal(code(changed(good, good.body, null)), "SCHEMA_MISSING");
  assert.equal(code(changed(good, good.body, { id: "other", version: 1 })), "SCHEMA_UNKNOWN");
  assert.equal(code(changed(good, good.body, { id: "placed", version: 0 })), "VERSION_DROPPED");
  for (const body of ["", "{", "null", "[]", '{"$":"bigint","v":"x"}', '{"$":"newer","v":1}', "\u0000"]) {
    const said = code(changed(good, body));
    assert.ok(said === "BODY_UNREADABLE" || said === "MESSAGE_INVALID", `${JSON.stringify(body)}: ${said}`);
  }
  for (
    const body of ['{"order":1}', '{"order":1.5,"note":""}', '{"order":1,"note":"","__proto__":1}', '{"order":"1"}']
  ) {
    assert.equal(code(changed(good, body)), "MESSAGE_INVALID", body);
  }
  // An order of 0 was fine once and is not today.
  assert.equal(code(changed(good, '{"order":0}', { id: "placed", version: 1 })), "UPCAST_FAILED");
});

Deno.test("A hostile body does not reach beyond its own message", () => {
  const loose = defineMessage({ id: "loose", version: 1, schema: z.record(z.string(), z.unknown()) });
  const here = border("b", loose);
  const good = here.write(loose, {});
  here.read(changed(good, '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

Deno.test("Definitions that contradict themselves are refused with a sentence", () => {
  const schema = z.strictObject({});
  assert.throws(() => defineMessage({ id: "Bad id", version: 1, schema }), /is named by/);
  assert.throws(() => defineMessage({ id: "a", version: 0, schema }), /whole number from 1, not 0/);
  assert.throws(() => defineMessage({ id: "a", version: 2, schema, previous: placed1 }), /both or neither/);
  const upcast = () => ({});
  assert.throws(() => defineMessage({ id: "placed", version: 3, schema, previous: placed1, upcast }), /version 2, not/);
  assert.throws(() => new Catalogue([placed1, placed2]), /defined twice, as version 1 and 2/);
});

Deno.test("A trace goes on over nodes and is the same in every run", () => {
  const here = border("a", counted);
  const first = here.write(counted, { n: 1 });
  const trace = first.headers!.traceparent;
  assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.equal(border("a", counted).write(counted, { n: 1 }).headers!.traceparent, trace);
  const next = border("b", counted).write(counted, { n: 2 }, { trace });
  assert.equal(readTrace(next.headers!.traceparent)!.trace, readTrace(trace)!.trace);
  assert.notEqual(readTrace(next.headers!.traceparent)!.span, readTrace(trace)!.span);
  const other = here.write(counted, { n: 3 }, { trace: "rubbish" });
  assert.notEqual(readTrace(other.headers!.traceparent)!.trace, readTrace(trace)!.trace);
});
