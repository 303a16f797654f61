import { clockChanges, formatInZone, nextRuns, printSchedule } from "../../language/schedule";
import { IssuesError } from "../../contract/issue";
import { loadSystem } from "../../local/engine/load";
import type { JobConfig } from "../../local/engine/scheduler";
import { nearest } from "../../language/nearest";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";
import { ask, engineOf, requireEngine } from "./ask";

/** What the engine answers about a job, as far as it is shown. */
interface JobAnswer {
  readonly state: string;
  readonly scheduleTime?: string;
  readonly millraceRunning?: true;
  readonly millraceLastRun?: {
    readonly ok: boolean;
    readonly reason: string;
    readonly attempts: number;
    readonly scheduledTime: string;
    readonly endTime: string;
  };
}

const short = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `2026-11-30T09:00:00+01:00` → `Mon 2026-11-30 09:00+01:00` */
function brief(local: string): string {
  const day = new Date(`${local.slice(0, 10)}T00:00:00Z`).toLocaleDateString("en-US", {
    weekday: "short",
    timeZone: "UTC",
  });
  return `${day} ${local.slice(0, 10)} ${local.slice(11, 16)}${local.slice(19)}`;
}

const jobsOf = (stack: string, options: CommonOptions): readonly JobConfig[] =>
  loadSystem(options.out, stack).system.jobs.map(({ config }) => config);

/** Changes of the clocks are looked for so many days ahead. */
const AHEAD_DAYS = 366;

/** When a job runs next, by an engine's own word for the first of them where one runs it. */
function nextOf(
  { schedule, timeZone }: JobConfig,
  { afterMs, count, first }: { readonly afterMs: number; readonly count: number; readonly first?: number },
) {
  const instants =
    first === undefined || count < 1
      ? nextRuns(schedule, timeZone, afterMs, count)
      : [first, ...nextRuns(schedule, timeZone, first, count - 1)];
  return {
    next: instants.map((at) => new Date(at).toISOString()),
    nextLocal: instants.map((at) => formatInZone(at, timeZone)),
    clockChanges: clockChanges(schedule, timeZone, afterMs, AHEAD_DAYS).map(({ kind, wallMs }) => ({
      kind,
      at: new Date(wallMs).toISOString().slice(0, 16),
    })),
  };
}

/** `millrace schedule ls`: the jobs of a stack and when they run next; with an engine also how they ran last. */
export async function scheduleList(
  stack: string | undefined,
  options: CommonOptions & { readonly next: number },
  terminal: Terminal,
  now: () => number = Date.now,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = engineOf(chosen, options);
  const jobs = await Promise.all(
    jobsOf(chosen, options).map(async (config) => {
      const { name, schedule, timeZone, paused } = config;
      const answer = engine && ((await ask(engine, "GET", `/v1/${name}`)) as JobAnswer);
      const { state = paused ? "PAUSED" : "ENABLED", millraceLastRun: lastRun, millraceRunning } = answer ?? {};
      const first = answer?.scheduleTime === undefined ? undefined : Date.parse(answer.scheduleTime);
      const afterMs = now();
      const count = state === "PAUSED" ? 0 : options.next;
      return {
        name,
        schedule: printSchedule(schedule),
        timeZone,
        state: millraceRunning ? "RUNNING" : state,
        ...nextOf(config, { afterMs, count, ...(first !== undefined && { first }) }),
        ...(lastRun && { lastRun }),
      };
    }),
  );
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, stack: chosen, running: !!engine, jobs }));
  else if (jobs.length === 0) terminal.err(`${chosen} has no jobs of Cloud Scheduler`);
  else {
    const rows = jobs.map(({ name, schedule, timeZone, state, nextLocal, lastRun }) => [
      short(name),
      schedule,
      timeZone,
      state,
      nextLocal.map(brief).join(", ") || "-",
      lastRun ? `${lastRun.scheduledTime.slice(0, 16)}Z ${lastRun.reason}` : "-",
    ]);
    for (const line of columns([["JOB", "SCHEDULE", "ZONE", "STATE", "NEXT", "LAST"], ...rows])) terminal.out(line);
    for (const { name, timeZone, clockChanges: changes } of jobs)
      for (const { kind, at } of changes)
        terminal.out(
          `${short(name)}: ${at.replace("T", " ")} ${kind === "skipped" ? "does not exist" : "comes twice"} in ${timeZone}, so there ${kind === "skipped" ? "is no run" : "may be two runs"}`,
        );
  }
  return EXIT.ok;
}

/** `millrace schedule run`: runs a job now and waits for its end. @returns findings when the run has failed */
export async function scheduleRun(
  job: string,
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = requireEngine(chosen, options);
  const names = jobsOf(chosen, options).map(({ name }) => name);
  const found = names.find((name) => name === job || short(name) === job);
  if (found === undefined) {
    const guess = nearest(job, names.map(short));
    const fix = guess === undefined ? `its jobs: ${names.map(short).join(", ") || "none"}` : `did you mean ${guess}?`;
    throw new IssuesError([
      { code: "MR5006", severity: "error", path: chosen, problem: `there is no job "${job}" in the stack`, fix },
    ]);
  }
  const { millraceLastRun: run } = (await ask(engine, "POST", `/v1/${found}:run?millraceWait=true`)) as JobAnswer;
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, job: found, run }));
  else
    terminal.out(
      `${short(found)}: ${run!.reason} after ${run!.attempts === 1 ? "1 attempt" : `${run!.attempts} attempts`}`,
    );
  return run!.ok ? EXIT.ok : EXIT.findings;
}
