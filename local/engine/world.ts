import { dirname } from "node:path";
import type { Plan, PlannedResource } from "../plan/plan";
import { UNKNOWN_PROJECT_NUMBER } from "../plan/project-number";
import { type AppliedResource, type AppliedStore, plannedOf, readApplied, resourceKey } from "./applied";
import { createContributions } from "./contributions";
import { loadPlan, refuse } from "./load";
import { statePaths } from "./paths";
import { type System, systemOf } from "./system";
import type { TargetSpec } from "./target";

/**
 * Who says what runs: `direct`, the synthesized stack itself; `terraform`, what Terraform has applied of it.
 */
export type Door = "direct" | "terraform";

/** Resources that are asked for. */
export type Asked = Pick<Plan, "resources" | "stacks" | "projectNumber" | "issues">;

/** What is asked of the engine, and the system that follows from it. */
export interface World {
  readonly door: Door;
  readonly asked: Asked;
  readonly system: System;
  /** Takes in what has changed among the resources that Terraform has applied. */
  derive(): void;
  /**
   * Reads what others have written: the synthesized stack, or what is applied of the stacks it depends on.
   * @throws IssuesError with what is wrong with the stack; the world stays as it was then
   */
  reread(): void;
  /** From now on Terraform alone says what runs. */
  handOver(): void;
}

export interface WorldOptions {
  readonly stack: string;
  readonly outDir: string;
  readonly stateDir: string;
  readonly door: Door;
  readonly store: AppliedStore;
  readonly environment?: (target: TargetSpec) => Readonly<Record<string, string | undefined>>;
}

/** @throws IssuesError with every error of the synthesized stack, by the direct door */
export function createWorld(options: WorldOptions): World {
  const { stack, outDir, stateDir, store, environment } = options;
  let { door } = options;
  let written: Asked = door === "direct" ? loadPlan(outDir, stack) : NOTHING;
  let producers: readonly PlannedResource[] = [];
  const folderOf = (name: string) => dirname(statePaths(stateDir, name).applied);
  const planned = new WeakMap<AppliedResource, PlannedResource>();
  const contributions = createContributions();
  const toPlanned = (resource: AppliedResource): PlannedResource => {
    const known = planned.get(resource) ?? plannedOf(resource, stack, folderOf(stack));
    planned.set(resource, known);
    return known;
  };
  const readProducers = () =>
    store.producers().flatMap((name) =>
      readApplied(statePaths(stateDir, name).applied)
        .list()
        .map((resource) => plannedOf(resource, name, folderOf(name))),
    );

  const look = (): Asked => {
    const applied = store.list();
    if (door === "direct" && applied.length === 0) return written;
    const taken = new Set(applied.map(({ type, id }) => resourceKey(type, id)));
    // Until Terraform has all of the stack, what it has not made yet goes on as it was written.
    const rest = written.resources.filter(({ type, attributes }) => !taken.has(resourceKey(type, attributes.id)));
    const numbers = new Map(
      [...applied].flatMap(({ values, origin }) =>
        typeof values["project"] === "string" && origin?.projectNumber
          ? [[values["project"], origin.projectNumber] as const]
          : [],
      ),
    );
    const [common] = numbers.values();
    return {
      stacks: [...store.producers(), stack],
      resources: [...rest, ...producers, ...applied.map(toPlanned)],
      projectNumber: (project) => numbers.get(project) ?? common ?? written.projectNumber(project),
      issues: written.issues,
    };
  };
  const derived = () => {
    const asked = look();
    return {
      asked,
      system: withEnvironment(systemOf(asked.resources, asked.projectNumber, contributions), environment),
    };
  };

  if (door === "terraform") producers = readProducers();
  let current = derived();
  if (door === "direct") refuse(current.system.issues);
  return {
    get door() {
      return door;
    },
    get asked() {
      return current.asked;
    },
    get system() {
      return current.system;
    },
    derive: () => void (current = derived()),
    reread() {
      if (door === "direct") {
        const before = written;
        written = loadPlan(outDir, stack);
        const next = derived();
        try {
          refuse(next.system.issues);
        } catch (error) {
          written = before;
          throw error;
        }
        current = next;
        return;
      }
      producers = readProducers();
      current = derived();
    },
    handOver() {
      door = "terraform";
      written = NOTHING;
      producers = readProducers();
      current = derived();
    },
  };
}

const NOTHING: Asked = { resources: [], stacks: [], issues: [], projectNumber: () => UNKNOWN_PROJECT_NUMBER };

function withEnvironment(system: System, environment: WorldOptions["environment"]): System {
  if (!environment) return system;
  const targets = system.targets.map((target) => {
    const { spec } = target;
    const entries = Object.entries({ ...spec.environment, ...environment(spec) });
    const set = entries.flatMap(([name, value = spec.environment[name]]) =>
      value === undefined ? [] : [[name, value]],
    );
    return { ...target, spec: { ...spec, environment: Object.fromEntries(set) as Record<string, string> } };
  });
  return { ...system, targets };
}
