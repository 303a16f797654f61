import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { INamespace, IService, IType } from "protobufjs";

type Node = INamespace & Partial<IType> & Partial<IService>;
const child = (node: Node, name: string): Node | undefined => node.nested?.[name];

/** What is cut out of the descriptors that Google ships in one of its clients (Apache-2.0). */
export interface Cut {
  /** `@google-cloud/pubsub` */
  readonly client: string;
  /** `google.pubsub.v1` */
  readonly package: string;
  readonly services: readonly string[];
  /** Names of the methods that are kept. @default all */
  readonly methods?: readonly string[];
}

/** The services with every message that they need and nothing else, as the text of a generated file. */
export function cutDescriptors({ client, package: scope, services, methods }: Cut): string {
  // Not every client exports its descriptors, but all of them carry them in the same place.
  const main = require.resolve(client);
  const folder = main.slice(0, main.lastIndexOf(client) + client.length);
  const root = JSON.parse(readFileSync(join(folder, "build/protos/protos.json"), "utf8")) as Node;
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
  for (const service of services) {
    const node = find(`${scope}.${service}`)!;
    const entries = Object.entries(node.methods ?? {}).filter(([name]) => methods?.includes(name) ?? true);
    kept.set(`${scope}.${service}`, bare({ ...node, methods: Object.fromEntries(entries) }));
    for (const [, { requestType, responseType }] of entries)
      for (const type of [requestType, responseType]) keep(type, scope);
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
  return `${JSON.stringify(result, null, 1)}\n`;
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
