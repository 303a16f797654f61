import type { Attribute, Block, NestedBlock, Rules } from "../schema/schema";
import { Decimal, isObjectValue, members, type ObjectValue, UNKNOWN, type Value } from "../values/value";
import { type Diagnostic, failure } from "./diagnostic";
import { formatFault } from "../values/formats";
import type { Path } from "./replace";

/**
 * What is wrong with a configuration that Terraform itself does not see: it knows names, types and numbers of blocks;
 * values, and which arguments go together, are the provider's to check. What is unknown yet is not judged.
 */
export function checkConfig(block: Block, config: ObjectValue): readonly Diagnostic[] {
  const found = checkBlock(block, config, [], "", config);
  const said = new Set<string>();
  // Each argument of a group knows of the group; once is enough.
  return found.filter(({ summary, detail }) => {
    const text = `${summary}\n${detail}`;
    return !said.has(text) && said.add(text);
  });
}

function checkBlock(block: Block, config: ObjectValue, at: Path, prefix: string, root: ObjectValue): Diagnostic[] {
  const attributes = Object.entries(block.attributes).flatMap(([name, attribute]) => {
    const value = config[name] ?? null;
    const path = [...at, name];
    return [
      ...checkAttribute(attribute, value, path),
      ...checkGroup(attribute.rules, `${prefix}${name}`, isSet(value), path, root),
    ];
  });
  const nested = Object.entries(block.blocks).flatMap(([name, nested]) =>
    checkNested(nested, config[name] ?? null, [...at, name], `${prefix}${name}`, root),
  );
  return [...attributes, ...nested];
}

function checkNested(nested: NestedBlock, value: Value, at: Path, dotted: string, root: ObjectValue): Diagnostic[] {
  const elements = isObjectValue(value) ? [value] : members(value);
  const inside = elements.flatMap((element, index) => {
    if (!isObjectValue(element)) return [];
    // Terraform cannot find an element of a set by its index.
    const path = nested.nesting === "list" ? [...at, index] : at;
    return checkBlock(nested.block, element, path, `${dotted}.`, root);
  });
  return [
    ...deprecation(nested.deprecated && isSet(value), at),
    ...checkGroup(nested.rules, dotted, isSet(value), at, root),
    ...inside,
  ];
}

const isSet = (value: Value): boolean => value !== null && !(Array.isArray(value) && value.length === 0);

function checkAttribute({ required, optional, deprecated, rules }: Attribute, value: Value, path: Path): Diagnostic[] {
  if (!isSet(value)) return [];
  const name = String(path.at(-1));
  if (!required && !optional) {
    const detail = `Can't configure a value for "${name}": its value will be decided automatically based on the result of applying this configuration.`;
    return [failure("Value for unconfigurable attribute", detail, path)];
  }
  return [...deprecation(deprecated, path), ...valueFaults(rules, name, value).map((text) => failure(text, "", path))];
}

/** What the rules of an argument say against a value that is known. */
function valueFaults(rules: Rules, name: string, value: Value): readonly string[] {
  const { enum: allowed, pattern, format, range, length, refusedKeys } = rules;
  const found: (string | undefined | false)[] = [];
  if (typeof value === "string") {
    if (allowed && !allowed.includes(value)) {
      const shown = allowed.filter(Boolean).map((one) => JSON.stringify(one));
      found.push(`expected ${name} to be one of [${shown.join(" ")}], got ${value}`);
    }
    if (pattern !== undefined && !new RegExp(pattern, "u").test(value))
      found.push(`"${name}" (${JSON.stringify(value)}) doesn't match regexp ${JSON.stringify(pattern)}`);
    if (format) found.push(formatFault(format, name, value));
    if (length && !within(length, Buffer.byteLength(value)))
      found.push(`expected length of ${name} to be in the range (${length.join(" - ")}), got ${value}`);
  } else if (range && isNumber(value) && !within(range, Number(value instanceof Decimal ? value.text : value))) {
    const [least, greatest] = range;
    const wanted =
      greatest === null
        ? `at least (${least})`
        : least === null
          ? `at most (${greatest})`
          : `in the range (${least} - ${greatest})`;
    found.push(`expected ${name} to be ${wanted}, got ${value instanceof Decimal ? value.text : value}`);
  } else if (refusedKeys && isObjectValue(value)) {
    const refused = Object.keys(value).filter((key) => refusedKeys.some((one) => new RegExp(one).test(key)));
    found.push(...refused.map((key) => `cannot set the ${key} header on ${name}`));
  }
  return found.filter((text) => typeof text === "string");
}

const isNumber = (value: Value): value is number | Decimal => typeof value === "number" || value instanceof Decimal;

const within = ([least, greatest]: readonly [number | null, number | null], value: number): boolean =>
  (least === null || value >= least) && (greatest === null || value <= greatest);

const deprecation = (applies: boolean, path: Path): Diagnostic[] =>
  applies
    ? [
        {
          severity: "warning",
          summary: "Argument is deprecated",
          detail: `"${path.at(-1)}" is deprecated by hashicorp/google.`,
          path,
        },
      ]
    : [];

/** Arguments that exclude or need each other. */
function checkGroup(rules: Rules, self: string, set: boolean, path: Path, root: ObjectValue): Diagnostic[] {
  const found: Diagnostic[] = [];
  const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(",");
  const stateOf = (name: string) => lookUp(root, name.split("."));
  const present = (names: readonly string[]) => names.filter((name) => stateOf(name) === "set");
  const group = (names: readonly string[]) => [...new Set([...names, self])].sort();
  const open = (names: readonly string[]) => names.some((name) => stateOf(name) === "unknown");
  if (set && rules.conflictsWith)
    for (const other of present(rules.conflictsWith.filter((name) => name !== self)))
      found.push(failure("Conflicting configuration arguments", `"${self}": conflicts with ${other}`, path));
  if (rules.exactlyOneOf) {
    const names = group(rules.exactlyOneOf);
    const given = present(names);
    const detail = `only one of ${list(names)} can be specified, but ${list(given)} were specified.`;
    if (given.length > 1) found.push(failure("Invalid combination of arguments", detail, path));
    if (given.length === 0 && !open(names))
      found.push(failure("Invalid combination of arguments", `one of ${list(names)} must be specified`, path));
  }
  if (rules.atLeastOneOf) {
    const names = group(rules.atLeastOneOf);
    if (present(names).length === 0 && !open(names))
      found.push(failure("Missing required argument", `one of ${list(names)} must be specified`, path));
  }
  if (set && rules.requiredWith) {
    const names = group(rules.requiredWith);
    if (!open(names) && present(names).length < names.length)
      found.push(failure("Missing required argument", `all of ${list(names)} must be specified`, path));
  }
  return found;
}

/** Whether something is set at a path through first elements. */
function lookUp(value: Value, path: readonly string[]): "set" | "unset" | "unknown" {
  if (value === UNKNOWN) return "unknown";
  const [name, ...rest] = path;
  if (name === undefined) return isSet(value) ? "set" : "unset";
  const element = Array.isArray(value) ? (value as readonly Value[])[0] : value;
  if (element === UNKNOWN) return "unknown";
  return isObjectValue(element) && Object.hasOwn(element, name) ? lookUp(element[name]!, rest) : "unset";
}
