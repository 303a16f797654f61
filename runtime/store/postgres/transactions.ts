import { commitIn } from "../../commit-in";
import type { CommitReply, Transactions } from "../store";
import { type PooledClient, type PostgresClient, postgresFailure } from "./client";
import { commitStatement } from "./statements";
import { replyOf } from "./store";

/** Opens a transaction, runs `body` in it with the client it was opened on, and commits unless that throws. */
export type Begin<Client extends PostgresClient> = (body: (client: Client) => Promise<void>) => Promise<unknown>;

/** Undoes a transaction whose record belongs to somebody else. */
const FENCED = Symbol("fenced");

export function postgresTransactions<Client extends PostgresClient>(
  begin: Begin<Client>,
  schema: string,
): Transactions<Client> {
  return {
    kind: "postgres",
    commit: commitIn,
    async run(_fence, work) {
      let reply: CommitReply = { applied: false };
      let thrown: { readonly error: unknown } | undefined;
      try {
        await begin(async (client) => {
          thrown = undefined;
          const change = await work(client).catch((error: unknown) => {
            thrown = { error };
            throw error;
          });
          const { text, values } = commitStatement(schema, change);
          reply = replyOf((await client.query(text, values)).rows);
          // oxlint-disable-next-line no-throw-literal -- caught below; an error would be logged by some clients
          if (!reply.applied) throw FENCED;
        });
      } catch (error) {
        if (thrown && error === thrown.error) throw error;
        if (error === FENCED) return { applied: false };
        throw postgresFailure(error, schema);
      }
      return reply;
    },
  };
}

/** A transaction on a connection of its own. */
export const onPool =
  <Client extends PooledClient>(pool: { connect(): Promise<Client> }): Begin<Client> =>
  async (body) => {
    const client = await pool.connect();
    let broken = false;
    try {
      await client.query("BEGIN");
      await body(client);
      await client.query("COMMIT");
    } catch (error) {
      broken = await client.query("ROLLBACK").then(
        () => false,
        () => true,
      );
      throw error;
    } finally {
      client.release(broken);
    }
  };
