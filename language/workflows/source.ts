import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from "yaml";
import type { Fault, Position } from "./fault";
import { LIMITS } from "./limits";
import { fitsInteger, utf8Length } from "./value";

type ScalarValue = null | boolean | bigint | number | string;

/** The data of a YAML or JSON text with the place of each part. */
export type Source =
  | { readonly kind: "scalar"; readonly value: ScalarValue; readonly at: Position; readonly text: Position }
  | { readonly kind: "list"; readonly items: readonly Source[]; readonly at: Position }
  | { readonly kind: "map"; readonly entries: readonly Entry[]; readonly at: Position };

export interface Entry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: Source;
}

export interface ReadSource {
  /** Nothing when the text cannot be read at all. */
  readonly source?: Source;
  readonly faults: readonly Fault[];
}

const START: Position = { line: 1, column: 1 };

/** Aliases can name each other: more parts than this are taken for a mistake or an attack. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 200;

class TooLarge extends Error {
  constructor(
    readonly problem: string,
    readonly offset: number,
  ) {
    super(problem);
  }
}

/** Reads YAML 1.2, of which JSON is a part. Every fault of syntax is reported. */
export function readSource(text: string): ReadSource {
  const faults: Fault[] = [];
  const bytes = utf8Length(text);
  if (bytes > LIMITS.source)
    faults.push({
      code: "MR6002",
      severity: "error",
      at: START,
      path: "",
      problem: `the definition is ${bytes} bytes long, and Google takes at most ${LIMITS.source}`,
      fix: "move steps into a workflow of their own, or emit JSON without white space",
    });
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if (!document) return { faults: [...faults, tooLarge("the data is nested too deeply", START)] };
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // A missing quote is reported twice at the same place.
  for (const error of document.errors.filter(({ pos }, index, all) => all[index - 1]?.pos[0] !== pos[0])) {
    faults.push({
      code: "MR6001",
      severity: "error",
      at: positionOf(error.pos[0]),
      path: "",
      problem: `the definition cannot be read: ${lowerFirst(error.message.replace(/\.$/, ""))}`,
      fix: FIXES[error.code] ?? "mend the syntax at the position",
    });
  }
  if (document.errors.length > 0) return { faults };
  try {
    const source = convert(document.contents, {
      positionOf,
      resolve: (node) => (isAlias(node) ? node.resolve(document) : undefined),
      nodes: 0,
    });
    return { source, faults };
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { faults: [...faults, tooLarge(error.problem, positionOf(error.offset))] };
  }
}

const FIXES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "keep one of the two keys",
  // https://cloud.google.com/workflows/docs/reference/syntax/expressions
  BLOCK_AS_IMPLICIT_KEY:
    'put the value into single quotes: YAML takes a colon with a space after it, in ${"Error: " + e.message} say, for a map',
};

/** Nothing for data so deep that the parser, which is recursive, runs out of stack. */
function parsed(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> | undefined {
  try {
    return parseDocument(text, { lineCounter, intAsBigInt: true, prettyErrors: false, logLevel: "silent" });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const tooLarge = (problem: string, at: Position): Fault => ({
  code: "MR6018",
  severity: "error",
  at,
  path: "",
  problem,
  fix: "write the data out, in fewer parts",
});

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);

interface Context {
  readonly positionOf: (offset: number) => Position;
  readonly resolve: (node: unknown) => Node | undefined;
  nodes: number;
}

function convert(node: Node | null, context: Context, depth = 0): Source {
  const offset = node?.range?.[0] ?? 0;
  if (depth > MAX_DEPTH) throw new TooLarge("the data is nested too deeply", offset);
  if (++context.nodes > MAX_NODES) throw new TooLarge(`the data has more than ${MAX_NODES} parts`, offset);
  const at = context.positionOf(offset);
  if (isAlias(node)) return convert(context.resolve(node) ?? null, context, depth + 1);
  if (isSeq(node))
    return { kind: "list", at, items: node.items.map((item) => convert(item as Node, context, depth + 1)) };
  if (isMap(node)) {
    const entries = node.items.map((pair): Entry => {
      const key = pair.key as Node | null;
      return {
        key: isScalar(key) ? String(key.value) : String(key),
        keyAt: context.positionOf(key?.range?.[0] ?? offset),
        value: convert(pair.value as Node | null, context, depth + 1),
      };
    });
    return { kind: "map", at, entries };
  }
  if (!isScalar(node)) return { kind: "scalar", value: null, at, text: at };
  return { kind: "scalar", value: valueOf(node), at, text: textAt(node, at) };
}

/** Where the content of a scalar begins, as far as one line can tell. */
function textAt(node: Scalar, at: Position): Position {
  const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
  if (node.type === "BLOCK_FOLDED" || node.type === "BLOCK_LITERAL") return { line: at.line + 1, column: 1 };
  return quoted ? { line: at.line, column: at.column + 1 } : at;
}

/** YAML's core schema knows no other scalars. */
const valueOf = ({ value }: Scalar): ScalarValue =>
  typeof value === "bigint" && !fitsInteger(value) ? Number(value) : (value as ScalarValue);
