import type { CodeTable } from "./table";

/** MR4100–MR4999: running a plan. */
export const engineCodes = {
  MR4101: {
    title: "an engine already runs the stack",
    why: "two engines on one state would deliver each message twice and overwrite each other's journal",
    fix: "use the running one, end it, or give the second its own --state folder",
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
} as const satisfies CodeTable;
