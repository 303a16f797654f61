import { createEvents, type EngineEvent } from "../../../local/engine/events";
import { virtualClock } from "../../../local/engine/clock";
import { createRunJobs, type RunJobConfig, type RunJobs } from "../../../local/engine/jobs";
import type { Journal } from "../../../local/engine/journal";
import { noJournal } from "../../../local/engine/journal";
import { seededRandom } from "../../../local/engine/random";

export const START = Date.parse("2026-11-30T08:00:00Z");
export const JOB = "projects/p/locations/europe-west1/jobs/import";

export const jobConfig = (settings: Partial<RunJobConfig> = {}): RunJobConfig => ({
  name: JOB,
  tasks: 1,
  parallelism: 0,
  retries: 3,
  timeoutMs: 600_000,
  program: { name: "import", kind: "job", project: "p", region: "europe-west1", archive: "/none", environment: {} },
  ...settings,
});

type Play = (variables: Readonly<Record<string, string>>) => { readonly seconds?: number; readonly code?: number };

/** Cloud Run jobs on a virtual clock, whose processes only take their time. */
export function startDesk(
  play: Play,
  { journal = noJournal, startMs = START }: { readonly journal?: Journal; readonly startMs?: number } = {},
) {
  const clock = virtualClock(startMs);
  const events = createEvents(() => clock.now());
  const seen: EngineEvent[] = [];
  events.on((event) => seen.push(event));
  const processes: Readonly<Record<string, string>>[] = [];
  const jobs: RunJobs = createRunJobs({
    clock,
    events,
    journal,
    random: seededRandom("jobs"),
    start: async (_program, variables, args) => {
      processes.push({ ...variables, ...(args.length > 0 && { args: args.join(" ") }) });
      const { seconds = 1, code = 0 } = play(variables);
      let end!: (outcome: { ok: boolean; reason: string }) => void;
      const ended = new Promise<{ ok: boolean; reason: string }>((resolve) => (end = resolve));
      const timer = clock.after(seconds * 1_000, () => end({ ok: code === 0, reason: `exit code ${code}` }));
      return {
        ended,
        stop() {
          timer.cancel();
          end({ ok: false, reason: "SIGTERM" });
        },
      };
    },
  });
  jobs.start();
  return { clock, jobs, events: seen, processes };
}
