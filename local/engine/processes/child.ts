import { type ChildProcess, spawn } from "node:child_process";
import type { GoOn, PointReached } from "../../../contract/probe";
import type { Clock } from "../clock";
import { eachLine } from "./lines";
import { killGroup } from "./orphans";
import { accepts } from "./port";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A child process that is, or will be, a target's instance. */
export interface Child {
  readonly pid: number;
  readonly port: number;
  /** Undefined while it lives. */
  exit(): Exit | undefined;
  readonly exited: Promise<Exit>;
  /** True once the engine has asked it to end, by `stop` or a signal; it gets no more requests then. */
  asked(): boolean;
  /** The last lines it wrote to stderr, or to stdout when there are none. */
  tail(): string;
  /** Settles when it accepts connections. @returns false when it has ended instead */
  listening(): Promise<boolean>;
  /** SIGKILL reaches everything it has started, as a lost instance does; other signals reach the process alone. */
  kill(signal: NodeJS.Signals): void;
  /** Puts its clock forward by real milliseconds. */
  jump(byMs: number): void;
  /** SIGTERM, then SIGKILL after `graceMs` engine milliseconds. */
  stop(graceMs: number): Promise<void>;
}

export interface ChildOptions {
  readonly guard: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly clock: Clock;
  readonly onLine: (pid: number, stream: "stdout" | "stderr", line: string) => void;
  readonly onPoint: (pid: number, point: PointReached, go: () => void) => void;
}

/** Milliseconds between two looks at the port: an operating system's time, not the engine's. */
const LOOK_MS = 10;
const TAIL_LINES = 20;
/** After one of these nobody expects the process to live; SIGSTOP and its like leave it where it is. */
const ENDS: readonly NodeJS.Signals[] = ["SIGKILL", "SIGTERM", "SIGINT"];

/** @throws Error when the process cannot be made at all */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { guard, args, cwd, env, port, clock, onLine, onPoint } = options;
  const child = spawn(process.execPath, ["--require", guard, ...args], {
    cwd,
    env,
    // A group of its own: Ctrl-C in the terminal is the engine's to pass on, and SIGKILL finds grandchildren.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const { pid } = child;
  if (pid === undefined) throw await new Promise<Error>((resolve) => child.once("error", resolve));

  let exit: Exit | undefined;
  let asked = false;
  const tails = { stdout: [] as string[], stderr: [] as string[] };
  for (const stream of ["stdout", "stderr"] as const)
    eachLine(child[stream]!, (line) => {
      tails[stream].push(line);
      if (tails[stream].length > TAIL_LINES) tails[stream].shift();
      onLine(pid, stream, line);
    });
  child.on("message", (message) => {
    if (isPoint(message)) onPoint(pid, message, () => sendGo(child, message.id));
  });
  // Errors of the channel show themselves as the exit that they come with.
  child.on("error", () => undefined);
  // `close` comes after the last line of output, `exit` may come before it.
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      exit = { code, signal };
      // A grandchild would hold the pipes open, and `close` back.
      killGroup(pid, "SIGKILL");
    });
    child.once("close", (code, signal) => resolve((exit ??= { code, signal })));
  });
  const running = () => exit === undefined;

  return {
    pid,
    port,
    exit: () => exit,
    exited,
    asked: () => asked,
    tail: () => (tails.stderr.length > 0 ? tails.stderr : tails.stdout).join("\n"),
    async listening() {
      while (running()) {
        if ((await accepts(port)) && running()) return true;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      await exited;
      return false;
    },
    kill(signal) {
      asked ||= ENDS.includes(signal);
      if (!running()) return;
      if (signal === "SIGKILL") killGroup(pid, signal);
      else child.kill(signal);
    },
    jump(byMs) {
      if (running() && child.connected) child.send({ type: "millrace:clock", byMs }, () => undefined);
    },
    async stop(graceMs) {
      asked = true;
      if (running()) child.kill("SIGTERM");
      const timer = clock.after(graceMs, () => {
        if (running()) killGroup(pid, "SIGKILL");
      });
      await exited;
      timer.cancel();
    },
  };
}

function isPoint(message: unknown): message is PointReached {
  const { type, id } = (message ?? {}) as Partial<PointReached>;
  return type === "millrace:point" && typeof id === "number";
}

function sendGo(child: ChildProcess, id: number): void {
  const go: GoOn = { type: "millrace:go", id };
  // The process may have been killed at this very point: nobody is left to go on.
  if (child.connected) child.send(go, () => undefined);
}
