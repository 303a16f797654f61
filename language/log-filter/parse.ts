/** A condition on a log entry. */
export type LogFilter =
  | { readonly kind: "and" | "or"; readonly operands: readonly LogFilter[] }
  | { readonly kind: "not"; readonly operand: LogFilter }
  | { readonly kind: "compare"; readonly path: readonly string[]; readonly operator: Operator; readonly value: string }
  /** Text anywhere in the entry. */
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "log"; readonly id: string };

export type Operator = "=" | "!=" | ">" | ">=" | "<" | "<=" | ":" | "=~" | "!~";

export type Parsed =
  | { readonly ok: true; readonly filter: LogFilter }
  | { readonly ok: false; readonly message: string; readonly offset: number };

interface Token {
  readonly kind: "word" | "text" | "operator" | "(" | ")" | "end";
  readonly text: string;
  readonly offset: number;
}

class Fault extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const TOKEN = /\s+|--[^\n]*|"(?:[^"\\]|\\.)*"|=~|!~|!=|>=|<=|[=<>:()]|[^\s"=<>:()!]+|!/gy;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const offset = TOKEN.lastIndex;
    const [match] = TOKEN.exec(text) ?? [];
    if (match === undefined) throw new Fault("a text has no end", offset);
    if (/^\s|^--/.test(match)) continue;
    if (match.startsWith('"')) found.push({ kind: "text", text: unquoted(match, offset), offset });
    else if (match === "(" || match === ")") found.push({ kind: match, text: match, offset });
    else if (/^(=~|!~|!=|>=|<=|[=<>:])$/.test(match)) found.push({ kind: "operator", text: match, offset });
    else if (match === "!") throw new Fault('"!" is no operator', offset);
    else found.push({ kind: "word", text: match, offset });
  }
  return [...found, { kind: "end", text: "", offset: text.length }];
}

function unquoted(quoted: string, offset: number): string {
  return quoted.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (_all, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    const known = ({ n: "\n", t: "\t", r: "\r" } as Record<string, string>)[escape] ?? escape;
    if (/[a-mo-qsu-zA-Z0-9]/.test(escape) && known === escape) return `\\${escape}`;
    if (escape === "") throw new Fault("an escape has no end", offset);
    return known;
  });
}

/**
 * Reads a filter of Cloud Logging's query language: comparisons, AND, OR, NOT, parentheses, `log_id`, text anywhere.
 * NOT binds tightest, then OR, then AND; conditions side by side are joined by AND.
 * https://cloud.google.com/logging/docs/view/logging-query-language
 */
export function parseLogFilter(text: string): Parsed {
  try {
    const all = tokens(text);
    let at = 0;
    const peek = () => all[at]!;
    const next = () => all[at++]!;
    const isWord = (word: string) => peek().kind === "word" && peek().text === word;

    const conjunction = (): LogFilter => {
      const operands = [disjunction()];
      while (peek().kind !== "end" && peek().kind !== ")") {
        if (isWord("AND")) next();
        operands.push(disjunction());
      }
      return operands.length === 1 ? operands[0]! : { kind: "and", operands };
    };
    const disjunction = (): LogFilter => {
      const operands = [negation()];
      while (isWord("OR")) {
        next();
        operands.push(negation());
      }
      return operands.length === 1 ? operands[0]! : { kind: "or", operands };
    };
    const negation = (): LogFilter => {
      if (isWord("NOT")) {
        next();
        return { kind: "not", operand: negation() };
      }
      return primary();
    };
    const primary = (): LogFilter => {
      const token = next();
      if (token.kind === "(") {
        const inner = conjunction();
        if (next().kind !== ")") throw new Fault("a parenthesis is not closed", token.offset);
        return inner;
      }
      if (token.kind !== "word" && token.kind !== "text") throw new Fault("a condition was expected", token.offset);
      if (token.text.startsWith("-") && token.kind === "word" && token.text.length > 1) {
        all[--at] = { ...token, text: token.text.slice(1), offset: token.offset + 1 };
        return { kind: "not", operand: primary() };
      }
      if (token.kind === "word" && peek().kind === "(") return call(token);
      if (peek().kind !== "operator") return { kind: "text", value: token.text };
      const operator = next().text as Operator;
      const path = token.kind === "text" ? [token.text] : pathOf(token);
      return comparison(path, operator);
    };
    const comparison = (path: readonly string[], operator: Operator): LogFilter => {
      const value = next();
      if (value.kind === "(") {
        // `severity = (ERROR OR CRITICAL)`
        const kinds: LogFilter[] = [];
        let joined: "and" | "or" = "or";
        for (;;) {
          kinds.push(comparison(path, operator));
          if (isWord("OR") || isWord("AND")) joined = next().text === "AND" ? "and" : "or";
          else break;
        }
        if (next().kind !== ")") throw new Fault("a parenthesis is not closed", value.offset);
        return { kind: joined, operands: kinds };
      }
      if (value.kind !== "word" && value.kind !== "text") throw new Fault("a value was expected", value.offset);
      if (operator === "=~" || operator === "!~") compiled(value);
      return { kind: "compare", path, operator, value: value.text };
    };
    const call = (name: Token): LogFilter => {
      next();
      const argument = next();
      if (name.text !== "log_id") throw new Fault(`the function ${name.text} is not understood`, name.offset);
      if (argument.kind !== "text" || next().kind !== ")") throw new Fault("log_id takes one text", name.offset);
      return { kind: "log", id: argument.text };
    };
    if (peek().kind === "end") return { ok: false, message: "the filter is empty", offset: 0 };
    const filter = conjunction();
    if (peek().kind !== "end") throw new Fault("a parenthesis is closed that was not opened", peek().offset);
    return { ok: true, filter };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}

/** RE2, which JavaScript's expressions are near enough to; look-around is not in it. */
function compiled({ text, offset }: Token): void {
  try {
    new RegExp(text);
  } catch {
    throw new Fault(`"${text}" is no regular expression`, offset);
  }
}

/** `jsonPayload."a.b".c` */
const pathOf = ({ text }: Token): readonly string[] => text.split(".").filter((part) => part !== "");
