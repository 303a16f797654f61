import { EXIT, type ExitCode, reportFailure } from "../exit";
import { eventLine } from "../event-line";
import { box, columns } from "../layout";
import { createProgress, noProgress } from "../progress";
import type { EngineCommandOptions } from "../program";
import type { Signals } from "../signals";
import type { Terminal } from "../terminal";
import { countTypes } from "./fidelity";
import { startFor } from "./options";
import type { Engine } from "../../local/engine/engine";
import type { EngineEvent } from "../../local/engine/events";

/** `millrace dev`: runs a stack and shows what happens, until the first signal. */
export async function dev(
  stack: string | undefined,
  options: EngineCommandOptions,
  terminal: Terminal,
  signals: Signals,
): Promise<ExitCode> {
  const { json, debug } = options;
  let exit: ExitCode = EXIT.ok;
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  // The endpoints come first, whatever has happened by then.
  const early: EngineEvent[] = [];
  let show = (event: EngineEvent): void => void early.push(event);
  const engine = await startFor(stack, options, terminal, json ? noProgress : createProgress(terminal), {
    onEvent: (event) => show(event),
    onFailure(error) {
      exit = reportFailure(error, terminal, { debug });
      end();
    },
  });
  if (json) terminal.out(JSON.stringify({ type: "ready", ...engine.endpoints }));
  else for (const line of summary(engine, terminal)) terminal.err(line);
  show = (event) => terminal.out(json ? JSON.stringify(event) : eventLine(event, terminal));
  early.forEach(show);

  signals.onFirst(end);
  await ended;
  if (!json) terminal.err("stopping; press Ctrl-C again to kill");
  await engine.stop();
  return exit;
}

/** What runs, where it is reached and what of it does not happen here. */
function summary(engine: Engine, terminal: Terminal): string[] {
  const { endpoints: at, system, restored } = engine;
  const c = terminal.paintErr;
  const rows = [
    ["Pub/Sub", at.pubsub, c.dim("PUBSUB_EMULATOR_HOST")],
    ["Firestore", at.firestore, c.dim("FIRESTORE_EMULATOR_HOST")],
    ...(system.queues.length > 0 ? [["Cloud Tasks", at.tasks, c.dim("CLOUD_TASKS_EMULATOR_HOST")]] : []),
    ...(system.notifications.length > 0 || system.triggers.length > 0
      ? [["Cloud Storage", at.storage, c.dim("STORAGE_EMULATOR_HOST")]]
      : []),
    ["issuer", at.issuer, c.dim("keys at /jwks")],
    ["control", at.control, c.dim("/status, /events, /idle, /emit")],
    ...at.targets.map(({ name, kind, localUrl }) => [name, localUrl, c.dim(kind)]),
    ["project", at.project, c.dim(`seed ${at.seed}, time × ${at.timeScale}`)],
    ["door", at.door, c.dim(at.door === "direct" ? "the synthesized stack" : "what Terraform has applied")],
  ];
  const lines = box(`${c.bold(at.stack)} ${c.yellow("LOCAL")}`, columns(rows), terminal);
  const stored = system.fidelity.filter(({ level }) => level !== "runs");
  if (stored.length > 0) {
    const list = countTypes(stored).map(([type, count]) => `${type} × ${count}`);
    lines.push(c.dim(`not simulated, only stored: ${list.join(", ")}; see millrace fidelity ${at.stack}`));
  }
  for (const name of restored.replaced)
    lines.push(c.yellow(`${name} was replaced and has lost its backlog, as it would on Google Cloud`));
  for (const name of restored.removed) lines.push(c.yellow(`${name} is no longer in the plan and was removed`));
  if (restored.droppedBytes > 0)
    lines.push(
      c.yellow(`the last ${restored.droppedBytes} bytes of the journal were cut off by a crash and are ignored`),
    );
  return lines;
}
