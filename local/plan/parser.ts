import { type Expression, SPLAT_ITEM, SyntaxFault } from "./syntax";

/*
 * Terraform's JSON syntax: every string is a template whose interpolations are expressions of the native syntax
 * (https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping).
 */

const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANK = /(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;

/** From loosest to tightest; operators of one row bind alike and to the left. */
const BINARY: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<=", ">=", "<", ">"],
  ["+", "-"],
  ["*", "/", "%"],
];

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Parses one string of a Terraform JSON document. @throws SyntaxFault */
export function parseTemplate(text: string): Expression {
  if (!text.includes("${") && !text.includes("%{")) return { kind: "literal", value: text };
  return new Parser(text).document();
}

/** Parses a bare expression, as in `depends_on`. @throws SyntaxFault */
export function parseExpression(text: string): Expression {
  return new Parser(text).whole();
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): Expression {
    return this.template(false);
  }

  whole(): Expression {
    const expression = this.expression();
    this.blank();
    if (this.at < this.text.length) throw this.fault("more text after the expression");
    return expression;
  }

  private fault(message: string, at = this.at): SyntaxFault {
    return new SyntaxFault(message, at);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private blank(): void {
    this.match(BLANK);
  }

  /** Takes `token` after white space, if it is next. */
  private take(token: string): boolean {
    this.blank();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw this.fault(`"${token}" expected`);
  }

  /** @param quoted inside a quoted string of an expression: backslash escapes, ends at the quote */
  private template(quoted: boolean): Expression {
    const parts: Expression[] = [];
    let literal = "";
    const flush = () => {
      if (literal) parts.push({ kind: "literal", value: literal });
      literal = "";
    };
    const start = this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) {
        if (quoted) throw this.fault("the string is not closed", start);
        break;
      }
      if (quoted && char === '"') {
        this.at++;
        break;
      }
      if (quoted && char === "\\") literal += this.escape();
      else if (this.text.startsWith("$${", this.at) || this.text.startsWith("%%{", this.at)) {
        literal += `${char}{`;
        this.at += 3;
      } else if (this.text.startsWith("${", this.at)) {
        flush();
        this.at += 2;
        if (this.text[this.at] === "~") throw this.fault("white-space stripping (~) is not supported");
        parts.push(this.expression());
        this.expect("}");
      } else if (this.text.startsWith("%{", this.at))
        throw this.fault("template directives (%{ … }) are not supported");
      else {
        literal += char;
        this.at++;
      }
    }
    flush();
    if (parts.length === 0) return { kind: "literal", value: "" };
    // A lone interpolation keeps its type; in the quoted form too.
    if (parts.length === 1) return parts[0]!;
    return { kind: "template", parts };
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? "";
    const width = letter === "u" ? 4 : letter === "U" ? 8 : 0;
    if (width) {
      const digits = this.text.slice(this.at + 2, this.at + 2 + width);
      if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length < width) throw this.fault("incomplete unicode escape");
      this.at += 2 + width;
      return String.fromCodePoint(Number.parseInt(digits, 16));
    }
    const value = ESCAPES[letter];
    if (value === undefined) throw this.fault(`"\\${letter}" is not an escape`);
    this.at += 2;
    return value;
  }

  private expression(): Expression {
    const condition = this.binary(0);
    if (!this.take("?")) return condition;
    const yes = this.expression();
    this.expect(":");
    return { kind: "conditional", condition, yes, no: this.expression() };
  }

  private binary(level: number): Expression {
    const operators = BINARY[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const operator = operators.find((candidate) => this.take(candidate));
      if (!operator) return left;
      left = { kind: "binary", operator, left, right: this.binary(level + 1) };
    }
  }

  private unary(): Expression {
    if (this.take("!")) return { kind: "unary", operator: "!", operand: this.unary() };
    if (this.take("-")) return { kind: "unary", operator: "-", operand: this.unary() };
    return this.postfix(this.primary());
  }

  private postfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      this.blank();
      if (this.text.startsWith("...", this.at)) return node;
      if (this.take(".")) {
        if (this.take("*")) return { kind: "splat", of: node, each: this.postfix(item) };
        node = this.member(node);
      } else if (this.take("[")) {
        if (this.take("*")) {
          this.expect("]");
          return { kind: "splat", of: node, each: this.postfix(item) };
        }
        node = { kind: "index", of: node, key: this.expression() };
        this.expect("]");
      } else return node;
    }
  }

  private member(of: Expression): Expression {
    this.blank();
    const name = this.match(IDENTIFIER);
    if (name !== undefined) return { kind: "attribute", of, name };
    const index = this.match(/\d+/y);
    if (index === undefined) throw this.fault("an attribute name expected");
    return { kind: "index", of, key: { kind: "literal", value: Number(index) } };
  }

  private primary(): Expression {
    this.blank();
    const start = this.at;
    if (this.take("(")) {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    if (this.take('"')) return this.template(true);
    if (this.take("[")) return this.list();
    if (this.take("{")) return this.object();
    const number = this.match(NUMBER);
    if (number !== undefined) return { kind: "literal", value: Number(number) };
    const name = this.match(IDENTIFIER);
    if (name === undefined) throw this.fault("an expression expected", start);
    if (this.take("(")) return this.call(name);
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "null") return { kind: "literal", value: null };
    return { kind: "variable", name };
  }

  private call(name: string): Expression {
    const args: Expression[] = [];
    let spread = false;
    while (!this.take(")")) {
      args.push(this.expression());
      spread = this.take("...");
      if (this.take(")")) break;
      if (spread) throw this.fault('"..." belongs after the last argument');
      this.expect(",");
    }
    return { kind: "call", name, args, spread };
  }

  private list(): Expression {
    const loop = this.loop("]");
    if (loop) return loop;
    const items: Expression[] = [];
    while (!this.take("]")) {
      items.push(this.expression());
      if (this.take("]")) break;
      this.expect(",");
    }
    return { kind: "list", items };
  }

  private object(): Expression {
    const loop = this.loop("}");
    if (loop) return loop;
    const entries: [Expression, Expression][] = [];
    while (!this.take("}")) {
      const key = this.expression();
      // A bare word is a key, not a reference.
      const name: Expression = key.kind === "variable" ? { kind: "literal", value: key.name } : key;
      if (!this.take("=") && !this.take(":")) throw this.fault('"=" or ":" expected');
      entries.push([name, this.expression()]);
      this.take(",");
    }
    return { kind: "object", entries };
  }

  private loop(close: "]" | "}"): Expression | undefined {
    this.blank();
    const start = this.at;
    if (this.match(/for(?=\s)/y) === undefined) return undefined;
    this.blank();
    const first = this.match(IDENTIFIER);
    const second = first !== undefined && this.take(",") ? (this.blank(), this.match(IDENTIFIER)) : undefined;
    this.blank();
    if (first === undefined || this.match(/in(?=[\s([{"])/y) === undefined)
      throw this.fault('"for x in …" expected', start);
    const over = this.expression();
    this.expect(":");
    let value = this.expression();
    let key: Expression | undefined;
    if (close === "}") {
      this.expect("=>");
      key = value;
      value = this.expression();
    }
    const grouped = this.take("...");
    const condition = this.take("if") ? this.expression() : undefined;
    this.expect(close);
    const names = second === undefined ? { valueName: first } : { keyName: first, valueName: second };
    return { kind: "for", ...names, over, value, grouped, ...(key && { key }), ...(condition && { condition }) };
  }
}

const item: Expression = { kind: "variable", name: SPLAT_ITEM };
