/** Loading the core: what is refused, with which sentence, and how little permission it takes. */
import assert from "node:assert/strict";
import { libraryPath } from "../../ffi/mod.ts";
import { inDirectory, ROOT, runScript } from "./native.ts";

const LOAD = `import { AuditLog, NativeError } from "$ROOT/ffi/mod.ts";
try {
  AuditLog.memory().close();
  console.log("loaded");
} catch (error) {
  if (!(error instanceof NativeError)) throw error;
  console.log(error.codeName + "|" + error.message);
}`;

/** Loads a library compiled from `source`, and returns what the attempt printed. */
async function loadLibrary(directory: string, source: string): Promise<string> {
  const file = `${directory}/other.rs`;
  const library = `${directory}/libother.so`;
  await Deno.writeTextFile(file, source);
  const compile = new Deno.Command("rustc", { args: ["--crate-type", "cdylib", "-O", file, "-o", library] });
  const { success, stderr } = await compile.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const { stdout, stderr: said } = await runScript(LOAD, { env: { CWTS_CORE_LIB: library } });
  return stdout || said;
}

const other = (version: string, hash: string) =>
  `#[no_mangle] pub extern "C" fn cwts_abi_version() -> u32 { ${version} }
   #[no_mangle] pub extern "C" fn cwts_layout_hash() -> u64 { ${hash} }`;

Deno.test("a core of another version, layout or kind is refused before anything else is called", async () => {
  const { ABI_VERSION, LAYOUT_HASH } = await import("../../ffi/layout.gen.ts");
  await inDirectory(async (directory) => {
    const version = await loadLibrary(directory, other(`${ABI_VERSION + 1}`, `${LAYOUT_HASH}`));
    assert.match(version, /^CORE_VERSION\|.*it speaks version \d+, this program \d+.*run deno task build/);
    assert.ok(version.includes(`version ${ABI_VERSION + 1}, this program ${ABI_VERSION}`), version);
    const hash = await loadLibrary(directory, other(`${ABI_VERSION}`, `${LAYOUT_HASH + 1}`));
    assert.match(hash, /^CORE_VERSION\|.*laid out differently.*run deno task build/);
    const foreign = await loadLibrary(directory, `#[no_mangle] pub extern "C" fn something_else() {}`);
    assert.match(foreign, /^CORE_VERSION\|.*run deno task build/);
    const half = await loadLibrary(directory, other(`${ABI_VERSION}`, `${LAYOUT_HASH}`));
    assert.match(half, /^CORE_VERSION\|.*run deno task build/);
  });
});

Deno.test("a core that is not built, or no library at all, is one sentence", async () => {
  await inDirectory(async (directory) => {
    const missing = await runScript(LOAD, { env: { CWTS_CORE_LIB: `${directory}/none.so` } });
    assert.match(missing.stdout, /^CORE_MISSING\|the native core is not built: run deno task build/);
    await Deno.writeTextFile(`${directory}/text.so`, "not a library");
    const text = await runScript(LOAD, { env: { CWTS_CORE_LIB: `${directory}/text.so` } });
    assert.match(text.stdout, /^CORE_VERSION\|/);
  });
});

Deno.test("the permission to load one library is enough for everything", async () => {
  const source = `
    import { AuditLog, ControlPage, MatchingEngine, OrderGate, OrderCommandView } from "$ROOT/ffi/mod.ts";
    using audit = AuditLog.memory();
    using control = ControlPage.memory();
    using gate = OrderGate.create({ audit, control });
    using engine = MatchingEngine.create([0]);
    const commands = new Uint8Array(OrderCommandView.SIZE);
    const out = new Uint8Array(64);
    gate.submit(commands, 1, out);
    engine.submit(commands, 1, out, out);
    control.request(0, 3, "test", "test", 1);
    try { Deno.dlopen("libc.so.6", {}); console.log("too much"); } catch (e) { console.log(e.name, audit.head().records); }`;
  const flags = ["--allow-read=.", `--allow-ffi=${libraryPath()}`];
  const { stdout, stderr, code } = await runScript(source, { flags });
  assert.equal(stdout.trim(), "NotCapable 1", stderr);
  assert.equal(code, 0);
});

Deno.test("nothing in this room asks for a pointer", async () => {
  for await (const entry of Deno.readDir(`${ROOT}/ffi`)) {
    if (!entry.name.endsWith(".ts")) continue;
    const source = await Deno.readTextFile(`${ROOT}/ffi/${entry.name}`);
    assert.doesNotMatch(source, /UnsafePointer|UnsafeCallback|"pointer"|"function"/, entry.name);
    if (entry.name !== "library.ts") assert.doesNotMatch(source, /Deno\.dlopen\(/, entry.name);
  }
});
