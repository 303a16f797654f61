import type { Origin } from "../engine/applied";
import type { Attributes } from "../plan/values";
import { computedOf, diagnosticOf, type Surroundings } from "./computed";
import { checkConfig } from "./planner/check";
import { type Diagnostic, failure } from "./planner/diagnostic";
import { planLabels } from "./planner/labels";
import { planChange, type PlannedChange } from "./planner/plan";
import { complete, settle, type StandIn } from "./planner/settle";
import type { Settings } from "./planner/settings";
import type { Resources } from "./resources";
import type { ProviderSchema } from "./schema/provider-schema";
import { type Schema, typeOfBlock } from "./schema/schema";
import { fromJson, toJson } from "./values/convert";
import { type ObjectValue, UNKNOWN, type Value } from "./values/value";

export interface ProviderOptions extends Surroundings {
  readonly schema: ProviderSchema;
  readonly resources: Resources;
  /** Refuses types the engine does not know instead of keeping them. @default false */
  readonly strict?: boolean;
}

/** A state and what there is to say about it. */
export interface Outcome {
  /** Null: it does not exist. */
  readonly state: ObjectValue | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** The Terraform command that asks, as far as one can tell it from others: it is over when its connection is. */
export interface Asker {
  readonly destroyed: boolean;
}

export interface Change {
  readonly type: string;
  /** Absent: a command that is over. */
  readonly asker?: Asker;
  readonly settings: Settings;
  readonly prior: ObjectValue | null;
  readonly planned: ObjectValue | null;
  /** What the document says, all of it known by now. */
  readonly config?: ObjectValue;
}

/** One provider, on values; the protocol around it is elsewhere. */
export interface Provider {
  readonly schema: ProviderSchema;
  check(type: string, config: ObjectValue): readonly Diagnostic[];
  plan(type: string, settings: Settings, prior: ObjectValue | null, config: ObjectValue | null): PlannedChange;
  apply(change: Change): Outcome;
  read(type: string, state: ObjectValue): Outcome;
  /** @param json the state as an older or this release has written it */
  upgrade(type: string, json: unknown): ObjectValue;
  importState(type: string, id: string): Outcome;
  readData(type: string, settings: Settings, config: ObjectValue): Outcome;
}

/** A provider as the protocol serves it: an engine behind it takes its time. */
export interface Served extends Omit<Provider, "apply" | "read" | "importState"> {
  apply(change: Change): Outcome | Promise<Outcome>;
  read(type: string, state: ObjectValue): Outcome | Promise<Outcome>;
  importState(type: string, id: string): Outcome | Promise<Outcome>;
}

/** A name the provider does not have; Terraform asks for none. */
export class UnknownType extends Error {
  constructor(type: string, { source, version }: ProviderSchema) {
    super(`${source} ${version} has no ${type}`);
    this.name = "UnknownType";
  }
}

export function createProvider(options: ProviderOptions): Provider {
  const { schema, resources } = options;
  const schemaOf = (type: string): Schema => {
    const found = schema.resource(type);
    if (!found) throw new UnknownType(type, schema);
    return found;
  };

  /** Whom a resource belongs to: a state that names it, or the command that made it and has yet to write its state. */
  const owners = new Map<string, Asker | "state">();
  const keyOf = (type: string, state: ObjectValue) => `${type}\n${idOf(state)}`;
  // A command that was killed has left what no state knows; the next one takes it over.
  const isTaken = (key: string) => {
    const owner = owners.get(key);
    return owner === "state" || (owner !== undefined && !owner.destroyed);
  };

  /** What is kept beside a resource's values. */
  function originOf({ settings, config = {} }: Change, state: ObjectValue, before: Origin = {}): Origin {
    const set = Object.entries(config).filter(([, value]) => value !== null);
    const known = toJson(state["project"] ?? settings.project);
    return {
      ...before,
      config: toJson(Object.fromEntries(set)) as Attributes,
      provider: Object.fromEntries(PROVIDER_SETTINGS.map((name) => [name, settings.attributes[name] ?? null])),
      ...(typeof known === "string" && { projectNumber: options.projectNumber(known) }),
    };
  }

  function create(change: Change, planned: ObjectValue): Outcome {
    const { type, settings, asker } = change;
    const { block } = schemaOf(type);
    const name = String(resources.nextNumber());
    const { attributes, diagnostics } = computedOf({ mode: "managed", type, name, values: planned, settings }, options);
    if (diagnostics.some(({ severity }) => severity === "error")) return { state: null, diagnostics };
    if (!attributes && options.strict) return { state: null, diagnostics: [unsimulated(type, "error")] };
    const place = `local-stand-in/${options.stack}/${type}/${name}`;
    // What refers to a resource of an unknown type must find text, as it would on Google Cloud.
    const standIn: StandIn = (attribute, of) => {
      if (of !== "string" || (attributes && attribute !== "id")) return null;
      return attribute === "id" ? place : `${place}/${attribute}`;
    };
    const settled = settle(block, planned, attributes ?? {}, standIn);
    const state = { ...settled, ...lateLabels(planned, settled, undefined, settings) };
    const id = idOf(state);
    if (resources.get(type, id) && isTaken(keyOf(type, state)) && !SHARED.test(type)) {
      const detail = `${id} exists already in the local engine.`;
      return { state: null, diagnostics: [failure("Error 409: Resource already exists", detail)] };
    }
    resources.put({ type, id, values: state, origin: originOf(change, state) });
    if (asker) owners.set(keyOf(type, state), asker);
    return { state, diagnostics: [...diagnostics, ...(attributes ? [] : [unsimulated(type, "warning")])] };
  }

  function update(change: Change, prior: ObjectValue, planned: ObjectValue): Outcome {
    const { type, settings } = change;
    const wanted = { mode: "managed", type, name: idOf(prior), values: planned, settings } as const;
    const { attributes = {}, diagnostics } = computedOf(wanted, options);
    if (diagnostics.some(({ severity }) => severity === "error")) return { state: prior, diagnostics };
    const settled = settle(schemaOf(type).block, planned, attributes, () => null);
    const state = { ...settled, ...lateLabels(planned, settled, prior, settings) };
    const before = resources.get(type, idOf(prior))?.origin;
    resources.put({ type, id: idOf(state), values: state, origin: originOf(change, state, before) });
    return { state, diagnostics };
  }

  function destroy(type: string, prior: ObjectValue): Outcome {
    const protection = PROTECTIONS.find(([name, value]) => prior[name] === value);
    if (protection) {
      const [name, , off] = protection;
      const detail = `Set ${name} = ${JSON.stringify(off)} and apply that first.`;
      return {
        state: prior,
        diagnostics: [failure(`cannot destroy ${idOf(prior)}: ${name} protects it`, detail)],
      };
    }
    resources.remove(type, idOf(prior));
    owners.delete(keyOf(type, prior));
    return { state: null, diagnostics: [] };
  }

  return {
    schema,
    check: (type, config) => checkConfig(schemaOf(type).block, config),
    plan: (type, settings, prior, config) => planChange({ type, schema: schemaOf(type), settings, prior, config }),
    apply(change) {
      const { type, prior, planned } = change;
      if (planned === null) return prior === null ? { state: null, diagnostics: [] } : destroy(type, prior);
      return prior === null ? create(change, planned) : update(change, prior, planned);
    },
    read(type, state) {
      const found = resources.get(type, idOf(state));
      if (!found) return { state: null, diagnostics: [] };
      owners.set(keyOf(type, state), "state");
      // Time limits are Terraform's own and not in the cloud.
      const { timeouts } = state;
      return { state: { ...found.values, ...(timeouts !== undefined && { timeouts }) }, diagnostics: [] };
    },
    upgrade(type, json) {
      const { block } = schemaOf(type);
      return complete(block, objectOf(fromJson(json, typeOfBlock(block))));
    },
    importState(type, id) {
      const { block } = schemaOf(type);
      // A short form of an id names one resource or none; reading it decides.
      const short = resources.list().filter((one) => one.type === type && one.id.endsWith(`/${id}`));
      const known = !resources.get(type, id) && short.length === 1 ? short[0]!.id : id;
      return { state: complete(block, { id: known }), diagnostics: [] };
    },
    readData(type, settings, config) {
      const found = schema.dataSource(type);
      if (!found) throw new UnknownType(type, schema);
      const wanted = { mode: "data", type, name: "data", values: config, settings } as const;
      const { attributes, diagnostics } = computedOf(wanted, options);
      if (!attributes) return { state: null, diagnostics: [unanswered(type)] };
      const computed = objectOf(fromJson(attributes, typeOfBlock(found.block)));
      const set = Object.entries(config).filter(([, value]) => value !== null);
      return { state: complete(found.block, { ...computed, ...Object.fromEntries(set) }), diagnostics };
    },
  };
}

/** Its `id`; the empty text for what has none, which nothing here is known by. */
export const idOf = ({ id }: ObjectValue): string => (typeof id === "string" ? id : "");

/** Of labels that were not known when they were planned: what they are, now that those they follow from are. */
function lateLabels(
  planned: ObjectValue,
  state: ObjectValue,
  prior: ObjectValue | undefined,
  settings: Settings,
): ObjectValue {
  const all = Object.entries(planLabels(state, prior, settings));
  return Object.fromEntries(all.filter(([name]) => planned[name] === UNKNOWN && state[name] === null));
}

const objectOf = (value: Value): ObjectValue => (value ?? {}) as ObjectValue;

/** Types of which creating what is there already is no error: the effect is the same. */
const SHARED = /_iam_(member|binding|policy|audit_config)$|^google_project_service/;

/** What the engine's adapters may ask of a provider's block; credentials are not among it. */
const PROVIDER_SETTINGS = ["project", "region", "zone", "default_labels"] as const;

/** What keeps a resource from being destroyed, and the value that lets it go. */
const PROTECTIONS = [
  ["deletion_protection", true, false],
  ["delete_protection_state", "DELETE_PROTECTION_ENABLED", "DELETE_PROTECTION_DISABLED"],
] as const;

const unsimulated = (type: string, severity: Diagnostic["severity"]): Diagnostic =>
  diagnosticOf({
    code: "MR4016",
    severity,
    problem: `${type} is not simulated; it is stored, and nothing happens because of it`,
    fix: "test what depends on it on Google Cloud",
  });

const unanswered = (type: string): Diagnostic =>
  diagnosticOf({
    code: "MR4301",
    severity: "error",
    problem: `the data source ${type} asks Google Cloud, and here nobody answers for it`,
    fix: "give the value literally, or refer to a resource of the plan",
  });
