import type { CodeTable } from "./table";

/** MR4200–MR4299: archives, processes and the front door of the local engine. */
export const targetsCodes = {
  MR4201: {
    title: "archive that cannot be read",
    why: "the target's code is in it, so there is nothing to start",
    fix: "synthesize again",
  },
  MR4202: {
    title: "archive with an entry that leaves its folder",
    why: "unpacking it would write or point outside of the folder that it is unpacked to",
    fix: "package the handler with its construct",
  },
  MR4203: {
    title: "archive that unpacks to too much",
    why: "a damaged or hostile archive could fill the disk; Google unpacks at most 500 MB for a function",
    fix: "leave out of the archive what the handler does not import",
    source: "https://docs.cloud.google.com/functions/quotas",
  },
} as const satisfies CodeTable;
