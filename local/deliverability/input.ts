import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";
import { listStacks, readStacks, type StackDocument } from "../plan/read";
import { type Attributes, isObject, type Value } from "../plan/values";
import { documentOfPlan, isPlan } from "./plan-json";

/** What there is to check. */
export interface Input {
  /** Producers before consumers. */
  readonly documents: readonly StackDocument[];
  /** Stacks that are spoken of; the others are read because these refer to them, or they to these. */
  readonly about: readonly string[];
}

/**
 * A stack, and every other of the folder: what consumes a topic may be in a stack that reads this one's state.
 * @throws IssuesError as `readStacks` does
 */
export function inputOfStack(outDir: string, stack: string): Input {
  const documents = new Map(readStacks(outDir, stack).map((document) => [document.stack, document]));
  for (const other of listStacks(outDir)) {
    const read = readStacks(outDir, other);
    // Only what is tied to the stack: the same application in another environment has the same names.
    if (read.some((document) => documents.has(document.stack)))
      for (const document of read) documents.set(document.stack, document);
  }
  return { documents: [...documents.values()], about: [stack] };
}

/**
 * A `.tf.json` file, what `terraform show -json` printed of a plan, or a folder of `.tf.json` files.
 * @throws IssuesError MR4003 for a file that is no JSON, MR4450 when there is nothing to check
 */
export function inputOfPath(path: string): Input {
  const full = resolve(path);
  const files = statSync(full).isDirectory() ? filesOf(full, path) : [full];
  const parts = files.map((file) => ({ file, json: parsed(file) }));
  const [first] = parts;
  if (first && isPlan(first.json)) {
    const document = documentOfPlan(first.json, basename(path), dirname(first.file));
    return { documents: [document], about: [document.stack] };
  }
  const stack = basename(full).replace(/\.tf\.json$/, "");
  const directory = statSync(full).isDirectory() ? full : dirname(full);
  const json = parts.map(({ json }) => normalized(json)).reduce(merged, {});
  if (!isObject(json["resource"])) throw nothing(path, "holds no resource of Terraform");
  return { documents: [{ stack, directory, json }], about: [stack] };
}

function filesOf(folder: string, path: string): readonly string[] {
  const names = readdirSync(folder).sort();
  const found = names.filter((name) => name.endsWith(".tf.json"));
  const hcl = names.filter((name) => name.endsWith(".tf"));
  // Half of a configuration would be accused of what the other half does.
  if (hcl.length > 0) throw nothing(path, `is configured in HCL, which is not read here: ${hcl.join(", ")}`);
  if (found.length === 0) throw nothing(path, "holds no .tf.json file");
  return found.map((name) => join(folder, name));
}

const nothing = (path: string, problem: string): IssuesError => {
  const fix =
    "for HCL run `terraform plan -out plan && terraform show -json plan > plan.json`, and check plan.json; otherwise name a stack, a .tf.json file or a folder of them";
  return new IssuesError([issue("MR4450", path, problem, fix)]);
};

function parsed(file: string): Attributes {
  const fix = "check what wrote the file";
  try {
    const json: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isObject(json)) return json;
  } catch (error) {
    throw new IssuesError([issue("MR4003", file, `cannot be read as JSON: ${(error as Error).message}`, fix)]);
  }
  throw new IssuesError([issue("MR4003", file, "is JSON, but no Terraform document", fix)]);
}

/** Sections whose members are named once or twice; each level may be written as a list of objects. */
const DEPTH: Readonly<Record<string, number>> = { resource: 2, data: 2, variable: 1, output: 1, locals: 0, module: 1 };

/** One form for what Terraform's JSON syntax lets people and converters write in several. */
function normalized(json: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      Object.hasOwn(DEPTH, name) ? level(value, DEPTH[name]!) : value,
    ]),
  );
}

function level(value: Value, depth: number): Value {
  const objects = Array.isArray(value) ? (value as readonly Value[]).filter(isObject) : isObject(value) ? [value] : [];
  const all = objects.reduce<Attributes>((one, other) => merged(one, other), {});
  if (depth === 0) return all;
  return Object.fromEntries(
    Object.entries(all).map(([key, inner]) => [key, key === "//" ? inner : level(inner, depth - 1)]),
  );
}

/** Sections of several files together; what both have is joined. */
function merged(one: Attributes, other: Attributes): Attributes {
  const all: Record<string, Value> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = all[key];
    all[key] =
      isObject(before) && isObject(value)
        ? merged(before, value)
        : Array.isArray(before) && Array.isArray(value)
          ? [...(before as Value[]), ...(value as Value[])]
          : value;
  }
  return all;
}
