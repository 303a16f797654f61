import { runningEngines } from "../../local/engine/running";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import type { Terminal } from "../terminal";

/** `millrace ps`: the engines whose state is in this folder. */
export async function ps(options: CommonOptions, terminal: Terminal): Promise<ExitCode> {
  const engines = runningEngines(options.state);
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, engines }));
  else if (engines.length === 0) terminal.err(`no engine runs with its state in ${options.state}`);
  else {
    const rows = engines.map((one) => [
      one.stack,
      String(one.pid),
      one.startedAt,
      one.pubsub,
      one.targets.map(({ name }) => name).join(" "),
    ]);
    for (const line of columns([["STACK", "PID", "SINCE", "ADDRESS", "TARGETS"], ...rows])) terminal.out(line);
  }
  return EXIT.ok;
}
