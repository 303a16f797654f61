/**
 * The main job: 329 real GitHub webhooks, one in five sent twice and five of them poison, through the synthesized plan
 * on the local engine, while processes are killed under the handlers. At the end every effect is counted.
 *
 *   npm start                         progress, then the report
 *   npm start --silent -- --json      the report as one JSON document on stdout
 *   npm start -- --seed 7             another schedule of duplicates and kills
 *   npm start -- --time-scale 2       engine seconds per second
 *   npm start -- --door direct        without Terraform, where there is one
 *
 * Exit code 0 when every check holds, 1 when one does not, 2 for a wrong argument, 3 when it could not run.
 */
import { parseArgs } from "node:util";
import { IssuesError } from "millrace/contract";
import { type Door, hasTerraform } from "millrace/local";
import { printReport, progressOn } from "./print";
import { assess } from "./report";
import { CONSUMERS } from "./consumers";
import { runMainJob } from "./run";

const HELP = `Usage: npm start -- [options]

  --seed N         schedule of duplicates and kills (default 1)
  --time-scale N   engine seconds per second (default 5)
  --door DOOR      terraform: the real Terraform applies the plan; direct: the engine reads it
                   (default terraform where there is one on the PATH)
  --json           one JSON document on stdout, nothing else
  --help
`;

async function main(argv: readonly string[]): Promise<number> {
  const given = options(argv);
  if (typeof given === "string") {
    const help = given === HELP;
    (help ? process.stdout : process.stderr).write(given);
    return help ? 0 : 2;
  }
  const progress = progressOn(process.stderr, Date.now);
  try {
    const seen = await runMainJob({ ...given, onProgress: (stage, detail) => progress.update(stage, detail) });
    progress.end();
    const report = assess(seen, CONSUMERS);
    if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else printReport(report, (text) => process.stdout.write(text));
    return report.checks.every(({ ok }) => ok) ? 0 : 1;
  } catch (error) {
    progress.end();
    if (!(error instanceof IssuesError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 3;
  }
}

interface Options {
  readonly seed: number;
  readonly timeScale: number;
  readonly door: Door;
  readonly json: boolean;
}

/** The options, or what to say instead. */
function options(argv: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seed: { type: "string", default: "1" },
        "time-scale": { type: "string", default: "5" },
        door: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return HELP;
    const seed = Number(values.seed);
    const timeScale = Number(values["time-scale"]);
    if (!Number.isInteger(seed)) return `--seed ${values.seed} is not a whole number\n\n${HELP}`;
    if (!(timeScale > 0 && timeScale <= 100)) return `--time-scale ${values["time-scale"]} is not in 0–100\n\n${HELP}`;
    const door = values.door ?? (hasTerraform() ? "terraform" : "direct");
    if (door !== "terraform" && door !== "direct") return `--door is terraform or direct, not ${door}\n\n${HELP}`;
    return { seed, timeScale, door, json: values.json };
  } catch (error) {
    return `${(error as Error).message}\n\n${HELP}`;
  }
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
