import type { CodeTable } from "./table";

/** MR1400–MR1499: how a handler becomes an archive. */
export const packagingCodes = {
  MR1401: {
    title: "entry not found",
    why: "there is no code to deploy",
    fix: "give the path of the handler's module, relative to the stack's `handlersDir`",
  },
  MR1402: {
    title: "entry does not bundle",
    why: "the archive would not start",
    fix: "mend the module so that esbuild accepts it; packages with native parts go into `external`",
  },
  MR1403: {
    title: "entry has no handler",
    why: "the deployed process would have nothing to call",
    fix: "make `defineHandler(contract, fn)` the default export of the entry",
  },
  MR1404: {
    title: "handler of another contract",
    why: "the infrastructure is derived from one contract and the code would run by another; deadlines and attempts would contradict",
    fix: "import one contract in both places",
  },
  MR1405: {
    title: "bundle does not load",
    why: "what fails when the module is loaded here fails at every start of an instance",
    fix: "move work that needs the cloud out of the module's top level, into the handler",
  },
  MR1406: {
    title: "external package not installed",
    why: "its exact version is unknown, and the archive must name it",
    fix: "install the package beside the entry, or remove it from `external`",
  },
  MR1407: {
    title: "warning of the bundler",
    why: "the code may behave differently in the archive",
    fix: "change the line it names, or acknowledge the warning",
  },
  MR1408: {
    title: "external package in code that is mounted",
    why: "a Cloud Run service that runs from a handler mounts one file; nobody installs packages for it",
    fix: "let the package be bundled, use a function, or build an image",
  },
} as const satisfies CodeTable;
