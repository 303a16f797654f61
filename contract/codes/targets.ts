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
  MR4210: {
    title: "archive without a way to start it",
    why: "Google's build turns the archive into a container that runs `npm start` or the functions framework; the engine does the same and found neither",
    fix: "package the handler with its construct",
    source: "https://docs.cloud.google.com/docs/buildpacks/nodejs",
  },
  MR4211: {
    title: "process that ended before it listened",
    why: "a revision whose container exits before it listens on PORT never becomes ready, and a deployment of it fails",
    fix: "read the end of its log in the message",
    source: "https://cloud.google.com/run/docs/container-contract",
  },
  MR4212: {
    title: "process that did not listen in time",
    why: "Cloud Run gives a container four minutes to listen on PORT, then the revision fails",
    fix: "listen on the port in PORT before anything slow is done",
    source: "https://docs.cloud.google.com/run/quotas",
  },
} as const satisfies CodeTable;
