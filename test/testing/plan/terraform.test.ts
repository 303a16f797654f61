import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { project } from "../../support/project";

const script = join(__dirname, "no-terraform.ts");

function withoutTerraform(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const folder = project({ "empty.txt": "" });
  const node = ["-C", "millrace-source", "--require", "tsx/cjs", script, folder, ...args];
  const { stdout, stderr } = spawnSync(process.execPath, node, {
    cwd: join(__dirname, "../../.."),
    encoding: "utf8",
    env: { PATH: folder, HOME: folder, ...env },
  });
  return { stdout: stdout.trim().split("\n"), stderr: stderr.trim().split("\n") };
}

const MISSING = "there is no terraform on the PATH";

describe("where there is no Terraform", () => {
  it("suites are skipped and matchers pass, each with a word on stderr; data there is none", () => {
    const { stdout, stderr } = withoutTerraform(["suite"]);
    expect(stdout).toEqual([
      "skips plans",
      "[true,true,true,false,true,true,true]",
      `error: ${MISSING}, so shop was not planned; put such tests into describeWithTerraform`,
    ]);
    const what = [
      '"plans"',
      "the plan of shop",
      "toPlanChanges of shop",
      "toHavePlanned of shop",
      "toMatchPlanSnapshot of shop",
      "toBeStable of shop",
      "the plan of shop",
      "toBeStable of shop",
    ];
    expect(stderr).toEqual(what.map((one) => `SKIPPED ${one}: ${MISSING}`));
  });

  it.each([[["suite"]], [[]]])("nothing is skipped when MILLRACE_REQUIRE demands it (%j)", (args) => {
    const { stdout } = withoutTerraform(args, { MILLRACE_REQUIRE: "pubsub-emulator,terraform" });
    expect(stdout).toEqual([`error: ${MISSING}, and MILLRACE_REQUIRE demands it`]);
  });
});
