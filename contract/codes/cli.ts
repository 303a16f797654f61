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
  MR5008: {
    title: "no contracts beside the plan",
    why: "a plan names the contracts of its handlers by their hashes alone; synthesis writes the rest beside it",
    fix: "run `npm run synth` again",
  },
  MR5009: {
    title: "what a redrive needs does not answer, or refuses",
    why: "letters that were looked at are given back, and nothing is lost: the command can be run again",
    fix: "do what is said: log in, ask for the role, deploy the stack, look for the execution",
    source: "https://cloud.google.com/apis/design/errors",
  },
  MR5010: {
    title: "handler that this machine cannot call",
    why: "internal ingress refuses requests from outside the project, and a handler that pulls, or is a job, takes none",
    fix: "give its consumer `redrive: true`; the command then runs that job",
    source: "https://cloud.google.com/run/docs/securing/ingress",
  },
} as const satisfies CodeTable;
