import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./port";
import { describeWithTool } from "./tool";

/** One of the emulators that Google ships as a jar with the Cloud SDK. */
export interface JavaEmulator {
  /** For a person, and in lower case with hyphens in `MILLRACE_REQUIRE`: `Pub/Sub` and `pubsub-emulator`. */
  readonly title: string;
  readonly name: string;
  /** Folder under the Cloud SDK's `platform`, and the jar's name in it. */
  readonly folder: string;
  readonly jar: RegExp;
  /** Environment variable that names the jar instead. */
  readonly variable: string;
  /** Arguments of `java`. */
  command(jar: string, port: number): readonly string[];
  /** Path that answers 200 once requests are served: an open port is not enough. */
  readonly ready: string;
}

export interface RunningEmulator {
  /** `127.0.0.1:{port}`, the value of the client libraries' `…_EMULATOR_HOST`. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Path of the emulator's jar, or what is missing on this machine. */
export function findJar(emulator: JavaEmulator): { readonly jar: string } | { readonly missing: string } {
  if (!onPath("java")) return { missing: "there is no java on the PATH" };
  const named = process.env[emulator.variable];
  if (named) return existsSync(named) ? { jar: named } : { missing: `${emulator.variable}=${named} is not there` };
  for (const sdk of cloudSdks()) {
    const folder = join(sdk, "platform", emulator.folder);
    const jar = existsSync(folder) && readdirSync(folder).find((name) => emulator.jar.test(name));
    if (jar) return { jar: join(folder, jar) };
  }
  return { missing: `no Cloud SDK with platform/${emulator.folder} (CLOUDSDK_ROOT, gcloud on the PATH)` };
}

/**
 * `describe`, run against Google's emulator; where there is none the suite is skipped with a word on stderr.
 * @throws Error without an emulator when `MILLRACE_REQUIRE` (comma separated) lists it
 */
export function describeWith(emulator: JavaEmulator, name: string, suite: () => void): void {
  const found = findJar(emulator);
  const missing = "missing" in found && `Google's ${emulator.title} emulator is not on this machine: ${found.missing}`;
  describeWithTool(emulator.name, missing || undefined, name, suite);
}

/** Starts the jar itself: `gcloud` would leave the JVM behind when it is stopped. */
export async function startJavaEmulator(emulator: JavaEmulator): Promise<RunningEmulator> {
  const found = findJar(emulator);
  if ("missing" in found) throw new Error(found.missing);
  // With --port=0 the emulators do not say which port they took, and a port in use leaves them running and deaf.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawn("sh", ["-c", GUARD, "sh", "java", ...emulator.command(found.jar, port)]);
    const output: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const host = `127.0.0.1:${port}`;
    if (await answers(`http://${host}${emulator.ready}`, child)) return { host, stop: () => stop(child) };
    await stop(child);
    if (attempt === 3) throw new Error(`the ${emulator.title} emulator did not start:\n${output.join("")}`);
  }
}

/**
 * Runs its arguments until its own stdin closes, which happens however the parent ends: a jest that is killed leaves no
 * JVM behind.
 */
const GUARD = 'exec 3<&0; "$@" 3<&- & pid=$!; { read -r _; kill -9 "$pid"; } <&3 & exec 3<&-; wait "$pid"';

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.stdin!.end();
  await gone;
}

function cloudSdks(): readonly string[] {
  const gcloud = onPath("gcloud");
  const beside = gcloud && join(realpathSync(gcloud), "..", "..");
  return [process.env.CLOUDSDK_ROOT, beside, "/usr/lib/google-cloud-sdk"].filter((path) => path !== undefined);
}

function onPath(program: string): string | undefined {
  try {
    return execFileSync("which", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  const end = Date.now() + 90_000;
  while (Date.now() < end && child.exitCode === null) {
    const up = await fetch(url, { signal: AbortSignal.timeout(30_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
