/** Processes whose clock is ahead of this machine's or behind it: libfaketime, where it is installed. */
const PLACES = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib64/faketime/libfaketime.so.1",
  "/usr/local/lib/faketime/libfaketime.so.1",
];

const library = PLACES.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

export const skewMissing: readonly string[] = library === undefined ? ["libfaketime"] : [];

/** Environment of a process whose wall clock is so many seconds off; what measures spans of time is left alone. */
export function skewed(seconds: number): Record<string, string> {
  return {
    LD_PRELOAD: library ?? "",
    FAKETIME: `${seconds < 0 ? "" : "+"}${seconds}`,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}
