import { CONTROL } from "../../local/engine/control";
import type { Applied } from "../../local/engine/reconcile";
import { EXIT, type ExitCode } from "../exit";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";
import { ask, requireEngine } from "./ask";

/** `millrace reload`: brings a running engine to the stack as it is synthesized now. */
export async function reload(stack: string | undefined, options: CommonOptions, terminal: Terminal): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = requireEngine(chosen, options);
  const { replaced, removed } = (await ask(engine, "POST", `${CONTROL}/reload`)) as Applied;
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, replaced, removed }));
  for (const name of replaced)
    terminal.err(`${name} was replaced and has lost its backlog, as it would on Google Cloud`);
  for (const name of removed) terminal.err(`${name} is no longer asked for and was removed`);
  return EXIT.ok;
}
