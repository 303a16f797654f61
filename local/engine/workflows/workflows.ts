import type { Json } from "../../../contract/json";
import { checkSource } from "../../../language/workflows/check";
import { JsonFault, parseJson } from "../../../language/workflows/json";
import type { Workflow } from "../../../language/workflows/model";
import type { Value } from "../../../language/workflows/value";
import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { Journal, Journaled } from "../journal";
import type { Random } from "../random";
import type { CallbackSlots } from "./callbacks";
import { uuid } from "./library";
import { type Running, runExecution, type Ways } from "./run";
import { decodeTold, decodeValue, encodeTold, encodeValue, type KeptAnswer } from "./told-json";
import {
  type ExecutionRecord,
  KEPT_EXECUTIONS,
  MAX_ARGUMENT,
  type NewExecution,
  type Revision,
  type WorkflowConfig,
  workflowOf,
} from "./types";

export interface WorkflowsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly journal: Journal;
  readonly ways: Ways;
}

/** Workflows and their executions. Faults of a caller are thrown as StatusError. */
export interface Workflows extends Journaled {
  /** Makes a workflow, or a new revision of it; executions that run keep theirs. @throws StatusError for a bad definition */
  ensure(config: WorkflowConfig): void;
  /** With its executions. @returns false when there is none */
  remove(name: string): boolean;
  workflows(): readonly Revision[];
  workflow(name: string): Revision;
  create(workflow: string, execution?: NewExecution): ExecutionRecord;
  get(execution: string): ExecutionRecord;
  /** Latest first. */
  list(workflow: string): readonly ExecutionRecord[];
  cancel(execution: string): ExecutionRecord;
  /** The record of an execution when it has ended. */
  ended(execution: string): Promise<ExecutionRecord>;
  /** Steps that are under way, outermost first. */
  steps(execution: string): readonly { readonly routine: string; readonly step: string }[];
  /** Endpoints of an execution that runs. */
  callbacks(execution: string): Pick<CallbackSlots, "offer" | "list"> | undefined;
  /** Engine milliseconds since the Unix epoch. */
  now(): number;
  /** Whether no execution waits for anything but time or a callback. */
  idle(): boolean;
  start(): void;
  stop(): void;
}

type Entry =
  | { readonly op: "revision"; readonly revision: Revision }
  | { readonly op: "begun"; readonly record: ExecutionRecord }
  | { readonly op: "ended"; readonly record: ExecutionRecord }
  | { readonly op: "told"; readonly execution: string; readonly told: KeptAnswer }
  | { readonly op: "callback"; readonly execution: string; readonly id: string; readonly request: string | null }
  | { readonly op: "gone"; readonly workflow: string };

/** What is kept of an execution beside its record. */
interface Trail {
  readonly told: KeptAnswer[];
  readonly buffered: Map<string, string>;
}

export function createWorkflows({ clock, random, events, journal, ways }: WorkflowsOptions): Workflows {
  const journalName = "workflows";
  /** Every revision that is the latest, or that an execution runs, by workflow and id. */
  const revisions = new Map<string, Map<string, Revision>>();
  const models = new Map<Revision, Workflow>();
  /** By workflow, then by name; the oldest first. */
  const records = new Map<string, Map<string, ExecutionRecord>>();
  const trails = new Map<string, Trail>();
  const running = new Map<string, Running>();
  const listeners = new Map<string, ((record: ExecutionRecord) => void)[]>();
  /** Workflows of this plan; after a restart they are asked for again. */
  const asked = new Set<string>();
  let started = false;
  const write = (entry: Entry) => journal.append(journalName, entry as unknown as Json);

  const latest = (name: string): Revision | undefined => [...(revisions.get(name)?.values() ?? [])].at(-1);
  const found = (name: string): Revision => {
    const revision = asked.has(name) ? latest(name) : undefined;
    if (revision) return revision;
    throw new StatusError("NOT_FOUND", `Workflow does not exist: ${name}; the plan makes the workflows`);
  };
  const recordOf = (name: string): ExecutionRecord => {
    const record = records.get(workflowOf(name))?.get(name);
    if (record) return record;
    throw new StatusError("NOT_FOUND", `Execution does not exist: ${name}`);
  };
  const of = (workflow: string) => [...(records.get(workflow)?.values() ?? [])];
  const put = (record: ExecutionRecord) => {
    const workflow = workflowOf(record.name);
    const all = records.get(workflow) ?? new Map<string, ExecutionRecord>();
    records.set(workflow, all.set(record.name, record));
  };
  const add = (revision: Revision) => {
    const all = revisions.get(revision.config.name) ?? new Map<string, Revision>();
    revisions.set(revision.config.name, all.set(revision.id, revision));
  };
  const modelOf = (revision: Revision): Workflow => {
    const known = models.get(revision) ?? checkSource(revision.config.source).workflow;
    models.set(revision, known!);
    return known!;
  };
  const trailOf = (execution: string): Trail => {
    const trail = trails.get(execution) ?? { told: [], buffered: new Map() };
    trails.set(execution, trail);
    return trail;
  };

  /** After a restart the seed begins anew, so that a name may be taken already. */
  const freshName = (workflow: string): string => {
    const name = `${workflow}/executions/${uuid(random)}`;
    return records.get(workflow)?.has(name) ? freshName(workflow) : name;
  };

  const end = (record: ExecutionRecord) => {
    put(record);
    trails.delete(record.name);
    running.delete(record.name);
    write({ op: "ended", record });
    const { name, state, error } = record;
    events.emit({ type: "executionEnded", execution: name, state, ...(error && { reason: error.context }) });
    for (const listen of listeners.get(name) ?? []) listen(record);
    listeners.delete(name);
    forget(workflowOf(name));
  };
  /** The oldest of those that have ended, and revisions that nothing runs any more. */
  const forget = (workflow: string) => {
    const all = records.get(workflow);
    if (!all) return;
    if (all.size > KEPT_EXECUTIONS) {
      const ended = of(workflow).filter(({ state }) => state !== "ACTIVE");
      for (const { name } of ended.slice(0, Math.max(0, ended.length - KEPT_EXECUTIONS))) all.delete(name);
    }
    if (revisions.get(workflow)!.size === 1) return;
    const used = new Set(of(workflow).flatMap(({ state, revision }) => (state === "ACTIVE" ? [revision] : [])));
    const last = latest(workflow);
    for (const [id, revision] of revisions.get(workflow) ?? [])
      if (revision !== last && !used.has(id)) {
        revisions.get(workflow)!.delete(id);
        models.delete(revision);
      }
  };

  const run = (record: ExecutionRecord) => {
    const { name } = record;
    const revision = revisions.get(workflowOf(name))?.get(record.revision);
    const trail = trailOf(name);
    const one = runExecution(record, revision!, modelOf(revision!), {
      clock,
      random,
      events,
      ways,
      left: {
        told: trail.told.map(decodeTold),
        buffered: new Map([...trail.buffered].map(([id, request]) => [id, decodeValue(request)] as const)),
      },
      keepTold(told) {
        const kept = encodeTold(told);
        trail.told.push(kept);
        write({ op: "told", execution: name, told: kept });
      },
      keepCallback: (id, request) => keepCallback(name, id, request),
    });
    running.set(name, one);
    void one.ended.then((outcome) => {
      // A cancelled one has ended already.
      if (running.get(name) === one) end({ ...recordOf(name), ...outcome, endMs: clock.now() });
    });
  };
  const keepCallback = (execution: string, id: string, request: Value | undefined) => {
    const text = request === undefined ? null : encodeValue(request);
    if (text === null) trailOf(execution).buffered.delete(id);
    else trailOf(execution).buffered.set(id, text);
    write({ op: "callback", execution, id, request: text });
  };
  const resume = (workflow: string) => {
    for (const record of of(workflow)) if (record.state === "ACTIVE" && !running.has(record.name)) run(record);
  };

  return {
    journalName,
    replay(json) {
      const entry = json as unknown as Entry;
      if (entry.op === "revision") add(entry.revision);
      else if (entry.op === "begun") put(entry.record);
      else if (entry.op === "ended") {
        put(entry.record);
        trails.delete(entry.record.name);
      } else if (entry.op === "told") trailOf(entry.execution).told.push(entry.told);
      else if (entry.op === "gone") drop(entry.workflow);
      else if (entry.request === null) trailOf(entry.execution).buffered.delete(entry.id);
      else trailOf(entry.execution).buffered.set(entry.id, entry.request);
    },
    *compact() {
      for (const all of revisions.values())
        for (const revision of all.values()) yield { op: "revision", revision } satisfies Entry as unknown as Json;
      for (const record of [...records.keys()].flatMap(of))
        yield { op: record.state === "ACTIVE" ? "begun" : "ended", record } satisfies Entry as unknown as Json;
      for (const [execution, { told, buffered }] of trails) {
        for (const one of told) yield { op: "told", execution, told: one } satisfies Entry;
        for (const [id, request] of buffered) yield { op: "callback", execution, id, request } satisfies Entry;
      }
    },
    ensure(config) {
      const { workflow, faults } = checkSource(config.source);
      const errors = faults.filter(({ severity }) => severity === "error");
      if (!workflow || errors.length > 0) {
        const [first] = errors;
        const at = first ? `${first.at.line}:${first.at.column} ${first.path}: ${first.problem}` : "no workflow";
        throw new StatusError("INVALID_ARGUMENT", `${config.name}: ${at}`);
      }
      asked.add(config.name);
      const before = latest(config.name);
      if (!before || JSON.stringify(before.config) !== JSON.stringify(config)) {
        const revision = { id: nextId(before?.id, random), config };
        add(revision);
        models.set(revision, workflow);
        write({ op: "revision", revision });
        forget(config.name);
      }
      if (started) resume(config.name);
    },
    remove(name) {
      asked.delete(name);
      if (!revisions.has(name)) return false;
      drop(name);
      write({ op: "gone", workflow: name });
      return true;
    },
    workflows: () => [...asked].flatMap((name) => latest(name) ?? []),
    workflow: found,
    create(workflow, { argument = "null", labels = {} } = {}) {
      const revision = found(workflow);
      checkArgument(argument);
      const name = freshName(workflow);
      const record: ExecutionRecord = {
        name,
        state: "ACTIVE",
        revision: revision.id,
        startMs: clock.now(),
        argument,
        labels,
      };
      put(record);
      write({ op: "begun", record });
      events.emit({ type: "executionStarted", execution: name });
      if (started) run(record);
      return record;
    },
    get: recordOf,
    list: (workflow) => of(found(workflow).config.name).reverse(),
    cancel(name) {
      const record = recordOf(name);
      if (record.state !== "ACTIVE")
        throw new StatusError("FAILED_PRECONDITION", `Execution ${name} has ended: ${record.state}`);
      running.get(name)?.execution.stop();
      end({ ...record, state: "CANCELLED", endMs: clock.now() });
      return recordOf(name);
    },
    async ended(name) {
      const record = recordOf(name);
      if (record.state !== "ACTIVE") return record;
      return new Promise((resolve) => listeners.set(name, [...(listeners.get(name) ?? []), resolve]));
    },
    steps: (name) => (running.get(name)?.execution.steps() ?? []).map(({ routine, step }) => ({ routine, step })),
    callbacks: (name) => running.get(name)?.callbacks,
    now: () => clock.now(),
    idle: () => [...running.values()].every(({ execution }) => !execution.busy()),
    start() {
      started = true;
      for (const name of asked) resume(name);
    },
    stop() {
      started = false;
      for (const { execution } of running.values()) execution.stop();
      running.clear();
    },
  };

  function drop(name: string): void {
    revisions.delete(name);
    for (const record of of(name)) {
      running.get(record.name)?.execution.stop();
      running.delete(record.name);
      trails.delete(record.name);
    }
    records.delete(name);
  }
}

function checkArgument(argument: string): void {
  const bytes = Buffer.byteLength(argument);
  if (bytes > MAX_ARGUMENT)
    throw new StatusError(
      "INVALID_ARGUMENT",
      `The argument is ${bytes} bytes long; at most ${MAX_ARGUMENT} are taken.`,
    );
  try {
    parseJson(argument);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new StatusError("INVALID_ARGUMENT", `The argument is no JSON: ${error.message}`);
  }
}

/** `000001-a1b`: counted, with three hexadecimal digits. google/cloud/workflows/v1/workflows.proto, `Workflow.revision_id` */
function nextId(before: string | undefined, random: Random): string {
  const number = Number(before?.slice(0, 6) ?? 0) + 1;
  const suffix = Array.from({ length: 3 }, () => random.below(16).toString(16)).join("");
  return `${String(number).padStart(6, "0")}-${suffix}`;
}
