import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zip } from "../../../constructs/packaging/zip";
import { type Clock, realClock } from "../../../local/engine/clock";
import { createEvents, type EngineEvent } from "../../../local/engine/events";
import { createProcesses, type Processes, type ProcessesOptions } from "../../../local/engine/processes";
import type { TargetSpec } from "../../../local/engine/target";

/** A folder of the test's own, removed by `remove`. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "millrace-processes-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

let archives = 0;

/** Writes an archive as packaging does and describes the target that runs it. */
export function target(
  folder: string,
  source: string,
  spec: Partial<TargetSpec> = {},
  start: string | null = "node index.js",
): TargetSpec {
  mkdirSync(folder, { recursive: true });
  const { name = "app", kind = "service" } = spec;
  const archive = join(folder, `${name}-${++archives}.zip`);
  const manifest = kind === "service" ? { scripts: start === null ? {} : { start } } : {};
  const files = { "index.js": source, "package.json": JSON.stringify(manifest) };
  writeFileSync(archive, zip(Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }))));
  const url = `https://${name}-1.r.run.app`;
  return {
    name,
    kind,
    project: "p",
    region: "r",
    url,
    audiences: [url],
    invokers: [],
    archive,
    ...(kind === "function" && { entryPoint: "handler" }),
    environment: {},
    concurrency: 10,
    maxInstances: 1,
    timeoutMs: 30_000,
    ...spec,
  };
}

/** A server on PORT that answers with what `answer` (an expression over `request`) gives, as JSON. */
export const server = (answer: string, before = "") =>
  `${before}
require("node:http").createServer(async (request, response) => {
  try { response.end(JSON.stringify(await (${answer})) ?? ""); } catch (error) { response.statusCode = 500; response.end(String(error)); }
}).listen(process.env.PORT);`;

export interface Rig {
  readonly processes: Processes;
  readonly events: EngineEvent[];
  /** Events of one type, so far. */
  readonly of: <T extends EngineEvent["type"]>(type: T) => Extract<EngineEvent, { type: T }>[];
  /** Settles with the first event that `matches`, past or to come. */
  readonly seen: (matches: (event: EngineEvent) => boolean) => Promise<EngineEvent>;
}

export function rig(
  stateDir: string,
  targets: readonly TargetSpec[],
  options: Partial<ProcessesOptions> & { clock?: Clock } = {},
): Rig {
  const clock = options.clock ?? realClock();
  const emitter = createEvents(() => clock.now());
  const events: EngineEvent[] = [];
  emitter.on((event) => events.push(event));
  return {
    processes: createProcesses({ targets, stateDir, clock, events: emitter, standIns: {}, ...options }),
    events,
    of: <T extends EngineEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type),
    seen: (matches) =>
      new Promise((resolve) => {
        const past = events.find(matches);
        if (past) return resolve(past);
        const off = emitter.on((event) => {
          if (!matches(event)) return;
          off();
          resolve(event);
        });
      }),
  };
}

export const name = (spec: TargetSpec) => `projects/p/locations/r/${spec.kind}s/${spec.name}`;

/** Takes a slot, asks the process, gives the slot back. */
export async function ask(processes: Processes, spec: TargetSpec, path = "/"): Promise<unknown> {
  const acquired = await processes.acquire(name(spec));
  if (acquired.kind !== "slot") throw new Error(`refused: ${acquired.status} ${acquired.reason}`);
  try {
    const response = await fetch(`http://127.0.0.1:${acquired.slot.port}${path}`, { headers: { connection: "close" } });
    return await response.json();
  } finally {
    acquired.slot.release();
  }
}

/** Whether a process runs: one that has ended and that nobody has asked about yet does not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/^\d+ \(.*\) Z/s.test(readFileSync(stat, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until `holds`, for what happens outside of this process; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
