import { ENV } from "../../contract/environment";

/** What the handler becomes: an HTTP function of the Functions Framework, or a process that listens on `PORT`. */
export type HandlerKind = "function" | "service";

/** The exported name that the Functions Framework is told to call. */
export const FUNCTION_ENTRY_POINT = "handler";

/** How a described bundle introduces itself, in one line on stdout. */
export interface Description {
  /** Empty when the entry's default export was not made by `defineHandler`. */
  readonly contracts: readonly { readonly name: string; readonly hash: string }[];
}

/** Where the records of a handler live decides which adapter travels with it. */
const STORES = {
  memory: { imports: [], argument: "" },
  firestore: {
    imports: [`import { firestoreStore } from "millrace/runtime/firestore";`],
    argument: ", { store: firestoreStore() }",
  },
} as const;

/**
 * The module that esbuild starts from: it makes a deployable of the entry's default export. Under `MILLRACE_DESCRIBE`
 * it says which contract the bundle really carries, before anything else of the runtime starts.
 */
export function wrapperSource(entryFile: string, kind: HandlerKind, store: keyof typeof STORES): string {
  const { imports, argument } = STORES[store];
  const [module, start] =
    kind === "function"
      ? ([
          "millrace/runtime/functions",
          `export const ${FUNCTION_ENTRY_POINT} = toFunction(defined${argument});`,
        ] as const)
      : (["millrace/runtime", `serve(defined${argument});`] as const);
  return [
    `import { writeSync } from "node:fs";`,
    `import * as entry from ${JSON.stringify(`./${entryFile}`)};`,
    `import { ${kind === "function" ? "toFunction" : "serve"} } from ${JSON.stringify(module)};`,
    ...imports,
    `const defined = entry.default;`,
    `if (process.env.${ENV.describe} === "1") {`,
    `  const contract = defined?.contract;`,
    `  const contracts = contract?.hash ? [{ name: contract.manifest.name, hash: contract.hash }] : [];`,
    `  writeSync(1, JSON.stringify({ contracts }) + "\\n");`,
    `  process.exit(0);`,
    `}`,
    start,
    "",
  ].join("\n");
}
