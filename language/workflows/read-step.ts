import type { Position } from "./fault";
import { LIMITS } from "./limits";
import type { Action, Body, Branch, Case, For, Jump, Retry, Step } from "./model";
import { describe, fieldsOf, misfit, readTemplate, report, type Reader } from "./reader";
import { atMost, type Fields, nameOf, readAssignments, readCall } from "./read-call";
import { readRetry } from "./read-retry";
import type { Entry, Source } from "./source";

const ACTIONS = ["assign", "call", "switch", "for", "parallel", "try", "raise", "return", "steps"] as const;
type ActionKey = (typeof ACTIONS)[number];

/** Keys that mean something only beside another. */
const BESIDE: Readonly<Record<string, ActionKey>> = { args: "call", result: "call", retry: "try", except: "try" };

const BODY_KEYS = [...ACTIONS, ...Object.keys(BESIDE), "next"];

/** Steps of a block; `names` holds those of the whole routine, which are one namespace. */
export function readSteps(
  source: Source | undefined,
  at: Position,
  what: string,
  reader: Reader,
  names: Set<string>,
): Step[] {
  if (source?.kind !== "list") {
    report(reader, "MR6011", source?.at ?? at, `${what} needs a list of steps`, "write `- name:` for each step");
    return [];
  }
  if (source.items.length === 0)
    report(reader, "MR6007", source.at, `${what} has no steps`, "add a step, or remove the block");
  const outer = reader.path;
  const steps = source.items.flatMap((item) => {
    const step = readStep(item, reader, names);
    reader.path = outer;
    return step ? [step] : [];
  });
  return steps;
}

function readStep(source: Source, reader: Reader, names: Set<string>): Step | undefined {
  const entry = source.kind === "map" && source.entries.length === 1 ? source.entries[0] : undefined;
  if (entry === undefined) {
    const found = source.kind === "map" ? `a map of ${source.entries.length} keys` : describe(source);
    const problem = `a step is a map with one key, its name; found ${found}`;
    report(reader, "MR6005", source.at, problem, "write `- name:` and indent what the step does below it");
    return undefined;
  }
  const { key: name, keyAt } = entry;
  reader.path = `${reader.path.split("/")[0]}/${name}`;
  claimName(entry, reader, names);
  const body = readBody(entry.value, keyAt, `the step "${name}"`, reader, names);
  return body && { name, ...body, at: keyAt };
}

function claimName({ key, keyAt }: Entry, reader: Reader, names: Set<string>): void {
  const problem = `the routine has two steps called "${key}"; names are shared by its nested blocks`;
  if (names.has(key)) report(reader, "MR6006", keyAt, problem, "rename one of them");
  names.add(key);
}

/** What a step, a case or a try does. */
function readBody(
  source: Source,
  at: Position,
  what: string,
  reader: Reader,
  names: Set<string>,
  more: readonly string[] = [],
): Body | undefined {
  if (source.kind !== "map") return misfit(reader, source, `${what} needs a map`, "say what it does: assign, call, …");
  const fields = fieldsOf(source.entries, [...BODY_KEYS, ...more], what, reader);
  const actions = ACTIONS.filter((key) => fields.has(key));
  if (actions.length > 1)
    report(
      reader,
      "MR6010",
      fields.get(actions[1]!)!.keyAt,
      `${what} does ${actions.length} things: ${actions.join(", ")}`,
      "give each a step of its own",
    );
  for (const [key, owner] of Object.entries(BESIDE))
    if (fields.has(key) && !fields.has(owner))
      report(
        reader,
        "MR6009",
        fields.get(key)!.keyAt,
        `${what} has ${key} without ${owner}`,
        `add ${owner}, or remove ${key}`,
      );
  const next = readNext(fields.get("next"), reader);
  const [key] = actions;
  if (key === undefined && !fields.has("next")) {
    report(reader, "MR6010", at, `${what} does nothing`, `give it one of ${ACTIONS.join(", ")}, or next`);
    return undefined;
  }
  const action = key === undefined ? ({ kind: "next" } as const) : READ[key](fields, fields.get(key)!, reader, names);
  return action && { action, ...(next && { next }), at };
}

function readNext(entry: Entry | undefined, reader: Reader): Jump | undefined {
  if (!entry) return undefined;
  const target = nameOf(entry.value);
  if (target !== undefined) return { target, at: entry.value.at };
  return misfit(reader, entry.value, "next needs the name of a step", "name a step, or end, break, continue");
}

const READ: Readonly<
  Record<ActionKey, (fields: Fields, entry: Entry, reader: Reader, names: Set<string>) => Action | undefined>
> = {
  assign: (_, { value, keyAt }, reader) => ({ kind: "assign", assignments: readAssignments(value, keyAt, reader) }),
  call: readCall,
  switch: (_, entry, reader, names) => ({ kind: "switch", cases: readCases(entry, reader, names) }),
  for(_, entry, reader, names) {
    const loop = readFor(entry, reader, names);
    return loop && { kind: "for", loop };
  },
  parallel: (_, entry, reader, names) => readParallel(entry, reader, names),
  try: readTry,
  raise: (_, { value }, reader) => ({ kind: "raise", value: readTemplate(value, reader) }),
  return: (_, { value }, reader) => ({ kind: "return", value: readTemplate(value, reader) }),
  steps: (_, { value, keyAt }, reader, names) => ({
    kind: "steps",
    steps: readSteps(value, keyAt, "steps", reader, names),
  }),
};

function readCases({ value, keyAt }: Entry, reader: Reader, names: Set<string>): Case[] {
  if (value.kind !== "list") {
    return misfit(reader, value, "switch needs a list", "write `- condition: …` for each case") ?? [];
  }
  atMost(value.items.length, 1, LIMITS.conditions, "conditions", keyAt, reader);
  return value.items.flatMap((item) => {
    const condition = item.kind === "map" ? item.entries.find(({ key }) => key === "condition") : undefined;
    if (!condition) {
      report(reader, "MR6011", item.at, "a case without a condition", "write `condition: ${…}`");
      return [];
    }
    const read = readTemplate(condition.value, reader);
    const body = readBody(item, item.at, "a case", reader, names, ["condition"]);
    return body ? [{ ...body, condition: read }] : [];
  });
}

const FOR_KEYS = ["value", "index", "in", "range", "steps"];

function readFor({ value, keyAt }: Entry, reader: Reader, names: Set<string>): For | undefined {
  if (value.kind !== "map") return misfit(reader, value, "for needs a map", "write value, in or range, and steps");
  const fields = fieldsOf(value.entries, FOR_KEYS, "for", reader);
  const name = nameOf(fields.get("value")?.value);
  if (name === undefined) report(reader, "MR6013", keyAt, "for names no variable", "add `value: name`");
  const overs = (["in", "range"] as const).filter((key) => fields.has(key));
  if (overs.length !== 1)
    report(
      reader,
      "MR6013",
      keyAt,
      overs.length === 0 ? "for has neither in nor range" : "for has both in and range",
      "keep one of in and range",
    );
  const [kind] = overs;
  const over = kind && { kind, value: readTemplate(fields.get(kind)!.value, reader) };
  if (kind === "range") checkRange(fields.get(kind)!.value, reader);
  const index = nameOf(fields.get("index")?.value);
  const steps = readSteps(fields.get("steps")?.value, keyAt, "for", reader, names);
  return name === undefined || !over ? undefined : { value: name, ...(index !== undefined && { index }), over, steps };
}

/** Two numbers, or one expression for both: `[${a}, ${b}]` is refused. */
function checkRange(source: Source, reader: Reader): void {
  const numbers = source.kind === "list" && source.items.length === 2 && source.items.every(isNumeric);
  const expression = source.kind === "scalar" && typeof source.value === "string" && /^\s*\$\{/.test(source.value);
  if (!numbers && !expression)
    report(
      reader,
      "MR6013",
      source.at,
      "range needs two numbers, or one expression for both",
      "write [1, 9] or ${[first, last]}",
    );
}

const isNumeric = (source: Source) =>
  source.kind === "scalar" && (typeof source.value === "bigint" || typeof source.value === "number");

const PARALLEL_KEYS = ["branches", "for", "shared", "concurrency_limit", "exception_policy"];

function readParallel({ value, keyAt }: Entry, reader: Reader, names: Set<string>): Action | undefined {
  if (value.kind !== "map") return misfit(reader, value, "parallel needs a map", "write branches or for below it");
  const fields = fieldsOf(value.entries, PARALLEL_KEYS, "parallel", reader);
  const [branches, loop] = [fields.get("branches"), fields.get("for")];
  if ((branches === undefined) === (loop === undefined)) {
    report(
      reader,
      "MR6014",
      keyAt,
      branches ? "parallel has both branches and for" : "parallel has neither branches nor for",
      "keep one of branches and for",
    );
    if (!branches) return undefined;
  }
  const policy = fields.get("exception_policy")?.value;
  if (policy && nameOf(policy) !== "continueAll")
    report(
      reader,
      "MR6015",
      policy.at,
      `exception_policy is ${describe(policy)}`,
      "write continueAll, the only policy there is, or leave it out",
    );
  const limit = fields.get("concurrency_limit")?.value;
  const work = branches ? { branches: readBranches(branches, reader, names) } : readLoop(loop!, reader, names);
  return (
    work && {
      kind: "parallel",
      work,
      shared: readShared(fields.get("shared")?.value, reader),
      ...(limit && { concurrencyLimit: readTemplate(limit, reader) }),
      at: keyAt,
    }
  );
}

function readLoop(entry: Entry, reader: Reader, names: Set<string>): { loop: For } | undefined {
  const loop = readFor(entry, reader, names);
  return loop && { loop };
}

function readBranches({ value, keyAt }: Entry, reader: Reader, names: Set<string>): Branch[] {
  if (value.kind !== "list") {
    return misfit(reader, value, "branches needs a list", "write `- name:` with steps for each branch") ?? [];
  }
  atMost(value.items.length, 2, LIMITS.branches, "branches", keyAt, reader);
  return value.items.flatMap((item) => {
    const entry = item.kind === "map" && item.entries.length === 1 ? item.entries[0]! : undefined;
    if (entry?.value.kind !== "map") {
      report(
        reader,
        "MR6014",
        item.at,
        "a branch is a map with one key, its name, and steps below it",
        "write `- name:` and `steps:` below it",
      );
      return [];
    }
    claimName(entry, reader, names);
    const fields = fieldsOf(entry.value.entries, ["steps"], "a branch", reader);
    const steps = readSteps(fields.get("steps")?.value, entry.keyAt, `the branch "${entry.key}"`, reader, names);
    return [{ name: entry.key, steps, at: entry.keyAt }];
  });
}

function readShared(source: Source | undefined, reader: Reader): string[] {
  if (!source) return [];
  const names = source.kind === "list" ? source.items.map(nameOf) : [undefined];
  if (names.includes(undefined))
    report(
      reader,
      "MR6011",
      source.at,
      `shared needs a list of variables, found ${describe(source)}`,
      "write [name, …]",
    );
  return names.filter((name) => name !== undefined);
}

function readTry(fields: Fields, { value, keyAt }: Entry, reader: Reader, names: Set<string>): Action | undefined {
  const body = readBody(value, keyAt, "try", reader, names);
  const retry = fields.get("retry");
  const read: Retry | undefined = retry && readRetry(retry, reader);
  const except = fields.get("except");
  const handler = except && readExcept(except, reader, names);
  return body && { kind: "try", body, ...(read && { retry: read }), ...(handler && { except: handler }) };
}

function readExcept(
  { value, keyAt }: Entry,
  reader: Reader,
  names: Set<string>,
): { as?: string; steps: Step[] } | undefined {
  if (value.kind !== "map") return misfit(reader, value, "except needs a map", "write as and steps below it");
  const fields = fieldsOf(value.entries, ["as", "steps"], "except", reader);
  const as = nameOf(fields.get("as")?.value);
  const given = fields.get("steps");
  const steps = given ? readSteps(given.value, keyAt, "except", reader, names) : [];
  return { ...(as !== undefined && { as }), steps };
}
