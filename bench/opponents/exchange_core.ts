/**
 * exchange-core (Java), when this machine has a JDK and Maven; else the reason why it is absent.
 *
 * Maven fetches the jar and what it needs by the coordinates in `exchange_core/pom.xml`; javac compiles the harness.
 */
import { fileURLToPath } from "node:url";
import { BUILD_FOLDER, type Line, measured } from "../native/build.ts";

const HERE = fileURLToPath(new URL("./exchange_core/", import.meta.url));
const FOLDER = `${BUILD_FOLDER}exchange-core/`;
const LIBRARIES = `${FOLDER}lib`;
const CLASSES = `${FOLDER}classes`;
const JAR = `${LIBRARIES}/exchange-core-0.5.3.jar`;
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/** Enough that the collector of garbage has little to do, all of it there from the start. */
const JVM = ["-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC"];

/** Null when it can run; else one clause that says what is missing. */
export function whyAbsent(): string | null {
  if (run("java", ["-version"]) !== 0) return "java is not installed";
  try {
    Deno.statSync(JAR);
  } catch {
    const got = run("mvn", ["-q", "-B", "-f", `${HERE}pom.xml`, COPY, `-DoutputDirectory=${LIBRARIES}`]);
    if (got === null) return "its jar is not here and Maven (mvn) is not installed to fetch it";
    if (got !== 0) return "Maven could not fetch its jar";
  }
  const compiled = run("javac", ["-cp", `${LIBRARIES}/*`, "-d", CLASSES, `${HERE}Tape.java`]);
  if (compiled === null) return "javac is not installed: a JDK is needed";
  return compiled === 0 ? null : "javac could not compile its harness";
}

function run(program: string, args: string[]): number | null {
  try {
    return new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync().code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Its figures on the first `limit` operations of a tape. */
export async function exchangeCore(tape: string, runs: number, limit: number): Promise<Line> {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const classpath = [CLASSES, `${LIBRARIES}/*`].join(separator);
  const [line] = await measured("java", [...JVM, "-cp", classpath, "Tape", tape, String(runs), String(limit)]);
  return line;
}
