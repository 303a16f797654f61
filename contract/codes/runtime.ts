import type { CodeTable } from "./table";

/** MR3000–MR3999: contracts and the runtime. */
export const runtimeCodes = {
  MR3001: {
    title: "contract field out of range",
    why: "infrastructure and runtime are derived from the contract; a value that one of them cannot honour would fail late, under load",
    fix: "set the field to a value in the named range",
  },

  MR3010: {
    title: "deployed contract differs from the one in the bundle",
    why: "deadlines, retries and dead-lettering in the cloud were derived from another contract than the handler's, so they no longer fit together",
    fix: "synthesize and deploy again, so that bundle and infrastructure come from one contract",
  },
  MR3011: {
    title: "deadline shorter than the handler's time limit",
    why: "the message would be redelivered while it is still being handled, and the answer would come too late to count",
    fix: "set MILLRACE_DEADLINE_MS to the ack deadline of the subscription, at least the time limit and 5 s",
  },
  MR3012: {
    title: "no token audience",
    why: "a token made for another service would be accepted, or none at all",
    fix: "set MILLRACE_AUDIENCE to the audience of the subscription's OIDC token",
  },
  MR3013: {
    title: "no permitted callers",
    why: "whoever may invoke the service could pose as the subscription",
    fix: "set MILLRACE_CALLERS to the e-mail of the identity that pushes",
  },
  MR3014: {
    title: "store missing or not the contract's",
    why: "without its records the runtime could not tell a duplicate from a new event",
    fix: "set MILLRACE_STORE and the variables of that store, and pass the same store to serve or toFunction",
  },
  MR3015: {
    title: "token check that nobody makes",
    why: "in platform mode the runtime relies on Cloud Run's front end to have verified the token; elsewhere anybody could write one",
    fix: 'run the handler on Cloud Run or Cloud Functions, or set auth: "self" in the contract',
  },
  MR3016: {
    title: "variable of the local engine outside of it",
    why: "a false clock, an issuer of one's own and pauses at crash points are for a laptop; anywhere else they would be an attack",
    fix: 'remove the variable, or set MILLRACE_ENV to "local" on the local engine, with an issuer on loopback',
  },
  MR3017: {
    title: "port not available",
    why: "the handler cannot be reached",
    fix: "set PORT to a free port",
  },
  MR3018: {
    title: "environment variable cannot be read",
    why: "a guess in its place would be a number that nothing was derived from",
    fix: "write the variable as its description in contract/environment.ts says",
  },
  MR3019: {
    title: "option of a worker out of range",
    why: "a worker with no room takes nothing, and one without a subscription has nowhere to take it from",
    fix: "give work a subscription by its full name, and limits in the named ranges",
  },

  MR3020: {
    title: "delivery not understood",
    why: "what cannot be decoded cannot be handled, and an acknowledgement would lose it",
    fix: "publish JSON through a Pub/Sub push subscription, wrapped or unwrapped with metadata, or send a CloudEvent",
  },
  MR3021: {
    title: "payload does not fit the schema",
    why: "a handler that trusts its input would fail somewhere inside; the message goes to the dead-letter topic by way of the subscription",
    fix: "mend the publisher, or widen the contract's input schema",
  },
  MR3022: {
    title: "event has no key",
    why: "nobody could tell its duplicates from it",
    fix: "derive the key from a field that every event has, and let the schema demand that field",
  },
  MR3023: {
    title: "key used for two different events",
    why: "acknowledging the second as a duplicate of the first would lose it; running it would break the promise of one effect per key",
    fix: "add to the contract's key what tells the two events apart",
  },

  MR3024: {
    title: "not a task of a Cloud Run job",
    why: "without execution and index nobody could tell a second try of a task from a second run of the job",
    fix: "run it as a Cloud Run job, or give startTask or runJob the task",
    source: "https://cloud.google.com/run/docs/container-contract#jobs-env-vars",
  },

  MR3025: {
    title: "dead letters whose records nobody else can reach",
    why: "a parked event is passed over until its record is reopened, so its letter would be removed and nothing done",
    fix: 'set store: "firestore" or "postgres" in the contract',
  },

  MR3026: {
    title: "caller that the contract excludes",
    why: "the contract names what may bring the handler events, and a token, however good, does not make another of it",
    fix: "add the caller to the contract's callers, synthesize and deploy; or let what sends it use a caller that is named",
  },

  MR3027: {
    title: "body larger than Cloud Run lets through",
    why: "nothing on Google Cloud sends such a body over HTTP/1, and reading it would take the memory of every other request; the sender is told 413, which no transport takes for an acknowledgement",
    fix: "send a message of at most 10 MB, or put the content into Cloud Storage and send its name",
    source: "https://cloud.google.com/run/quotas",
  },

  MR3030: {
    title: "no topic to park events in",
    why: "a fatal event cannot be acknowledged, so it is redelivered until the transport gives it up",
    fix: "set MILLRACE_DEAD_LETTER_TOPIC",
  },
  MR3031: {
    title: "transport gives up before the record does",
    why: "the message is dead-lettered without its cause, while its record still waits for another attempt",
    fix: "raise max_delivery_attempts of the subscription above the contract's attempts",
  },
  MR3032: {
    title: "records in memory in the cloud",
    why: "they are forgotten with the instance, and a second instance does not know of them, so duplicates have their effect again",
    fix: 'set store: "firestore" in the contract, unless duplicates do no harm',
  },
} as const satisfies CodeTable;
