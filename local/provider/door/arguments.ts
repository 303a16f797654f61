import type { Issue } from "../../../contract/issue";
import { issue } from "../../plan/issues";

/** Commands that lead elsewhere: to other states, to accounts, to registries; and why they are not run here. */
const COMMANDS: Readonly<Record<string, string>> = {
  login: "is for an account of HashiCorp's, and nothing here has one",
  logout: "is for an account of HashiCorp's, and nothing here has one",
  workspace: "would keep another state beside the one of the stack, where no other stack finds it",
  cloud: "works on states that are not on this machine",
  "state push": "would put a state here that was made elsewhere; its resources do not exist on this machine",
  "state replace-provider": "would make a local state look like one of another provider's",
  "providers lock": "asks the registry for providers; the one that answers here is in no registry and in no lock file",
  "providers mirror": "asks the registry for providers; the one that answers here is in no registry",
};

/** Arguments that lead out of the folder in which Terraform runs here, and what they would do. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  chdir: "would run in another folder, on that folder's own state",
  state: "would use another state than the one of this machine",
  "state-out": "would write a local state where somebody may take it for a real one",
  backup: "would write a local state where somebody may take it for a real one",
  "backend-config": "would use another backend than the local one",
  "migrate-state": "would take a state from, or to, another backend",
  "plugin-dir": "would use other providers",
  "from-module": "would write another configuration over the synthesized one",
};

/** What of a command line must not be run here. @param args as `terraform` takes them */
export function argumentIssues(stack: string, args: readonly string[]): readonly Issue[] {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const command = [words.slice(0, 2).join(" "), words[0] ?? ""].find((name) => Object.hasOwn(COMMANDS, name));
  const named = args.flatMap((arg) => {
    const name = /^--?([a-z-]+)(=|$)/.exec(arg)?.[1] ?? "";
    return Object.hasOwn(ARGUMENTS, name) ? [issue("MR4305", stack, `-${name} ${ARGUMENTS[name]}`, WITHOUT)] : [];
  });
  if (command === undefined) return named;
  const fix = "leave it out; what Terraform keeps of the stack is in its folder below .millrace";
  return [issue("MR4305", stack, `terraform ${command} ${COMMANDS[command]}`, fix), ...named];
}

const WITHOUT = "leave the argument out";

/** Commands that look at no state and need no provider: they run where they are called. */
const PLAIN = /^(version|-v|--?version|-h|--?help|fmt|metadata)$/;

export const isPlain = ([first = "--help", ...rest]: readonly string[]): boolean =>
  PLAIN.test(first) || rest.some((arg) => /^-(-?help|h)$/.test(arg));

const commandOf = (args: readonly string[]): string => args.find((arg) => !arg.startsWith("-")) ?? "";

/** Whether a command takes a stack away, or plans to. */
export const isDestroying = (args: readonly string[]): boolean =>
  commandOf(args) === "destroy" || args.some((arg) => /^--?destroy$/.test(arg));

/** Commands after which something else may run than before. */
const CHANGING = new Set(["apply", "destroy", "refresh", "import"]);

export const isChanging = (args: readonly string[]): boolean => CHANGING.has(commandOf(args));
