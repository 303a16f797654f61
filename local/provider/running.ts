import { resolve } from "node:path";
import type { Issue } from "../../contract/issue";
import { adapterOf } from "../engine/adapters";
import type { Content, Contents } from "../engine/adapters/adapter";
import type { Attributes } from "../plan/values";
import { diagnosticOf } from "./computed";
import type { Diagnostic } from "./planner/diagnostic";
import { complete } from "./planner/settle";
import { type Change, idOf, type Outcome, type Provider, type Served } from "./provider";
import type { Resources, StoredResource } from "./resources";
import { typeOfBlock } from "./schema/schema";
import { fromJson } from "./values/convert";
import type { ObjectValue } from "./values/value";

/** The engine behind a provider: what is applied runs there. */
export interface Runner {
  /** Keeps the bytes of a file, which may be gone tomorrow. @returns absolute path of what is kept */
  keep(file: string): string;
  /** Brings what runs to what the resources now ask for. @returns what is wrong with one of them */
  run(type: string, id: string): Promise<readonly Issue[]>;
  /** What clients have made of a resource; undefined for what they cannot change. */
  observe(type: string, id: string): Attributes | "gone" | undefined;
  /** What a resource holds, and cannot be deleted with unless its argument `leave` says so; undefined where that is nothing. */
  contents(type: string, id: string): (Omit<Contents, "of"> & { readonly held: readonly Content[] }) | undefined;
  /** What clients have made, as a configuration would say it, with its `id`. */
  describe(type: string, id: string): Attributes | undefined;
}

/** A provider whose resources run: an apply is over when what it made does, and a read sees what has become of it. */
export function runningProvider(provider: Provider, resources: Resources, runner: Runner, directory: string): Served {
  /** Google keeps the bytes, not the path. */
  const upload = (resource: StoredResource): void => {
    const names = adapterOf({ mode: "managed", type: resource.type })?.uploads ?? [];
    const files = names.flatMap((name) => {
      const path = resource.values[name];
      return typeof path === "string" ? [[name, runner.keep(resolve(directory, path))] as const] : [];
    });
    if (files.length > 0)
      resources.put({ ...resource, origin: { ...resource.origin, uploads: Object.fromEntries(files) } });
  };

  return {
    ...provider,
    async apply(change: Change): Promise<Outcome> {
      const { type, prior, planned } = change;
      const before = prior ? resources.get(type, idOf(prior)) : undefined;
      const contents = prior && planned === null ? runner.contents(type, idOf(prior)) : undefined;
      if (prior && contents && prior[contents.leave] !== true)
        return { state: prior, diagnostics: [heldBack(idOf(prior), contents)] };
      const outcome = provider.apply(change);
      const { state } = outcome;
      if (outcome.diagnostics.some(({ severity }) => severity === "error")) return outcome;
      for (const { resource } of contents?.held ?? []) if (resource) resources.remove(resource.type, resource.id);
      const id = idOf(state ?? prior ?? {});
      const made = resources.get(type, id);
      if (state && made) upload(made);
      const faults = await runner.run(type, id);
      if (faults.length === 0 || !state) return outcome;
      const diagnostics = [...outcome.diagnostics, ...faults.map(diagnosticOf)];
      // What is there and does not start stays, as on Google Cloud: Terraform replaces it next time.
      if (!before && faults.every(({ code }) => code.startsWith(DOES_NOT_START))) return { state, diagnostics };
      if (before) resources.put(before);
      else resources.remove(type, id);
      await runner.run(type, id);
      return { state: prior, diagnostics };
    },
    async importState(type, id) {
      const outcome = provider.importState(type, id);
      const known = idOf(outcome.state!);
      const found = resources.get(type, known) ? undefined : runner.describe(type, id);
      if (!found) return outcome;
      // From now on it is a resource as any other, and the next read finds it.
      const { id: _id, ...config } = found;
      const state = wholeOf(provider, type, { ...NO_LABELS, ...found });
      resources.put({ type, id: idOf(state), values: state, origin: { config } });
      const faults = await runner.run(type, idOf(state));
      return { state, diagnostics: [...outcome.diagnostics, ...faults.map(diagnosticOf)] };
    },
    async read(type, state) {
      const outcome = provider.read(type, state);
      const id = idOf(state);
      if (!outcome.state) return outcome;
      const seen = runner.observe(type, id);
      if (!seen) return outcome;
      if (seen === "gone") {
        resources.remove(type, id);
        await runner.run(type, id);
        return { ...outcome, state: null };
      }
      return { ...outcome, state: withSeen(provider, type, outcome.state, seen) };
    },
  };
}

function heldBack(id: string, { held, leave, refusal }: NonNullable<ReturnType<Runner["contents"]>>): Diagnostic {
  const [first, ...others] = held;
  const holds = `${first!.name}${others.length > 0 ? ` and ${others.length} more` : ""}`;
  return diagnosticOf({
    code: "MR4307",
    severity: "error",
    problem: `cannot delete ${id}, which holds ${holds}; Google answers ${refusal}`,
    fix: `empty it, or set ${leave} = true and apply that first`,
  });
}

/** Faults of processes; what Google itself would refuse has others. */
const DOES_NOT_START = "MR42";

/** What clients make has none that Terraform knows of; null would be a change of them. */
const NO_LABELS = { terraform_labels: {}, effective_labels: {} };

function wholeOf(provider: Provider, type: string, attributes: Attributes): ObjectValue {
  const { block } = provider.schema.resource(type)!;
  return complete(block, fromJson(attributes, typeOfBlock(block)) as ObjectValue);
}

function withSeen(provider: Provider, type: string, state: ObjectValue, seen: Attributes): ObjectValue {
  const whole = wholeOf(provider, type, seen);
  return { ...state, ...Object.fromEntries(Object.keys(seen).map((name) => [name, whole[name] ?? null])) };
}
