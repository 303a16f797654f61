import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from "yaml";
import { z } from "zod";
import { codes, type Code } from "../contract/codes";
import { LOCAL_ENVIRONMENT } from "../contract/environment";
import type { Issue } from "../contract/issue";
import { nearest } from "../language/nearest";
import { type Environment, EnvironmentSchema, sizeOf } from "./environment";
import { REGIONS } from "./regions";

/** What a file came to: an environment, unless an issue is an error. */
export interface ReadEnvironment {
  readonly environment?: Environment;
  readonly issues: readonly Issue[];
}

type Path = readonly PropertyKey[];
type Finding = Pick<Issue, "problem"> & Partial<Pick<Issue, "fix" | "got" | "want" | "severity">>;

/**
 * Reads one environment file and reports everything that is wrong with it, each fault with line and column.
 * @param file how the file is named in issues, for example `environments/dev.yaml`
 * @param name the environment's name
 * @param workloads names of the workloads that may be overridden, with their kind; undefined when unknown
 */
export function readEnvironment(
  text: string,
  file: string,
  name: string,
  workloads?: Readonly<Record<string, "function" | "service">>,
): ReadEnvironment {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const issues: Issue[] = [];
  const report = (code: Code, offset: number, finding: Finding) => {
    const { line, col } = lines.linePos(offset);
    issues.push({ code, severity: "error", path: `${file}:${line}:${col}`, fix: codes[code].fix, ...finding });
  };
  const at = (code: Code, path: Path, finding: Finding) => report(code, offsetOf(document, path), finding);

  for (const error of document.errors) syntax(error, report);
  // A file with broken syntax would yield faults that vanish once it is mended; a key given twice would not.
  if (document.errors.some(({ code }) => code !== "DUPLICATE_KEY")) return { issues };

  const parsed = EnvironmentSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) explain(issue, document, at);
    return { issues: sorted(issues) };
  }
  const environment = { ...parsed.data, name };
  checkWhole(environment, workloads, at);
  const failed = issues.some(({ severity }) => severity === "error");
  return { ...(!failed && { environment }), issues: sorted(issues) };
}

type Report = (code: Code, offset: number, finding: Finding) => void;
type ReportAt = (code: Code, path: Path, finding: Finding) => void;

function syntax({ code, message, pos }: YAMLError, report: Report): void {
  if (code === "DUPLICATE_KEY") report("MR2003", pos[0], { problem: "a key of the map is given twice" });
  else if (code === "MULTIPLE_DOCS")
    report("MR2002", pos[0], { problem: "the file holds several documents", fix: "keep one environment in one file" });
  else report("MR2002", pos[0], { problem: lowerFirst(message) });
}

/** Turns an issue of the schema into ours. */
function explain(issue: z.core.$ZodIssue, document: Document, at: ReportAt): void {
  const { path } = issue;
  const shown = path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path);
    for (const key of issue.keys) {
      const near = nearest(key, known);
      at("MR2004", [...path, key], {
        problem: `"${[...path, key].join(".")}" is not a key of an environment`,
        got: key,
        want: near ?? known.join(", "),
        fix: near === undefined ? `use one of ${known.join(", ")}` : `did you mean "${near}"?`,
      });
    }
  } else if (path.length > 0 && !document.hasIn(path)) {
    const want = describe(path);
    at("MR2005", path, {
      problem: `"${shown}" is missing${want === undefined ? "" : `: ${want}`}`,
      fix: `add ${String(path.at(-1))}`,
    });
  } else {
    const got = JSON.stringify(issue.input) ?? "nothing";
    const want = describe(path) ?? wanted(issue);
    const what = shown === "" ? "the file" : `"${shown}"`;
    const problem = issue.code === "invalid_key" ? `the key ${what} is not accepted` : `${what} is ${clip(got)}`;
    at("MR2006", path, { problem: `${problem}, wanted ${want}`, got, want });
  }
}

/** Rules that need more than one field. */
function checkWhole(
  environment: Environment,
  workloads: Readonly<Record<string, "function" | "service">> | undefined,
  at: ReportAt,
): void {
  const { name, state, region, overrides, sizes } = environment;
  const local = name === LOCAL_ENVIRONMENT;
  if (!local && !state)
    at("MR2008", ["state"], { problem: `environment "${name}" names no bucket for Terraform's state` });
  if (local && state)
    at("MR2006", ["state"], {
      problem: '"state" names a bucket, but the local environment keeps its state in a file of this machine',
      fix: "remove state",
    });
  if (!REGIONS.includes(region)) {
    const near = nearest(region, REGIONS);
    at("MR2011", ["region"], {
      severity: "warning",
      problem: `"${region}" is not a region we know`,
      got: region,
      ...(near !== undefined && { want: near, fix: `did you mean "${near}"?` }),
    });
  }
  for (const kind of ["function", "service"] as const) minAboveMax(sizes[kind], ["sizes", kind], at);
  for (const id of Object.keys(overrides)) {
    if (!workloads) minAboveMax(overrides[id]!, ["overrides", id], at);
    else if (workloads[id]) minAboveMax(sizeOf(environment, workloads[id], id), ["overrides", id], at);
    else {
      const near = nearest(id, Object.keys(workloads));
      const known = Object.keys(workloads).join(", ");
      at("MR2007", ["overrides", id], {
        problem: `no workload of the stack is called "${id}"`,
        got: id,
        want: near ?? known,
        fix: near === undefined ? `use one of ${known}` : `did you mean "${near}"?`,
      });
    }
  }
}

function minAboveMax(
  { minInstances: min, maxInstances: max }: { readonly minInstances?: number; readonly maxInstances?: number },
  path: Path,
  at: ReportAt,
): void {
  if (min !== undefined && max !== undefined && min > max)
    at("MR2009", path, { problem: `"${path.join(".")}" keeps at least ${min} instances and at most ${max}` });
}

/**
 * Where a path is in the text: the key of a pair, the value when there is no key, or the nearest parent that exists.
 */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1]!;
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === last) : undefined;
    if (pair && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return document.contents?.range?.[0] ?? 0;
}

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
}

/** The schema as data: what may stand at a path, in words. */
const SCHEMA = z.toJSONSchema(EnvironmentSchema, { io: "input" }) as JsonSchema;

function schemaAt(path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((schema, key) => {
    const { properties, additionalProperties, items } = schema ?? {};
    const other = typeof additionalProperties === "object" ? additionalProperties : undefined;
    return properties?.[String(key)] ?? other ?? items;
  }, SCHEMA);
}

const describe = (path: Path): string | undefined => schemaAt(path)?.description;
const knownKeys = (path: Path): readonly string[] => Object.keys(schemaAt(path)?.properties ?? {});

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `a value of type ${issue.expected}`;
  if (issue.code === "invalid_key") return wanted(issue.issues[0]!);
  if (issue.code === "invalid_format" && issue.format === "regex") return issue.pattern ?? "another form";
  return lowerFirst(issue.message);
}

const clip = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);
const position = ({ path }: Issue) => path.split(":").slice(-2).map(Number);
const sorted = (issues: readonly Issue[]) =>
  [...issues].sort((a, b) => {
    const [[lineA, columnA], [lineB, columnB]] = [position(a), position(b)];
    return lineA! - lineB! || columnA! - columnB!;
  });
