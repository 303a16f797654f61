import type { ContractManifest, StoreKind } from "../../contract/contract";
import { ENV, LOCAL_ENVIRONMENT } from "../../contract/environment";

/**
 * What the handler becomes: an HTTP function of the Functions Framework, a process that listens on `PORT`, one that
 * pulls from a subscription, one task of a job, or a job that gives it its dead letters again.
 */
export type HandlerKind = "function" | "service" | "worker" | "job" | "redrive";

/**
 * Senders of HTTP requests that a handler understands beside Pub/Sub. `workflowCallbacks` sends nothing itself: whatever
 * brings an event, a workflow that waits for it is told what became of it.
 */
export type TransportName =
  "tasks" | "scheduler" | "cloudEvents" | "cloudEventsBatch" | "eventarc" | "workflowSteps" | "workflowCallbacks";

/** The exported name that the Functions Framework is told to call. */
export const FUNCTION_ENTRY_POINT = "handler";

/** How a described bundle introduces itself, in one line on stdout. */
export interface Description {
  /** Empty when the entry's default export was not made by `defineHandler`. */
  readonly contracts: readonly { readonly name: string; readonly hash: string }[];
}

/** What travels with the handler, and how it starts. */
export interface Wrapping {
  readonly kind: HandlerKind;
  /** Where its records live. */
  readonly store: StoreKind;
  /** @default none */
  readonly transports?: readonly TransportName[];
  /** Who checks the caller's token. @default "platform" */
  readonly auth?: ContractManifest["auth"];
  /** Whose events it takes. @default everybody's who is wired */
  readonly callers?: ContractManifest["callers"];
}

/** Names that the wrapper imports from a module of ours. */
interface Import {
  readonly names: readonly string[];
  readonly from: string;
}

/** An option of what starts the handler, `store: firestoreStore()`, and what it is made with. */
interface Option {
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Where the records of a handler live decides which adapter travels with it. */
const STORES = {
  memory: [],
  firestore: [
    { text: "store: firestoreStore()", imports: [{ names: ["firestoreStore"], from: "millrace/runtime/firestore" }] },
  ],
  postgres: [
    { text: "store: postgresStore()", imports: [{ names: ["postgresStore"], from: "millrace/runtime/postgres" }] },
  ],
} as const satisfies Record<StoreKind, readonly Option[]>;

/** In the order in which they are asked: Eventarc's takes every request for its own. */
const TRANSPORTS = {
  scheduler: "cloudScheduler",
  tasks: "cloudTasks",
  workflowSteps: "workflowSteps",
  cloudEventsBatch: "cloudEventsBatch",
  cloudEvents: "cloudEvents",
  eventarc: "eventarc",
} as const satisfies Record<Exclude<TransportName, "workflowCallbacks">, string>;

/** Workflows of the local engine wait on loopback. */
const CALLBACKS: Option = {
  text: `report: workflowCallbacks({ loopback: process.env.${ENV.environment} === "${LOCAL_ENVIRONMENT}" })`,
  imports: [{ names: ["workflowCallbacks"], from: "millrace/runtime/transports" }],
};

/** A check of signatures, for handlers that anybody may call. */
const OWN_TOKENS: Option = {
  text: "tokens: googleTokens()",
  imports: [{ names: ["googleTokens"], from: "millrace/runtime/tokens" }],
};

interface Start {
  readonly imports: Import;
  readonly options: readonly Option[];
  readonly statement: (argument: string) => string;
}

const STARTS: Readonly<Record<HandlerKind, Start>> = {
  function: {
    imports: { names: ["toFunction"], from: "millrace/runtime/functions" },
    options: [],
    statement: (options) => `export const ${FUNCTION_ENTRY_POINT} = toFunction(defined${options});`,
  },
  service: {
    imports: { names: ["serve"], from: "millrace/runtime" },
    options: [],
    statement: (options) => `serve(defined${options});`,
  },
  worker: {
    imports: { names: ["work"], from: "millrace/runtime/pull" },
    options: [{ text: `subscription: process.env.${ENV.subscription} ?? ""`, imports: [] }],
    statement: (options) => `work(defined${options});`,
  },
  job: {
    imports: { names: ["runJob"], from: "millrace/runtime/job" },
    options: [],
    statement: (options) => `runJob(defined${options});`,
  },
  redrive: {
    imports: { names: ["runRedrive"], from: "millrace/runtime/redrive" },
    options: [],
    statement: (options) => `runRedrive(defined${options});`,
  },
};

/**
 * The module that esbuild starts from: it makes a deployable of the entry's default export. Under `MILLRACE_DESCRIBE`
 * it says which contract the bundle really carries, before anything else of the runtime starts.
 */
export function wrapperSource(entryFile: string, wrapping: Wrapping): string {
  const start = STARTS[wrapping.kind];
  const options: readonly Option[] = [
    ...start.options,
    ...STORES[wrapping.store],
    ...transportsOption(wrapping.transports ?? []),
    ...(wrapping.auth === "self" ? [OWN_TOKENS] : []),
  ];
  const imports = [start.imports, ...options.flatMap((option) => option.imports)];
  const argument = options.length === 0 ? "" : `, { ${options.map(({ text }) => text).join(", ")} }`;
  return [
    `import { writeSync } from "node:fs";`,
    `import * as entry from ${JSON.stringify(`./${entryFile}`)};`,
    ...imports.map(({ names, from }) => `import { ${names.join(", ")} } from ${JSON.stringify(from)};`),
    `const defined = entry.default;`,
    `if (process.env.${ENV.describe} === "1") {`,
    `  const contract = defined?.contract;`,
    `  const contracts = contract?.hash ? [{ name: contract.manifest.name, hash: contract.hash }] : [];`,
    `  writeSync(1, JSON.stringify({ contracts }) + "\\n");`,
    `  process.exit(0);`,
    `}`,
    start.statement(argument),
    "",
  ].join("\n");
}

function transportsOption(transports: readonly TransportName[]): readonly Option[] {
  const names = Object.entries(TRANSPORTS).flatMap(([name, imported]) =>
    transports.includes(name as TransportName) ? [imported] : [],
  );
  const understood: Option = {
    text: `transports: [${names.map((name) => `${name}()`).join(", ")}]`,
    imports: [{ names, from: "millrace/runtime/transports" }],
  };
  return [...(names.length > 0 ? [understood] : []), ...(transports.includes("workflowCallbacks") ? [CALLBACKS] : [])];
}
