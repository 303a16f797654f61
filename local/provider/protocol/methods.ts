import { Root, type Type as MessageType } from "protobufjs/light";
import type { Call, Codec, Method, Methods } from "../../wire/grpc";
import { type Diagnostic, failure } from "../planner/diagnostic";
import type { Path } from "../planner/replace";
import { NO_SETTINGS, type Settings, settingsOf } from "../planner/settings";
import type { Served } from "../provider";
import { typeOfBlock } from "../schema/schema";
import { fromJson } from "../values/convert";
import { decodeValue, encodeValue } from "../values/msgpack";
import { isObjectValue, type ObjectValue, type Type, ValueFault } from "../values/value";
import { descriptors } from "./descriptors";
import { LOCAL_VERSIONS, schemaResponse } from "./schema-message";

interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

/** Every field that a request may carry; a message has those of its own kind. */
interface Request {
  readonly typeName: string;
  readonly id: string;
  readonly config?: DynamicValue;
  readonly priorState?: DynamicValue;
  readonly plannedState?: DynamicValue;
  readonly currentState?: DynamicValue;
  readonly version: unknown;
  readonly rawState?: { readonly json: Uint8Array };
  readonly private: Uint8Array;
  readonly priorPrivate: Uint8Array;
  readonly plannedPrivate: Uint8Array;
}

interface Reply {
  readonly diagnostics?: readonly Diagnostic[];
  readonly [field: string]: unknown;
}

/** Kept beside each resource in Terraform's state, for whoever finds the file. */
const MARK = Buffer.from(JSON.stringify({ notice: "LOCAL", by: "millrace" }));

export interface MethodOptions {
  /** Names of the types whose schema is served. @default all */
  readonly types?: ReadonlySet<string> | undefined;
  /** Asks Terraform for the allowances that the real provider's SDK needs. @default true */
  readonly legacyTypeSystem?: boolean | undefined;
}

/**
 * The methods of a provider's gRPC server. Each connection is one configured provider, so what `Configure` says counts
 * for its connection only.
 */
export function providerMethods(provider: Served, { types, legacyTypeSystem = true }: MethodOptions = {}): Methods {
  const configured = new WeakMap<object, Settings>();
  const settingsOfCall = ({ connection }: Call) => (connection && configured.get(connection)) ?? NO_SETTINGS;
  const { schema } = provider;
  const typeOf = (name: string): Type => {
    const found = schema.resource(name) ?? schema.dataSource(name);
    if (!found) throw new ValueFault("", `${schema.source} ${schema.version} has no ${name}`);
    return typeOfBlock(found.block);
  };
  const dataTypeOf = (name: string): Type => {
    const found = schema.dataSource(name);
    return found ? typeOfBlock(found.block) : typeOf(name);
  };
  const providerType = typeOfBlock(schema.provider.block);
  let response: object | undefined;

  const rpcs: Readonly<Record<string, Rpc>> = {
    GetSchema: ["GetSchemaRequest", "GetSchemaResponse", () => (response ??= schemaResponse(schema, types)) as Reply],
    PrepareProviderConfig: [
      "PrepareConfigRequest",
      "PrepareConfigResponse",
      ({ config }) => ({ preparedConfig: config }),
    ],
    Configure: [
      "ConfigureRequest",
      "Diagnostics",
      ({ config }, call) => {
        if (call.connection) configured.set(call.connection, settingsOf(objectOf(config, providerType)));
        return {};
      },
    ],
    ValidateResourceTypeConfig: [
      "TypedConfig",
      "Diagnostics",
      ({ typeName, config }) => ({ diagnostics: provider.check(typeName, objectOf(config, typeOf(typeName))) }),
    ],
    ValidateDataSourceConfig: [
      "TypedConfig",
      "Diagnostics",
      ({ typeName, config }) => (void objectOf(config, dataTypeOf(typeName)), {}),
    ],
    UpgradeResourceState: [
      "UpgradeRequest",
      "UpgradeResponse",
      ({ typeName, rawState, version }) => {
        if (!(Number(version) >= LOCAL_VERSIONS)) return { diagnostics: [diagnosticOf(NOT_LOCAL)] };
        if (!rawState?.json.length) throw new ValueFault("", "the state is of a Terraform before 0.12");
        return { upgradedState: dynamic(provider.upgrade(typeName, parseJson(rawState.json))) };
      },
    ],
    ReadResource: [
      "ReadRequest",
      "ReadResponse",
      async ({ typeName, currentState, private: mark }) => {
        const { state, diagnostics } = await provider.read(typeName, objectOf(currentState, typeOf(typeName)));
        return { newState: dynamic(state), diagnostics, private: mark };
      },
    ],
    PlanResourceChange: [
      "PlanRequest",
      "PlanResponse",
      ({ typeName, priorState, config, priorPrivate }, call) => {
        const type = typeOf(typeName);
        const prior = objectOrNull(priorState, type);
        const change = provider.plan(typeName, settingsOfCall(call), prior, objectOrNull(config, type));
        return {
          plannedState: dynamic(change.planned),
          requiresReplace: change.requiresReplace.map(pathMessage),
          plannedPrivate: priorPrivate,
          legacyTypeSystem,
        };
      },
    ],
    ApplyResourceChange: [
      "ApplyRequest",
      "ApplyResponse",
      async ({ typeName, priorState, plannedState, config }, call) => {
        const type = typeOf(typeName);
        const prior = objectOrNull(priorState, type);
        const planned = objectOrNull(plannedState, type);
        // What goes wrong must not cost Terraform the resource.
        const guarded = async () => {
          try {
            const { connection: asker } = call;
            const settings = settingsOfCall(call);
            const configured = objectOrNull(config, type);
            return await provider.apply({
              type: typeName,
              settings,
              prior,
              planned,
              ...(configured && { config: configured }),
              ...(asker && { asker }),
            });
          } catch (error) {
            return { state: prior, diagnostics: [diagnosticOf(error)] };
          }
        };
        const { state, diagnostics } = await guarded();
        return { newState: dynamic(state), diagnostics, private: MARK, legacyTypeSystem };
      },
    ],
    ImportResourceState: [
      "ImportRequest",
      "ImportResponse",
      async ({ typeName, id }) => {
        const { state, diagnostics } = await provider.importState(typeName, id);
        return { importedResources: [{ typeName, state: dynamic(state), private: MARK }], diagnostics };
      },
    ],
    ReadDataSource: [
      "TypedConfig",
      "ReadDataResponse",
      ({ typeName, config }, call) => {
        const wanted = objectOf(config, dataTypeOf(typeName));
        const { state, diagnostics } = provider.readData(typeName, settingsOfCall(call), wanted);
        return { state: dynamic(state), diagnostics };
      },
    ],
    Stop: ["StopRequest", "StopResponse", () => ({})],
  };
  const root = Root.fromJSON(descriptors);
  root.resolveAll();
  return new Map([
    ...Object.entries(rpcs).map(([name, rpc]) => [`/tfplugin5.Provider/${name}`, unary(root, rpc)] as const),
    ...pluginMethods(root),
  ]);
}

type Rpc = readonly [
  request: string,
  response: string,
  answer: (request: Request, call: Call) => Reply | Promise<Reply>,
];

function unary(root: Root, [request, response, answer]: Rpc): Method {
  return {
    kind: "unary",
    request: codecOf(root.lookupType(`tfplugin5.${request}`)),
    response: codecOf(root.lookupType(`tfplugin5.${response}`)),
    handle: async (message, call) => {
      const { diagnostics = [], ...rest } = await guarded(() => answer(message as Request, call));
      return { ...rest, diagnostics: diagnostics.map(diagnosticMessage) };
    },
  };
}

/** What goes wrong is shown by Terraform with the resource it is about; a failed call would only name the plugin. */
async function guarded(run: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await run();
  } catch (error) {
    return { diagnostics: [diagnosticOf(error)] };
  }
}

/** A state of the real provider, or one of before states were marked. */
const NOT_LOCAL = new ValueFault(
  "",
  "this state was not made on this machine, so what it names does not exist here; a LOCAL state is kept below .millrace and is made by apply or import",
);

function diagnosticOf(error: unknown): Diagnostic {
  const { message, stack } = error as Error;
  if (error instanceof ValueFault) return failure("Value that cannot be read", message);
  return failure("Fault of the local provider", stack ?? message);
}

const codecOf = (type: MessageType): Codec => ({
  encode: (message) => type.encode(message).finish(),
  decode: (bytes) => type.decode(bytes),
});

/**
 * What go-plugin asks for beside the provider. Output goes to our own log, no further services are brokered, and the
 * engine does not end when a Terraform command does.
 */
function pluginMethods(root: Root): readonly (readonly [string, Method])[] {
  const type = (name: string) => codecOf(root.lookupType(name));
  const gone = ({ signal }: Call) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    });
  const empty = { request: type("plugin.Empty") };
  const info = type("plugin.ConnInfo");
  return [
    [
      "/grpc.health.v1.Health/Check",
      {
        kind: "unary",
        request: type("health.HealthCheckRequest"),
        response: type("health.HealthCheckResponse"),
        handle: async () => ({ status: 1 }),
      },
    ],
    [
      "/plugin.GRPCController/Shutdown",
      { ...empty, kind: "unary", response: type("plugin.Empty"), handle: async () => ({}) },
    ],
    [
      "/plugin.GRPCStdio/StreamStdio",
      {
        ...empty,
        kind: "serverStream",
        response: type("plugin.StdioData"),
        handle: (_request, _out, call) => gone(call),
      },
    ],
    [
      "/plugin.GRPCBroker/StartStream",
      { kind: "bidi", request: info, response: info, handle: (_requests, _out, call) => gone(call) },
    ],
  ];
}

function read(value: DynamicValue | undefined, type: Type) {
  if (value?.msgpack?.length) return decodeValue(value.msgpack, type);
  return value?.json?.length ? fromJson(parseJson(value.json), type) : null;
}

function objectOrNull(value: DynamicValue | undefined, type: Type): ObjectValue | null {
  const found = read(value, type);
  if (found === null || isObjectValue(found)) return found;
  throw new ValueFault("", "an object is wanted, known at least in its outline");
}

function objectOf(value: DynamicValue | undefined, type: Type): ObjectValue {
  const found = objectOrNull(value, type);
  if (!found) throw new ValueFault("", "an object is wanted, not null");
  return found;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw new ValueFault("", `no JSON: ${(error as Error).message}`);
  }
}

const dynamic = (value: ObjectValue | null): DynamicValue => ({ msgpack: encodeValue(value) });

const pathMessage = (path: Path): object => ({
  steps: path.map((step) => (typeof step === "number" ? { elementKeyInt: step } : { attributeName: step })),
});

const diagnosticMessage = ({ severity, summary, detail, path }: Diagnostic): object => ({
  severity: severity === "error" ? 1 : 2,
  summary,
  detail,
  ...(path && { attribute: pathMessage(path) }),
});
