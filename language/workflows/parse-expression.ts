import { type BinaryOperator, type Expression, NEGATION, PRECEDENCE } from "./expression";
import { ExpressionFault, scan, type Token } from "./lexer";
import type { Value } from "./value";

/** Deepest nesting that is read: a fault, where the stack would otherwise end the process. */
const MAX_DEPTH = 300;

const LITERALS: Readonly<Record<string, Value>> = {
  true: true,
  True: true,
  TRUE: true,
  false: false,
  False: false,
  FALSE: false,
  null: null,
};

/** Operators in letters: lower or upper case, not mixed. */
const WORDS: Readonly<Record<string, "and" | "or" | "not" | "in">> = {
  and: "and",
  AND: "and",
  or: "or",
  OR: "or",
  not: "not",
  NOT: "not",
  in: "in",
  IN: "in",
};

/**
 * Parses the text between `${` and `}`.
 * @throws ExpressionFault at the first fault of syntax
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(scan(text));
  return parser.whole();
}

class Parser {
  private position = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    if (this.peek().kind === "end") throw new ExpressionFault("the expression is empty", 0);
    const expression = this.binary(1);
    if (this.peek().kind !== "end") throw this.unexpected("the end of the expression");
    return expression;
  }

  private peek(): Token {
    return this.tokens[this.position]!;
  }

  private unexpected(wanted: string): ExpressionFault {
    const { kind, text, offset } = this.peek();
    return new ExpressionFault(
      `expected ${wanted}, found ${kind === "end" ? "the end" : JSON.stringify(text)}`,
      offset,
    );
  }

  private isSymbol(text: string): boolean {
    return this.peek().kind === "symbol" && this.peek().text === text;
  }

  private expect(text: string): void {
    if (!this.isSymbol(text)) throw this.unexpected(JSON.stringify(text));
    this.position++;
  }

  private operator(): BinaryOperator | undefined {
    const { kind, text } = this.peek();
    const name = kind === "word" && Object.hasOwn(WORDS, text) ? WORDS[text] : kind === "symbol" ? text : undefined;
    return name !== undefined && Object.hasOwn(PRECEDENCE, name) ? (name as BinaryOperator) : undefined;
  }

  /** Left-associative operators that bind at least as tightly as `level`. */
  private binary(level: number): Expression {
    if (level === NEGATION) return this.negation();
    let left = this.binary(level + 1);
    for (let operator = this.operator(); operator && PRECEDENCE[operator] === level; operator = this.operator()) {
      const { offset } = this.peek();
      this.position++;
      left = { kind: "binary", operator, left, right: this.binary(level + 1), offset };
    }
    return left;
  }

  private negation(): Expression {
    const { offset } = this.peek();
    const operator = this.isSymbol("-") ? "-" : this.isSymbol("+") ? "+" : undefined;
    if (operator === undefined) return this.not();
    this.position++;
    return { kind: "unary", operator, operand: this.deeper(() => this.negation()), offset };
  }

  private not(): Expression {
    const { kind, text, offset } = this.peek();
    if (kind !== "word" || !Object.hasOwn(WORDS, text) || WORDS[text] !== "not") return this.postfix();
    this.position++;
    return { kind: "unary", operator: "not", operand: this.deeper(() => this.not()), offset };
  }

  private deeper<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new ExpressionFault("nested too deeply", this.peek().offset);
    const result = read();
    this.depth--;
    return result;
  }

  private postfix(): Expression {
    let node = this.primary();
    for (let links = 0; ; links++) {
      const { offset } = this.peek();
      if (links > MAX_DEPTH) throw new ExpressionFault("nested too deeply", offset);
      if (this.isSymbol(".")) {
        this.position++;
        if (this.peek().kind !== "word") throw this.unexpected("a name");
        node = { kind: "member", of: node, name: this.peek().text, offset };
        this.position++;
      } else if (this.isSymbol("[")) {
        this.position++;
        const key = this.deeper(() => this.binary(1));
        this.expect("]");
        node = { kind: "index", of: node, key, offset };
      } else if (this.isSymbol("(")) {
        const name = dotted(node);
        if (name === undefined) throw new ExpressionFault("only a named function can be called", offset);
        this.position++;
        node = { kind: "call", name, args: this.sequence(")", () => this.binary(1)), offset: startOf(node) };
      } else return node;
    }
  }

  private sequence<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.isSymbol(close)) {
      this.position++;
      return items;
    }
    for (;;) {
      items.push(this.deeper(item));
      if (this.isSymbol(close)) {
        this.position++;
        return items;
      }
      if (!this.isSymbol(",")) throw this.unexpected(`"," or ${JSON.stringify(close)}`);
      this.position++;
    }
  }

  private primary(): Expression {
    const { kind, text, value, offset } = this.peek();
    if (kind === "literal") {
      this.position++;
      return { kind: "literal", value: value!, offset };
    }
    if (kind === "word") {
      if (Object.hasOwn(WORDS, text)) throw this.unexpected("a value");
      this.position++;
      if (Object.hasOwn(LITERALS, text)) return { kind: "literal", value: LITERALS[text]!, offset };
      return { kind: "variable", name: text, offset };
    }
    if (this.isSymbol("(")) {
      this.position++;
      const inner = this.deeper(() => this.binary(1));
      this.expect(")");
      return inner;
    }
    if (this.isSymbol("[")) {
      this.position++;
      return { kind: "list", items: this.sequence("]", () => this.binary(1)), offset };
    }
    if (this.isSymbol("{")) {
      this.position++;
      return { kind: "map", entries: this.sequence("}", () => this.entry()), offset };
    }
    throw this.unexpected("a value");
  }

  private entry(): readonly [string, Expression] {
    const { kind, value } = this.peek();
    if (kind !== "literal" || typeof value !== "string") throw this.unexpected("a key in double quotes");
    this.position++;
    this.expect(":");
    return [value, this.binary(1)];
  }
}

/** `text.split` of a chain of names; nothing for other expressions. */
export function dotted(node: Expression): string | undefined {
  if (node.kind === "variable") return node.name;
  if (node.kind !== "member") return undefined;
  const of = dotted(node.of);
  return of === undefined ? undefined : `${of}.${node.name}`;
}

const startOf = (node: Expression): number => (node.kind === "member" ? startOf(node.of) : node.offset);
