import type { CompletionContext, PlannedResource, ResourceConfig } from "../../plan/plan";
import { type Attributes, isObject, type Value } from "../../plan/values";
import { issue } from "../../plan/issues";
import type { AppliedResource } from "../applied";
import type { Draft } from "../draft";
import type { RunJobs } from "../jobs";
import type { PubSub } from "../pubsub";
import type { Scheduler } from "../scheduler";
import type { Storage } from "../storage";
import type { Tasks } from "../tasks";
import type { Workflows } from "../workflows";

/**
 * What the engine knows of one resource type. The same table serves both doors: `millrace dev`, which applies a whole
 * plan, and a Terraform provider, which applies one resource at a time.
 */
export interface Adapter {
  readonly type: string;
  /**
   * Whether the engine acts on the resource; a resource it only keeps is `stored`.
   * @default false
   */
  readonly runs?: boolean | ((attributes: Attributes) => boolean);
  /** Arguments the engine acts on, as paths through blocks: `push_config.push_endpoint`, or `retry_policy` for all of it. */
  readonly honoured?: readonly string[];
  /** Arguments that have nothing to change on a laptop: labels, protection, machine sizes, networks. */
  readonly inert?: readonly string[];
  /** More of them, where it depends on the resource. */
  inertFor?(attributes: Attributes): readonly string[];
  /** What Google and the provider add to a configuration: ids, names, addresses, and the defaults that the engine needs. */
  computed(read: Reader): Attributes;
  /** Adds what must run to the draft of the system. */
  contribute?(read: Reader, resource: PlannedResource, draft: Draft): void;
  /**
   * What has become of the resource at the hands of the engine's clients: attributes that are not any more what the
   * resource says. Terraform shows it as drift. @default nobody but the plan changes it
   */
  observe?(read: Reader, live: Live): Attributes | "gone";
  /**
   * What a client has made at the engine, as a configuration would say it, with its `id`: Terraform can import it.
   * @param id the resource's, or its short form
   * @returns undefined when there is none. @default clients make none
   */
  describe?(id: string, live: Live): Attributes | undefined;
  /** What keeps Google from deleting it. @default nothing */
  readonly contents?: Contents;
  /** Arguments that name a file whose bytes Google keeps when the resource is created. @default none */
  readonly uploads?: readonly string[];
}

/** What a resource holds, and is deleted with only if one of its arguments says so. */
export interface Contents {
  /** Name of that argument. */
  readonly leave: string;
  /** Google's answer otherwise. */
  readonly refusal: string;
  /** @param others everything that the stack has applied */
  of(read: Reader, live: Live, others: readonly PlannedResource[]): readonly Content[];
}

/** A resource as what another one holds. @param name of the attribute that people know it by */
export const asContent = ({ type, attributes }: PlannedResource, name: string): Content => ({
  name: asText(attributes[name]) ?? "",
  resource: { type, id: asText(attributes.id) ?? "" },
});

/** Terraform converts between primitives, so the engine does too. */
const asText = (value: Value | undefined): string | undefined =>
  value !== null && value !== undefined && typeof value !== "object" ? String(value) : undefined;

export interface Content {
  readonly name: string;
  /** Type and id of what Terraform knows of it; absent: a client has made it. */
  readonly resource?: Pick<AppliedResource, "type" | "id">;
}

/** Services of the engine whose things clients may change. */
export interface Live {
  readonly pubsub: Pick<PubSub, "topics" | "subscriptions">;
  readonly scheduler: Pick<Scheduler, "jobs">;
  readonly tasks: Pick<Tasks, "queues">;
  readonly workflows: Pick<Workflows, "workflows">;
  readonly runJobs: Pick<RunJobs, "jobs">;
  readonly storage: Pick<Storage, "buckets" | "list">;
}

/** Reads arguments of one resource; a block of at most one may be written as an object or as a list. */
export interface Reader {
  readonly resource: ResourceConfig;
  /** Text at a path, undefined when unset. Another type is reported. */
  text(path: string): string | undefined;
  /** Text at a path; its absence is reported, and the empty text stands in. */
  required(path: string): string;
  number(path: string): number | undefined;
  bool(path: string): boolean | undefined;
  texts(path: string): readonly string[];
  textMap(path: string): Readonly<Record<string, string>>;
  /** Repeated blocks, a single one written as an object included. */
  blocks(path: string): readonly Attributes[];
  /** The block at a path, undefined when unset. */
  block(path: string): Attributes | undefined;
  readonly report: CompletionContext["report"];
  /** Reports that a value is not what it should be. */
  wrong(path: string, want: string, got: Value): void;
  /** The project: the resource's own, else its provider's. */
  readonly project: string;
  /** The project's number. */
  readonly projectNumber: string;
  /** `location` or `region` of the resource, else the provider's region. */
  readonly region: string;
}

/** The value at a path through blocks. */
export function at(attributes: Value | undefined, path: string): Value | undefined {
  let value: Value | undefined = attributes;
  for (const name of path.split(".")) {
    if (Array.isArray(value)) value = value[0] as Value | undefined;
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value === null ? undefined : value;
}

export const asBlocks = (value: Value | undefined): readonly Attributes[] =>
  (Array.isArray(value) ? (value as readonly Value[]) : [value]).filter(isObject);

/** @param values the configuration while it is completed, the attributes afterwards */
export function readerOf(resource: ResourceConfig, values: Attributes, context: CompletionContext): Reader {
  const where = `${resource.stack}/${resource.address}`;
  const wrong = (path: string, want: string, got: Value): undefined => {
    const text = JSON.stringify(got);
    context.report(issue("MR4015", `${where}.${path}`, `is not ${want}`, `give it ${want}`, { got: text, want }));
    return undefined;
  };
  const convert =
    <T>(want: string, take: (value: Value) => T | undefined) =>
    (path: string): T | undefined => {
      const value = at(values, path);
      return value === undefined ? undefined : (take(value) ?? wrong(path, want, value));
    };
  const asNumber = (value: Value) => {
    const number = typeof value === "string" && value !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  };
  const asBool = (value: Value) =>
    value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;
  const text = convert("text", asText);
  const required = (path: string): string => {
    const value = text(path);
    if (value) return value;
    if (at(values, path) === undefined || value === "")
      context.report(issue("MR4014", where, `has no ${path}, without which nothing can be made of it`, `set ${path}`));
    return "";
  };
  const fromProvider = (name: string): string => asText(at(resource.provider, name)) ?? "";
  const scope = (name: string, ...own: readonly string[]): string => {
    const value = own.map((path) => text(path)).find(Boolean) ?? fromProvider(name);
    if (!value) {
      const problem = `has no ${name}, and neither has its provider`;
      context.report(issue("MR4014", where, problem, `set ${name} on the provider or on the resource`));
    }
    return value;
  };
  return {
    resource,
    report: context.report,
    wrong,
    text,
    required,
    number: convert("a number", asNumber),
    bool: convert("a bool", asBool),
    texts: (path) =>
      convert("a list of text", (value) =>
        Array.isArray(value) ? (value as Value[]).map((item) => asText(item) ?? "") : undefined,
      )(path) ?? [],
    textMap: (path) =>
      convert("a map of text", (value) =>
        isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item) ?? ""]))
          : undefined,
      )(path) ?? {},
    blocks: (path) => asBlocks(at(values, path)),
    block: (path) => asBlocks(at(values, path))[0],
    get project() {
      return scope("project", "project");
    },
    get projectNumber() {
      return context.projectNumber(scope("project", "project"));
    },
    get region() {
      return scope("region", "location", "region");
    },
  };
}
