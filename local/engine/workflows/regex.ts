/**
 * Regular expressions as RE2 has them, without captures: a set of states moves over the text, so that no pattern takes
 * more than linear time for a match. https://github.com/google/re2/wiki/Syntax
 */
export interface Regex {
  /** The leftmost match at or after `from`, and the longest of those. Offsets count code points. */
  match(text: readonly string[], from: number): { readonly start: number; readonly end: number } | undefined;
}

/** A pattern that RE2 refuses. */
export class RegexFault extends Error {}

type Test = (char: string) => boolean;
type Assertion = (before: string | undefined, after: string | undefined) => boolean;

/** States are numbers; a state is left by a character, or for free. */
type State =
  | { readonly kind: "char"; readonly test: Test; readonly next: number }
  | { readonly kind: "free"; readonly next: number[]; readonly when?: Assertion }
  | { readonly kind: "match" };

type Tree =
  | { readonly kind: "test"; readonly test: Test }
  | { readonly kind: "assert"; readonly when: Assertion }
  | { readonly kind: "sequence" | "choice"; readonly of: readonly Tree[] }
  | { readonly kind: "repeat"; readonly of: Tree; readonly least: number; readonly most: number };

/** RE2's bound on counted repetition. */
const MAX_REPEAT = 1_000;
const MAX_STATES = 20_000;

/** @throws RegexFault */
export function compileRegex(pattern: string): Regex {
  const states: State[] = [{ kind: "match" }];
  const add = (state: State) => {
    if (states.length >= MAX_STATES) throw new RegexFault("the pattern is too large");
    return states.push(state) - 1;
  };
  /** States of a tree before those that follow. */
  const build = (tree: Tree, next: number): number => {
    switch (tree.kind) {
      case "test":
        return add({ kind: "char", test: tree.test, next });
      case "assert":
        return add({ kind: "free", next: [next], when: tree.when });
      case "sequence":
        return tree.of.reduceRight((after, one) => build(one, after), next);
      case "choice":
        return add({ kind: "free", next: tree.of.map((one) => build(one, next)) });
      default: {
        let entry = next;
        if (tree.most === Infinity) {
          const loop: { kind: "free"; next: number[] } = { kind: "free", next: [next] };
          entry = add(loop);
          loop.next.push(build(tree.of, entry));
        } else
          for (let i = tree.least; i < tree.most; i++)
            entry = add({ kind: "free", next: [next, build(tree.of, entry)] });
        for (let i = 0; i < tree.least; i++) entry = build(tree.of, entry);
        return entry;
      }
    }
  };
  const entry = build(new Parser(Array.from(pattern)).whole(), 0);

  /** Adds a state, and those it reaches for free, for a match that began at `start`. Of two, the earlier start stays. */
  const close = (starts: Map<number, number>, id: number, start: number, before?: string, after?: string): void => {
    const queue = [id];
    for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
      const state = states[one]!;
      const known = starts.get(one);
      if (known !== undefined && known <= start) continue;
      if (state.kind === "free" && state.when && !state.when(before, after)) continue;
      starts.set(one, start);
      if (state.kind === "free") queue.push(...state.next);
    }
  };
  return {
    match(text, from) {
      let found: { start: number; end: number } | undefined;
      let starts = new Map<number, number>();
      for (let at = from; ; at++) {
        const char = text[at];
        if (!found) close(starts, entry, at, text[at - 1], char);
        const start = starts.get(0);
        // A longer match of the same start, or one that began earlier and took longer to end.
        if (start !== undefined && (!found || start <= found.start)) found = { start, end: at };
        if (char === undefined || (found && starts.size === 0)) return found;
        const following = new Map<number, number>();
        for (const [id, begun] of starts) {
          const state = states[id]!;
          if (state.kind !== "char" || (found && begun > found.start) || !state.test(char)) continue;
          close(following, state.next, begun, char, text[at + 1]);
        }
        starts = following;
      }
    },
  };
}

/** Every match from the left, none within another; an empty one not directly behind another. */
export function matchesOf(regex: Regex, text: readonly string[]): { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (let at = 0, last = -1; at <= text.length;) {
    const match = regex.match(text, at);
    if (!match) break;
    if (match.end > match.start || match.start !== last) found.push(match);
    last = match.end;
    at = match.end > match.start ? match.end : match.end + 1;
  }
  return found;
}

const isWord = (char: string | undefined) => char !== undefined && /^\w$/.test(char);
const CLASSES: Readonly<Record<string, Test>> = {
  d: (char) => /^\d$/.test(char),
  w: isWord,
  s: (char) => /^[\t\n\f\r ]$/.test(char),
};
const POSIX: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[\t ]$/,
  digit: /^\d$/,
  lower: /^[a-z]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^\w$/,
  xdigit: /^[0-9A-Fa-f]$/,
};
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", a: "\x07" };

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

class Parser {
  private at = 0;
  private flags: Flags = { i: false, m: false, s: false };
  private depth = 0;

  constructor(private readonly text: readonly string[]) {}

  whole(): Tree {
    const tree = this.choice();
    if (this.at < this.text.length) throw new RegexFault("unexpected )");
    return tree;
  }

  private take(text: string): boolean {
    if (this.text[this.at] !== text) return false;
    this.at++;
    return true;
  }

  private choice(): Tree {
    if (++this.depth > 200) throw new RegexFault("nested too deeply");
    const of = [this.sequence()];
    while (this.take("|")) of.push(this.sequence());
    this.depth--;
    return of.length === 1 ? of[0]! : { kind: "choice", of };
  }

  private sequence(): Tree {
    const of: Tree[] = [];
    while (this.at < this.text.length && this.text[this.at] !== "|" && this.text[this.at] !== ")")
      of.push(this.repeated());
    return { kind: "sequence", of };
  }

  private repeated(): Tree {
    let tree = this.atom();
    for (;;) {
      const bounds = this.bounds();
      if (!bounds) return tree;
      // A lazy mark changes which match is preferred; the longest is, whatever the mark.
      this.take("?");
      tree = { kind: "repeat", of: tree, least: bounds[0], most: bounds[1] };
    }
  }

  private bounds(): readonly [number, number] | undefined {
    if (this.take("*")) return [0, Infinity];
    if (this.take("+")) return [1, Infinity];
    if (this.take("?")) return [0, 1];
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 16).join(""));
    if (!counted) return undefined;
    this.at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === "" ? Infinity : Number(counted[3]);
    if (least > most || least > MAX_REPEAT || (most !== Infinity && most > MAX_REPEAT))
      throw new RegexFault(`invalid repeat count ${counted[0]}`);
    return [least, most];
  }

  private atom(): Tree {
    const char = this.text[this.at++]!;
    const { flags } = this;
    switch (char) {
      case "(":
        return this.group();
      case "[":
        return { kind: "test", test: this.set() };
      case ".":
        return { kind: "test", test: flags.s ? () => true : (one) => one !== "\n" };
      case "^":
        return { kind: "assert", when: (before) => before === undefined || (flags.m && before === "\n") };
      case "$":
        return { kind: "assert", when: (_, after) => after === undefined || (flags.m && after === "\n") };
      case "*":
      case "+":
      case "?":
        throw new RegexFault(`nothing to repeat before ${char}`);
      case "\\":
        return this.escape();
      default:
        return { kind: "test", test: this.literal(char) };
    }
  }

  private literal(char: string): Test {
    if (!this.flags.i) return (one) => one === char;
    const lower = char.toLowerCase();
    return (one) => one.toLowerCase() === lower;
  }

  private group(): Tree {
    const outer = this.flags;
    if (this.take("?")) {
      const head = /^(?:P?<\w+>|([imsU]*)(-[imsU]+)?([:)]))/.exec(this.text.slice(this.at).join(""));
      if (!head) throw new RegexFault("this kind of group is not supported");
      this.at += head[0].length;
      if (head[3] !== undefined) {
        const flag = (name: keyof Flags) => (outer[name] || head[1]!.includes(name)) && !(head[2] ?? "").includes(name);
        this.flags = { i: flag("i"), m: flag("m"), s: flag("s") };
        // Flags without a colon hold to the end of the group around them.
        if (head[3] === ")") return { kind: "sequence", of: [] };
      }
    }
    const tree = this.choice();
    if (!this.take(")")) throw new RegexFault("missing )");
    this.flags = outer;
    return tree;
  }

  private escape(): Tree {
    const char = this.text[this.at];
    if (char === "b" || char === "B") {
      this.at++;
      return { kind: "assert", when: (before, after) => (isWord(before) !== isWord(after)) === (char === "b") };
    }
    if (char === "A" || char === "z") {
      this.at++;
      return { kind: "assert", when: (before, after) => (char === "A" ? before : after) === undefined };
    }
    const test = this.escaped();
    return { kind: "test", test: typeof test === "string" ? this.literal(test) : test };
  }

  /** What stands after a backslash: a character, or a class of them. */
  private escaped(): string | Test {
    const char = this.text[this.at++];
    if (char === undefined) throw new RegexFault("trailing backslash");
    const test = CLASSES[char.toLowerCase()];
    if (test && /[dwsDWS]/.test(char)) return char === char.toLowerCase() ? test : (one) => !test(one);
    const rest = this.text.slice(this.at, this.at + 40).join("");
    const known = ESCAPES[char];
    if (known !== undefined) return known;
    if (char === "p" || char === "P") {
      const [whole, one, name] = /^(?:([A-Z])|\{\^?(\w+)\})/.exec(rest) ?? [];
      const property = propertyOf(one ?? name ?? "");
      this.at += (whole ?? "").length;
      const negated = (char === "P") !== rest.startsWith("{^");
      return (found) => property.test(found) !== negated;
    }
    const hex = char === "x" ? /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest) : null;
    if (hex) {
      this.at += hex[0].length;
      const point = parseInt(hex[1] ?? hex[2]!, 16);
      if (point > 0x10ffff) throw new RegexFault(`no character ${hex[0]}`);
      return String.fromCodePoint(point);
    }
    if (/[A-Za-z0-9]/.test(char)) throw new RegexFault(`invalid escape \\${char}`);
    return char;
  }

  private set(): Test {
    const negated = this.take("^");
    const tests: Test[] = [];
    for (let first = true; first || this.text[this.at] !== "]"; first = false) {
      if (this.at >= this.text.length) throw new RegexFault("missing ]");
      const low = this.member();
      const range =
        this.text[this.at] === "-" && this.text[this.at + 1] !== "]" && this.text[this.at + 1] !== undefined;
      if (typeof low !== "string") tests.push(low);
      else if (!range) tests.push(this.literal(low));
      else {
        this.at++;
        const high = this.member();
        if (typeof high !== "string" || low.codePointAt(0)! > high.codePointAt(0)!)
          throw new RegexFault(`invalid range from ${low}`);
        tests.push(this.span(low.codePointAt(0)!, high.codePointAt(0)!));
      }
    }
    this.at++;
    return (char) => tests.some((test) => test(char)) !== negated;
  }

  private span(low: number, high: number): Test {
    const within = (char: string) => char.codePointAt(0)! >= low && char.codePointAt(0)! <= high;
    if (!this.flags.i) return within;
    return (char) => within(char.toLowerCase()) || within(char.toUpperCase());
  }

  private member(): string | Test {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.text.slice(this.at, this.at + 24).join(""));
    if (posix) {
      const pattern = Object.hasOwn(POSIX, posix[2]!) ? POSIX[posix[2]!] : undefined;
      if (!pattern) throw new RegexFault(`unknown class ${posix[0]}`);
      this.at += posix[0].length;
      return (char) => pattern.test(char) !== (posix[1] === "^");
    }
    return this.take("\\") ? this.escaped() : this.text[this.at++]!;
  }
}

/** A Unicode category or script. */
function propertyOf(name: string): RegExp {
  for (const form of [name, `Script=${name}`])
    try {
      return new RegExp(`^\\p{${form}}$`, "u");
    } catch {
      // JavaScript names scripts otherwise than RE2; the second form is tried.
    }
  throw new RegexFault(`unknown class \\p{${name}}`);
}
