// What tests do where there is no Terraform; run in a process of its own, whose PATH has none.
import { App, TerraformStack } from "cdktf";
import { matchers } from "../../../testing/jest";
import { describeWithTerraform, plan } from "../../../testing/plan";

const describe = Object.assign(() => console.log("ran"), { skip: (name: string) => console.log(`skips ${name}`) });
Object.assign(globalThis, { describe });

async function main(outdir: string, withSuite: boolean) {
  if (withSuite) describeWithTerraform("plans", () => {});
  const stack = new TerraformStack(new App({ outdir }), "shop");
  const planned = await plan(stack);
  const verdicts = [
    matchers.toPlanChanges.call({}, planned, { add: 7 }),
    matchers.toHavePlanned.call({ isNot: true }, planned, "x.y"),
    matchers.toMatchPlanSnapshot.call({}, planned),
    await matchers.toBeStable.call({}, planned),
    await matchers.toBeStable.call({}, stack),
  ];
  console.log(JSON.stringify([planned.skipped, (await planned.again()).skipped, ...verdicts.map(({ pass }) => pass)]));
  console.log(planned.counts);
}

const [outdir, withSuite] = process.argv.slice(2);
main(outdir!, withSuite === "suite").catch((error: Error) => console.log(`error: ${error.message}`));
