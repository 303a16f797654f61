import { readFileSync } from "node:fs";
import { zip } from "../../../constructs/packaging/zip";

const archive = (source: string): Buffer =>
  Buffer.from(
    zip([
      { path: "index.js", bytes: Buffer.from(source) },
      { path: "package.json", bytes: Buffer.from(JSON.stringify({ scripts: { start: "node index.js" } })) },
    ]),
  );

/**
 * A plain server, of no framework: writes each request as a line of JSON into the file `SEEN`, then answers with what
 * the file `STATUS` holds, 200 without one.
 */
export const recorder: Buffer = archive(`
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
require("node:http").createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const { SEEN, STATUS, GREETING } = process.env;
    const { url, headers } = request;
    if (SEEN) appendFileSync(SEEN, JSON.stringify({ url, headers, body, pid: process.pid, greeting: GREETING }) + "\\n");
    response.statusCode = STATUS && existsSync(STATUS) ? Number(readFileSync(STATUS, "utf8")) : 200;
    response.end("ok");
  });
}).listen(process.env.PORT);
`);

/** Ends before it listens. */
export const broken: Buffer = archive(`console.error("cannot find the ledger"); process.exit(3);`);

export interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly pid: number;
  readonly greeting?: string;
}

export function seenIn(file: string): Seen[] {
  try {
    // Whole lines: a process may be writing the last one.
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Seen);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Whether a process lives; one that has ended and was not reaped does not. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.[0] !== "Z";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? process.platform !== "linux" : false;
  }
}
