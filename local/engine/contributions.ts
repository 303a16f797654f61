import type { Issue } from "../../contract/issue";
import type { CompletionContext, PlannedResource } from "../plan/plan";
import { adapterOf, type Fidelity, fidelityOf } from "./adapters";
import { readerOf } from "./adapters/adapter";
import { type Draft, emptyDraft } from "./draft";
import { readWorkflowResource, type WorkflowReading } from "./workflows/plan-check";

/** What one resource asks for by itself. */
export interface Contribution {
  /** What it adds to the draft; most resources add one thing. */
  readonly parts: readonly Part[];
  readonly issues: readonly Issue[];
  readonly workflows: readonly WorkflowReading[];
  /** Absent: a data source, of which nothing happens. */
  readonly fidelity?: Fidelity;
}

interface Part {
  readonly name: keyof Draft;
  readonly values: readonly unknown[] | ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>;
}

/** @returns the same for the same resource, for as long as its project has the same number */
export type Contributions = (resource: PlannedResource, projectNumber: NumberOf) => Contribution;

type NumberOf = CompletionContext["projectNumber"];

/**
 * Remembers what resources ask for: an apply changes one of them, and a system is derived after each. Resources are
 * known by identity, and never change.
 */
export function createContributions(): Contributions {
  const known = new WeakMap<PlannedResource, Contribution & { readonly isCurrent: (numberOf: NumberOf) => boolean }>();
  return (resource, projectNumber) => {
    const before = known.get(resource);
    if (before?.isCurrent(projectNumber)) return before;
    const numbers = new Map<string, string>();
    const made = contributionOf(resource, (project) => {
      const number = projectNumber(project);
      numbers.set(project, number);
      return number;
    });
    const isCurrent = (numberOf: NumberOf) => [...numbers].every(([project, number]) => numberOf(project) === number);
    const kept = { ...made, isCurrent };
    known.set(resource, kept);
    return kept;
  };
}

function contributionOf(resource: PlannedResource, projectNumber: NumberOf): Contribution {
  const issues: Issue[] = [];
  const draft = emptyDraft((issue) => void issues.push(issue));
  const reader = readerOf(resource, resource.attributes, { projectNumber, report: draft.report });
  adapterOf(resource)?.contribute?.(reader, resource, draft);
  return {
    parts: partsOf(draft),
    issues,
    workflows: draft.workflows.map(readWorkflowResource),
    ...(resource.mode === "managed" && { fidelity: fidelityOf(resource) }),
  };
}

const partsOf = (draft: Draft): readonly Part[] =>
  Object.entries(draft).flatMap(([name, values]: [string, Draft[keyof Draft]]) => {
    if (typeof values === "function" || ("size" in values ? values.size : values.length) === 0) return [];
    return [{ name: name as keyof Draft, values }];
  });

/** All of it in one draft, in the order of the resources. */
export function gather(contributions: readonly Contribution[], report: Draft["report"]): Draft {
  const all = emptyDraft(report);
  const add = ({ name, values }: Part) => {
    const whole = all[name] as unknown[] | Set<unknown> | Map<unknown, unknown>;
    if (whole instanceof Map) for (const [key, value] of values as ReadonlyMap<unknown, unknown>) whole.set(key, value);
    else if (whole instanceof Set) for (const value of values) whole.add(value);
    else whole.push(...values);
  };
  for (const { parts } of contributions) parts.forEach(add);
  return all;
}
