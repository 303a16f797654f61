import { asTerraform } from "./commands/tf";
import { reportFailure } from "./exit";
import { createTerminal } from "./terminal";

// What cdktf calls in Terraform's place, by the script of `millrace tf env`: the folder of the state, then the command line.
const [stateDir = ".millrace", ...args] = process.argv.slice(2);
const { stdout, stderr, env } = process;
const terminal = createTerminal({ stdout, stderr, env });

void asTerraform(stateDir, process.cwd(), args, terminal)
  .catch((error: unknown) => reportFailure(error, terminal, {}))
  .then((code) => process.stdout.write("", () => process.exit(code)));
