import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { type Bench, median, ratio, rounds, table, timeNode } from "./measure";

/*
 * What a gRPC layer costs before it serves: from the start of the process until the Publisher service of Pub/Sub
 * listens and is closed again. Ours is node:http2 with protobufjs/light, and serves REST on the same port; beside it
 * Google's @grpc/grpc-js with @grpc/proto-loader, which serve gRPC alone. Both are one bundled file.
 */
const ROUNDS = 9;
const root = resolve(__dirname, "..");

const bench: Bench = async () => {
  const folder = mkdtempSync(join(root, ".cache/wire-"));
  try {
    const bundled = (name: string) => {
      const outfile = join(folder, `${name}.js`);
      const entryPoints = [join(__dirname, "wire", `${name}.ts`)];
      buildSync({ entryPoints, outfile, bundle: true, platform: "node", target: "node20", logLevel: "error" });
      return () => timeNode([outfile], root);
    };
    const runs = rounds(ROUNDS, { ours: bundled("ours"), "grpc-js": bundled("grpc-js") });
    const names = ["ours", "grpc-js"] as const;
    console.log(
      table(
        ["layer", "user CPU ms", "wall ms"],
        names.map((name) => [
          name,
          median(runs[name].map(({ userMs }) => userMs)).toFixed(0),
          median(runs[name].map(({ wallMs }) => wallMs)).toFixed(0),
        ]),
      ),
    );
    const cpu = ratio(runs.ours, runs["grpc-js"], ({ userMs }) => userMs);
    return [{ what: "start of the wire layer beside grpc-js, user CPU", value: cpu, unit: "×", atMost: 1 }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export default bench;
