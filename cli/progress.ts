import type { Terminal } from "./terminal";

/** The steps of a start, one at a time. On a terminal the running step is drawn over; elsewhere each is one line. */
export interface Progress {
  /** Ends the step before, if any, and begins this one. */
  step(title: string): void;
  done(): void;
  failed(): void;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR = "\r\u001B[2K";

/** @param now milliseconds, for the time that each step took */
export function createProgress(terminal: Terminal, now: () => number = performance.now.bind(performance)): Progress {
  const { paintErr: c, interactive, unicode } = terminal;
  let running: { readonly title: string; readonly since: number; readonly timer?: NodeJS.Timeout } | undefined;
  const end = (mark: string) => {
    if (!running) return;
    clearInterval(running.timer);
    const took = c.dim(`${Math.round(now() - running.since)} ms`);
    terminal.draw(`${interactive ? CLEAR : ""}${mark} ${running.title} ${took}\n`);
    running = undefined;
  };
  const ok = c.green(unicode ? "✔" : "ok");
  return {
    step(title) {
      end(ok);
      let frame = 0;
      const frames = unicode ? FRAMES : ["-", "\\", "|", "/"];
      const draw = () => terminal.draw(`${CLEAR}${c.cyan(frames[frame++ % frames.length])} ${title}`);
      if (interactive) draw();
      running = { title, since: now(), ...(interactive && { timer: setInterval(draw, 80).unref() }) };
    },
    done: () => end(ok),
    failed: () => end(c.red(unicode ? "✖" : "x")),
  };
}

/** For `--json` and tests: says nothing. */
export const noProgress: Progress = { step() {}, done() {}, failed() {} };
