import type { RedriveChoice } from "../../contract/redrive";
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
import { runJob } from "../redrive/execution";
import { explained } from "../redrive/google";
import { engineAt, googleCloud, type Outside, type Place } from "../redrive/place";
import { chooseStack } from "../stack";
import type { Signals } from "../signals";
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

export interface RedriveSurroundings extends Outside {
  /** Ctrl-C. @default nobody presses it */
  readonly signals?: Pick<Signals, "onFirst">;
}

/**
 * `millrace redrive`: dead letters of a handler, and what would become of them; with `--deliver` each is given to that
 * handler again.
 * @returns findings when one has failed again on the way, or when it was interrupted
 */
export async function redrive(
  handler: string,
  stack: string | undefined,
  options: RedriveCommandOptions,
  terminal: Terminal,
  surroundings: RedriveSurroundings = {},
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack, !options.cloud);
  const place = options.cloud ? googleCloud(surroundings) : await engineAt(requireEngine(chosen, options));
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
  const needsJob = options.deliver && byItsJob(parking, options);
  if (needsJob && parking.job === undefined) throw outOfReach(parking, chosen);
  const stop = new AbortController();
  surroundings.signals?.onFirst(() => stop.abort());
  const asked: Asked = { handler, stack: chosen, parking, subscription, place, choice, signal: stop.signal };
  try {
    // Whoever is not logged in is told so at once.
    await place.accessToken();
    return needsJob && parking.job !== undefined
      ? await byJob(asked, parking.job, options, terminal)
      : await directly(asked, options, terminal);
  } catch (error) {
    throw explained(error);
  }
}

interface Asked {
  readonly handler: string;
  readonly stack: string;
  readonly parking: Parking;
  readonly subscription: string;
  readonly place: Place;
  readonly choice: RedriveChoice;
  readonly signal: AbortSignal;
}

const told = ({ stack, handler, subscription, choice: { dryRun } }: Asked) => ({
  schemaVersion: 1,
  stack,
  handler,
  subscription,
  dryRun,
});

async function byJob(
  asked: Asked,
  job: string,
  { json }: RedriveCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { handler, place, choice, signal } = asked;
  const { execution, failed, logUri, goesOn } = await runJob(place, job, choice, {
    signal,
    begun: (name) =>
      void (json || terminal.err(`running ${short(job)} as ${short(name)}, which gives them to ${handler}`)),
  });
  if (json) terminal.out(JSON.stringify({ ...told(asked), job, execution, logUri, failed, interrupted: goesOn }));
  else if (goesOn)
    terminal.err(`no longer waiting for ${short(execution)}, which goes on; cancel it with ${cancel(execution)}`);
  else {
    terminal.out(`${short(execution)}: ${failed ?? "succeeded"}; its log says what became of each letter`);
    if (logUri) terminal.err(logUri);
  }
  return failed === undefined && !goesOn ? EXIT.ok : EXIT.findings;
}

function cancel(execution: string): string {
  const [, project, , region] = execution.split("/");
  return `\`gcloud run jobs executions cancel ${short(execution)} --region=${region} --project=${project}\``;
}

async function directly(asked: Asked, { json, deliver }: RedriveCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const { handler, choice, place, signal } = asked;
  const steps: RedriveStep[] = [];
  const summary = await outcomeOf(asked, terminal, (step) => {
    steps.push(step);
    if (!json && deliver && step.what !== "left") terminal.err(lineOf(step));
  });
  const interrupted = signal.aborted;
  if (json) terminal.out(JSON.stringify({ ...told(asked), summary, interrupted, letters: steps.map(letterOf) }));
  else show(handler, steps, summary, choice, place, terminal);
  if (!json && interrupted) terminal.err("interrupted; the letters that are left stay where they are");
  return summary.failed > 0 || interrupted ? EXIT.findings : EXIT.ok;
}

/** From outside its project an internal handler is reached by its job alone, and one that nobody calls by no other way. */
const byItsJob = ({ called }: Parking, { cloud }: RedriveCommandOptions): boolean =>
  !called || (cloud === true && called.internal);

async function outcomeOf(
  { parking: { manifest, called, database }, subscription, place, choice, signal }: Asked,
  terminal: Terminal,
  onStep: (step: RedriveStep) => void,
): Promise<RedriveSummary> {
  const { engine: emulatorHost, accessToken, clock, random, send } = place;
  const { causes, keys, olderThan, newerThan, ...how } = choice;
  const contract = { manifest };
  const idToken = called && (() => place.idToken(called.as, called.audience));
  // Before any record is opened for deliveries that could not be made.
  if (!how.dryRun) await idToken?.();
  const to: Target =
    called && idToken
      ? toUrl(contract, place.addressOf(called), { idToken, fetch: send })
      : { contract, deliver: async () => false };
  const store: Store =
    manifest.store === "postgres"
      ? postgresStore()
      : firestoreStore({
          accessToken,
          env: {},
          fetch: send,
          ...(database && { database }),
          ...(emulatorHost && { emulatorHost }),
        });
  const say = (line: string) => {
    const { severity, message, error } = JSON.parse(line) as {
      readonly severity: string;
      readonly message: string;
      readonly error?: { readonly message: string };
    };
    if (severity === "ERROR" || severity === "WARNING") terminal.err(`${message}${error ? `: ${error.message}` : ""}`);
  };
  return run({
    subscription,
    to,
    store,
    where: { causes, keys, olderThan, newerThan },
    ...how,
    emulatorHost: emulatorHost ?? "",
    accessToken,
    fetch: send,
    clock,
    random,
    signal,
    log: createLog(say),
    onStep,
  });
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
