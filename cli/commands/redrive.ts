import { redriveVariables, type RedriveChoice } from "../../contract/redrive";
import { IssuesError } from "../../contract/issue";
import { formatDuration } from "../../language/duration";
import { nearest } from "../../language/nearest";
import { firestoreStore } from "../../runtime/firestore";
import { createLog } from "../../runtime/log";
import { postgresStore } from "../../runtime/postgres";
import { redrive as run, type RedriveStep, type RedriveSummary, type Target, toUrl } from "../../runtime/redrive";
import { forgetful } from "../../runtime/redrive/run";
import type { Store } from "../../runtime/store/store";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import { type Parking, parkingsOf } from "../redrive/parkings";
import { askGoogle, engineAt, googleCloud, type Place, refusal } from "../redrive/place";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";
import { requireEngine } from "./ask";

export interface RedriveCommandOptions extends CommonOptions, Omit<RedriveChoice, "causes" | "keys" | "dryRun"> {
  readonly cause: readonly string[];
  readonly key: readonly string[];
  /** Really delivers. */
  readonly deliver?: boolean;
  /** On Google Cloud, and not on the engine. */
  readonly cloud?: boolean;
  /** Full or last name, where several keep the dead letters. */
  readonly subscription?: string;
}

const short = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/**
 * `millrace redrive`: dead letters of a handler, and what would become of them; with `--deliver` each is given to that
 * handler again.
 * @returns findings when one has failed again on the way
 */
export async function redrive(
  handler: string,
  stack: string | undefined,
  options: RedriveCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const place = options.cloud ? googleCloud(process.env) : await engineAt(requireEngine(chosen, options));
  const parking = parkingNamed(handler, chosen, parkingsOf(options.out, chosen));
  if (parking.manifest.store === "memory") throw new IssuesError([forgetful(`${chosen}/${handler}`)]);
  const subscription = subscriptionOf(parking, options.subscription, chosen);
  const { cause, key, olderThan, newerThan, unparked, rate, limit, maxRedrives } = options;
  const choice: RedriveChoice = {
    ...(cause.length > 0 && { causes: cause }),
    ...(key.length > 0 && { keys: key }),
    olderThan,
    newerThan,
    unparked,
    rate,
    limit,
    maxRedrives,
    dryRun: !options.deliver,
  };
  const told = { schemaVersion: 1, stack: chosen, handler, subscription, dryRun: !options.deliver };
  if (options.deliver && byItsJob(parking, options)) {
    const { job } = parking;
    if (job === undefined) throw outOfReach(parking, chosen);
    if (!options.json) terminal.err(`running ${short(job)}, which gives them to ${handler}`);
    const { execution, failed } = await runJob(place, job, choice);
    if (options.json) terminal.out(JSON.stringify({ ...told, job, execution, failed }));
    else terminal.out(`${short(execution)}: ${failed ?? "succeeded"}; its log says what became of each letter`);
    return failed === undefined ? EXIT.ok : EXIT.findings;
  }
  const steps: RedriveStep[] = [];
  const summary = await outcomeOf(parking, subscription, place, choice, terminal, (step) => {
    steps.push(step);
    if (!options.json && options.deliver && step.what !== "left") terminal.err(lineOf(step));
  });
  if (options.json) terminal.out(JSON.stringify({ ...told, summary, letters: steps.map(letterOf) }));
  else show(handler, steps, summary, choice, place, terminal);
  return summary.failed > 0 ? EXIT.findings : EXIT.ok;
}

/** From outside its project an internal handler is reached by its job alone, and one that nobody calls by no other way. */
const byItsJob = ({ called }: Parking, { cloud }: RedriveCommandOptions): boolean =>
  !called || (cloud === true && called.internal);

async function outcomeOf(
  { manifest, called, database }: Parking,
  subscription: string,
  place: Place,
  { causes, keys, olderThan, newerThan, ...how }: RedriveChoice,
  terminal: Terminal,
  onStep: (step: RedriveStep) => void,
): Promise<RedriveSummary> {
  const { engine: emulatorHost, accessToken, clock } = place;
  const contract = { manifest };
  const to: Target = called
    ? toUrl(contract, place.addressOf(called), { idToken: () => place.idToken(called.as, called.audience) })
    : { contract, deliver: async () => false };
  const store: Store =
    manifest.store === "postgres"
      ? postgresStore()
      : firestoreStore({ accessToken, env: {}, ...(database && { database }), ...(emulatorHost && { emulatorHost }) });
  const say = (line: string) => {
    const { severity, message, error } = JSON.parse(line) as {
      readonly severity: string;
      readonly message: string;
      readonly error?: { readonly message: string };
    };
    if (severity === "ERROR" || severity === "WARNING") terminal.err(`${message}${error ? `: ${error.message}` : ""}`);
  };
  try {
    return await run({
      subscription,
      to,
      store,
      where: { causes, keys, olderThan, newerThan },
      ...how,
      emulatorHost: emulatorHost ?? "",
      accessToken,
      clock,
      log: createLog(say),
      onStep,
    });
  } catch (error) {
    if (error instanceof IssuesError) throw error;
    throw refusal((error as Error).message, "see that the subscription is there and that you may take from it");
  }
}

function parkingNamed(handler: string, stack: string, parkings: readonly Parking[]): Parking {
  const found = parkings.find(({ manifest }) => manifest.name === handler);
  if (found) return found;
  const names = parkings.map(({ manifest }) => manifest.name);
  const guess = nearest(handler, names);
  const fix = guess === undefined ? `its handlers that park: ${names.join(", ") || "none"}` : `did you mean ${guess}?`;
  const problem = `no handler of the stack that parks is called "${handler}"`;
  throw new IssuesError([{ code: "MR5006", severity: "error", path: stack, problem, fix }]);
}

function subscriptionOf({ subscriptions, manifest }: Parking, wanted: string | undefined, stack: string): string {
  const found = subscriptions.filter((name) => wanted === undefined || name === wanted || short(name) === wanted);
  if (found.length === 1) return found[0]!;
  const names = subscriptions.map(short).join(", ") || "none";
  const problem = `${found.length === 0 ? "no subscription keeps" : `${found.length} subscriptions keep`} what ${manifest.name} parks`;
  const fix = `name one with --subscription; there are: ${names}`;
  throw new IssuesError([{ code: "MR5006", severity: "error", path: stack, problem, fix }]);
}

function outOfReach({ manifest, called }: Parking, stack: string): IssuesError {
  const problem = called
    ? `${manifest.name} takes requests from inside its project only, and this machine is not`
    : `${manifest.name} has no address: it pulls, or is a job`;
  const fix = "give it a redrive job (`redrive: true`), which this command then runs";
  return new IssuesError([{ code: "MR5010", severity: "error", path: `${stack}/${manifest.name}`, problem, fix }]);
}

interface Operation {
  readonly name: string;
  readonly done?: boolean;
  readonly error?: { readonly message: string };
  readonly metadata: { readonly name: string };
}

const POLL_MS = 2_000;

/** Runs the redrive job with the choice over its own, and waits for its end. google/cloud/run/v2/job.proto */
async function runJob({ run: base, accessToken }: Place, job: string, choice: RedriveChoice) {
  const env = Object.entries(redriveVariables(choice)).map(([name, value]) => ({ name, value }));
  const overrides = { containerOverrides: [{ env }] };
  let operation = (await askGoogle(`${base}/v2/${job}:run`, await accessToken(), { overrides })) as Operation;
  while (!operation.done) {
    await new Promise((resolve) => setTimeout(resolve, base.startsWith("https:") ? POLL_MS : POLL_MS / 20));
    operation = (await askGoogle(`${base}/v2/${operation.name}`, await accessToken())) as Operation;
  }
  return { execution: operation.metadata.name, failed: operation.error?.message };
}

const WORDS = {
  left: "not chosen",
  matched: "would be delivered",
  delivered: "delivered",
  failed: "failed again, stays",
  obsolete: "stood for nothing any more, removed",
  guarded: "left alone: redriven too often",
} as const satisfies Record<RedriveStep["what"], string>;

const letterOf = ({ letter, postmark, what }: RedriveStep) => ({
  messageId: letter.attributes["millrace-message-id"] ?? letter.id,
  ...(postmark && { handler: postmark.handler, cause: postmark.cause, redrives: postmark.redrives }),
  message: letter.attributes["millrace-cause-message"],
  parkedAt: new Date(letter.publishTimeMs).toISOString(),
  what,
});

const lineOf = (step: RedriveStep): string => {
  const { messageId, cause = "dead-lettered by Pub/Sub", what } = letterOf(step);
  return `${messageId} ${cause}: ${WORDS[what]}`;
};

/** Letters by class and by what becomes of them. */
function show(
  handler: string,
  steps: readonly RedriveStep[],
  { looked, matched, delivered, failed }: RedriveSummary,
  { dryRun, limit = 1_000 }: RedriveChoice,
  { clock }: Place,
  terminal: Terminal,
): void {
  const groups = new Map<string, RedriveStep[]>();
  for (const step of steps) {
    const { cause = "dead-lettered by Pub/Sub", handler: whose = "" } = letterOf(step);
    const what = whose && whose !== handler ? `of ${whose}` : WORDS[step.what];
    const key = JSON.stringify([cause, what]);
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  const rows = [...groups].map(([key, group]) => {
    const [cause, what] = JSON.parse(key) as [string, string];
    const ages = group.map(({ letter }) => Math.max(0, clock.now() - letter.publishTimeMs));
    const age = (ms: number) => formatDuration(Math.round(ms / 1_000) * 1_000);
    return [cause, String(group.length), age(Math.max(...ages)), age(Math.min(...ages)), what];
  });
  if (rows.length > 0)
    for (const line of columns([["CAUSE", "LETTERS", "OLDEST", "NEWEST", ""], ...rows])) terminal.out(line.trimEnd());
  const more = looked === limit ? `; there may be more than the ${limit} looked at (--limit)` : "";
  terminal.err(
    dryRun
      ? `${matched} of ${looked} letters would be delivered to ${handler}${matched > 0 ? "; run it again with --deliver" : ""}${more}`
      : `${delivered} delivered to ${handler}, ${failed} failed${more}`,
  );
}
