import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { ENV } from "../../contract/environment";
import type { Description } from "./wrapper";

/** Longest time a bundle may take to load and introduce itself, milliseconds. */
const TIME_LIMIT_MS = 30_000;

/** What a child process needs to run at all; nothing else of our environment reaches the user's module. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "TEMP", "SystemRoot"];

/**
 * Runs a bundle once in a child process and asks which contract it carries. The code goes in through stdin, so that
 * nothing is written and packages left out of the bundle resolve as they do from the entry.
 */
export function describeBundle(code: string, entry: string): Description | { readonly failure: string } {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = spawnSync(process.execPath, ["--input-type=commonjs", "-"], {
    input: code,
    cwd: dirname(entry),
    env: { ...Object.fromEntries(inherited), [ENV.describe]: "1" },
    encoding: "utf8",
    timeout: TIME_LIMIT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  if (child.error) return { failure: child.error.message };
  // The module may log while it loads; the description is the last line of its kind.
  const line = child.stdout.split("\n").findLast((text) => text.startsWith('{"contracts":'));
  if (line !== undefined) return JSON.parse(line) as Description;
  return { failure: reasonIn(child.stderr) ?? `it ended with code ${child.status} and described nothing` };
}

/** The line of an uncaught exception that names the error. */
const reasonIn = (stderr: string): string | undefined => /^\w*(?:Error|Exception)\b.*$/m.exec(stderr)?.[0];
