import { evaluate, type Scope } from "../../../local/plan/evaluate";
import { parseTemplate } from "../../../local/plan/parser";
import { referencesOf, SyntaxFault } from "../../../local/plan/syntax";
import { EvaluationFault, type Value } from "../../../local/plan/values";

const roots: Record<string, Value> = {
  google_pubsub_topic: { orders: { id: "projects/p/topics/orders", name: "orders" }, "with-dash": { name: "d" } },
  google_cloudfunctions2_function: { f: { service_config: { uri: "https://f", port: 8080 } } },
  local: { list: ["a", "b", "c"], map: { b: 2, a: 1 }, on: true, none: null, pairs: [{ n: 1 }, { n: 2 }] },
  each: { key: "k", value: "v" },
};
const scope: Scope = { root: (name) => roots[name] };
const value = (text: string): Value => evaluate(parseTemplate(text), scope);

describe("a string of Terraform JSON", () => {
  it.each<[string, Value]>([
    // literals and escapes
    ["plain", "plain"],
    ["", ""],
    ["$${literal}", "${literal}"],
    ["%%{literal}", "%{literal}"],
    ["a $${x} ${local.on} b", "a ${x} true b"],
    ["cost: $5 and 5%", "cost: $5 and 5%"],
    ["back\\slash stays", "back\\slash stays"],
    // references keep their type when they stand alone
    ["${local.on}", true],
    ["${local.list}", ["a", "b", "c"]],
    ["${local.none}", null],
    ["${google_pubsub_topic.orders.id}", "projects/p/topics/orders"],
    ["${google_pubsub_topic.with-dash.name}", "d"],
    ['${google_pubsub_topic["orders"].name}', "orders"],
    ["${local.list[1]}", "b"],
    ["${local.list.1}", "b"],
    // a block of at most one reads alike as an object and as a list
    ["${google_cloudfunctions2_function.f.service_config[0].uri}/x", "https://f/x"],
    ["${google_cloudfunctions2_function.f.service_config.0.uri}", "https://f"],
    // templates
    ["${each.key}-${each.value}", "k-v"],
    ["port ${google_cloudfunctions2_function.f.service_config[0].port}", "port 8080"],
    ['${"quoted ${each.key} \\"and\\" \\u00e9 \\t."}', 'quoted k "and" é \t.'],
    ['${"$${kept}"}', "${kept}"],
    // operators, from loosest to tightest
    ["${1 + 2 * 3 - 4 / 2}", 5],
    ["${(1 + 2) * 3 % 5}", 4],
    ["${-local.map.a + 2}", 1],
    ["${1 < 2 && 2 >= 2 || false}", true],
    ["${!local.on}", false],
    ['${local.on ? "yes" : "no"}', "yes"],
    ['${local.map.a == 1 ? local.map.b != 2 ? "x" : "y" : "z"}', "y"],
    ["${local.none == null}", true],
    ["${[1, 2] == [1, 2]}", true],
    ["${false && local.nowhere}", false],
    // collections
    ['${[1, "a", true,]}', [1, "a", true]],
    ['${{ a = 1, "b" : 2, (each.key) = 3 }}', { a: 1, b: 2, k: 3 }],
    ["${local.pairs[*].n}", [1, 2]],
    ["${local.pairs.*.n}", [1, 2]],
    ["${local.none[*]}", []],
    ["${local.on[*]}", [true]],
    ["${[for x in local.list : upper(x)]}", ["A", "B", "C"]],
    ['${[for i, x in local.list : "${i}${x}" if x != "b"]}', ["0a", "2c"]],
    ["${{ for k, v in local.map : v => k }}", { 1: "a", 2: "b" }],
    ["${{ for x in [1, 2, 3] : x % 2 => x... }}", { 0: [2], 1: [1, 3] }],
    // comments are white space
    ["${1 /* one */ + 1}", 2],
  ])("%s", (text, expected) => expect(value(text)).toEqual(expected));
});

describe("functions", () => {
  it.each<[string, Value]>([
    ['${join(",", ["a", "b"])}', "a,b"],
    ['${format("%s-%03d-%v-%q-%5.1f-%%", "a", 7, [1, "x"], "q", 2.55)}', 'a-007-[1,"x"]-"q"-  2.5-%'],
    ['${formatlist("%s!", local.list)}', ["a!", "b!", "c!"]],
    ['${jsonencode({ b = "<&>", a = [1, null] })}', '{"a":[1,null],"b":"\\u003c\\u0026\\u003e"}'],
    ['${jsondecode("{\\"a\\": [1]}").a[0]}', 1],
    ["${tolist(local.list)}", ["a", "b", "c"]],
    ['${toset(["b", "a", "b"])}', ["a", "b"]],
    ["${tostring(5)}", "5"],
    ['${tonumber("5")}', 5],
    ['${tobool("true")}', true],
    ['${lower("AbC")}${upper("x")}${title("two words")}', "abcXTwo Words"],
    ['${replace("a.b.c", ".", "-")}', "a-b-c"],
    ['${replace("a1b22", "/[0-9]+/", "#")}', "a#b#"],
    ['${replace("ab", "/(a)(b)/", "${"$"}2$1")}', "ba"],
    ["${concat(local.list, [1])}", ["a", "b", "c", 1]],
    ["${merge(local.map, { a = 9 }, null)}", { a: 9, b: 2 }],
    ["${element(local.list, 4)}", "b"],
    ['${length("héé")}${length(local.list)}${length(local.map)}', "332"],
    ['${base64encode("é")}', "w6k="],
    ['${base64decode("w6k=")}', "é"],
    ['${lookup(local.map, "b", 0)}${lookup(local.map, "z", 0)}', "20"],
    ['${try(local.nowhere, local.map.z, "fallback")}', "fallback"],
    ["${can(local.map.z)}", false],
    ['${coalesce(null, "", "x")}', "x"],
    ["${keys(local.map)}", ["a", "b"]],
    ["${values(local.map)}", [1, 2]],
    ['${zipmap(["x", "y"], [1, 2])}', { x: 1, y: 2 }],
    ['${contains(local.list, "b")}', true],
    ['${split("/", "a/b")[1]}', "b"],
    ['${substr("hello", 1, 3)}${substr("hello", -2, -1)}', "elllo"],
    ['${trimprefix("abc", "a")}${trimsuffix("abc", "c")}${trim("?a?", "?")}', "bcaba"],
    ['${regex("v(\\\\d+)", "v12")[0]}', "12"],
    ["${flatten([[1, [2]], 3])}", [1, 2, 3]],
    ["${distinct([1, 1, 2])}", [1, 2]],
    ["${range(3)}", [0, 1, 2]],
    ["${max(1, 3, 2)}${min([1, 2]...)}", "31"],
    ['${sha256("")}', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["${setunion([1], [2, 1])}", [1, 2]],
    ["${one([7])}", 7],
    ['${urlencode("a b&c")}', "a+b%26c"],
    ['${sensitive("s")}', "s"],
  ])("%s", (text, expected) => expect(value(text)).toEqual(expected));

  it("has no function that reads the clock, chance or files", () => {
    for (const name of ["timestamp", "uuid", "file", "bcrypt", "constructor"])
      expect(() => value(`\${${name}("x")}`)).toThrow(`the function ${name}() is not known here`);
  });
});

describe("what cannot be computed", () => {
  it.each([
    ["${local.nowhere}", 'there is no attribute "nowhere"; there are list, map, none, on, pairs'],
    ["${local.on.x}", 'a bool has no attribute "x"'],
    ["${nobody.x}", 'nothing is called "nobody"'],
    ["${local.list[9]}", "there is no element 9 in a list of 3"],
    ["a ${local.none}", "a null cannot become text"],
    ["a ${local.list}", "a list cannot become text"],
    ["${local.list + 1}", 'a number is required, not list ["a","b","c"]'],
    ["${1 / 0}", "division by zero"],
    ['${lookup(local.map, "z")}', 'lookup(): there is no key "z"'],
    ["${join()}", "join(): too few arguments"],
    ['${format("%s")}', "nothing left for %s"],
    ['${format("a", 1)}', "1 arguments too many"],
    ['${jsondecode("{")}', "the text is not JSON"],
    ["${{ for x in [1, 1] : x => x }}", 'two elements of the for expression have key "1"'],
  ])("%s", (text, message) => {
    expect(() => value(text)).toThrow(EvaluationFault);
    expect(() => value(text)).toThrow(message);
  });

  it.each([
    ["${local.", "an attribute name expected", 8],
    ["${", "an expression expected", 2],
    ["${a b}", '"}" expected', 4],
    ['${"open}', "the string is not closed", 3],
    ["${f(a...  , b)}", '"..." belongs after the last argument', 10],
    ["%{ if true }x%{ endif }", "template directives (%{ … }) are not supported", 0],
    ['${"\\z"}', '"\\z" is not an escape', 3],
  ])("%s is not an expression", (text, message, at) => {
    const parse = () => parseTemplate(text);
    expect(parse).toThrow(SyntaxFault);
    expect(parse).toThrow(expect.objectContaining({ message, at }));
  });
});

describe("references of an expression", () => {
  it.each<[string, string[][]]>([
    ["no reference", []],
    [
      "${a.b.c}${d.e[f.g].h}",
      [
        ["a", "b", "c"],
        ["d", "e"],
        ["f", "g"],
      ],
    ],
    ["${a.b[0].c.d}", [["a", "b"]]],
    ["${a.b[*].c}", [["a", "b"]]],
    [
      "${[for k, v in a.b : v.x if k != c.d]}",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      '${f(a.b, "${c.d}")}',
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["${x ? a.b : c.d}", [["x"], ["a", "b"], ["c", "d"]]],
    ["${{ bare = a.b }}", [["a", "b"]]],
    ["${(a.b).c}", [["a", "b", "c"]]],
  ])("%s", (text, expected) => expect(referencesOf(parseTemplate(text))).toEqual(expected));
});
