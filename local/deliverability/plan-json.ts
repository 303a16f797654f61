import type { StackDocument } from "../plan/read";
import { type Attributes, isObject, type Value } from "../plan/values";

/*
 * What `terraform show -json` prints of a plan, as the document it could have been made from. A planned value stands as
 * it is; one that Terraform will only know after the apply is written as the reference it comes from, where the
 * configuration says so. https://developer.hashicorp.com/terraform/internals/json-format
 */

export const isPlan = (json: Attributes): boolean =>
  typeof json["format_version"] === "string" && isObject(json["planned_values"]);

/** A module's configuration, and what its variables are given. */
interface Module {
  /** `module.queues["a"].`, empty for the root. */
  readonly prefix: string;
  /** Key of the instance: what `each.key` or `count.index` is in its call. */
  readonly index?: Value;
  readonly configuration: Attributes;
  /** What its variables are given, in expressions of its parent. */
  readonly expressions: Attributes;
  /** What all of it waits for: `depends_on` of its call. */
  readonly waits: readonly string[];
  readonly parent?: Module;
}

export function documentOfPlan(json: Attributes, stack: string, directory: string): StackDocument {
  const configuration = section(section(json, "configuration"), "root_module");
  const resource: Record<string, Record<string, Value>> = {};
  const names = namesOf(json);
  const visit = (planned: Attributes, module: Module): void => {
    for (const one of objects(planned["resources"])) {
      if (one["mode"] !== "managed") continue;
      const address = wordOf(one["address"]);
      const written = objects(module.configuration["resources"]).find(
        ({ type, name, mode }) => type === one["type"] && name === one["name"] && mode === "managed",
      );
      const body = bodyOf(one, section(written ?? {}, "expressions"), module, names, objects(json["resource_changes"]));
      const waits = [...new Set([...dependenciesOf(written ?? {}, module, names), ...module.waits])];
      (resource[wordOf(one["type"])] ??= {})[names.get(address)!] = {
        ...body,
        ...(waits.length > 0 && { depends_on: waits }),
        "//": { metadata: { path: `${stack}/${address}` } },
      };
    }
    for (const child of objects(planned["child_modules"])) {
      const prefix = `${wordOf(child["address"])}.`;
      const [, name = "", key] = /module\.([^.[]+)(?:\[([^\]]*)\])?\.$/.exec(prefix) ?? [];
      const call = section(section(module.configuration, "module_calls"), name);
      visit(child, {
        prefix,
        ...(key !== undefined && { index: JSON.parse(key) as Value }),
        configuration: section(call, "module"),
        expressions: section(call, "expressions"),
        waits: [...module.waits, ...dependenciesOf({ depends_on: call["depends_on"] ?? [] }, module, names)],
        parent: module,
      });
    }
  };
  visit(section(section(json, "planned_values"), "root_module"), {
    prefix: "",
    configuration,
    expressions: {},
    waits: [],
  });
  return { stack, directory, json: { provider: providersOf(json), resource } };
}

const section = (of: Attributes, name: string): Attributes => {
  const value = of[name];
  return isObject(value) ? value : {};
};

const wordOf = (value: Value | undefined): string => (typeof value === "string" ? value : "");

const objects = (value: Value | undefined): readonly Attributes[] =>
  Array.isArray(value) ? (value as readonly Value[]).filter(isObject) : [];

/** A name in the document for each planned resource: addresses of modules and instances are no names. */
function namesOf(json: Attributes): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const visit = (planned: Attributes): void => {
    for (const { address } of objects(planned["resources"]))
      names.set(wordOf(address), `r${names.size}_${wordOf(address).replaceAll(/[^A-Za-z0-9_]+/g, "_")}`);
    objects(planned["child_modules"]).forEach(visit);
  };
  visit(section(section(json, "planned_values"), "root_module"));
  return names;
}

/** Project and region of the providers, where they are constants or variables that were given. */
function providersOf(json: Attributes): Attributes {
  const given = section(json, "variables");
  const configs = section(section(json, "configuration"), "provider_config");
  return Object.fromEntries(
    Object.entries(configs).flatMap(([key, config]) => {
      if (!isObject(config) || key.includes(".") || key.includes(":")) return [];
      const settings = Object.entries(section(config, "expressions")).flatMap(([name, expression]) => {
        const value = isObject(expression) ? constantOf(expression, given) : undefined;
        return typeof value === "string" ? [[name, literal(value)] as const] : [];
      });
      return [[key, [Object.fromEntries(settings)]] as const];
    }),
  );
}

function constantOf(expression: Attributes, given: Attributes): Value | undefined {
  if (expression["constant_value"] !== undefined) return expression["constant_value"];
  const [reference] = Array.isArray(expression["references"]) ? (expression["references"] as readonly Value[]) : [];
  const variable = typeof reference === "string" ? /^var\.(\w+)$/.exec(reference)?.[1] : undefined;
  return variable === undefined ? undefined : section(given, variable)["value"];
}

/** Text that stands for itself. */
const literal = (text: string): string => text.replaceAll("${", "$${").replaceAll("%{", "%%{");

function bodyOf(
  planned: Attributes,
  expressions: Attributes,
  module: Module,
  names: ReadonlyMap<string, string>,
  changes: readonly Attributes[],
): Attributes {
  const change = changes.find(({ address }) => address === planned["address"]);
  const unknown = section(change ?? {}, "change")["after_unknown"];
  const index = planned["index"];
  const fill = (
    value: Value | undefined,
    open: Value | undefined,
    expression: Value | undefined,
    argument = "",
  ): Value => {
    if (open === true) return referenceFor(argument, expression, module, names, index);
    if (Array.isArray(value) || Array.isArray(open)) {
      const [values, opens] = [asList(value), asList(open)];
      const inner = asList(expression);
      return Array.from({ length: Math.max(values.length, opens.length) }, (_, i) =>
        fill(values[i], opens[i], inner[i] ?? inner[0]),
      );
    }
    if (isObject(value) || isObject(open)) {
      const [values, opens] = [isObject(value) ? value : {}, isObject(open) ? open : {}];
      const inner = isObject(expression) ? expression : {};
      const keys = new Set([...Object.keys(values), ...Object.keys(opens).filter((key) => opens[key] !== false)]);
      // Attributes that nobody sets are Google's own to fill.
      const set = [...keys].filter((key) => inner[key] !== undefined || opens[key] !== true);
      return Object.fromEntries(set.map((key) => [key, fill(values[key], opens[key], inner[key], key)]));
    }
    return typeof value === "string" ? literal(value) : (value ?? null);
  };
  const body = fill(planned["values"], unknown, expressions);
  return isObject(body) ? body : {};
}

const asList = (value: Value | undefined): readonly Value[] =>
  Array.isArray(value) ? (value as readonly Value[]) : value === undefined || value === null ? [] : [value];

/** The reference that an open value is, or an expression that nobody can compute. */
function referenceFor(
  argument: string,
  expression: Value | undefined,
  module: Module,
  names: ReadonlyMap<string, string>,
  index: Value | undefined,
): string {
  const references = isObject(expression) ? asList(expression["references"]).map(String) : [];
  const target = references.map((one) => attributeOf(one, module, names, index)).find((one) => one !== undefined);
  const text = target ?? `var.something_of_${references.join("_").replaceAll(/[^A-Za-z0-9_]+/g, "_") || "google"}`;
  // The template around a reference is not in the plan; what holds an account's e-mail can be but one member.
  return argument === "member" && target?.endsWith(".email") ? `serviceAccount:\${${text}}` : `\${${text}}`;
}

/** `google_pubsub_topic.orders.id` of a module, in the names of the document; undefined for anything else. */
function attributeOf(
  reference: string,
  module: Module,
  names: ReadonlyMap<string, string>,
  index: Value | undefined,
): string | undefined {
  const [, variable] = /^var\.(\w+)$/.exec(reference) ?? [];
  if (variable !== undefined && module.parent) {
    const given = module.expressions[variable];
    const inner = isObject(given) ? asList(given["references"]).map(String) : [];
    return inner.map((one) => attributeOf(one, module.parent!, names, module.index)).find((one) => one !== undefined);
  }
  const [, type = "", name, key = "", written] =
    /^(google_\w+)\.([\w-]+)(\[[^\]]*\])?(?:\.(.+))?$/.exec(reference) ?? [];
  // Of `type.name[each.key].id` a plan says `type.name` and `each.key`; what else would be taken of these is their name.
  const attribute = written ?? NAMED_BY[type];
  if (attribute === undefined) return undefined;
  const address = `${module.prefix}${type}.${name}`;
  const instance = index === undefined || index === null ? "" : `[${JSON.stringify(index)}]`;
  const found = [`${address}${key}`, `${address}${instance}`]
    .map((one) => names.get(one))
    .find((one) => one !== undefined);
  return found === undefined ? undefined : `${type}.${found}.${attribute}`;
}

/** Types of which every attribute that others refer to leads to the same name. */
const NAMED_BY: Readonly<Record<string, string>> = {
  google_pubsub_topic: "id",
  google_pubsub_subscription: "id",
  google_storage_bucket: "name",
  google_cloud_tasks_queue: "name",
  google_secret_manager_secret: "id",
};

/** Named in `depends_on` where a plan does not say what a resource waits for: values of `local` are not in it. */
export const OPEN_ORDER = "local.not_in_the_plan";

/** Everything that a resource waits for: what it names and what its expressions refer to, all instances alike. */
function dependenciesOf(written: Attributes, module: Module, names: ReadonlyMap<string, string>): string[] {
  const { expressions = {}, for_each_expression = {}, count_expression = {}, depends_on = [] } = written;
  const wanted = [
    ...referencesIn([expressions, for_each_expression, count_expression]),
    ...asList(depends_on).map(String),
  ].flatMap((reference) => addressesOf(reference, module));
  const within = (address: string) =>
    wanted.some((one) => address === one || address.startsWith(`${one}[`) || address.startsWith(`${one}.`));
  const found = [...names]
    .filter(([address]) => within(address))
    .map(([address, name]) => `${typeOf(address)}.${name}`);
  return [...found, ...(wanted.includes(OPEN_ORDER) ? [OPEN_ORDER] : [])];
}

/** Every reference in what stands for an expression, blocks included. */
function referencesIn(value: Value): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap(referencesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "references" ? asList(inner).map(String) : referencesIn(inner),
  );
}

/** Addresses of resources and modules that a reference leads to. */
function addressesOf(reference: string, module: Module): readonly string[] {
  const [root = "", name = ""] = reference.split(/[.[]/);
  if (root === "local") return [OPEN_ORDER];
  if (root === "module") return [`${module.prefix}module.${name}`];
  if (root !== "var") return [`${module.prefix}${root}.${name}`];
  const given = module.expressions[name];
  return module.parent && given !== undefined
    ? referencesIn(given).flatMap((one) => addressesOf(one, module.parent!))
    : [];
}

const typeOf = (address: string): string =>
  /(?:^|\.)((?:google|time)_\w+)\.[\w-]+(?:\[[^\]]*\])?$/.exec(address)?.[1] ?? "google";
