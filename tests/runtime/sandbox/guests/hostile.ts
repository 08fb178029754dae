/** Tries, on command, to get out, to take everything, or to lie. Says on "out" what it has got. */
import type { GuestDef } from "../../../../runtime/sandbox/protocol.ts";

function forge(value: unknown): string {
  const body = new TextEncoder().encode(JSON.stringify(value));
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame.set(body, 4);
  Deno.stdout.writeSync(frame);
  return "two answers";
}

const attempts: Record<string, () => unknown> = {
  exit: () => Deno.exit(0),
  loop: () => {
    for (;;);
  },
  heap: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(10_000).fill({}).map(() => ({})));
  },
  buffers: () => {
    const kept: Uint8Array[] = [];
    for (;;) kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
  },
  threads: () => {
    const code = "data:application/javascript,setInterval(()=>{},1000)";
    const kept: Worker[] = [];
    for (let i = 0; i < 500; i++) kept.push(new Worker(code, { type: "module" }));
    for (;;);
  },
  run: () => new Deno.Command("/bin/sh", { args: ["-c", "echo out"] }).outputSync(),
  read: () => Deno.readTextFileSync("/etc/hostname"),
  write: () => Deno.writeTextFileSync("/tmp/cwts-escaped", "out"),
  env: () => Deno.env.toObject(),
  net: () => Deno.listen({ port: 0 }),
  ffi: () => Deno.dlopen("libc.so.6", {}),
  signal: () => Deno.kill(Deno.ppid, "SIGTERM"),
  forge: () => forge({ effects: [["send", "out", { got: "forged" }]] }),
  impersonate: () => forge({ n: 2, effects: [["send", "out", { got: "forged" }]] }),
  garbage: () => Deno.stdout.writeSync(new Uint8Array([3, 0, 0, 0, 33, 33, 33])),
  huge: () => Deno.stdout.writeSync(new Uint8Array([255, 255, 255, 127])),
  flood: () => {
    const chunk = new Uint8Array(1024 * 1024);
    for (;;) Deno.stdout.writeSync(chunk);
  },
};

const def: GuestDef<{ readonly attempt: string }> = {
  init: (context) => ({
    receive({ attempt }) {
      if (attempt === "effects") {
        for (let i = 0; i < 10_000; i++) context.send("out", { got: `${i}` });
        return;
      }
      let got: string;
      try {
        got = `got ${JSON.stringify(attempts[attempt]())}`;
      } catch (error) {
        got = `${(error as Error).name}`;
      }
      context.send("out", { got });
    },
  }),
};
export default def;
