import type { AppliedStore } from "../engine/applied";
import { durableGrpc } from "../engine/durable";
import { UNKNOWN_PROJECT_NUMBER } from "../plan/project-number";
import { startWireServer } from "../wire/server";
import { providerMethods } from "./protocol/methods";
import { createProvider } from "./provider";
import { type Runner, runningProvider } from "./running";
import { createResources, type Resources } from "./resources";
import { providerSchemas, valueTypes } from "./schema/all";
import type { ProviderSchema } from "./schema/provider-schema";

export interface ProviderServerOptions {
  /** Names the stack in what is invented for it. */
  readonly stack: string;
  /** Absolute folder at which relative paths of the configuration start: the one `cdk.tf.json` is in. */
  readonly directory: string;
  /** Number of a project. @default a number that is visibly nobody's */
  readonly projectNumber?: (project: string) => string;
  /** What exists already. @default nothing */
  readonly resources?: Resources;
  /** Waits until what has been done is kept; nothing is answered before. @default nothing is kept */
  readonly written?: () => Promise<void>;
  /**
   * Resource types and data sources that the configuration and the state name, of any provider; Terraform is spared the
   * others, which would cost every command a second. A Google type that there is not brings all.
   * @default all
   */
  readonly types?: ReadonlySet<string>;
  /** Refuses types that the engine does not simulate. @default false */
  readonly strict?: boolean;
  /** The engine that runs what is applied. @default resources are only kept */
  readonly runner?: Runner;
  /**
   * Says that it is built on the SDK of the real provider, for which Terraform makes allowances: a default is then a
   * planned value that no configuration has. Without, Terraform holds the planner to the rules of today.
   * @default true
   */
  readonly legacyTypeSystem?: boolean;
}

/** Providers that answer to Terraform from within this process. */
export interface ProviderServer {
  /** What Terraform must find in its environment: `TF_REATTACH_PROVIDERS`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: Resources;
  close(): Promise<void>;
}

/** What an engine keeps, on the values of the providers. */
export const resourcesIn = (store: AppliedStore): Resources =>
  createResources({ store, typeOf: valueTypes(providerSchemas()) });

const offers = (schema: ProviderSchema, name: string): boolean =>
  schema.resource(name) !== undefined || schema.dataSource(name) !== undefined;

/** What go-plugin calls every server, since it dials the address itself. */
const GO_PLUGIN = "unused";

/**
 * Serves hashicorp/google, and what plans use of google-beta and time, to Terraform commands that run with
 * `environment`: such a command looks for no provider, in the registry or on disk, and writes none into a lock file.
 * https://developer.hashicorp.com/terraform/plugin/debugging#terraform-cli-development-overrides
 */
export async function startProviderServer(options: ProviderServerOptions): Promise<ProviderServer> {
  const { projectNumber = () => UNKNOWN_PROJECT_NUMBER, written = async () => {}, types, legacyTypeSystem } = options;
  const schemas = providerSchemas();
  const resources = options.resources ?? createResources({ typeOf: valueTypes(schemas) });
  // Of what no provider here has, Terraform must be able to say what was meant.
  const isNobodys = (name: string) => name.startsWith("google_") && !schemas.some((schema) => offers(schema, name));
  const servers = await Promise.all(
    schemas.map(async (schema) => {
      const planned = createProvider({ ...options, projectNumber, resources, schema });
      const { runner, directory } = options;
      const provider = runner ? runningProvider(planned, resources, runner, directory) : planned;
      const ours = types && new Set([...types].filter((name) => offers(schema, name) || isNobodys(name)));
      const grpc = durableGrpc(providerMethods(provider, { types: ours, legacyTypeSystem }), written);
      return { schema, wire: await startWireServer({ grpc, authority: GO_PLUGIN }) };
    }),
  );
  const attach = servers.map(({ schema, wire }) => [
    schema.source,
    {
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: process.pid,
      // Otherwise the first command to end would kill this process.
      Test: true,
      Addr: { Network: "tcp", String: wire.address },
    },
  ]);
  return {
    environment: { TF_REATTACH_PROVIDERS: JSON.stringify(Object.fromEntries(attach)) },
    resources,
    close: async () => void (await Promise.all(servers.map(({ wire }) => wire.close()))),
  };
}
