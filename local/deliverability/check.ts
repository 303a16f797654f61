import type { ContractManifest } from "../../contract/contract";
import type { GrantRecord } from "../../contract/grants";
import { docsOf, type Issue } from "../../contract/issue";
import { issue } from "../plan/issues";
import type { StackDocument } from "../plan/read";
import { type Judged, issuesOf, judge, needless, undone, unsafe } from "./judge";
import { landscapeOf } from "./landscape";
import { walkFoundations } from "./foundations";
import { walkOrder } from "./order";
import { walkPubSub } from "./pubsub";
import { walkRuntime } from "./runtime";
import { walkSchedules } from "./schedules";
import { walkSources } from "./sources";
import { readable } from "./unknown";
import { pathOf, type Walk, worldOf } from "./world";

/** A step of a path that somebody must be allowed to take, and the grant that allows it. */
export interface DeliveryPath {
  /** `orders-dev/Subscription calls orders-dev/Service as push@…` */
  readonly path: string;
  readonly principal: string;
  readonly role: string;
  readonly resource: string;
  /** Where it is granted; undefined when it is not, or nobody can know. */
  readonly grantedBy?: string;
}

/** What a check comes to. */
export interface Deliverability {
  /** Sorted by path, then code. */
  readonly issues: readonly Issue[];
  readonly paths: readonly DeliveryPath[];
  /** Modules of the documents, into which nothing here looks. */
  readonly modules: readonly string[];
}

export interface CheckOptions {
  /** Grants that were made on purpose, by stack, where synthesis has written them beside the plan. @default none */
  readonly declared?: ReadonlyMap<string, readonly GrantRecord[]>;
  /** Contracts of handlers by their hashes, where synthesis has written them beside the plan. @default none */
  readonly contracts?: ReadonlyMap<string, ContractManifest>;
  /** Stacks that are spoken of. @default all */
  readonly about?: readonly string[];
}

const WALKS: readonly Walk[] = [walkPubSub, walkSchedules, walkSources, walkRuntime, walkFoundations, walkOrder];

/**
 * Walks plans as Google Cloud would: who calls whom, with which token, allowed by which grant, answered within which
 * deadline, dead-lettered where, kept how long; and says which paths cannot deliver, and which grants no path needs.
 * What cannot be known is skipped.
 * @param documents producers before consumers
 */
export function checkDelivery(documents: readonly StackDocument[], options: CheckOptions = {}): Deliverability {
  const { declared = new Map(), contracts = new Map(), about = documents.map(({ stack }) => stack) } = options;
  const world = worldOf(landscapeOf(documents), { declared, contracts });
  const walked = WALKS.map((walk) => walk(world));
  const judged: readonly Judged[] = walked.flatMap(({ needs }) => needs).map((need) => judge(world, need));
  const missing = judged.filter(({ by, perhaps }) => !by && perhaps.length === 0).map(({ need }) => need);
  const faults = walked
    .flatMap(({ faults }) => faults)
    .filter(({ at }) => at.certain)
    .map(({ at, code, problem, fix, severity = "error", got, want }) =>
      issue(code, pathOf(at), problem, fix, {
        severity,
        ...(got !== undefined && { got }),
        ...(want !== undefined && { want }),
      }),
    );
  const issues = [
    ...firstOfEach(judged).flatMap((one) => issuesOf(world, one)),
    ...faults,
    ...needless(world, judged),
    ...unsafe(world),
    ...documents.flatMap(({ stack }) => undone(world, stack, missing)),
  ];
  return {
    issues: sorted(issues).filter(({ path }) => about.some((stack) => path === stack || path.startsWith(`${stack}/`))),
    paths: judged.map(({ need, by }) => ({
      path: readable(need.path),
      principal: readable(need.who),
      role: by?.role ?? "",
      resource: readable(need.on.name),
      ...(by && { grantedBy: pathOf(by.item) }),
    })),
    modules: world.modules,
  };
}

/** A caller that a push and the callers of a runtime both name is said once, at the first of them. */
function firstOfEach(judged: readonly Judged[]): readonly Judged[] {
  const said = new Set<string>();
  return judged.filter(({ need: { who, action, on, code }, by }) => {
    const key = [who, action, on.name].join("\n");
    return by !== undefined || code !== "MR4401" || (!said.has(key) && said.add(key));
  });
}

/** Each once, in a fixed order. */
function sorted(issues: readonly Issue[]): readonly Issue[] {
  const keyOf = ({ path, code, problem }: Issue) => `${path}\n${code}\n${problem}\n${docsOf(code)}`;
  return [...new Map(issues.map((one) => [keyOf(one), one])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
}
