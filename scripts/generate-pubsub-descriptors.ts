/**
 * Writes `local/wire/pubsub.generated.json`: the messages and services of google.pubsub.v1 that the engine speaks, cut
 * out of the descriptors that Google ships in @google-cloud/pubsub (Apache-2.0).
 */
import { readFileSync } from "node:fs";
import type { INamespace, IService, IType } from "protobufjs";
import type { Generated } from "./generate";

const PACKAGE = "google.pubsub.v1";
const SERVICES = ["Publisher", "Subscriber"];

type Node = INamespace & Partial<IType> & Partial<IService>;
const child = (node: Node, name: string): Node | undefined => node.nested?.[name];

export default function generate(): Generated {
  const source = require.resolve("@google-cloud/pubsub/build/protos/protos.json");
  const root = JSON.parse(readFileSync(source, "utf8")) as Node;
  const find = (path: string) =>
    path.split(".").reduce<Node | undefined>((node, name) => node && child(node, name), root);
  const kept = new Map<string, Node>();

  const keep = (name: string, scope: string): void => {
    const scopes = scope.split(".");
    const candidates = scopes.map((_, depth) => [...scopes.slice(0, scopes.length - depth), name].join("."));
    const path = [...candidates, name].find((candidate) => find(candidate));
    // Scalar types have no node.
    if (path === undefined || kept.has(path)) return;
    const node = find(path)!;
    kept.set(path, bare(node));
    for (const field of Object.values(node.fields ?? {})) keep(field.type, path);
  };
  for (const service of SERVICES) {
    const node = find(`${PACKAGE}.${service}`)!;
    kept.set(`${PACKAGE}.${service}`, bare(node));
    for (const { requestType, responseType } of Object.values(node.methods ?? {}))
      for (const type of [requestType, responseType]) keep(type, PACKAGE);
  }

  const result: Node = { nested: {} };
  for (const path of [...kept.keys()].sort()) {
    const names = path.split(".");
    let parent = result;
    for (const name of names.slice(0, -1)) {
      parent.nested ??= {};
      parent = parent.nested[name] ??= {};
    }
    const nested = child(parent, names.at(-1)!)?.nested;
    (parent.nested ??= {})[names.at(-1)!] = { ...kept.get(path), ...(nested && { nested }) };
  }
  return { "local/wire/pubsub.generated.json": `${JSON.stringify(result, null, 1)}\n` };
}

/** A node without comments, options (HTTP bindings, resource patterns) and the types nested in it. */
function bare({ fields, oneofs, methods, values }: Node & { values?: Record<string, number> }): Node {
  const strip = <T extends object>(items: Record<string, T> | undefined) =>
    items &&
    Object.fromEntries(
      Object.entries(items).map(([name, item]) => {
        const { options, comment: _comment, parsedOptions: _parsed, ...rest } = item as T & Record<string, unknown>;
        const optional = (options as Record<string, unknown> | undefined)?.["proto3_optional"];
        return [name, optional ? { ...rest, options: { proto3_optional: true } } : rest];
      }),
    );
  return {
    ...(oneofs && { oneofs }),
    ...(fields && { fields: strip(fields) }),
    ...(methods && { methods: strip(methods) }),
    ...(values && { values }),
  } as Node;
}
