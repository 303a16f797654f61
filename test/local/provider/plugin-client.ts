import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { Root, type Type as MessageType } from "protobufjs/light";
import { descriptors } from "../../../local/provider/protocol/descriptors";
import { type ProviderServer, startProviderServer } from "../../../local/provider/server";

const root = Root.fromJSON(descriptors);

export const messageType = (name: string): MessageType => root.lookupType(`tfplugin5.${name}`);

/** Every method of a provider, with the message that it takes and the one that it answers with. */
export const RPCS = {
  GetSchema: ["GetSchemaRequest", "GetSchemaResponse"],
  PrepareProviderConfig: ["PrepareConfigRequest", "PrepareConfigResponse"],
  Configure: ["ConfigureRequest", "Diagnostics"],
  ValidateResourceTypeConfig: ["TypedConfig", "Diagnostics"],
  ValidateDataSourceConfig: ["TypedConfig", "Diagnostics"],
  UpgradeResourceState: ["UpgradeRequest", "UpgradeResponse"],
  ReadResource: ["ReadRequest", "ReadResponse"],
  PlanResourceChange: ["PlanRequest", "PlanResponse"],
  ApplyResourceChange: ["ApplyRequest", "ApplyResponse"],
  ImportResourceState: ["ImportRequest", "ImportResponse"],
  ReadDataSource: ["TypedConfig", "ReadDataResponse"],
  Stop: ["StopRequest", "StopResponse"],
} as const;

export type Rpc = keyof typeof RPCS;

export interface Answer {
  /** `grpc-status`; empty when the connection ended before it came. */
  readonly status: string;
  readonly bytes: Buffer;
}

export interface Reply {
  readonly diagnostics: readonly { readonly severity: number; readonly summary: string; readonly detail: string }[];
  readonly plannedState: { readonly msgpack: Uint8Array };
  readonly newState: { readonly msgpack: Uint8Array };
  readonly upgradedState: { readonly msgpack: Uint8Array };
  readonly requiresReplace: readonly { readonly steps: readonly Record<string, unknown>[] }[];
  readonly [field: string]: unknown;
}

/** A server of the providers, and what go-plugin does with one. */
export interface Plugin {
  readonly server: ProviderServer;
  /** Of hashicorp/google. */
  readonly port: number;
  dial(): ClientHttp2Session;
  /** A call that has sent its headers; go-plugin names every server `unused`. */
  open(path: string, over?: ClientHttp2Session): ClientHttp2Stream;
  /** The whole of one call. */
  raw(path: string, payload: Uint8Array, over?: ClientHttp2Session): Promise<Answer>;
  call(rpc: Rpc, message: object, over?: ClientHttp2Session): Promise<Reply>;
  close(): Promise<void>;
}

/** What a call is answered with, once it has sent everything. */
export async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const chunks: Buffer[] = [];
  let status = "";
  const take = (headers: Record<string, unknown>) => void (status = (headers["grpc-status"] as string) ?? status);
  stream.on("response", take);
  stream.on("trailers", take);
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {});
  await once(stream, "close");
  return { status, bytes: Buffer.concat(chunks).subarray(5) };
}

export function framed(payload: Uint8Array, length = payload.length, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, payload]);
}

export async function startPlugin(types: readonly string[]): Promise<Plugin> {
  const server = await startProviderServer({ stack: "test", directory: "/", types: new Set(types) });
  const attach = JSON.parse(server.environment["TF_REATTACH_PROVIDERS"]!) as Record<
    string,
    { Addr: { String: string } }
  >;
  const address = attach["registry.terraform.io/hashicorp/google"]!.Addr.String;
  const dial = () => {
    // Node's client would not hold a long message; others do.
    const session = connect(`http://${address}`, { maxSessionMemory: 200 });
    session.on("error", () => {});
    return session;
  };
  const session = dial();
  const plugin: Plugin = {
    server,
    port: Number(address.split(":")[1]),
    dial,
    open: (path, over = session) =>
      over.request({
        ":method": "POST",
        ":path": path,
        ":authority": "unused",
        "content-type": "application/grpc",
      }),
    raw(path, payload, over) {
      const stream = plugin.open(path, over);
      stream.end(framed(payload));
      return answerOf(stream);
    },
    async call(rpc, message, over) {
      const [request, response] = RPCS[rpc];
      const payload = messageType(request).encode(message).finish();
      const { status, bytes } = await plugin.raw(`/tfplugin5.Provider/${rpc}`, payload, over);
      expect(status).toBe("0");
      return messageType(response).decode(bytes) as unknown as Reply;
    },
    async close() {
      session.destroy();
      await server.close();
    },
  };
  return plugin;
}
