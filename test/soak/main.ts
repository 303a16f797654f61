/**
 * `npm run soak`: 100,000 events through the local engine to processes that die, then the record protocol in every
 * order of events within deeper bounds than the tests have. `-- --events 5000 --seed 7 --json` asks for other numbers.
 * Exit code 1 when something is wrong.
 */
import { parseArgs } from "node:util";
import { type Bounds, check } from "../runtime/support/checker";
import { soak } from "./events";

const DEEPER: readonly Bounds[] = [
  { effects: "transactional", deliveries: 2, crashes: 2, failures: 2, lapses: 2, lostReplies: 1, publishes: true },
  { effects: "transactional", deliveries: 3, crashes: 1, failures: 1, lapses: 2 },
  { effects: "at-least-once", deliveries: 3, crashes: 2, failures: 1, lapses: 1 },
  { effects: "at-least-once", deliveries: 3, crashes: 1, failures: 1, lapses: 1, lostReplies: 1 },
  { effects: "transactional", deliveries: 4, crashes: 1, failures: 1, lapses: 1 },
];
/** Ends a check that would take longer than the rest together; none of them has so many. */
const MOST_STATES = 200_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      events: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  const events = Number(values.events);
  if (!(Number.isInteger(events) && events >= 2)) {
    console.error(`--events ${values.events} is not a whole number from 2`);
    return 2;
  }
  const say = (text: string) => values.json || console.log(text);
  const soaks = [];
  for (const effects of ["transactional", "at-least-once"] as const) {
    const begun = performance.now();
    const progress = (text: string) => say(`  ${effects}: ${text}`);
    const report = await soak({ events: Math.floor(events / 2), effects, seed: values.seed, progress });
    const seconds = Math.round((performance.now() - begun) / 1_000);
    soaks.push({ effects, seconds, ...report, wrong: report.wrong.slice(0, 100) });
    say(
      `${effects}: ${report.events} events, ${report.messages} messages, ${report.pushes} pushes, ${report.kills} crashes, ` +
        `${report.drains} shutdowns, ${seconds} s: ${report.once} once, ${report.parked} parked, ${report.wrong.length} wrong`,
    );
    for (const text of report.wrong.slice(0, 20)) say(`  ${text}`);
  }
  const checks = [];
  for (const bounds of DEEPER) {
    const begun = performance.now();
    const { states, ends, violations } = await check(bounds, MOST_STATES);
    const seconds = Math.round((performance.now() - begun) / 1_000);
    checks.push({ bounds, states, ends: ends.size, seconds, violations: [...violations.keys()] });
    say(`${JSON.stringify(bounds)}: ${states} states, ${ends.size} ends, ${seconds} s, ${violations.size} violations`);
    for (const [what, path] of violations) say(`  ${what}: ${path.join("; ")}`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ soaks, checks }, undefined, 1)}\n`);
  return soaks.some(({ wrong }) => wrong.length > 0) || checks.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

void main().then((code) => (process.exitCode = code));
