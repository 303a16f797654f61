import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { definesOf } from "../constructs/packaging/bundle";
import { type Bench, median, rounds, table, timeNode } from "./measure";

/*
 * What a deployed handler carries and pays before its first event: size of the minified bundle, and CPU of loading it
 * above that of node itself. Beside the Firestore store and the publisher the clients of Google that do the same, as
 * bundles too.
 */
const ROUNDS = 9;
const root = resolve(__dirname, "..");

const use = (names: string, from: string) =>
  `import { ${names} } from ${JSON.stringify(from)};\nglobalThis.used = [${names}];`;

const MODULES = {
  node: "",
  core: use("serve, defineHandler", "millrace/runtime"),
  "firestore store": use("firestoreStore", "millrace/runtime/firestore"),
  publisher: use("restPublisher", "./runtime/google/publisher"),
  "@google-cloud/firestore": use("Firestore", "@google-cloud/firestore"),
  "@google-cloud/pubsub": use("PubSub", "@google-cloud/pubsub"),
} as const;

type Name = keyof typeof MODULES;
const names = Object.keys(MODULES) as Name[];

const bench: Bench = async () => {
  const folder = mkdtempSync(join(root, ".cache/cold-"));
  try {
    const bytes = {} as Record<Name, number>;
    const candidates = {} as Record<Name, () => ReturnType<typeof timeNode>>;
    for (const [index, name] of names.entries()) {
      const outfile = join(folder, `${index}.js`);
      const { metafile } = buildSync({
        stdin: { contents: MODULES[name], resolveDir: root },
        outfile,
        bundle: true,
        minify: true,
        metafile: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        conditions: ["millrace-source"],
        // As packaging does for a contract that names no callers.
        define: definesOf({ callers: undefined }),
        logLevel: "error",
      });
      bytes[name] = Object.values(metafile.outputs)[0]!.bytes;
      candidates[name] = () => timeNode([outfile], root, { METADATA_SERVER_DETECTION: "none" });
    }
    const runs = rounds(ROUNDS, candidates);
    const userMs = (name: Name) =>
      median(runs[name].map((run, round) => run.userMs - (name === "node" ? 0 : runs.node[round]!.userMs)));
    console.log(
      table(
        ["KB", "ms CPU above node", "bundle"],
        names.map((name) => [(bytes[name] / 1_000).toFixed(1), userMs(name).toFixed(0), name]),
      ),
    );
    const kb = (name: Name) => bytes[name] / 1_000;
    return [
      { what: "T5: core", value: kb("core"), unit: "KB", atMost: 40 },
      { what: "T5: loading the core", value: userMs("core"), unit: "ms" },
      { what: "T6: Firestore store", value: kb("firestore store"), unit: "KB", atMost: 30 },
      { what: "T6: loading the Firestore store", value: userMs("firestore store"), unit: "ms" },
      { what: "T6: publisher", value: kb("publisher"), unit: "KB", atMost: 30 },
      { what: "T6: loading the publisher", value: userMs("publisher"), unit: "ms" },
      {
        what: "Firestore store beside @google-cloud/firestore, size",
        value: kb("firestore store") / kb("@google-cloud/firestore"),
        unit: "×",
        atMost: 0.05,
      },
      {
        what: "publisher beside @google-cloud/pubsub, size",
        value: kb("publisher") / kb("@google-cloud/pubsub"),
        unit: "×",
        atMost: 0.05,
      },
      {
        what: "loading store and publisher beside Google's clients",
        value:
          (userMs("firestore store") + userMs("publisher")) /
          (userMs("@google-cloud/firestore") + userMs("@google-cloud/pubsub")),
        unit: "×",
        atMost: 0.25,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export default bench;
