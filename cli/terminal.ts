import pc from "picocolors";

/** Where a command writes: data on stdout, everything about the run on stderr. */
export interface Terminal {
  /** Data, one line. */
  out(line: string): void;
  /** Progress, hints, warnings and errors, one line. */
  err(line: string): void;
  /** Raw text on stderr, for lines that are drawn over. */
  draw(text: string): void;
  /** Whether stderr can be drawn over. */
  readonly interactive: boolean;
  /** Whether people read what is written, and may be shown more than ASCII. */
  readonly unicode: boolean;
  /** Colours of stdout. */
  readonly paint: Colors;
  /** Colours of stderr. */
  readonly paintErr: Colors;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** The part of a stream that decides how it is written to. */
interface Stream {
  readonly isTTY?: boolean;
  write(text: string): boolean;
}

export interface TerminalOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: NodeJS.ProcessEnv;
  /** `false` for `--no-color`. */
  readonly color?: boolean;
}

/** Colour by what the stream is and by `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` (https://no-color.org). */
function colored(stream: Stream, { env, color }: TerminalOptions): boolean {
  if (color === false || env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function createTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, env } = options;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    draw: (text) => void stderr.write(text),
    interactive: stderr.isTTY === true && env.TERM !== "dumb" && !env.CI,
    unicode: process.platform === "win32" ? Boolean(env.WT_SESSION) : /utf-?8/i.test(locale) || locale === "",
    paint: pc.createColors(colored(stdout, options)),
    paintErr: pc.createColors(colored(stderr, options)),
  };
}
