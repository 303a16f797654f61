import type { CodeTable } from "./table";

/** MR5000–MR5999: the command line. */
export const cliCodes = {
  MR5001: {
    title: "command line that cannot be understood",
    why: "nothing was done, because what was meant is not clear",
    fix: "see `millrace help` or `millrace help <command>`",
  },
  MR5002: {
    title: "no stack was named, and several could be meant",
    why: "running the wrong stack would be worse than asking",
    fix: "name a stack after the command; the message lists them",
  },
  MR5003: {
    title: "command that cannot be started",
    why: "`millrace exec` found no program of that name, or may not execute it",
    fix: "check the name after `--` and the PATH",
  },
  MR5004: {
    title: "unexpected error",
    why: "this is a fault of Millrace itself",
    fix: "run the command again with --debug and report what it prints",
  },
} as const satisfies CodeTable;
