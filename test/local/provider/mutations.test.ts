import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebhooksStack, WORKLOADS } from "../../../examples/webhooks/stack";
import { type Random, seededRandom } from "../../../local/engine/random";
import type { Attributes } from "../../../local/plan/values";
import { providerSchemas } from "../../../local/provider/schema/all";
import { synthesize } from "../../../stacks/synthesize";
import { project } from "../../support/project";
import { describeWithTerraform } from "../../support/terraform";
import { type Run, workspace, type Workspace } from "../../support/terraform-run";
import { documentOf } from "./document";
import { mutations, type Position } from "./mutations";

const schemas = providerSchemas();
const schemaOf = (type: string) => schemas.map((schema) => schema.resource(type)).find(Boolean);

type Resources = Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
const resourcesOf = (document: Attributes) => document["resource"] as Resources;

/** Every resource of a document. */
function positionsOf(document: Attributes): readonly Position[] {
  const all = Object.entries(resourcesOf(document)).flatMap(([type, named]) =>
    Object.entries(named).flatMap(([name, config]) => {
      const schema = schemaOf(type);
      return schema ? [{ address: `${type}.${name}`, type, block: schema.block, config }] : [];
    }),
  );
  return all.map((one) => ({
    ...one,
    others: all.filter(({ address }) => address !== one.address).map(({ address }) => address),
  }));
}

const nameOf = ({ address }: Position): string => address.split(".")[1]!;

const shuffled = <T>(all: readonly T[], random: Random): readonly T[] =>
  all
    .map((one) => [random.next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);

interface Broken {
  readonly kind: string;
  readonly address: string;
  readonly at: string;
  readonly says: RegExp;
}

/** What each resource needs, directly or not. */
function needsOf(positions: readonly Position[]): (address: string) => ReadonlySet<string> {
  const texts = new Map(positions.map(({ address, config }) => [address, JSON.stringify(config)]));
  const direct = new Map(
    positions.map(({ address }) => {
      const names = [...texts.get(address)!.matchAll(/\b((?:google|time)_\w+\.[\w-]+)/g)].map(([, name]) => name!);
      return [address, names.filter((name) => name !== address && texts.has(name))] as const;
    }),
  );
  const all = new Map<string, ReadonlySet<string>>();
  return (address) => {
    const known = all.get(address);
    if (known) return known;
    const found = new Set<string>();
    const visit = (one: string): void =>
      direct.get(one)!.forEach((next) => {
        if (found.has(next)) return;
        found.add(next);
        visit(next);
      });
    visit(address);
    all.set(address, found);
    return found;
  };
}

/**
 * Breaks as many resources of a document as can be broken at once, each in one way, as evenly over the ways as they can
 * be had: Terraform does not look at what needs a broken resource.
 */
function broken(document: Attributes, random: Random): { document: Attributes; expected: readonly Broken[] } {
  const copy = structuredClone(document) as { resource: Record<string, Record<string, Attributes>> };
  const positions = positionsOf(document);
  const needs = needsOf(positions);
  const expected: Broken[] = [];
  for (const position of shuffled(positions, random)) {
    const { address, type } = position;
    const chosen = expected.map((one) => one.address);
    if (chosen.some((one) => needs(address).has(one) || needs(one).has(address))) continue;
    // References may only be added to what neither is broken nor needs this one.
    const others = position.others.filter((one) => needs(address).has(one));
    const rarest = Object.keys(mutations).sort((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0));
    for (const kind of rarest) {
      const mutated = mutations[kind]!({ ...position, others }, random);
      if (!mutated) continue;
      used.set(kind, (used.get(kind) ?? 0) + 1);
      copy.resource[type]![nameOf(position)] = mutated.config;
      expected.push({ kind, address, at: mutated.at, says: mutated.says });
      break;
    }
  }
  return { document: copy, expected };
}

/** How often each way was used. */
const used = new Map<string, number>();

interface DiagnosticJson {
  readonly severity: string;
  readonly summary: string;
  readonly detail: string;
  readonly address?: string;
  readonly snippet?: { readonly context: string | null };
}

/** What Terraform says, each with the place: `resource.google_pubsub_topic.orders`. */
function saidBy({ text }: Run): readonly string[] {
  const { diagnostics } = JSON.parse(text) as { diagnostics: readonly DiagnosticJson[] };
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ summary, detail, address, snippet }) => {
      return `${snippet?.context ?? ""} ${address ?? ""}: ${summary} ${detail}`;
    });
}

describeWithTerraform("plans that are broken in one way each", () => {
  const outdir = project({}, "cdktf.out");
  // The other environments differ in names and sizes.
  const { stacks } = synthesize({
    outdir,
    only: "prod",
    workloads: WORKLOADS,
    context: { "millrace:today": "2026-11-24" },
    build: (app, environment) => new WebhooksStack(app, environment),
  });
  const read = (stack: string) =>
    JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")) as Attributes;
  const documents = new Map<string, Attributes>([
    ...stacks.map((stack) => [stack, read(stack)] as const),
    ["a resource of every kind", documentOf()],
  ]);
  it.each([...documents.keys()])("are refused with the address of each broken resource: %s", async (name) => {
    const source = documents.get(name)!;
    const { terraform, write } = await workspace(source);
    expect(await terraform("init", "-input=false")).toMatchObject({ code: 0 });
    for (const round of [1, 2, 3]) {
      const { document, expected } = broken(source, seededRandom(`${name}/${round}`));
      write(document);
      const validated = await terraform("validate", "-json");
      expect(validated.code).toBe(1);
      const said = saidBy(validated);
      const missed = expected.filter(
        ({ address, says }) =>
          !said.some((one) =>
            one.includes(`resource.${address}`) || one.includes(` ${address}:`) ? says.test(one) : false,
          ),
      );
      const wrong = missed.map(({ kind, address, at, says }) => {
        const about = said.filter((one) => one.includes(address));
        return `${kind} at ${address} ${at}: ${String(says)} is not among ${JSON.stringify(about)}`;
      });
      expect(wrong).toEqual([]);
      // And nothing else is refused.
      const addresses = expected.map(({ address }) => address);
      expect(said.filter((one) => !addresses.some((address) => one.includes(address)))).toEqual([]);
      expect(expected.length).toBeGreaterThan(8);
    }
  });

  it("have been broken in every way, and in most ways often", () => {
    expect(Object.keys(mutations).filter((kind) => !used.has(kind))).toEqual([]);
    expect([...used.values()].filter((count) => count >= 5).length).toBeGreaterThanOrEqual(12);
  });

  describe("as a whole", () => {
    const [, document] = [...documents][0]!;
    let stack: Workspace;
    beforeAll(async () => {
      const secrets = ["google_secret_manager_secret", "google_secret_manager_secret_version"];
      stack = await workspace(document, { types: new Set([...Object.keys(resourcesOf(document)), ...secrets]) });
      expect(await stack.terraform("init", "-input=false")).toMatchObject({ code: 0 });
    });
    const changed = (
      change: (resources: Record<string, Record<string, Attributes>>, json: Record<string, unknown>) => void,
    ) => {
      const copy = structuredClone(document) as { resource: Record<string, Record<string, Attributes>> };
      change(copy.resource, copy);
      stack.write(copy);
    };

    /** Pairs of which the second refers to the first. */
    const references = positionsOf(document).flatMap(({ address, config }) => {
      const all = [...JSON.stringify(config).matchAll(/\$\{(google_\w+\.[\w-]+)\.id\}/g)];
      return all.map(([, of]) => [of!, address] as const);
    });

    it.each(shuffled(references, seededRandom("cycles")).slice(0, 3))(
      "are refused for a cycle: %s ← %s",
      async (first, second) => {
        changed((resources) => {
          const [type, name] = first.split(".") as [string, string];
          resources[type]![name] = { ...resources[type]![name]!, depends_on: [second] };
        });
        const said = saidBy(await stack.terraform("validate", "-json")).join("\n");
        expect(said).toContain("Cycle:");
        expect(said).toContain(first);
        expect(said).toContain(second);
      },
    );

    it("are refused for an expression that is none", async () => {
      const [topic] = positionsOf(document).filter(({ type }) => type === "google_pubsub_topic");
      changed(
        (resources) => void Object.assign(resources["google_pubsub_topic"]![nameOf(topic!)]!, { name: "${upper(}" }),
      );
      const said = saidBy(await stack.terraform("validate", "-json"));
      expect(said).toEqual([expect.stringContaining(`resource.${topic!.address} : Invalid expression`)]);
    });

    it("are refused for types that there are not, with what was meant", async () => {
      const types = [...new Set(positionsOf(document).map(({ type }) => type))];
      changed((resources) => {
        for (const type of types) resources[`${type}x`] = { wrong: { name: "x" } };
      });
      const said = saidBy(await stack.terraform("validate", "-json"));
      // Of a type that it does not know Terraform names no resource, but the type and its line.
      for (const type of types) expect(said.join("\n")).toContain(`does not support resource type "${type}x"`);
      expect(said.filter((one) => one.includes("Did you mean")).length).toBeGreaterThan(types.length / 2);
      expect(said).toHaveLength(types.length);
    });

    it("are refused for secrets in outputs", async () => {
      changed((resources, json) => {
        resources["google_secret_manager_secret"] = { it: { secret_id: "s", replication: [{ auto: [{}] }] } };
        resources["google_secret_manager_secret_version"] = {
          it: { secret: "${google_secret_manager_secret.it.id}", secret_data: "hush" },
        };
        json["output"] = { leak: { value: "${google_secret_manager_secret_version.it.secret_data}" } };
      });
      const { code, text } = await stack.terraform("plan", "-input=false");
      expect(code).toBe(1);
      expect(text).toMatch(/Output refers to sensitive values on cdk\.tf\.json line \d+, in output: \d+: "leak"/);
      expect(text).toContain("secret_data = (sensitive value)");
      expect(text).not.toContain("hush");
    });

    it("are refused for a repetition over what is not known before apply", async () => {
      const [topic] = positionsOf(document).filter(({ type }) => type === "google_pubsub_topic");
      changed((resources) => {
        resources["google_service_account"]!["repeated"] = {
          account_id: "repeated",
          for_each: `\${toset([${topic!.address}.id])}`,
        };
      });
      const { code, text } = await stack.terraform("plan", "-input=false");
      expect(code).toBe(1);
      expect(text).toMatch(/Invalid for_each argument.*resource\.google_service_account\.repeated/);
    });
  });
});
