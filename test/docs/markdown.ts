/** A fenced block of code. */
export interface Block {
  /** 1-based line of the opening fence. */
  readonly line: number;
  readonly language: string;
  /** The rest of the info string: words, or `key=value` with or without double quotes. */
  readonly info: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A link or an image, as written. */
export interface Link {
  readonly line: number;
  readonly target: string;
}

export interface Page {
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** Anchors of the headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** Inline code outside fenced blocks. */
  readonly code: readonly { readonly line: number; readonly text: string }[];
}

const FENCE = /^\s*(`{3,}|~{3,})\s*(\S*)\s*(.*)$/;
const INFO = /([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g;

export function parse(markdown: string): Page {
  const blocks: Block[] = [];
  const links: Link[] = [];
  const code: { line: number; text: string }[] = [];
  const slugs = new Map<string, number>();
  const anchors = new Set<string>();
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const fence = FENCE.exec(lines[index]!);
    if (fence) {
      const begin = index;
      const closes = (line: string) => line.trim().startsWith(fence[1]!) && /^[`~]+$/.test(line.trim());
      while (++index < lines.length && !closes(lines[index]!));
      if (index === lines.length) throw new Error(`the fence of line ${begin + 1} is never closed`);
      blocks.push({
        line: begin + 1,
        language: fence[2]!,
        info: Object.fromEntries([...fence[3]!.matchAll(INFO)].map(([, key, a, b]) => [key!, a ?? b ?? ""])),
        text: lines.slice(begin + 1, index).join("\n"),
      });
      continue;
    }
    const line = lines[index]!;
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line);
    if (heading) {
      const slug = slugOf(heading[1]!);
      const seen = slugs.get(slug) ?? 0;
      slugs.set(slug, seen + 1);
      anchors.add(seen === 0 ? slug : `${slug}-${seen}`);
    }
    for (const [, text] of line.matchAll(/`([^`]+)`/g)) code.push({ line: index + 1, text: text! });
    const prose = line.replace(/`[^`]+`/g, "");
    for (const [, target] of prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g))
      links.push({ line: index + 1, target: target! });
  }
  return { blocks, links, anchors, code };
}

/** GitHub's anchor of a heading: lower case, punctuation dropped, each space a hyphen. */
const slugOf = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
