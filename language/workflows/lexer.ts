import { MAX_INTEGER, type Value } from "./value";

export interface Token {
  readonly kind: "word" | "literal" | "symbol" | "end";
  readonly text: string;
  readonly value?: Value;
  readonly offset: number;
}

/** A fault of syntax in an expression. */
export class ExpressionFault extends Error {
  constructor(
    message: string,
    /** UTF-16 code units from the start of the expression. */
    readonly offset: number,
  ) {
    super(message);
  }
}

const SPACE = /\s+/y;
const NUMBER = /\d+(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const SYMBOL = /\/\/|[=!<>]=|[-+*/%<>()[\]{}.,:]/y;

const at = (pattern: RegExp, text: string, offset: number): RegExpExecArray | null => {
  pattern.lastIndex = offset;
  return pattern.exec(text);
};

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  n: "\n",
  t: "\t",
  r: "\r",
};

/** @throws ExpressionFault */
export function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < text.length) {
    const space = at(SPACE, text, offset)?.[0];
    if (space !== undefined) {
      offset += space.length;
      continue;
    }
    const token = scanString(text, offset) ?? scanNumber(text, offset) ?? scanRest(text, offset);
    tokens.push(token);
    offset += token.text.length;
  }
  tokens.push({ kind: "end", text: "", offset: text.length });
  return tokens;
}

function scanNumber(text: string, offset: number): Token | undefined {
  const match = at(NUMBER, text, offset);
  if (!match) return undefined;
  const [found, fraction, exponent] = match;
  if (/[A-Za-z_]/.test(text[offset + found.length] ?? ""))
    throw new ExpressionFault(
      `${JSON.stringify(found + text[offset + found.length]!)} is neither number nor name`,
      offset,
    );
  if (fraction !== undefined || exponent !== undefined)
    return { kind: "literal", text: found, value: Number(found), offset };
  const integer = BigInt(found);
  if (integer > MAX_INTEGER) throw new ExpressionFault(`${found} does not fit 64 bits`, offset);
  return { kind: "literal", text: found, value: integer, offset };
}

function scanRest(text: string, offset: number): Token {
  const word = at(WORD, text, offset)?.[0];
  if (word !== undefined) return { kind: "word", text: word, offset };
  const symbol = at(SYMBOL, text, offset)?.[0];
  if (symbol === undefined) throw new ExpressionFault(`unexpected character ${JSON.stringify(text[offset])}`, offset);
  return { kind: "symbol", text: symbol, offset };
}

/** Double quotes are documented; single ones occur in Google's own pages. */
function scanString(text: string, offset: number): Token | undefined {
  const quote = text[offset];
  if (quote !== '"' && quote !== "'") return undefined;
  let value = "";
  for (let i = offset + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === quote) return { kind: "literal", text: text.slice(offset, i + 1), value, offset };
    if (char !== "\\") {
      value += char;
      continue;
    }
    const unicode = /^u([0-9a-fA-F]{4})/.exec(text.slice(i + 1, i + 6));
    const simple = ESCAPES[text[i + 1] ?? ""];
    if (unicode) value += String.fromCharCode(parseInt(unicode[1]!, 16));
    else if (simple === undefined) throw new ExpressionFault(`unknown escape \\${text[i + 1] ?? ""}`, i);
    else value += simple;
    i += unicode ? 5 : 1;
  }
  throw new ExpressionFault("string without a closing quote", offset);
}
