import type { CodeTable } from "./table";

/** MR4100–MR4199: assembling and running an engine. */
export const engineCodes = {
  MR4101: {
    title: "an engine already runs the stack",
    why: "two engines on one state would deliver each message twice and overwrite each other's journal",
    fix: "use the running one, end it, or give the second its own --state folder",
  },
  MR4102: {
    title: "port in use",
    why: "another program listens on the port that was asked for, so nobody could reach the engine",
    fix: "end the other program, or leave --port out to take a free one",
  },
  MR4103: {
    title: "resource that the broker refuses",
    why: "its values break a rule of Pub/Sub; Google would refuse it at apply",
    fix: "correct the argument that the message names",
  },
  MR4104: {
    title: "damaged journal",
    why: "lines before the end are not what the engine wrote, so the state they stand for cannot be trusted",
    fix: "restore the file, or delete the stack's folder below .millrace to start with an empty state",
  },
  MR4105: {
    title: "journal of another version",
    why: "its entries mean something else to this version of the engine",
    fix: "run that version, or delete the stack's folder below .millrace to start with an empty state",
  },
  MR4106: {
    title: "journal that cannot be written",
    why: "what happens from now on would be forgotten at the next start, so the engine stops instead",
    fix: "make room on the disk, or start with --ephemeral",
  },
  MR4107: {
    title: "state that cannot be used",
    why: "the engine keeps its lock and its journal in the stack's folder below .millrace; without them two engines could run one stack",
    fix: "make the path a folder that you may write to, or give another with --state",
  },
  MR4108: {
    title: "stack that Terraform has applied",
    why: "what Terraform has made would be changed behind its back, and its state would be wrong",
    fix: "run what was applied, destroy it with Terraform first, or give the other engine its own --state folder",
  },
} as const satisfies CodeTable;
