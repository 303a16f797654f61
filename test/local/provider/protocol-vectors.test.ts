import type { ClientHttp2Session } from "node:http2";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { messageType, type Plugin, type Reply, type Rpc, RPCS, startPlugin } from "./plugin-client";

/*
 * What Terraform 1.11.4 has sent to this provider, byte for byte, while it applied a topic, a subscription and a service
 * account, renamed the topic, imported it and destroyed all; requests that repeat an earlier one are left out.
 */
interface Vectors {
  readonly types: readonly string[];
  readonly calls: readonly { readonly connection: number; readonly rpc: Rpc; readonly request: string }[];
}
const file = join(__dirname, "../../vectors/terraform/requests-1.11.4.json.gz");
const { types, calls } = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as Vectors;

/** Answers that come from the planner alone; the others have what the engine computes. */
const PLANNERS: ReadonlySet<Rpc> = new Set([
  "ValidateResourceTypeConfig",
  "UpgradeResourceState",
  "PlanResourceChange",
]);

describe("what Terraform has sent", () => {
  let plugin: Plugin;
  const answers: { readonly rpc: Rpc; readonly bytes: Buffer; readonly reply: Reply }[] = [];
  beforeAll(async () => {
    plugin = await startPlugin(types);
    const sessions = new Map<number, ClientHttp2Session>();
    for (const { connection, rpc, request } of calls) {
      const session = sessions.get(connection) ?? plugin.dial();
      sessions.set(connection, session);
      const { status, bytes } = await plugin.raw(`/tfplugin5.Provider/${rpc}`, Buffer.from(request, "base64"), session);
      expect([rpc, status]).toEqual([rpc, "0"]);
      answers.push({ rpc, bytes, reply: messageType(RPCS[rpc][1]).decode(bytes) as unknown as Reply });
    }
    for (const session of sessions.values()) session.destroy();
  });
  afterAll(() => plugin.close());

  it("is every kind of call that it makes", () => {
    const unused = Object.keys(RPCS).filter((rpc) => calls.every((call) => call.rpc !== rpc));
    expect(unused).toEqual(["Stop"]);
  });

  it("is answered without a word, the whole life of a stack", () => {
    const said = answers.flatMap(({ rpc, reply }) => (reply.diagnostics ?? []).map(({ summary }) => [rpc, summary]));
    expect(said).toEqual([]);
    expect(plugin.server.resources.list()).toEqual([]);
  });

  it("is answered by the planner with these bytes", () => {
    const planned = answers.filter(({ rpc }) => PLANNERS.has(rpc)).slice(0, 20);
    expect(planned.map(({ rpc, bytes }) => `${rpc} ${bytes.toString("hex")}`).join("\n")).toMatchSnapshot();
  });

  it("replaces a topic that is renamed, and what is bound to its name", () => {
    const replacing = answers.filter(({ reply }) => reply.requiresReplace?.length > 0);
    const names = replacing.map(({ reply }) =>
      reply.requiresReplace.map(({ steps }) => steps.at(-1)!["attributeName"]),
    );
    expect(names).toEqual([["name"], ["topic"]]);
  });
});
