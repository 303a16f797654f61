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
  MR5005: {
    title: "no engine runs the stack",
    why: "the command acts on a running engine, and there is none with its state in this folder",
    fix: "start it with `millrace dev`, or name the folder of its state with --state",
  },
  MR5006: {
    title: "the engine refuses what it is asked for",
    why: "there is nothing of that name in the stack, or it is not in a state in which that could be done",
    fix: "look at what there is with the `ls` command of the same name",
  },
  MR5007: {
    title: "no report of grants beside the plan",
    why: "a plan says who is granted what, but not why; synthesis writes that beside it",
    fix: "run `npm run synth` again",
  },
} as const satisfies CodeTable;
