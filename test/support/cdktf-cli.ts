import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeWithTool } from "./tool";
import { terraformMissing } from "../../testing/plan/terraform";

/** cdktf-cli is 420 MB: no dependency of this project, and installed for its test alone, where it is required. */
const VERSION = "0.21.0";
const FOLDER = resolve(__dirname, "../../.cache/cdktf-cli");
const BIN = join(FOLDER, "node_modules", ".bin", "cdktf");

const required = (process.env["MILLRACE_REQUIRE"] ?? "").split(",").includes("cdktf-cli");

/** `describe` for what needs cdktf's own command line. @param suite takes the path of `cdktf` */
export function describeWithCdktf(name: string, suite: (cdktf: string) => void): void {
  if (required && !existsSync(BIN)) install();
  const hint = `cdktf-cli is not installed; MILLRACE_REQUIRE=cdktf-cli installs it into ${FOLDER}`;
  const missing = terraformMissing() ?? (existsSync(BIN) ? undefined : hint);
  describeWithTool("cdktf-cli", missing, name, () => suite(BIN));
}

function install(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ name: "cdktf-cli-of-tests", private: true }));
  // Its terminal comes prebuilt, so that nothing needs to be compiled.
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--silent", "--fetch-retries=5"];
  spawnSync("npm", ["install", ...options, `cdktf-cli@${VERSION}`], { cwd: FOLDER, stdio: "inherit" });
}
