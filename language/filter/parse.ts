import { type Filter, type FilterFault, MAX_FILTER_BYTES } from "./syntax";

export type ParsedFilter =
  { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly faults: readonly FilterFault[] };

/** Parses the text of a subscription's filter as Google documents it; the first fault of syntax ends the parse. */
export function parseFilter(text: string): ParsedFilter {
  const bytes = new TextEncoder().encode(text).length;
  const faults: FilterFault[] = [];
  // The limit is in bytes; hashicorp/google counts characters and lets a longer filter through to the API.
  if (bytes > MAX_FILTER_BYTES)
    faults.push({ message: `${bytes} bytes long; at most ${MAX_FILTER_BYTES} are allowed`, offset: MAX_FILTER_BYTES });
  try {
    const filter = new Parser(scan(text), text.length).parse();
    return faults.length > 0 ? { ok: false, faults } : { ok: true, filter };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { ok: false, faults: [...faults, { message: error.message, offset: error.offset }] };
  }
}

/** Every fault found in the text; none for a filter that Google accepts. */
export function checkFilter(text: string): readonly FilterFault[] {
  const parsed = parseFilter(text);
  return parsed.ok ? [] : parsed.faults;
}

class SyntaxFault extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

interface Token {
  readonly kind: "word" | "string" | "symbol";
  readonly text: string;
  readonly offset: number;
}

const SYMBOL = /^(!=|[=:.,()-])/;
/** A key may hold letters, digits, `-` and `_`; a leading `-` is the NOT operator, so a word starts with another. */
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_-]*/;

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  for (let offset = 0; offset < text.length;) {
    const rest = text.slice(offset);
    const space = /^\s+/.exec(rest)?.[0];
    if (space) {
      offset += space.length;
      continue;
    }
    if (rest[0] === '"') {
      const { value, length } = scanString(rest, offset);
      tokens.push({ kind: "string", text: value, offset });
      offset += length;
      continue;
    }
    const word = WORD.exec(rest)?.[0];
    const symbol = SYMBOL.exec(rest)?.[0];
    const found = word ?? symbol;
    if (found === undefined) throw new SyntaxFault(`unexpected character ${JSON.stringify(rest[0])}`, offset);
    tokens.push({ kind: word === undefined ? "symbol" : "word", text: found, offset });
    offset += found.length;
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", n: "\n", r: "\r", t: "\t", "'": "'" };

function scanString(rest: string, offset: number): { value: string; length: number } {
  let value = "";
  for (let i = 1; i < rest.length; i++) {
    const char = rest[i]!;
    if (char === '"') return { value, length: i + 1 };
    if (char !== "\\") {
      value += char;
      continue;
    }
    const unicode = /^u([0-9a-fA-F]{4})/.exec(rest.slice(i + 1));
    const simple = ESCAPES[rest[i + 1] ?? ""];
    if (unicode) value += String.fromCharCode(parseInt(unicode[1]!, 16));
    else if (simple === undefined) throw new SyntaxFault(`unknown escape \\${rest[i + 1] ?? ""}`, offset + i);
    else value += simple;
    i += unicode ? 5 : 1;
  }
  throw new SyntaxFault("string without a closing quote", offset);
}

class Parser {
  private position = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly end: number,
  ) {}

  parse(): Filter {
    if (this.tokens.length === 0)
      throw new SyntaxFault("the filter is empty; leave it out to receive every message", 0);
    const filter = this.expression();
    const extra = this.tokens[this.position];
    if (extra) throw new SyntaxFault(`unexpected ${JSON.stringify(extra.text)}`, extra.offset);
    return filter;
  }

  /** `unary (AND unary)*` or `unary (OR unary)*`, never both without parentheses. */
  private expression(): Filter {
    const operands = [this.unary()];
    let operator: "AND" | "OR" | undefined;
    for (let next = this.operator(); next; next = this.operator()) {
      if (operator && next.text !== operator)
        throw new SyntaxFault("AND and OR cannot be mixed without parentheses", next.offset);
      operator = next.text as "AND" | "OR";
      this.position++;
      operands.push(this.unary());
    }
    return operator ? { kind: operator === "AND" ? "and" : "or", operands } : operands[0]!;
  }

  private operator(): Token | undefined {
    const token = this.tokens[this.position];
    if (token?.kind !== "word") return undefined;
    if (token.text === "AND" || token.text === "OR") return token;
    if (/^(and|or)$/i.test(token.text))
      throw new SyntaxFault(`write ${token.text.toUpperCase()}: operators are upper-case`, token.offset);
    return undefined;
  }

  private unary(): Filter {
    const token = this.tokens[this.position];
    if (token?.kind === "word" && /^not$/i.test(token.text) && token.text !== "NOT")
      throw new SyntaxFault("write NOT: operators are upper-case", token.offset);
    if ((token?.kind === "word" && token.text === "NOT") || (token?.kind === "symbol" && token.text === "-")) {
      this.position++;
      return { kind: "not", operand: this.unary() };
    }
    if (token?.kind === "symbol" && token.text === "(") {
      this.position++;
      const filter = this.expression();
      this.expect(")");
      return filter;
    }
    return this.atom();
  }

  private atom(): Filter {
    const token = this.tokens[this.position];
    if (token?.kind === "word" && token.text === "hasPrefix") {
      this.position++;
      this.expect("(");
      this.word("attributes");
      this.expect(".");
      const key = this.key();
      this.expect(",");
      const prefix = this.string();
      this.expect(")");
      return { kind: "hasPrefix", key, prefix };
    }
    if (token?.kind === "word" && this.tokens[this.position + 1]?.text === "(")
      throw new SyntaxFault(`unknown function ${token.text}; hasPrefix is the only one`, token.offset);
    this.word("attributes");
    const separator = this.tokens[this.position++];
    if (separator?.text === ":") return { kind: "has", key: this.key() };
    if (separator?.text !== ".")
      throw new SyntaxFault("expected : or . after attributes", separator?.offset ?? this.end);
    const key = this.key();
    const operator = this.tokens[this.position++];
    if (operator?.text !== "=" && operator?.text !== "!=")
      throw new SyntaxFault("expected = or != after the key", operator?.offset ?? this.end);
    return { kind: operator.text === "=" ? "equals" : "differs", key, value: this.string() };
  }

  private key(): string {
    const token = this.tokens[this.position++];
    if (token?.kind === "word" || token?.kind === "string") return token.text;
    throw new SyntaxFault("expected an attribute's key", token?.offset ?? this.end);
  }

  private string(): string {
    const token = this.tokens[this.position++];
    if (token?.kind === "string") return token.text;
    throw new SyntaxFault("expected a string in double quotes", token?.offset ?? this.end);
  }

  private word(text: string): void {
    const token = this.tokens[this.position++];
    if (token?.kind !== "word" || token.text !== text)
      throw new SyntaxFault(
        `expected ${text}${token ? `, found ${JSON.stringify(token.text)}` : ""}; a filter sees attributes alone`,
        token?.offset ?? this.end,
      );
  }

  private expect(symbol: string): void {
    const token = this.tokens[this.position++];
    if (token?.kind !== "symbol" || token.text !== symbol)
      throw new SyntaxFault(`expected ${symbol}`, token?.offset ?? this.end);
  }
}
