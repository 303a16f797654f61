import { Token } from "cdktf";

/**
 * Whether a value is known at synth. What is not is a reference that Terraform resolves later: checks skip it, they
 * never guess.
 */
export const isKnown = (value: unknown): boolean => !Token.isUnresolved(value);

/**
 * Makes text that contains a literal `${` or `%{` survive Terraform's template language, which cdktf does not do.
 * References made by cdktf stay references.
 */
export const escapeTemplate = (text: string): string =>
  text.replace(/\$\{(?!TfToken\[)/g, "$$$${").replaceAll("%{", "%%{");
