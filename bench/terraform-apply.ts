import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEngine } from "../local/engine/engine";
import { hasTerraform } from "../local/provider/door/execute";
import { runTerraform } from "../local/provider/door/run";
import { type Bench, table } from "./measure";
import { pubsub } from "./terraform-pubsub";

/*
 * `terraform apply` of topics and subscriptions into an engine, few and many: what one resource costs this process must
 * not grow with the number of the others, although the system is derived after each.
 */
const COUNTS = [100, 400] as const;

/** @returns CPU of this process for one resource, milliseconds */
async function applied(count: number): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const [outDir, stateDir, stack] = [join(root, "out"), join(root, "state"), "bench"];
  mkdirSync(join(outDir, "stacks", stack), { recursive: true });
  writeFileSync(join(outDir, "stacks", stack, "cdk.tf.json"), JSON.stringify(pubsub(count)));
  const engine = await startEngine({ outDir, stateDir, stack, door: "terraform" });
  try {
    const before = process.cpuUsage();
    const output: string[] = [];
    const args = ["apply", "-auto-approve"];
    const code = await runTerraform({
      outDir,
      stateDir,
      stack,
      args,
      engine,
      output: (text) => void output.push(text),
    });
    if (code !== 0) throw new Error(output.join(""));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / count;
  } finally {
    await engine.stop();
    rmSync(root, { recursive: true });
  }
}

const bench: Bench = async () => {
  if (!hasTerraform()) {
    console.log("there is no terraform on the PATH: nothing measured");
    return [];
  }
  // The first pays for what is loaded and compiled.
  await applied(20);
  const [few, many] = [await applied(COUNTS[0]), await applied(COUNTS[1])];
  const rows = [few, many].map((ms, i) => [String(COUNTS[i]), ms.toFixed(2)]);
  console.log(table(["resources", "CPU ms of each"], rows));
  return [
    { what: `apply of one of ${COUNTS[0]} resources, CPU`, value: few, unit: "ms" },
    { what: `apply of one of ${COUNTS[1]} beside one of ${COUNTS[0]}, CPU`, value: many / few, unit: "×", atMost: 1.5 },
  ];
};

export default bench;
