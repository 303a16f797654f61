import { createTerminal } from "../../cli/terminal";

interface ScreenOptions {
  readonly tty?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly color?: boolean;
}

/** A terminal whose streams are kept as text. */
export function screen({ tty = false, env = {}, color }: ScreenOptions = {}) {
  const text = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof text) => ({
    isTTY: tty,
    write: (chunk: string) => ((text[name] += chunk), true),
  });
  const terminal = createTerminal({
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env,
    ...(color !== undefined && { color }),
  });
  return { terminal, stdout: () => text.stdout, stderr: () => text.stderr };
}
