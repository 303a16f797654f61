import type { Code } from "../../contract/codes";
import type { ContractManifest } from "../../contract/contract";
import { ENV } from "../../contract/environment";
import type { GrantRecord } from "../../contract/grants";
import type { Severity } from "../../contract/issue";
import type { Action } from "../../language/roles";
import { bookOf, type GrantBook, grantsOf, type Place } from "./grants";
import type { Item, Landscape } from "./landscape";
import { ownName, projectName } from "./names";
import { type Workload, workloadsOf } from "./workloads";

/** Something that must be allowed, or a path does not deliver. */
export interface Need {
  readonly code: Code;
  /** @default "error" */
  readonly severity?: Severity;
  /** The path, for a person: `Pub/Sub forwards dead letters of projects/p/subscriptions/orders`. */
  readonly path: string;
  /** What happens otherwise. */
  readonly otherwise: string;
  /** IAM member. */
  readonly who: string;
  readonly action: Action;
  /** Any of these will do as well. @default none */
  readonly others?: readonly Action[];
  readonly on: Place;
  /** Where it is said. */
  readonly at: Item;
  /** What must not be made before it may; with what happens if it is. @default nothing */
  readonly before?: readonly Before[];
}

export interface Before {
  readonly item: Item;
  readonly otherwise: string;
}

/** What is wrong with a path, beside what is not allowed. */
export interface Fault {
  readonly code: Code;
  /** @default "error" */
  readonly severity?: Severity;
  readonly at: Item;
  readonly problem: string;
  readonly fix: string;
  readonly got?: string;
  readonly want?: string;
}

/** What the plans come to, as the rules about paths ask for it. */
export interface World extends Landscape {
  readonly workloads: readonly Workload[];
  readonly grants: GrantBook;
  /** Whether the plans make a resource, or grant on it: roles on others may be granted elsewhere. */
  readonly isHere: (name: string) => boolean;
  /** What was granted on purpose, and why, where a report stands beside the plan; by stack. */
  readonly declared: ReadonlyMap<string, readonly GrantRecord[]>;
  /** Contracts of handlers by their hashes, where they stand beside the plan. */
  readonly contracts: ReadonlyMap<string, ContractManifest>;
}

/** What a group of rules finds out about paths. */
export interface Paths {
  readonly needs: readonly Need[];
  readonly faults: readonly Fault[];
}

/** A group of rules: walks what it is about as the cloud would. */
export type Walk = (world: World) => Paths;

export function worldOf(landscape: Landscape, { declared, contracts }: Pick<World, "declared" | "contracts">): World {
  const grants = bookOf(grantsOf(landscape));
  const here = new Set([
    ...landscape.items.flatMap((item) => ownName(item) ?? []),
    ...landscape.ofType("google_project_service").map(({ project }) => projectName(project)),
    ...grants.all.map(({ on }) => on),
  ]);
  const isHere = (name: string) => here.has(name);
  return { ...landscape, workloads: workloadsOf(landscape), grants, isHere, declared, contracts };
}

/** The contract of a handler of ours; undefined when nothing beside the plan says. */
export const contractOf = ({ contracts }: World, { environment }: Workload): ContractManifest | undefined =>
  contracts.get(environment.get(ENV.contractHash) ?? "");

/** A resource that is in a project. */
export const placeIn = (name: string, project: string): Place => ({ name, within: [projectName(project)] });

/** Collects while walking. */
export const collector = () => {
  const needs: Need[] = [];
  const faults: Fault[] = [];
  return {
    needs,
    faults,
    need: (need: Need) => void needs.push(need),
    fault: (fault: Fault) => void faults.push(fault),
  };
};

/** What a resource is called in messages: the construct that wrote it, else its address. */
export const labelOf = (item: Item): string =>
  item.path === undefined ? addressOf(item) : item.path.replace(/^[^/]+\//, "").replace(/\/Resource$/, "");

/** `google_pubsub_topic.orders["a"]` */
export const addressOf = (item: Item): string => item.key.slice(item.stack.length + 1);

/** Where an issue is: the construct's path, else stack and address. */
export const pathOf = (item: Item): string => item.path?.replace(/\/Resource$/, "") ?? item.key;
