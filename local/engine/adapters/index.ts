import type { Issue } from "../../../contract/issue";
import { issue } from "../../plan/issues";
import type { Completion, PlannedResource } from "../../plan/plan";
import { type Attributes, isObject, type Value } from "../../plan/values";
import { type Adapter, readerOf } from "./adapter";
import { bigqueryAdapters } from "./bigquery";
import { eventarcAdapters } from "./eventarc";
import { firestoreAdapters } from "./firestore";
import { iamAdapters } from "./iam";
import { projectAdapters } from "./project";
import { pubsubAdapters } from "./pubsub";
import { runJobAdapters } from "./run-jobs";
import { schedulerAdapters } from "./scheduler";
import { storageAdapters } from "./storage";
import { storedAdapters } from "./stored";
import { tasksAdapters } from "./tasks";
import { workflowsAdapters } from "./workflows";
import { workloadAdapters } from "./workloads";

/** Every type the engine knows; data sources as `data.type`. */
export const adapters: ReadonlyMap<string, Adapter> = new Map(
  [
    ...pubsubAdapters,
    ...workloadAdapters,
    ...runJobAdapters,
    ...schedulerAdapters,
    ...tasksAdapters,
    ...workflowsAdapters,
    ...firestoreAdapters,
    ...eventarcAdapters,
    ...bigqueryAdapters,
    ...storageAdapters,
    ...iamAdapters,
    ...projectAdapters,
    ...storedAdapters,
  ].map((adapter) => [adapter.type, adapter]),
);

export const adapterOf = ({ mode, type }: { readonly mode: "managed" | "data"; readonly type: string }) =>
  adapters.get(mode === "data" ? `data.${type}` : type);

/** Completes configurations by the adapters: the engine's answer to what a plan asks of Google. */
export const completeByAdapter: Completion = (resource, context) => {
  const adapter = adapterOf(resource);
  if (!adapter) return undefined;
  const known = [...(adapter.honoured ?? []), ...(adapter.inert ?? [])].map((path) => path.split(".", 1)[0]!);
  // An argument that exists and is not set reads as null.
  const unset = Object.fromEntries(known.map((name) => [name, null]));
  const attributes = {
    ...unset,
    ...resource.config,
    ...adapter.computed(readerOf(resource, resource.config, context)),
  };
  return attributes;
};

/** How much of a resource happens here. */
export interface Fidelity {
  /** `webhooks-dev/google_pubsub_topic.orders` */
  readonly address: string;
  readonly type: string;
  readonly constructPath?: string;
  /**
   * `runs`: the engine acts on it. `stored`: kept, so that references resolve; nothing happens. `unknown`: kept, and
   * its computed attributes are stand-ins.
   */
  readonly level: "runs" | "stored" | "unknown";
  /** Arguments that are set and that the engine does not act on, although it runs the resource. */
  readonly ignored: readonly string[];
}

export function fidelityOf(resource: PlannedResource): Fidelity {
  const adapter = adapterOf(resource);
  const runs = typeof adapter?.runs === "function" ? adapter.runs(resource.attributes) : (adapter?.runs ?? false);
  const { stack, address, type, constructPath, config, attributes } = resource;
  const known = [...(adapter?.honoured ?? []), ...(adapter?.inert ?? []), ...(adapter?.inertFor?.(attributes) ?? [])];
  return {
    address: `${stack}/${address}`,
    type,
    ...(constructPath !== undefined && { constructPath }),
    level: runs ? "runs" : adapter ? "stored" : "unknown",
    ignored: runs ? [...new Set(settings(config, ""))].filter((path) => !covers(known, path)) : [],
  };
}

/** Paths of everything that is set to something; elements of lists share a path. */
function settings(value: Value, path: string): string[] {
  if (value === null || value === "" || value === false) return [];
  if (Array.isArray(value)) return (value as Value[]).flatMap((item) => settings(item, path));
  if (!isObject(value)) return [path];
  const inside = Object.entries(value as Attributes).flatMap(([key, item]) =>
    settings(item, path === "" ? key : `${path}.${key}`),
  );
  // An empty block says something by being there.
  return inside.length > 0 || path === "" ? inside : [path];
}

const covers = (known: readonly string[], path: string): boolean =>
  known.some((one) => one === path || path.startsWith(`${one}.`));

/** What of a plan does not happen here, as warnings; `--strict` makes a failure of them. */
export function fidelityIssues(fidelity: readonly Fidelity[]): readonly Issue[] {
  return fidelity.flatMap(({ address, type, level, ignored }) => {
    const warning = { severity: "warning" } as const;
    if (level === "unknown") {
      const problem = `${type} is not simulated; it is stored, and nothing happens because of it`;
      return [issue("MR4016", address, problem, "test what depends on it on Google Cloud", warning)];
    }
    return ignored.map((path) => {
      const problem = "the engine keeps this argument and does not act on it";
      return issue("MR4017", `${address}.${path}`, problem, "test what depends on it on Google Cloud", warning);
    });
  });
}
