/** How a function of the standard library is called. https://cloud.google.com/workflows/docs/reference/stdlib/overview */
export interface Signature {
  readonly params: readonly Param[];
  /** Waits for something outside of the workflow, so it may stand in a `call` step only. */
  readonly blocking?: true;
}

export interface Param {
  readonly name: string;
  readonly optional: boolean;
}

const HTTP = "url timeout? body? headers? query? auth? private_service_name? ca_certificate?";

/** Parameters in the order of positional arguments; `?` marks what may be left out. */
const PURE = {
  double: "x",
  int: "x",
  string: "x",
  keys: "map",
  len: "value",
  default: "value defaultValue",
  if: "condition ifTrue ifFalse",
  get_type: "value",
  "base64.decode": "data padding?",
  "base64.encode": "data padding?",
  "events.create_callback_endpoint": "http_callback_method?",
  "hash.compute_checksum": "data algorithm",
  "hash.compute_hmac": "key data algorithm",
  "http.default_retry_predicate": "exception",
  "http.default_retry_predicate_non_idempotent": "exception",
  "json.decode": "data",
  "json.encode": "data indent?",
  "json.encode_to_string": "data indent?",
  "list.concat": "objs val",
  "list.prepend": "objs val",
  "map.delete": "map key",
  "map.get": "map keys",
  "map.merge": "first second",
  "map.merge_nested": "first second",
  "math.abs": "x",
  "math.floor": "x",
  "math.max": "x y",
  "math.min": "x y",
  "retry.always": "exception",
  "retry.never": "exception",
  "sys.get_env": "name default?",
  "sys.now": "",
  "text.decode": "data charset?",
  "text.encode": "data charset?",
  "text.find_all": "source substr",
  "text.find_all_regex": "source regexp",
  "text.match_regex": "source regexp",
  "text.replace_all": "source substr repl",
  "text.replace_all_regex": "source regexp repl",
  "text.split": "source separator",
  "text.substring": "source start end",
  "text.to_lower": "source",
  "text.to_upper": "source",
  "text.url_decode": "source",
  "text.url_encode": "source",
  "text.url_encode_plus": "source",
  "time.format": "seconds timezone?",
  "time.parse": "value",
  "uuid.generate": "",
} as const;

const BLOCKING = {
  "events.await_callback": "callback timeout?",
  "experimental.executions.map": "workflow_id arguments location? project_id?",
  "experimental.executions.run": "workflow_id argument? location? project_id?",
  "http.delete": HTTP,
  "http.get": "url timeout? headers? query? auth? private_service_name? ca_certificate?",
  "http.patch": HTTP,
  "http.post": HTTP,
  "http.put": HTTP,
  "http.request": `method ${HTTP}`,
  "sys.log": "data? severity? text? json? timeout?",
  "sys.sleep": "seconds",
  "sys.sleep_until": "time",
} as const;

const paramsOf = (text: string): readonly Param[] =>
  text === "" ? [] : text.split(" ").map((name) => ({ name: name.replace("?", ""), optional: name.endsWith("?") }));

const table = new Map<string, Signature>([
  ...Object.entries(PURE).map(([name, text]) => [name, { params: paramsOf(text) }] as const),
  ...Object.entries(BLOCKING).map(([name, text]) => [name, { params: paramsOf(text), blocking: true }] as const),
]);

/** The signature of a function of the standard library; nothing for another name. */
export const signatureOf = (name: string): Signature | undefined => table.get(name);

export const functionNames: readonly string[] = [...table.keys()];

/** Objects that stand in the `retry` of a step, and functions that stand in its `predicate`. */
export const RETRY_POLICIES = ["http.default_retry", "http.default_retry_non_idempotent"] as const;
export const RETRY_PREDICATES = [
  "http.default_retry_predicate",
  "http.default_retry_predicate_non_idempotent",
  "retry.always",
  "retry.never",
] as const;
export const RETRY_BACKOFFS = ["retry.default_backoff"] as const;

export const isConnector = (name: string): boolean => name.startsWith("googleapis.");

/** First parts of the names above: no variable or sub-workflow should hide them. */
export const LIBRARY_ROOTS: ReadonlySet<string> = new Set([
  "googleapis",
  ...functionNames.map((name) => name.split(".")[0]!),
]);
