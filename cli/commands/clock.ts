import { milliseconds } from "../../language/duration";
import { CONTROL } from "../../local/engine/control";
import { EXIT, type ExitCode } from "../exit";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";
import { ask, requireEngine } from "./ask";

interface AdvanceAnswer {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fired: number;
  readonly settled: boolean;
}

/**
 * `millrace clock advance`: puts the engine's clock forward, from timer to timer.
 * @param by a duration that can be read
 * @returns findings when something was still under way at the end
 */
export async function clockAdvance(
  by: string,
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = requireEngine(chosen, options);
  const path = `${CONTROL}/clock/advance?byMs=${milliseconds(by)}`;
  const { fromMs, toMs, fired, settled } = (await ask(engine, "POST", path)) as AdvanceAnswer;
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, stack: chosen, from, to, fired, settled }));
  else {
    terminal.out(`${from} → ${to}`);
    if (!settled) terminal.err("something was still under way: a handler takes its real time");
  }
  return settled ? EXIT.ok : EXIT.findings;
}

export interface WaitOptions extends CommonOptions {
  readonly for: "idle";
  /** A duration of the wall clock that can be read. */
  readonly timeout: string;
}

/** `millrace wait --for idle`: waits until nothing is left to do. @returns findings when the time was up first */
export async function wait(stack: string | undefined, options: WaitOptions, terminal: Terminal): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = requireEngine(chosen, options);
  const began = Date.now();
  const path = `${CONTROL}/idle?timeoutMs=${milliseconds(options.timeout)}`;
  const { idle } = (await ask(engine, "GET", path)) as { readonly idle: boolean };
  const waitedMs = Date.now() - began;
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, stack: chosen, idle, waitedMs }));
  else if (idle) terminal.out(`${chosen} is idle`);
  else terminal.err(`${chosen} was not idle within ${options.timeout}`);
  return idle ? EXIT.ok : EXIT.findings;
}
