import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Google's Firestore emulator, running on this machine. */
export interface FirestoreEmulator {
  /** `127.0.0.1:{port}`, the value of `FIRESTORE_EMULATOR_HOST`. */
  readonly host: string;
  /** Removes every document of a project's database. */
  clear(project: string, database?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Suites that may not be skipped: `MILLRACE_REQUIRE=firestore-emulator,pubsub-emulator`. */
const required = (name: string) => (process.env.MILLRACE_REQUIRE ?? "").split(",").includes(name);

/**
 * Path of the emulator's jar: `FIRESTORE_EMULATOR_JAR`, else the Cloud SDK that `gcloud` on the PATH belongs to.
 * Undefined when there is none, or no java to run it.
 */
export function findFirestoreEmulator(): string | undefined {
  if (!onPath("java")) return undefined;
  const named = process.env.FIRESTORE_EMULATOR_JAR;
  if (named) return existsSync(named) ? named : undefined;
  const gcloud = onPath("gcloud");
  if (!gcloud) return undefined;
  const folder = join(realpathSync(gcloud), "..", "..", "platform", "cloud-firestore-emulator");
  if (!existsSync(folder)) return undefined;
  const jar = readdirSync(folder).find((name) => /^cloud-firestore-emulator.*\.jar$/.test(name));
  return jar && join(folder, jar);
}

/**
 * `describe`, run against Google's emulator; where there is none the suite is skipped with a word on stderr.
 * @throws Error without an emulator when `MILLRACE_REQUIRE` lists `firestore-emulator`
 */
export function describeFirestoreEmulator(name: string, suite: () => void): void {
  if (findFirestoreEmulator()) return describe(name, suite);
  const missing =
    "Google's Firestore emulator is not on this machine (java and the Cloud SDK's cloud-firestore-emulator)";
  if (required("firestore-emulator")) throw new Error(`${missing}, and MILLRACE_REQUIRE demands it`);
  process.stderr.write(`SKIPPED "${name}": ${missing}\n`);
  describe.skip(name, suite);
}

/** Starts the jar itself: `gcloud` would leave the JVM behind when it is stopped. */
export async function startFirestoreEmulator(): Promise<FirestoreEmulator> {
  const jar = findFirestoreEmulator();
  if (!jar) throw new Error("no java, or no cloud-firestore-emulator jar");
  // With --port=0 the emulator does not say which port it took, and a port in use leaves it running and deaf.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawn("java", [...JVM_FLAGS, "-cp", jar, MAIN_CLASS, "--host=127.0.0.1", `--port=${port}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const host = `127.0.0.1:${port}`;
    if (await answers(`http://${host}/`, child)) return emulator(host, child);
    await kill(child);
    if (attempt === 3) throw new Error(`the Firestore emulator did not start:\n${output.join("")}`);
  }
}

const MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
const JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-Duser.language=en"];

const emulator = (host: string, child: ChildProcess): FirestoreEmulator => ({
  host,
  async clear(project, database = "(default)") {
    const url = `http://${host}/emulator/v1/projects/${project}/databases/${database}/documents`;
    const response = await fetch(url, { method: "DELETE" });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  },
  stop: () => kill(child),
});

function onPath(program: string): string | undefined {
  try {
    return execFileSync("which", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  const end = Date.now() + 30_000;
  while (Date.now() < end && child.exitCode === null) {
    const up = await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
