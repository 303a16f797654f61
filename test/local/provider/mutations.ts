import type { Random } from "../../../local/engine/random";
import type { Json } from "../../../contract/json";
import { type Attributes, isObject } from "../../../local/plan/values";
import type { Attribute, Block, NestedBlock, Rules } from "../../../local/provider/schema/schema";
import { formatFault } from "../../../local/provider/values/formats";
import { configOf } from "./configs";

/** A resource of a document, where it may be changed. */
export interface Position {
  readonly address: string;
  readonly type: string;
  readonly block: Block;
  readonly config: Attributes;
  /** Addresses of other resources of the document. */
  readonly others: readonly string[];
}

/** A configuration that must be refused, and a word of the reason. */
export interface Mutated {
  readonly config: Attributes;
  readonly says: RegExp;
  /** Where in the resource: `push_config.oidc_token.audience`. */
  readonly at: string;
}

/** Breaks a resource in one way, at one of the places where that can be done; undefined where there is none. */
export type Mutation = (position: Position, random: Random) => Mutated | undefined;

type Path = readonly (string | number)[];

/** A block of the configuration and what its schema says. */
interface Place {
  readonly path: Path;
  readonly block: Block;
  readonly config: Attributes;
}

const RESERVED = /^(provider|depends_on|lifecycle|count|for_each|provisioner|connection|\/\/|dynamic)$/;

/** Every block of a resource, the resource itself first. */
function placesOf(block: Block, config: Attributes, path: Path = []): Place[] {
  const nested = Object.entries(block.blocks).flatMap(([name, { block: inner }]) => {
    const value = config[name];
    if (Array.isArray(value))
      return (value as readonly Json[]).flatMap((one, i) =>
        isObject(one) ? placesOf(inner, one, [...path, name, i]) : [],
      );
    return isObject(value) ? placesOf(inner, value, [...path, name]) : [];
  });
  return [{ path, block, config }, ...nested];
}

/** A copy with another value at a path; undefined takes away what is there. */
function replaced(value: Json, [name, ...rest]: Path, by: Json | undefined): Json {
  if (name === undefined) return by ?? null;
  if (Array.isArray(value)) return value.map((item: Json, i) => (i === name ? replaced(item, rest, by) : item));
  const { [name]: inner = null, ...others } = value as Attributes;
  if (rest.length === 0 && by === undefined) return others;
  return { ...others, [name]: rest.length === 0 ? by! : replaced(inner, rest, by) };
}

const dotted = (path: Path): string => path.filter((part) => typeof part === "string").join(".");

/** One of all ways in which a resource can be broken. */
function oneOf(random: Random, all: readonly (readonly [path: Path, by: Json | undefined, says: RegExp])[]) {
  return (config: Attributes): Mutated | undefined => {
    const chosen = all[random.below(Math.max(all.length, 1))];
    if (!chosen) return undefined;
    const [path, by, says] = chosen;
    return { config: replaced(config, path, by) as Attributes, says, at: dotted(path) };
  };
}

const escape = (text: string) => text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** Ways of a kind at every attribute of every block. */
const atAttributes =
  (
    ways: (
      name: string,
      attribute: Attribute,
      place: Place,
      position: Position,
    ) => readonly (readonly [Json, RegExp])[],
    absent = false,
  ): Mutation =>
  (position, random) => {
    const all = placesOf(position.block, position.config).flatMap((place) =>
      Object.entries(place.block.attributes).flatMap(([name, attribute]) => {
        if (!absent && !Object.hasOwn(place.config, name)) return [];
        // Names that Terraform takes for itself are none of the provider's at the top.
        if (place.path.length === 0 && RESERVED.test(name)) return [];
        return ways(name, attribute, place, position).map(([by, says]) => [[...place.path, name], by, says] as const);
      }),
    );
    return oneOf(random, all)(position.config);
  };

const atBlocks =
  (
    ways: (
      name: string,
      nested: NestedBlock,
      value: Json | undefined,
    ) => readonly (readonly [Json | undefined, RegExp])[],
  ): Mutation =>
  (position, random) => {
    const all = placesOf(position.block, position.config).flatMap((place) =>
      Object.entries(place.block.blocks).flatMap(([name, nested]) =>
        ways(name, nested, place.config[name]).map(([by, says]) => [[...place.path, name], by, says] as const),
      ),
    );
    return oneOf(random, all)(position.config);
  };

const settable = ({ required, optional }: Attribute): boolean => required || optional;
const refused = (text: string, refuses: (text: string) => boolean): readonly string[] => (refuses(text) ? [text] : []);

/** Text that the rules refuse, if any is known. */
function badText({ pattern, format, length }: Rules, name: string): readonly (readonly [string, RegExp])[] {
  const tries = ["!", "{", "10", "x".repeat(300), ""];
  const byPattern =
    pattern === undefined
      ? []
      : tries
          .flatMap((text) => refused(text, (one) => !new RegExp(pattern, "u").test(one)))
          .slice(0, 1)
          .map((text) => [text, /doesn't match regexp/] as const);
  const byFormat = format
    ? tries
        .filter((text) => formatFault(format, name, text) !== undefined)
        .slice(0, 1)
        .map((text) => [text, new RegExp(escape(formatFault(format, name, text)!.slice(0, 24).trim()))] as const)
    : [];
  const byLength = length ? [["x".repeat(length[1] + 1), /expected length of/] as const] : [];
  return [...byPattern, ...byFormat, ...byLength];
}

export const mutations: Readonly<Record<string, Mutation>> = {
  "an argument that there is not": ({ block, config }, random) => {
    const all = placesOf(block, config).map(
      ({ path }) =>
        [[...path, "no_such_argument"], "x", /No argument or block type is named "no_such_argument"/] as const,
    );
    return oneOf(random, all)(config);
  },

  "a missing argument": ({ block, config }, random) => {
    const all = placesOf(block, config).flatMap(({ path, block: { attributes } }) =>
      Object.entries(attributes)
        .filter(([, { required }]) => required)
        .map(([name]) => [[...path, name], undefined, new RegExp(`argument "${name}" is required`)] as const),
    );
    return oneOf(random, all)(config);
  },

  "a missing block": atBlocks((name, { minItems }, value) =>
    minItems > 0 && value !== undefined ? [[undefined, new RegExp(`At least \\d+ "${name}" blocks are required`)]] : [],
  ),

  "more blocks than there may be": atBlocks((name, { maxItems }, value) => {
    const [one] = Array.isArray(value) ? (value as readonly Json[]) : [value];
    if (maxItems === 0 || one === undefined) return [];
    const many = Array.from({ length: maxItems + 1 }, () => one);
    return [[many, new RegExp(`No more than ${maxItems} "${name}" blocks are allowed`)]];
  }),

  "a value of another type": atAttributes((name, { type, ...attribute }) => {
    if (!settable({ type, ...attribute })) return [];
    const says = new RegExp(`Inappropriate value for attribute "${name}"`);
    if (type === "number") return [["soon", says]];
    if (type === "bool") return [["perhaps", says]];
    if (type === "string") return [[["a", "list"], says]];
    return [["text", says]];
  }),

  "a value that is not allowed": atAttributes(
    (name, attribute) =>
      attribute.rules.enum && settable(attribute)
        ? [["NOT_ONE_OF_THEM", new RegExp(`expected ${name} to be one of`)]]
        : [],
    true,
  ),

  "text against its rule": atAttributes(
    (name, attribute) => (settable(attribute) && attribute.type === "string" ? badText(attribute.rules, name) : []),
    true,
  ),

  "a number out of its range": atAttributes((name, { rules: { range } }) => {
    if (!range) return [];
    const [least, greatest] = range;
    return [[least === null ? greatest! + 1 : least - 1, new RegExp(`expected ${name} to be (at|in)`)]];
  }, true),

  "an attribute that is computed": atAttributes((_name, attribute) => {
    if (settable(attribute) || !attribute.computed || attribute.type !== "string") return [];
    return [["given", /Value for unconfigurable attribute/]];
  }, true),

  "arguments that exclude each other": ({ block, config }, random) => {
    const ruled = [...Object.entries(block.attributes), ...Object.entries(block.blocks)];
    const all = ruled.flatMap(([name, { rules }]) => {
      const excluded = [...(rules.conflictsWith ?? []), ...(rules.exactlyOneOf ?? [])];
      const other = excluded.find((path) => path !== name && !path.includes(".") && Object.hasOwn(config, path));
      if (other === undefined || Object.hasOwn(config, name)) return [];
      const nested = block.blocks[name];
      const by: Json = nested ? configOf(nested.block, random, 0) : "x";
      const isText = nested !== undefined || block.attributes[name]!.type === "string";
      return isText ? [[[name], by, /conflicts with|only one of/] as const] : [];
    });
    return oneOf(random, all)(config);
  },

  "a reference to a resource that there is not": atAttributes((_name, attribute) =>
    attribute.type === "string" && settable(attribute)
      ? [["${google_pubsub_topic.nowhere.id}", /"google_pubsub_topic" "nowhere" has not been declared/]]
      : [],
  ),

  "a reference to an attribute that there is not": atAttributes((_name, attribute, _place, { others }) =>
    attribute.type === "string" && settable(attribute) && others.length > 0
      ? [[`\${${others[0]}.no_such_attribute}`, /no argument, nested block, or exported attribute named/]]
      : [],
  ),

  "a dependency on what there is not": ({ config }) => ({
    config: { ...config, depends_on: ["google_pubsub_topic.nowhere"] },
    says: /"google_pubsub_topic" "nowhere" has not been declared/,
    at: "depends_on",
  }),

  "a repetition over what is no collection": ({ config }) => ({
    config: { ...config, for_each: 5 },
    says: /Invalid for_each argument/,
    at: "for_each",
  }),

  "a count that is none": ({ config }) => ({
    config: { ...config, count: "many" },
    says: /Invalid count argument|a number is required/,
    at: "count",
  }),

  "a function that there is not": atAttributes((_name, attribute) =>
    attribute.type === "string" && settable(attribute)
      ? [['${no_such_function("x")}', /no function named "no_such_function"/]]
      : [],
  ),
};
