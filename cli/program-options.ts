import { type Command, CommanderError } from "commander";

/** Options of every command. */
export const common = (command: Command): Command =>
  command
    .option("--out <folder>", "cdktf's output folder", "cdktf.out")
    .option("--state <folder>", "folder of the engine's state", ".millrace")
    .option("--no-color", "write without colours")
    .option("--debug", "print stack traces");

export const invalid = (message: string): never => {
  throw new CommanderError(2, "millrace.invalid", message);
};

export function count(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value <= 100 ? value : invalid(`a count is a number from 0 to 100, not "${text}"`);
}
