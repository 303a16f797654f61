import { Pool } from "pg";
import { defineContract } from "../../../contract";
import { seededRandom } from "../../../local/engine/random";
import { StoreUnavailable } from "../../../runtime";
import { realClock } from "../../../runtime/clock";
import { defineHandler } from "../../../runtime/handler";
import { inPostgres, type PostgresClient, type PostgresStore, postgresStore } from "../../../runtime/postgres";
import { createLog } from "../../../runtime/log";
import { relayOutbox } from "../../../runtime/relay";
import type { OutboxRow } from "../../../runtime/store/store";
import { decodeFields, type RestFields } from "../../../runtime/store/firestore/values";
import { describePostgres, type PostgresServer, startPostgres } from "../../support/postgres";
import { common } from "../support/orders";
import { incoming, startInstance } from "../support/simulation";
import { RECORD, storeConformance, type Subject } from "./conformance";
import { faultConformance } from "./faults";
import { protocolConformance } from "./protocol";
import { transactionConformance } from "./transactions";

describePostgres("the Postgres store", () => {
  let server: PostgresServer;
  let pool: Pool;
  let store: PostgresStore;
  let subject: Subject;
  beforeAll(async () => {
    server = await startPostgres();
    pool = new Pool({ ...server.config, max: 20, query_timeout: 120_000, connectionTimeoutMillis: 120_000 });
    pool.on("error", () => {});
    store = postgresStore({ pool });
    await store.migrate();
    const document: Subject["document"] = async (path) => {
      const { rows } = await pool.query<{ fields: RestFields }>(
        "SELECT fields FROM millrace.documents WHERE path = $1",
        [path],
      );
      return rows[0] && decodeFields(rows[0].fields);
    };
    subject = { store, document };
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  storeConformance(() => subject);
  protocolConformance(() => subject);

  describe("and transactions of the handler's own", () => {
    const broken = () => new Error("Connection terminated unexpectedly");
    faultConformance<PostgresClient>(() => ({
      clock: realClock(),
      through: (wire) =>
        postgresStore({
          pool: {
            connect: () => pool.connect(),
            query: (text, values) => wire.pass(() => pool.query(text, values), broken),
          },
        }),
      document: subject.document,
      native: {
        add,
        value,
        transactions: (wire) =>
          inPostgres({
            async connect() {
              const client = await pool.connect();
              client.on("error", () => {});
              let lent = true;
              const release = (closing?: Error | boolean) => {
                if (lent) client.release(closing);
                lent = false;
              };
              // The server undoes what a process leaves open when its connection breaks.
              void wire.died.then(() => release(true));
              const query: PostgresClient["query"] = (text, values) =>
                wire.pass(() => client.query(text, values), broken);
              return { query, release };
            },
          }),
      },
    }));

    beforeAll(async () => {
      await pool.query("CREATE TABLE counts (name text PRIMARY KEY, n int NOT NULL)");
      await postgresStore({ pool, schema: "elsewhere" }).migrate();
    });
    const add = async (client: PostgresClient, name: string, n: number) =>
      void (await client.query(
        "INSERT INTO counts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = counts.n + excluded.n",
        [name, n],
      ));
    const value = async (name: string) =>
      (await pool.query<{ n: number }>("SELECT n FROM counts WHERE name = $1", [name])).rows[0]?.n;
    const elsewhere = () => inPostgres(pool, { schema: "elsewhere" });

    transactionConformance(() => ({ store, transactions: inPostgres(pool), elsewhere: elsewhere(), add, value }));

    it("are those that another library opens", async () => {
      const opened: string[] = [];
      const transactions = inPostgres(async (body: (client: PostgresClient) => Promise<void>) => {
        const client = await pool.connect();
        try {
          await client.query("BEGIN ISOLATION LEVEL SERIALIZABLE");
          opened.push("begin");
          await body(client);
          await client.query("COMMIT");
          opened.push("commit");
        } finally {
          client.release();
        }
      });
      const contract = defineContract({ ...common, name: "theirs", effects: "transactional" });
      const handler = defineHandler(contract, (order, ctx) =>
        ctx.commitIn(transactions, (client) => add(client, order.id, 1)),
      );
      const world = { clock: realClock(), random: seededRandom("theirs"), store, published: [] };
      expect((await startInstance(world, handler).deliver(incoming({ id: "theirs" }))).outcome.kind).toBe("done");
      expect(opened).toEqual(["begin", "commit"]);
      expect(await value("theirs")).toBe(1);
    });
  });

  it("has its outbox published by a sweep, once nobody else is at it", async () => {
    const contract = defineContract({ ...common, name: "stranded", effects: "transactional" });
    const handler = defineHandler(contract, (order, ctx) =>
      ctx.commit((tx) => {
        tx.publish("projects/p/topics/a", { data: `${order.id}-1` });
        tx.publish("projects/p/topics/b", { data: `${order.id}-2`, orderingKey: "k" });
      }),
    );
    const world = { clock: realClock(), random: seededRandom("stranded"), store, published: [] };
    const publish = () => Promise.reject(new Error("no such topic"));
    const ids = ["stranded-1", "stranded-2"];
    for (const id of ids)
      expect((await startInstance(world, handler, { publish }).deliver(incoming({ id }))).outcome.kind).toBe("retry");
    const swept: OutboxRow[] = [];
    const publisher = { publish: async (rows: readonly OutboxRow[]) => void swept.push(...rows) };
    const sweep = (minAge: "0s" | "15m") => relayOutbox({ store, publisher, minAge, log: createLog(() => {}) });
    const texts = () => swept.map(({ data }) => data.toString()).filter((text) => text.startsWith("stranded"));
    expect((await sweep("15m")).young).toBeGreaterThanOrEqual(2);
    expect(texts()).toEqual([]);
    await sweep("0s");
    expect(texts().toSorted()).toEqual(ids.flatMap((id) => [`${id}-1`, `${id}-2`]));
    for (const id of ids) expect(texts().indexOf(`${id}-2`)).toBe(texts().indexOf(`${id}-1`) + 1);
    expect(await store.rows(swept.map(({ id }) => id))).toEqual([]);
    const [last] = swept.slice(-1);
    expect(last!.attributes["millrace-dedupe-id"]).toBe(last!.id);
    expect(await sweep("0s")).toMatchObject({ relayed: 0, failed: 0 });
  });

  it("makes its tables once, and leaves them alone afterwards", async () => {
    await store.commit({ key: "kept", expect: undefined, record: RECORD });
    await store.migrate();
    expect((await store.read("kept")).stored?.record).toEqual(RECORD);
  });

  it("says what to do when the tables are not there", async () => {
    const elsewhere = postgresStore({ pool, schema: "nowhere" });
    const failure = await elsewhere.read("k").catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).message).toMatch(/run the migration of schema "nowhere" first/);
  });

  it("takes no schema whose name would have to be quoted", () => {
    expect(() => postgresStore({ pool, schema: "a; drop table x" })).toThrow(RangeError);
  });

  it("keeps what JSON can say and jsonb cannot", async () => {
    const error = { class: "Error", message: "\u0000 \ud800 ü" };
    await store.commit({ key: "odd", expect: undefined, record: { ...RECORD, error } });
    expect((await store.read("odd")).stored!.record.error).toEqual(error);
  });

  it("judges a lease by the server's clock alone", async () => {
    const clock = jest.spyOn(Date, "now").mockReturnValue(0);
    try {
      await store.commit({ key: "skewed", expect: undefined, record: RECORD });
      const { stored, readMs } = await store.read("skewed");
      expect(stored!.updatedMs).toBeGreaterThan(1_600_000_000_000);
      expect(readMs - stored!.updatedMs).toBeGreaterThanOrEqual(0);
    } finally {
      clock.mockRestore();
    }
  });

  it("collects what has expired, and nothing else", async () => {
    const row = { topic: "projects/p/topics/t", data: Buffer.alloc(0), attributes: {} };
    const past = Date.now() - 1_000;
    const future = Date.now() + 1_000_000;
    const write = (key: string, expireAtMs: number) =>
      store.commit({
        key,
        expect: undefined,
        record: { ...RECORD, expireAtMs },
        addRows: [{ ...row, id: `row-${key}`, expireAtMs }],
      });
    for (const key of ["old-1", "old-2", "old-3"]) await write(key, past);
    await write("young", future);
    expect(await store.collect({ limit: 2 })).toEqual({ records: 2, rows: 2 });
    expect(await store.collect()).toEqual({ records: 1, rows: 1 });
    expect((await store.read("old-3")).stored).toBeUndefined();
    expect((await store.read("young")).stored).toBeDefined();
    expect(await store.rows(["row-old-1", "row-young"])).toHaveLength(1);
  });

  it("does not know what happened when the server is gone, and asks it again when it is back", async () => {
    const { version } = (await store.commit({ key: "crash", expect: undefined, record: RECORD })) as {
      version: string;
    };
    const asleep = pool.query("SELECT pg_sleep(5)").catch((error: unknown) => error);
    const crashed = server.crash();
    const failure = await store.read("crash").catch((error: unknown) => error);
    // Before the connection breaks it may still have answered.
    if (failure instanceof Error) expect(failure).toBeInstanceOf(StoreUnavailable);
    await asleep;
    await crashed;
    expect((await store.read("crash")).stored).toMatchObject({ version });
  });

  it("tries again what two transactions could not both do", async () => {
    const deadlock = Object.assign(new Error("deadlock detected"), { code: "40P01" });
    const failing = postgresStore({ pool: { connect: () => pool.connect(), query: () => Promise.reject(deadlock) } });
    await expect(failing.read("k")).rejects.toBeInstanceOf(StoreUnavailable);
  });
});
