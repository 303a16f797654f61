import { stripVTControlCharacters } from "node:util";
import type { Terminal } from "./terminal";

const width = (text: string): number => Array.from(stripVTControlCharacters(text)).length;

const pad = (text: string, size: number): string => text + " ".repeat(Math.max(0, size - width(text)));

/** Columns of equal width, two spaces apart; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const sizes = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, width(cell))), []);
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : pad(cell, sizes[i]!))).join("  "));
}

/** A frame around lines, with a title in its upper edge. */
export function box(title: string, lines: readonly string[], terminal: Terminal): string[] {
  const [tl, tr, bl, br, h, v] = terminal.unicode ? ["╭", "╮", "╰", "╯", "─", "│"] : ["+", "+", "+", "+", "-", "|"];
  const inner = Math.max(width(title) + 4, ...lines.map((line) => width(line) + 2));
  const { dim } = terminal.paintErr;
  return [
    `${dim(`${tl}${h} `)}${title}${dim(` ${h.repeat(inner - width(title) - 3)}${tr}`)}`,
    ...lines.map((line) => `${dim(v)} ${pad(line, inner - 1)}${dim(v)}`),
    dim(`${bl}${h.repeat(inner)}${br}`),
  ];
}
