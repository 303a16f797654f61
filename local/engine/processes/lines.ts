import type { Readable } from "node:stream";

/** Longest line that is passed on whole; Cloud Logging cuts entries at 256 KB. */
const MAX_LINE = 262_144;

/** Calls `each` with every line of a stream, its last one also without a line feed. */
export function eachLine(stream: Readable, each: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) each(line.replace(/\r$/, ""));
    while (rest.length > MAX_LINE) {
      each(rest.slice(0, MAX_LINE));
      rest = rest.slice(MAX_LINE);
    }
  });
  stream.on("end", () => {
    if (rest !== "") each(rest);
  });
}
