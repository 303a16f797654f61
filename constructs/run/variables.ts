import { type IResolvable, Lazy } from "cdktf";
import type { Construct } from "constructs";
import { check, checkAtSynth, escapeTemplate, type Grant, type IGrantee, isKnown, type Rule } from "../core";
import {
  freshSecrets,
  grantSecret,
  type ResolvedSecret,
  resolveSecret,
  SECRET_NAME,
  secretPath,
  type SecretReference,
} from "./secrets";

/** Environment variables of one workload; the plan reads them at synth, so what surrounds the workload may add some. */
export class Variables {
  private readonly values: Map<string, string>;

  constructor(
    private readonly construct: Construct,
    private readonly secrets: Readonly<Record<string, SecretReference>> = {},
    private readonly own: Readonly<Record<string, string>> = {},
  ) {
    this.values = new Map(Object.entries(own));
    checkAtSynth(construct, () => check(construct, { construct, values: this.values, secrets }, RULES));
  }

  /** Sets a variable, unless it is set already: what was said first, by the user, holds. */
  add(name: string, value: string): void {
    if (!this.values.has(name)) this.values.set(name, value);
  }

  /** Adds to a variable that is a list with commas, unless the user has set it. */
  extend(name: string, value: string): void {
    if (Object.hasOwn(this.own, name)) return;
    const before = this.values.get(name);
    this.values.set(name, before ? [...new Set([...before.split(","), value])].join(",") : value);
  }

  /** The plain variables at synth, in the order of their names: Google returns them sorted, so any other order is a diff. */
  entries(): readonly (readonly [string, string])[] {
    return [...this.values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, escapeTemplate(value)]);
  }

  /** Secrets with every default in place, in the order of their variables. */
  secretEntries(): readonly (readonly [string, ResolvedSecret])[] {
    return this.sortedSecrets().map(([name, reference]) => [name, resolveSecret(this.construct, reference)]);
  }

  /** Lets the workload's identity read its secrets, and no others. */
  grantSecrets(grantee: IGrantee): readonly Grant[] {
    return this.sortedSecrets().map(([, reference]) => grantSecret(this.construct, reference, grantee));
  }

  private sortedSecrets(): readonly (readonly [string, SecretReference])[] {
    return Object.entries(this.secrets).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The `env` blocks of a container, in Terraform's words: they are resolved after cdktf has translated the rest. */
  blocks(): IResolvable {
    return this.lazily(() => [
      ...this.entries().map(([name, value]) => ({ name, value })),
      ...this.secretEntries().map(([name, resolved]) => ({
        name,
        value_source: { secret_key_ref: { secret: secretPath(resolved), version: resolved.version } },
      })),
    ]);
  }

  /** A value that is computed when the plan is written. */
  lazily(produce: (variables: this) => unknown): IResolvable {
    return Lazy.anyValue({ produce: () => produce(this) });
  }
}

interface Named {
  readonly construct: Construct;
  readonly values: ReadonlyMap<string, string>;
  readonly secrets: Readonly<Record<string, SecretReference>>;
}

/** https://cloud.google.com/run/docs/container-contract#env-vars; that setting them fails is not documented, hence a warning. */
const RESERVED = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];
/** https://cloud.google.com/run/quotas */
const MOST = 1_000;

const RULES: readonly Rule<Named>[] = [
  {
    code: "MR1311",
    severity: "warning",
    fault: ({ values, secrets }) => {
      const names = [...values.keys(), ...Object.keys(secrets)].filter((name) => RESERVED.includes(name));
      return names.length > 0 && { problem: `${names.join(", ")} would be set, which Cloud Run sets itself` };
    },
  },
  {
    code: "MR1312",
    severity: "warning",
    fault: ({ values }) => {
      const suspicious = [...values].filter(([name, value]) => SECRET.test(name) && isKnown(value) && value !== "");
      const names = suspicious.map(([name]) => name).sort();
      return (
        names.length > 0 && {
          problem: `${names.join(", ")} looks like a secret and would stand in the plan and in the state`,
        }
      );
    },
  },
  {
    code: "MR1313",
    fault: ({ values, secrets }) => {
      const both = Object.keys(secrets).filter((name) => values.has(name));
      return both.length > 0 && { problem: `${both.join(", ")} is set both as a value and as a secret` };
    },
  },
  {
    code: "MR1317",
    fault: ({ secrets }) => {
      const names = Object.values(secrets).flatMap(({ secret }) => (typeof secret === "string" ? [secret] : []));
      const wrong = names.filter((name) => isKnown(name) && !SECRET_NAME.test(name));
      return (
        wrong.length > 0 && {
          problem: `${wrong.map((name) => `"${name}"`).join(", ")} is not the name of a secret`,
          got: wrong.join(", "),
          want: String(SECRET_NAME),
        }
      );
    },
  },
  {
    // What the first apply makes has no value yet, and Cloud Run wants one when it makes the revision.
    code: "MR1851",
    severity: "warning",
    fault: ({ construct, secrets }) => {
      const fresh = freshSecrets(construct, Object.values(secrets));
      return (
        fresh.length > 0 && {
          problem: `${fresh.join(", ")} is made by the same stack and has no version when the first revision starts`,
        }
      );
    },
  },
  {
    code: "MR1314",
    fault: ({ values, secrets }) => {
      const count = values.size + Object.keys(secrets).length;
      return (
        count > MOST && { problem: `${count} environment variables are more than the ${MOST} a container can have` }
      );
    },
  },
];

/** Names that people give to secrets: `API_KEY`, `DB_PASSWORD`, `TOKEN`; not `KEYBOARD`, nor our own variables. */
const SECRET = /^(?!MILLRACE_).*(^|_)(PASS(WORD|WD|PHRASE)?|SECRET|TOKEN|(API|PRIVATE|ACCESS)_?KEY|KEY)S?(_|$)/i;
