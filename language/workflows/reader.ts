import type { Expression } from "./expression";
import type { Fault, Position, WorkflowCode } from "./fault";
import { ExpressionFault } from "./lexer";
import { LIMITS } from "./limits";
import type { Target, Template } from "./model";
import { parseExpression } from "./parse-expression";
import type { Entry, Source } from "./source";

/** Collects faults while a definition is read, and knows where it is. */
export interface Reader {
  readonly faults: Fault[];
  /** Routine and step, `main/fetch`. */
  path: string;
}

export function report(reader: Reader, code: WorkflowCode, at: Position, problem: string, fix: string): void {
  reader.faults.push({ code, severity: "error", at, path: reader.path, problem, fix });
}

const EXPRESSION = /^\s*\$\{([\s\S]*)\}\s*$/;

/** The text of an expression, without `${` and `}`; nothing for other strings. */
const expressionIn = (text: string): string | undefined => EXPRESSION.exec(text)?.[1];

export function readTemplate(source: Source, reader: Reader): Template {
  const { at } = source;
  if (source.kind === "list")
    return { kind: "list", at, items: source.items.map((item) => readTemplate(item, reader)) };
  if (source.kind === "map")
    return {
      kind: "map",
      at,
      entries: source.entries.map(({ key, keyAt, value }) => [
        readText(key, keyAt, keyAt, reader),
        readTemplate(value, reader),
      ]),
    };
  if (typeof source.value !== "string") return { kind: "constant", value: source.value, at };
  return readText(source.value, at, source.text, reader);
}

function readText(text: string, at: Position, textAt: Position, reader: Reader): Template {
  const inner = expressionIn(text);
  if (inner === undefined) {
    warnOfMixedText(text, at, reader);
    return { kind: "constant", value: text, at };
  }
  const begin = { line: textAt.line, column: textAt.column + text.indexOf("${") + 2 };
  const expression = readExpression(inner, begin, reader);
  return expression ? { kind: "expression", expression, at: begin } : { kind: "constant", value: null, at };
}

/** Text around `${…}` is no template: the whole string is passed on as it stands. */
function warnOfMixedText(text: string, at: Position, reader: Reader): void {
  if (!/\$\{[^}]*\}/.test(text)) return;
  const escaped = /^\s*\$\$\{/.test(text);
  reader.faults.push({
    code: "MR6035",
    severity: "warning",
    at,
    path: reader.path,
    problem: escaped
      ? "$${ is Terraform's way to write ${, and Workflows does not know it"
      : "text around ${…} is not replaced: the string is passed on as it is written",
    fix: escaped ? "write ${ in the file that Workflows reads" : 'join the parts in one expression, ${"text " + value}',
  });
}

export function readExpression(text: string, at: Position, reader: Reader): Expression | undefined {
  const { length } = text;
  if (length > LIMITS.expression)
    report(
      reader,
      "MR6031",
      at,
      `the expression has ${length} characters, and Google takes at most ${LIMITS.expression}`,
      "assign a part of it to a variable first",
    );
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    report(
      reader,
      "MR6030",
      positionIn(text, at, error.offset),
      `the expression does not parse: ${error.message}`,
      "correct the expression at the position",
    );
    return undefined;
  }
}

/** Position of an offset of an expression that begins at `at`. */
function positionIn(text: string, at: Position, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  if (before.length === 1) return { line: at.line, column: at.column + offset };
  return { line: at.line + before.length - 1, column: before.at(-1)!.length + 1 };
}

/** `name`, `name.key`, `name["key"]`, `name[expression]` and what they nest to. */
export function readTarget(text: string, at: Position, reader: Reader): Target | undefined {
  const faults = reader.faults.length;
  const expression = readExpression(expressionIn(text) ?? text, at, reader);
  if (!expression || reader.faults.length > faults) return undefined;
  const path: Expression[] = [];
  let node = expression;
  while (node.kind === "member" || node.kind === "index") {
    path.unshift(node.kind === "member" ? { kind: "literal", value: node.name, offset: node.offset } : node.key);
    node = node.of;
  }
  if (node.kind === "variable") return { name: node.name, path, at };
  report(
    reader,
    "MR6011",
    at,
    `${JSON.stringify(text)} is nothing that can be assigned to`,
    "name a variable, or a member of one: name, name.key, name[expression]",
  );
  return undefined;
}

/** Every expression of a template, keys included. */
export function* expressionsOf(
  template: Template,
): Generator<{ readonly expression: Expression; readonly at: Position }> {
  if (template.kind === "expression") yield template;
  else if (template.kind === "list") for (const item of template.items) yield* expressionsOf(item);
  else if (template.kind === "map")
    for (const [key, value] of template.entries) {
      yield* expressionsOf(key);
      yield* expressionsOf(value);
    }
}

/** The entries of a map by key, after a report of those that are not allowed. */
export function fieldsOf(
  entries: readonly Entry[],
  allowed: readonly string[],
  what: string,
  reader: Reader,
): ReadonlyMap<string, Entry> {
  for (const { key, keyAt } of entries)
    if (!allowed.includes(key))
      report(reader, "MR6008", keyAt, `${what} has no key "${key}"`, `use one of ${allowed.join(", ")}`);
  return new Map(entries.map((entry) => [entry.key, entry]));
}

/** Says that something else is needed than what is there. @param needs `for needs a map` */
export function misfit(reader: Reader, source: Source, needs: string, fix: string): undefined {
  report(reader, "MR6011", source.at, `${needs}, found ${describe(source)}`, fix);
}

/** How a part of the source is called in a message. */
export function describe(source: Source): string {
  if (source.kind !== "scalar") return `a ${source.kind}`;
  if (source.value === null) return "nothing";
  return typeof source.value === "string" ? JSON.stringify(source.value) : String(source.value);
}
