import { resolve } from "node:path";
import { buildSync } from "esbuild";
import type { Caller } from "../contract/callers";
import { definesOf } from "../constructs/packaging/bundle";
import { type TransportName, wrapperSource } from "../constructs/packaging/wrapper";
import { type Bench, table } from "./measure";

/*
 * What the runtime adds to a deployed handler: the size of the bundle that packaging makes of an entry, minified, with
 * zod, which the handler brings along itself, left out.
 */
const folder = resolve(__dirname, "first-event");

/** Bytes of the bundle, and of each file of ours in it, largest first. */
export interface BundleSize {
  readonly bytes: number;
  readonly files: readonly (readonly [file: string, bytes: number])[];
}

export function bundleSize(
  kind: "service" | "function",
  store: "memory" | "firestore",
  transports: readonly TransportName[] = [],
  callers?: readonly Caller[],
): BundleSize {
  const { outputFiles, metafile } = buildSync({
    stdin: {
      contents: wrapperSource("orders.handler.ts", { kind, store, transports }),
      resolveDir: folder,
      loader: "ts",
    },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    conditions: ["millrace-source"],
    define: definesOf({ callers }),
    external: ["zod"],
    logLevel: "silent",
  });
  const inputs = Object.entries(Object.values(metafile.outputs)[0]!.inputs);
  const files = inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput] as const);
  return { bytes: outputFiles[0]!.contents.length, files: files.toSorted((a, b) => b[1] - a[1]) };
}

/** Kilobytes a handler may weigh with the memory store, and what the Firestore store and its REST client may add. */
export const MOST_KB = { memory: 40, firestore: 30 } as const;

const runtimeBundle: Bench = async () => {
  const memory = bundleSize("service", "memory");
  const firestore = bundleSize("service", "firestore");
  const asFunction = bundleSize("function", "memory");
  const kb = (bytes: number) => bytes / 1_000;
  console.log(
    table(
      ["bytes", "file"],
      memory.files.slice(0, 12).map(([file, bytes]) => [bytes, file]),
    ),
  );
  return [
    { what: "service, memory store", value: kb(memory.bytes), unit: "KB", atMost: MOST_KB.memory },
    { what: "function, memory store", value: kb(asFunction.bytes), unit: "KB", atMost: MOST_KB.memory },
    {
      what: "added by the Firestore store",
      value: kb(firestore.bytes - memory.bytes),
      unit: "KB",
      atMost: MOST_KB.firestore,
    },
  ];
};

export default runtimeBundle;
