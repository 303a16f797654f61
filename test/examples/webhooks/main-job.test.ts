import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import type { Report } from "../../../examples/webhooks/report";
import { describeWithTerraform } from "../../support/terraform";

const root = resolve(__dirname, "../../..");

/** It gives up by itself after ten minutes of waiting, and says then what it has seen. */
const PATIENCE_MS = 900_000;

/** `npm start -- --json`, as it is without the shell around it. @param path where it finds programs */
async function mainJob(path: string): Promise<Report> {
  const args = ["-C", "millrace-source", "--require", "tsx/cjs", join(root, "examples/webhooks/main-job.ts"), "--json"];
  const env = { ...process.env, PATH: path, CI: "1" };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  expect(await once(child, "close")).toEqual([0, null]);
  return JSON.parse(text) as Report;
}

describeWithTerraform("the main job", () => {
  it(
    "comes to the same by either door, and says which one it took",
    async () => {
      // Both wait most of the time.
      const [direct, terraform] = await Promise.all([mainJob("/nowhere"), mainJob(process.env["PATH"]!)]);
      expect([direct.door, terraform.door]).toEqual(["direct", "terraform"]);
      const result = ({
        checks,
        published,
        distinctEvents,
        effects,
        effectsByConsumer,
        deadLettered,
        lost,
      }: Report) => ({
        checks: checks.map(({ name, ok }) => [name, ok]),
        published,
        distinctEvents,
        effects,
        effectsByConsumer,
        deadLettered,
        lost,
      });
      expect(result(terraform)).toEqual(result(direct));
      expect(Object.keys(terraform).sort()).toEqual(Object.keys(direct).sort());
    },
    PATIENCE_MS,
  );
});
